//! What the tasks of one load thread share: slots, the queue of arrivals, counts.
//!
//! Lives on one thread and never leaves it, so nothing here is locked or atomic.
//! A slot is a worker task with at most one connection and one request at a time.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Waker;
use std::time::Instant;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::dial::Dial;
use super::liveness::Liveness;
use super::plan::PreparedRequest;
use super::recorder::{CellId, Recorder};
use super::ticket::{Start, Ticket, User, Work};

/// What all load threads read.
pub(super) struct Target {
    pub(super) requests: Vec<PreparedRequest>,
    pub(super) dial: Arc<Dial>,
    pub(super) liveness: Liveness,
    /// The request with which each flow begins; each request where they are independent.
    pub(super) first_steps: Vec<usize>,
    /// Scheme, host and port: `http://127.0.0.1:80`.
    pub(super) origin: String,
    /// What makes the identifiers of this run differ from another's.
    pub(super) uuid_seed: u64,
}

/// One thread's part of the load.
pub(super) struct Lane {
    pub(super) target: Arc<Target>,
    pub(super) recorder: RefCell<Recorder>,
    slots: RefCell<Vec<Rc<Slot>>>,
    /// Last in, first out: a small load stays on few connections.
    idle: RefCell<Vec<Rc<Slot>>>,
    queue: RefCell<VecDeque<Ticket>>,
    bounds: LaneBounds,
    start_worker: StartWorker,
    stop: CancellationToken,
    /// Slots that serve open phases, the queue included.
    open_busy: Cell<usize>,
    /// Users of closed phases that are not done.
    users: Cell<usize>,
    giving_up: Cell<bool>,
    stopping: Cell<bool>,
    /// Whether a worker has panicked: what it was at will never end.
    lost: Cell<bool>,
    changed: Notify,
}

/// Begins to serve a slot, for as long as the lane lives.
pub(super) type StartWorker = fn(Rc<Lane>, Rc<Slot>);

/// How much one thread takes on.
#[derive(Clone, Copy, Debug)]
pub(super) struct LaneBounds {
    /// Requests of open phases in flight.
    pub(super) in_flight: usize,
    /// Arrivals that wait for a slot.
    pub(super) queued: usize,
}

/// A worker as the others see it.
#[derive(Default)]
pub(super) struct Slot {
    work: Cell<Option<Work>>,
    waker: RefCell<Option<Waker>>,
}

impl Slot {
    /// The work that was assigned, once.
    pub(super) fn take_work(&self) -> Option<Work> {
        self.work.take()
    }

    /// Remembers whom to wake for work, and at the end of the drain.
    pub(super) fn remember(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        match &mut *known {
            Some(known) => known.clone_from(waker),
            None => *known = Some(waker.clone()),
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

impl Lane {
    /// `stop` ends the load of all lanes.
    pub(super) fn new(
        target: Arc<Target>,
        recorder: Recorder,
        bounds: LaneBounds,
        start_worker: StartWorker,
        stop: CancellationToken,
    ) -> Self {
        Self {
            target,
            recorder: RefCell::new(recorder),
            slots: RefCell::default(),
            idle: RefCell::default(),
            queue: RefCell::default(),
            bounds,
            start_worker,
            stop,
            open_busy: Cell::new(0),
            users: Cell::new(0),
            giving_up: Cell::new(false),
            stopping: Cell::new(false),
            lost: Cell::new(false),
            changed: Notify::new(),
        }
    }

    /// An arrival of an open phase is due: a slot takes it at once, or it waits in
    /// the queue, or there is no room and it is dropped.
    pub(super) fn arrive(
        self: &Rc<Self>,
        id: CellId,
        iteration: u64,
        intended: Instant,
        now: Instant,
    ) {
        self.recorder.borrow_mut().intended(id, intended);
        let ticket = |start| Ticket { id, intended, start, iteration, user: 0 };
        if self.open_busy.get() < self.bounds.in_flight {
            self.open_busy.set(self.open_busy.get() + 1);
            self.assign(Work::Open(Some(ticket(Start::AtOnce))));
        } else if self.queue.borrow().len() < self.bounds.queued {
            self.queue.borrow_mut().push_back(ticket(Start::Queued { at: now }));
        } else {
            self.recorder.borrow_mut().dropped(id);
        }
    }

    /// An arrival is taken up when the drain is over: it is dropped, and so is what waits.
    pub(super) fn arrive_after_drain(&self, id: CellId, intended: Instant) {
        self.drop_queue();
        let mut recorder = self.recorder.borrow_mut();
        recorder.intended(id, intended);
        recorder.dropped(id);
    }

    /// A user of a closed phase starts.
    pub(super) fn start_user(self: &Rc<Self>, work: Work) {
        self.users.set(self.users.get() + 1);
        self.assign(work);
    }

    /// The next request of a worker's work, if there is one.
    pub(super) fn next(&self, work: &mut Work) -> Option<Ticket> {
        match work {
            Work::Open(first) => first.take().or_else(|| self.next_queued()),
            Work::User(user) => self.next_of(user),
        }
    }

    fn next_of(&self, user: &mut User) -> Option<Ticket> {
        if self.is_stopping() {
            return None;
        }
        let intended = Instant::now();
        let (number, picked) = user.draw(intended)?;
        let id = CellId { phase: user.phase, request: self.target.first_steps[picked] };
        self.recorder.borrow_mut().intended(id, intended);
        let iteration = user.draws.before + number;
        Some(Ticket { id, intended, start: Start::ByUser, iteration, user: user.number })
    }

    /// The arrival that has waited longest.
    fn next_queued(&self) -> Option<Ticket> {
        self.queue.borrow_mut().pop_front()
    }

    /// A slot has nothing to do any more.
    pub(super) fn release(&self, slot: Rc<Slot>, work: &Work) {
        let busy = match work {
            Work::Open(_) => &self.open_busy,
            Work::User(_) => &self.users,
        };
        busy.set(busy.get() - 1);
        self.idle.borrow_mut().push(slot);
        if busy.get() == 0 {
            self.changed.notify_one();
        }
    }

    /// A worker has panicked: the load ends, and what was measured is not handed over.
    pub(super) fn lose(&self) {
        self.lost.set(true);
        self.stop.cancel();
        self.changed.notify_one();
    }

    /// Whether a worker has panicked.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.get()
    }

    /// Returns when all users of closed phases are done.
    pub(super) async fn users_done(&self) {
        while self.users.get() > 0 && !self.is_lost() {
            self.changed.notified().await;
        }
    }

    /// Returns when nothing is in flight and nothing waits.
    pub(super) async fn quiet(&self) {
        while self.users.get() + self.open_busy.get() > 0 && !self.is_lost() {
            self.changed.notified().await;
        }
    }

    /// The drain is over: what waits is dropped, what is in flight has timed out.
    pub(super) async fn give_up(&self) {
        self.drop_queue();
        self.giving_up.set(true);
        self.slots.borrow().iter().for_each(|slot| slot.wake());
        self.quiet().await;
        self.giving_up.set(false);
    }

    /// The load is stopped: what waits is dropped, in the queue or with a slot that has not begun
    /// with it, and users send nothing more.
    pub(super) fn stop(&self) {
        self.stopping.set(true);
        self.drop_queue();
        self.drop_assigned();
    }

    /// Whether exchanges must end now.
    pub(super) fn is_giving_up(&self) -> bool {
        self.giving_up.get()
    }

    /// Whether nothing more must be sent.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    fn drop_queue(&self) {
        for ticket in self.queue.borrow_mut().drain(..) {
            self.recorder.borrow_mut().dropped(ticket.id);
        }
    }

    fn drop_assigned(&self) {
        for slot in &*self.slots.borrow() {
            match slot.take_work() {
                Some(Work::Open(Some(ticket))) => self.recorder.borrow_mut().dropped(ticket.id),
                other => slot.work.set(other),
            }
        }
    }

    fn assign(self: &Rc<Self>, work: Work) {
        let idle = self.idle.borrow_mut().pop();
        let is_new = idle.is_none();
        let slot = idle.unwrap_or_default();
        slot.work.set(Some(work));
        if is_new {
            self.slots.borrow_mut().push(Rc::clone(&slot));
            (self.start_worker)(Rc::clone(self), slot);
        } else {
            slot.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::runtime::{Builder, LocalOptions};

    use super::*;
    use crate::load::meters::LiveMeters;
    use crate::load::plan::{LoadPlan, prepare};
    use crate::load::worker;
    use crate::scenario::{Phase, PhaseLoad, Request};

    const ONLY: CellId = CellId { phase: 0, request: 0 };

    /// A lane with one slot and room for two, whose target accepts and never answers.
    fn on_lane<F: Future<Output = ()>>(test: impl FnOnce(Rc<Lane>, Arc<LiveMeters>) -> F) {
        on_lane_of(worker::start, test);
    }

    fn on_lane_of<F: Future<Output = ()>>(
        start_worker: StartWorker,
        test: impl FnOnce(Rc<Lane>, Arc<LiveMeters>) -> F,
    ) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let load = PhaseLoad::open(1.0, 1.0, Duration::from_secs(1));
        let phase = Phase { name: "p".into(), group: None, load, measured: true };
        let request = Request::get("r", "/");
        let address = listener.local_addr().unwrap();
        let plan = LoadPlan::new(vec![phase], vec![request], address, "h".into());
        let meters = Arc::new(LiveMeters::new(&plan));
        let liveness = Liveness::new(None, CancellationToken::new());
        let dial = Arc::new(Dial::of(&plan).unwrap());
        let requests = prepare(&plan).unwrap();
        let target = Arc::new(Target {
            requests,
            first_steps: plan.first_steps(),
            origin: String::new(),
            dial,
            liveness,
            uuid_seed: 0,
        });
        let recorder = Recorder::new(Arc::clone(&meters), 0);
        let bounds = LaneBounds { in_flight: 1, queued: 2 };
        let stop = CancellationToken::new();
        let lane = Rc::new(Lane::new(target, recorder, bounds, start_worker, stop));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .unwrap();
        runtime.block_on(test(lane, meters));
    }

    #[test]
    fn what_no_slot_has_begun_with_is_dropped_when_the_load_is_stopped() {
        on_lane_of(
            |_, _| {},
            |lane, meters| async move {
                let now = Instant::now();
                (0..3).for_each(|_| lane.arrive(ONLY, 0, now, now));
                lane.stop();
                let totals = meters.totals(0, 0);
                assert_eq!((totals.intended, totals.sent, totals.dropped), (3, 0, 3));
            },
        );
    }

    #[test]
    fn arrivals_beyond_the_queue_are_dropped_and_counted() {
        on_lane(|lane, meters| async move {
            let now = Instant::now();
            (0..5).for_each(|_| lane.arrive(ONLY, 0, now, now));
            let totals = meters.totals(0, 0);
            assert_eq!((totals.intended, totals.dropped, totals.failed), (5, 2, 2));
            assert_eq!(lane.queue.borrow().len(), 2);
        });
    }

    #[test]
    fn a_worker_that_panics_ends_the_load() {
        let panics: StartWorker = |lane, _| {
            tokio::task::spawn_local(worker::watched(lane, async { panic!("on purpose") }));
        };
        on_lane_of(panics, |lane, _| async move {
            let now = Instant::now();
            lane.arrive(ONLY, 0, now, now);
            lane.quiet().await;
            assert!(lane.is_lost() && lane.stop.is_cancelled());
        });
    }

    #[test]
    fn the_queue_is_first_in_first_out() {
        on_lane(|lane, _| async move {
            let now = Instant::now();
            let later = now + Duration::from_millis(1);
            for intended in [now, now, later] {
                lane.arrive(ONLY, 0, intended, later);
            }
            assert_eq!(lane.next_queued().unwrap().intended, now);
            assert_eq!(lane.next_queued().unwrap().intended, later);
            assert!(lane.next_queued().is_none());
        });
    }

    #[test]
    fn giving_up_ends_what_is_in_flight_and_leaves_the_lane_usable() {
        on_lane(|lane, meters| async move {
            for _ in 0..2 {
                let now = Instant::now();
                (0..3).for_each(|_| lane.arrive(ONLY, 0, now, now));
                while meters.in_flight() == 0 {
                    tokio::task::yield_now().await;
                }
                lane.give_up().await;
            }
            let totals = meters.totals(0, 0);
            assert_eq!((totals.sent, totals.dropped, totals.failed), (2, 4, 6));
            assert_eq!(lane.slots.borrow().len(), 1, "the slot is used again");
        });
    }
}
