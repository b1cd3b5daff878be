//! The worker loop: next ticket, exchange, record; the same for every kind of phase.

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::answer::judge;
use super::connection::Connection;
use super::deadline::Deadline;
use super::delivery::{Again, DeliverySurroundings, deliver};
use super::dial::Dial;
use super::exchange::tend;
use super::exchange_error::ExchangeError;
use super::lane::{Lane, Slot, Target};
use super::outcome::FailureKind;
use super::parts::Part;
use super::plan::PreparedRequest;
use super::recorder::{CellId, EndRecord, SendRecord};
use super::surroundings::Surroundings;
use super::think::Thinking;
use super::ticket::{Start, Ticket, Work};
use crate::scenario::{Datum, Iteration};

/// Pause of a user that found no connection: without it a dead target would be
/// asked thousands of times a second, and a generator beside it would take the
/// core that it needs to come back.
const PAUSE_WITHOUT_CONNECTION: Duration = Duration::from_millis(10);

/// How long a user thinks before it looks whether others have sent the last request.
const LONGEST_THOUGHT: Duration = Duration::from_millis(500);

/// Starts a worker on this thread; it is dropped with its runtime.
pub(super) fn start(lane: Rc<Lane>, slot: Rc<Slot>) {
    tokio::task::spawn_local(watched(Rc::clone(&lane), serve(lane, slot)));
}

/// Tells the lane when its worker panics: nobody else would, and the load would wait for ever.
pub(super) async fn watched(lane: Rc<Lane>, worker: impl Future<Output = ()>) {
    let _loss = LossOnPanic(lane);
    worker.await;
}

struct LossOnPanic(Rc<Lane>);

impl Drop for LossOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lose();
        }
    }
}

/// Serves work for as long as the lane lives.
async fn serve(lane: Rc<Lane>, slot: Rc<Slot>) {
    let mut worker = Worker::new(lane, slot);
    loop {
        let mut work = worker.next_work().await;
        while let Some(ticket) = worker.around.lane.next(&mut work) {
            let failure = worker.perform_flow(ticket).await;
            let think_time = work.think_time(worker.freed);
            let unconnected = failure.is_some() && worker.is_unconnected;
            if unconnected && matches!(work, Work::User(_)) {
                worker.pause(think_time.unwrap_or_default().max(PAUSE_WITHOUT_CONNECTION)).await;
            } else if let Some(think_time) = think_time {
                worker.think(think_time, &work).await;
            }
        }
        worker.around.lane.release(Rc::clone(&worker.around.slot), &work);
    }
}

struct Worker {
    connection: Option<Connection>,
    around: Around,
    /// When the exchange before ended: from then on a slot was free.
    freed: Instant,
    /// What the steps of the flow so far have captured, in order.
    captured: Vec<Datum>,
    /// Whether the exchange before found no connection to send on.
    is_unconnected: bool,
}

/// What the exchange asks of its worker.
struct Around {
    lane: Rc<Lane>,
    slot: Rc<Slot>,
    deadline: Deadline,
    /// The request that is on its way.
    current: CellId,
    /// Whether the current exchange opened a connection.
    has_opened: bool,
}

impl Worker {
    fn new(lane: Rc<Lane>, slot: Rc<Slot>) -> Self {
        let current = CellId { phase: 0, request: 0 };
        let now = Instant::now();
        let around =
            Around { lane, slot, deadline: Deadline::new(now), current, has_opened: false };
        Self { connection: None, around, freed: now, captured: Vec::new(), is_unconnected: false }
    }

    /// Waits for work; closes the connection when the other side has.
    async fn next_work(&mut self) -> Work {
        std::future::poll_fn(|context| {
            if let Some(work) = self.around.slot.take_work() {
                return Poll::Ready(work);
            }
            self.around.slot.remember(context.waker());
            self.tend_connection(context);
            Poll::Pending
        })
        .await
    }

    /// Lets a user think, until there is nothing left for it to send.
    async fn think(&mut self, time: Duration, work: &Work) {
        let mut left = time;
        while !left.is_zero() && !work.is_done() {
            let slice = left.min(LONGEST_THOUGHT);
            self.pause(slice).await;
            left = left.saturating_sub(slice);
        }
    }

    /// Lets a time pass; closes the connection when the other side has.
    async fn pause(&mut self, time: Duration) {
        let mut sleep = std::pin::pin!(tokio::time::sleep(time));
        std::future::poll_fn(|context| {
            self.tend_connection(context);
            sleep.as_mut().poll(context)
        })
        .await;
    }

    fn tend_connection(&mut self, context: &mut Context<'_>) {
        tend(&mut self.connection, &mut self.around, context);
    }

    /// Sends the steps of a flow one after the other; the first that fails ends it. An
    /// independent request is a flow of one step.
    async fn perform_flow(&mut self, first: Ticket) -> Option<FailureKind> {
        let mut ticket = first;
        self.captured.clear();
        loop {
            let failure = self.perform(ticket).await;
            let next_step = self.around.lane.target.requests[ticket.id.request].next_step;
            let (None, Some(think_time)) = (&failure, next_step) else { return failure };
            self.think_before_step(Thinking::new(think_time, ticket.seed()).next()).await;
            let lane = &self.around.lane;
            if lane.is_stopping() || lane.is_giving_up() {
                self.freed = Instant::now();
                return None;
            }
            ticket = ticket.next_step(Instant::now());
            lane.recorder.borrow_mut().intended(ticket.id, ticket.intended);
        }
    }

    /// Lets a user think between two steps, until the drain is over.
    async fn think_before_step(&mut self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let mut sleep = std::pin::pin!(tokio::time::sleep(time));
        std::future::poll_fn(|context| {
            self.around.slot.remember(context.waker());
            if self.around.lane.is_giving_up() {
                return Poll::Ready(());
            }
            self.tend_connection(context);
            sleep.as_mut().poll(context)
        })
        .await;
    }

    /// Sends one request, awaits its answer, records what came of it.
    async fn perform(&mut self, ticket: Ticket) -> Option<FailureKind> {
        let lane = Rc::clone(&self.around.lane);
        let target = &lane.target;
        let request = &target.requests[ticket.id.request];
        if !request.varies() {
            return self.send(ticket, request, target).await;
        }
        let iteration = Iteration {
            number: ticket.iteration,
            user: ticket.user,
            uuid_seed: target.uuid_seed,
            origin: &target.origin,
            captured: &self.captured,
        };
        let Ok(request) = request.of_iteration(&iteration) else {
            self.is_unconnected = false;
            let kind = FailureKind::Capture;
            lane.recorder.borrow_mut().never_sent(ticket.id, kind.clone());
            // Nothing was awaited, and others must come to their turn.
            tokio::task::yield_now().await;
            return Some(kind);
        };
        self.send(ticket, &request, target).await
    }

    async fn send(
        &mut self,
        ticket: Ticket,
        request: &PreparedRequest,
        target: &Target,
    ) -> Option<FailureKind> {
        let sent = self.note_send(ticket);
        let result = deliver(request, &mut self.connection, &mut self.around, sent).await;
        self.freed = Instant::now();
        let local = result.as_ref().is_err_and(ExchangeError::is_local);
        if !local {
            target.liveness.note(result.as_ref().err());
        }
        self.is_unconnected = result.as_ref().is_err_and(ExchangeError::is_unconnected);
        let mut end = EndRecord::new(ticket.intended, sent, self.freed);
        match result {
            Ok(answer) => {
                let judgement = judge(request, &answer);
                end.complete = true;
                end.body_bytes = answer.body.received_bytes;
                end.failure = judgement.failure;
                if let Some(unmet) = judgement.unmet {
                    self.around.lane.recorder.borrow_mut().note_unmet(ticket.id, unmet);
                }
                end.artifact_url = judgement.artifact_url;
                self.captured.extend(judgement.captured);
            }
            Err(error) => end.failure = Some(error.kind()),
        }
        let failure = end.failure.clone();
        let needed_none = !self.around.has_opened && !self.is_unconnected;
        let keep = request.artifacts.as_ref().map_or(0, |artifacts| artifacts.keep);
        let mut recorder = self.around.lane.recorder.borrow_mut();
        recorder.requests_on_open_connections += u64::from(needed_none);
        recorder.ended(ticket.id, end, keep);
        if local {
            recorder.missed(ticket.id);
        }
        failure
    }

    fn note_send(&mut self, ticket: Ticket) -> Instant {
        let now = Instant::now();
        self.around.current = ticket.id;
        self.around.has_opened = false;
        let since_intended = now.saturating_duration_since(ticket.intended);
        let (sent, lag, late) = match ticket.start {
            Start::ByUser => (ticket.intended, None, false),
            Start::AtOnce => (now, Some(since_intended), false),
            Start::Queued { at } => {
                let slot_wait = self.freed.saturating_duration_since(at);
                (now, Some(since_intended.saturating_sub(slot_wait)), true)
            }
        };
        let record = SendRecord { lag, late };
        self.around.lane.recorder.borrow_mut().sent(ticket.id, record);
        sent
    }
}

impl Surroundings for Around {
    fn dial(&self) -> Arc<Dial> {
        Arc::clone(&self.lane.target.dial)
    }

    fn set_deadline(&mut self, at: Instant) {
        self.deadline.set(at);
    }

    fn poll_given_up(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.slot.remember(context.waker());
        if self.lane.is_giving_up() {
            return Poll::Ready(());
        }
        self.deadline.poll(context)
    }

    fn opened(&mut self) {
        self.has_opened = true;
        self.lane.recorder.borrow_mut().connections_opened += 1;
    }

    fn came_unasked(&mut self) {
        self.lane.recorder.borrow_mut().unasked_connections += 1;
    }

    fn ended_by_close(&mut self) {
        self.lane.recorder.borrow_mut().responses_ended_by_close += 1;
    }

    fn spent(&mut self, part: Part, time: Duration) {
        self.lane.recorder.borrow_mut().spent(self.current.phase, part, time);
    }

    fn sent_body(&mut self, bytes: u64) {
        self.lane.recorder.borrow().sent_body(self.current, bytes);
    }

    fn retried(&mut self) {
        self.lane.recorder.borrow_mut().retried(self.current);
    }
}

impl DeliverySurroundings for Around {
    fn goes_on(&mut self, why: Again, received_bytes: u64) {
        self.lane.recorder.borrow().goes_on(self.current, why, received_bytes);
    }

    fn is_over(&self) -> bool {
        self.lane.is_giving_up() || self.lane.is_stopping()
    }
}
