//! What a worker is to do: one request, or all that an arrival or a user leads to, and when
//! a user must stop.
//!
//! One worker loop serves open and closed phases: it asks its lane for the next ticket of
//! its work until there is none. A ticket is for the first step of a flow; where requests
//! are independent, each is a flow of its own.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::picker::Picker;
use super::random::mixed;
use super::recorder::CellId;
use super::think::Thinking;

/// One request to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) id: CellId,
    /// When it was meant to start.
    pub(super) intended: Instant,
    pub(super) start: Start,
    /// Which iteration it is, over all phases and threads, from 0.
    pub(super) iteration: u64,
    /// Whose it is, from 1; 0 where there are no users.
    pub(super) user: u32,
}

impl Ticket {
    /// Decides how long is thought after it.
    pub(super) fn seed(self) -> u64 {
        mixed(self.iteration ^ mixed(self.id.request as u64))
    }

    /// The step after this one.
    pub(super) fn next_step(self, now: Instant) -> Self {
        let id = CellId { request: self.id.request + 1, ..self.id };
        Self { id, intended: now, start: Start::ByUser, ..self }
    }
}

/// How a request came to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    /// By a user, after the answer before: in a closed phase, or a later step of a flow.
    ByUser,
    /// By schedule, with a slot free.
    AtOnce,
    /// By schedule; no slot was free when it was taken up `at`.
    Queued {
        /// When the generator took it up.
        at: Instant,
    },
}

/// What a worker does next.
pub(super) enum Work {
    /// An arrival, and then whatever waits in the queue.
    Open(Option<Ticket>),
    /// A user of a closed phase.
    User(User),
}

/// One user of a closed phase.
pub(super) struct User {
    pub(super) phase: usize,
    /// From 1.
    pub(super) number: u32,
    pub(super) stop: UserStop,
    pub(super) draws: Rc<Draws>,
    /// What it does between an answer and its next request, if anything.
    pub(super) thinking: Option<Thinking>,
}

/// When a user sends nothing more.
#[derive(Clone, Copy, Debug)]
pub(super) enum UserStop {
    /// From this instant on.
    At(Instant),
    /// When all users together have sent so many.
    Total(u64),
    /// After so many more of its own.
    Left(u64),
}

/// The numbers that a closed phase's requests have, over all threads.
pub(super) struct Draws {
    /// Shared between threads: the next number.
    pub(super) next: Arc<AtomicU64>,
    /// Iterations of the phases before.
    pub(super) before: u64,
    pub(super) picker: RefCell<Picker>,
}

impl Work {
    /// How long a user thinks before its next request; never beyond its end.
    pub(super) fn think_time(&mut self, now: Instant) -> Option<Duration> {
        match self {
            Self::Open(_) => None,
            Self::User(user) => user.think_time(now),
        }
    }

    /// Whether a user has nothing left to send: others may have sent the last request
    /// while it was thinking.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::User(user) if user.is_done())
    }
}

impl User {
    /// Draws the next request: its number among the phase's, and its place among the first
    /// steps. `None` when the user sends nothing more.
    pub(super) fn draw(&mut self, now: Instant) -> Option<(u64, usize)> {
        if !self.stop.allows(now) {
            return None;
        }
        let number = self.draws.next.fetch_add(1, Ordering::Relaxed);
        if matches!(self.stop, UserStop::Total(total) if number >= total) {
            return None;
        }
        Some((number, self.draws.picker.borrow_mut().pick(number)))
    }

    fn think_time(&mut self, now: Instant) -> Option<Duration> {
        let time = self.thinking.as_mut()?.next();
        match self.stop {
            UserStop::At(end) => Some(time.min(end.saturating_duration_since(now))),
            UserStop::Total(_) | UserStop::Left(_) => (!self.is_done()).then_some(time),
        }
    }

    /// Whether there is nothing left for it to send, however long it waits.
    fn is_done(&self) -> bool {
        match self.stop {
            UserStop::At(_) => false,
            UserStop::Total(total) => self.draws.next.load(Ordering::Relaxed) >= total,
            UserStop::Left(left) => left == 0,
        }
    }
}

impl UserStop {
    /// Whether one more may be sent; counts it.
    fn allows(&mut self, now: Instant) -> bool {
        match self {
            Self::At(end) => now < *end,
            Self::Total(_) => true,
            Self::Left(left) => {
                let any = *left > 0;
                *left = left.saturating_sub(1);
                any
            }
        }
    }
}
