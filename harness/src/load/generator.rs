//! One load thread: a runtime of its own, and the pacing of its share.
//!
//! Threads share nothing while requests are sent. Of `n` threads, thread `k` sends
//! the arrivals `k`, `k + n`, `k + 2n`, … of the one schedule.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::arrivals::Schedule;
use super::lane::{Lane, LaneBounds, Target};
use super::pacer::Pacer;
use super::picker::Picker;
use super::random::mixed;
use super::recorder::{CellId, Recorder};
use super::think::Thinking;
use super::ticket::{Draws, User, UserStop, Work};
use super::timer::PreciseTimer;
use super::worker;
use crate::scenario::{Arrivals, ThinkTime};

/// Shortest time between two wake-ups for arrivals. At 50,000 arrivals a second it
/// halves the cost of waking; it adds at most itself to an arrival's lag.
const MINIMUM_GAP: Duration = Duration::from_micros(100);
/// Arrivals taken up in a row before answers are looked at: a generator that is
/// behind must not stop listening.
const ARRIVALS_IN_A_ROW: u32 = 64;
/// An arrival that is taken up so much later than intended was missed: within a
/// second, a rate a second is still held.
pub(super) const MISSED_AFTER: Duration = Duration::from_secs(1);

/// An arrival that is taken up so much later than the end of its phase's schedule was
/// missed: it is load of the next phase.
pub(super) const LATE_FOR_ITS_PHASE: Duration = Duration::from_millis(10);

/// What a load thread is made from.
pub(super) struct GeneratorParts {
    /// Which of the threads it is.
    pub(super) lane: u64,
    /// How many threads there are.
    pub(super) lanes: u64,
    pub(super) target: Arc<Target>,
    pub(super) recorder: Recorder,
    pub(super) bounds: LaneBounds,
    pub(super) stop: CancellationToken,
}

/// What a load thread is told to do; `done` is answered when it has.
pub(super) struct Command {
    pub(super) task: Task,
    pub(super) done: oneshot::Sender<()>,
}

/// One thing to do.
pub(super) enum Task {
    /// Open phases one after the other, until the end of the last one's schedule. An arrival
    /// that is not taken up until then, although it was due, is dropped.
    Open { phases: Vec<OpenPhase>, until: Instant },
    /// This thread's users of a closed phase, until they are done.
    Closed(ClosedPhase),
    /// Await what is in flight, until then at most.
    Drain { until: Instant },
}

/// An open phase at its place in time.
#[derive(Clone, Debug)]
pub(super) struct OpenPhase {
    pub(super) phase: usize,
    pub(super) pacer: Pacer,
    pub(super) arrivals: Arrivals,
    pub(super) picker: Picker,
    pub(super) begins: Instant,
    /// Decides what is left to chance.
    pub(super) seed: u64,
    /// Iterations of the phases before.
    pub(super) before: u64,
}

impl OpenPhase {
    /// When its schedule ends.
    fn ends(&self) -> Instant {
        self.begins + self.pacer.duration()
    }
}

/// A closed phase at its place in time.
pub(super) struct ClosedPhase {
    pub(super) phase: usize,
    pub(super) picker: Picker,
    pub(super) begins: Instant,
    /// This thread's users, in the order in which they come.
    pub(super) users: Vec<PlannedUser>,
    pub(super) think_time: Option<ThinkTime>,
    /// Decides what is left to chance.
    pub(super) seed: u64,
    /// The numbers of the requests of all threads.
    pub(super) draws: Arc<AtomicU64>,
    /// Iterations of the phases before.
    pub(super) before: u64,
    /// When what is in flight is given up.
    pub(super) until: Option<Instant>,
}

/// A user of a closed phase before it comes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedUser {
    /// Its number among those of all threads, from 0.
    pub(super) number: u32,
    pub(super) comes: Instant,
    pub(super) stop: UserStop,
}

/// Runs until there are no more commands; the thread's measurements come back.
pub(super) fn run(
    parts: GeneratorParts,
    started: oneshot::Sender<io::Result<()>>,
    commands: mpsc::UnboundedReceiver<Command>,
) -> Option<Recorder> {
    let built = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    let runtime = match built {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = started.send(Err(error));
            return None;
        }
    };
    let lane = runtime.block_on(generate(parts, started, commands))?;
    // Ends the workers and closes their connections; then the lane is ours alone.
    drop(runtime);
    Rc::into_inner(lane).map(|lane| lane.recorder.into_inner())
}

async fn generate(
    parts: GeneratorParts,
    started: oneshot::Sender<io::Result<()>>,
    mut commands: mpsc::UnboundedReceiver<Command>,
) -> Option<Rc<Lane>> {
    let timer = match PreciseTimer::new() {
        Ok(timer) => timer,
        Err(error) => {
            let _ = started.send(Err(error));
            return None;
        }
    };
    let _ = started.send(Ok(()));
    let (stop, start) = (parts.stop.clone(), worker::start);
    let lane = Rc::new(Lane::new(parts.target, parts.recorder, parts.bounds, start, stop));
    let stopped = Box::pin(parts.stop.cancelled_owned());
    let mut generator = Generator {
        lane: Rc::clone(&lane),
        index: parts.lane,
        lanes: parts.lanes,
        timer,
        stopped,
        last_wake: Instant::now(),
    };
    while let Some(command) = commands.recv().await {
        if !lane.is_stopping() && generator.perform(command.task).await == Flow::Stopped {
            lane.stop();
        }
        if lane.is_lost() {
            return None;
        }
        // Nobody waits any more if the engine was dropped.
        let _ = command.done.send(());
    }
    drop(generator);
    Some(lane)
}

/// Whether to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    GoOn,
    Stopped,
}

struct Generator {
    lane: Rc<Lane>,
    index: u64,
    lanes: u64,
    timer: PreciseTimer,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    last_wake: Instant,
}

impl Generator {
    async fn perform(&mut self, task: Task) -> Flow {
        match task {
            Task::Open { phases, until } => {
                for phase in phases {
                    if self.open(phase, until).await == Flow::Stopped {
                        return Flow::Stopped;
                    }
                }
                Flow::GoOn
            }
            Task::Closed(phase) => self.closed(phase).await,
            Task::Drain { until } => self.finish(Waiting::Everything, Some(until)).await,
        }
    }

    /// All arrivals of one open phase, each when it is due.
    async fn open(&mut self, mut phase: OpenPhase, until: Instant) -> Flow {
        let schedule =
            Schedule::new(phase.pacer, phase.arrivals, phase.seed, self.index, self.lanes);
        let mut in_a_row = 0;
        for arrival in schedule {
            let due = phase.begins + arrival.due;
            let mut now = Instant::now();
            while now < due {
                in_a_row = 0;
                if self.wait_until(due.max(self.last_wake + MINIMUM_GAP)).await == Flow::Stopped {
                    return Flow::Stopped;
                }
                now = Instant::now();
                self.last_wake = now;
            }
            let first = self.lane.target.first_steps[phase.picker.pick(arrival.number)];
            let id = CellId { phase: phase.phase, request: first };
            if now < until {
                self.lane.arrive(id, phase.before + arrival.number, due, now);
            } else {
                self.lane.arrive_after_drain(id, due);
            }
            if now >= until || is_missed(due, &phase, now) {
                self.lane.recorder.borrow_mut().missed(id);
            }
            in_a_row += 1;
            if in_a_row == ARRIVALS_IN_A_ROW {
                in_a_row = 0;
                if self.look_around().await == Flow::Stopped {
                    return Flow::Stopped;
                }
            }
        }
        self.wait_until(phase.ends()).await
    }

    /// All users of one closed phase, until they are done.
    async fn closed(&mut self, phase: ClosedPhase) -> Flow {
        if self.wait_until(phase.begins).await == Flow::Stopped {
            return Flow::Stopped;
        }
        let picker = RefCell::new(phase.picker);
        let draws = Rc::new(Draws { next: phase.draws, before: phase.before, picker });
        for planned in phase.users {
            if planned.comes > Instant::now()
                && self.wait_until(planned.comes).await == Flow::Stopped
            {
                return Flow::Stopped;
            }
            let seed = mixed(phase.seed ^ mixed(u64::from(planned.number)));
            let user = User {
                phase: phase.phase,
                number: planned.number + 1,
                stop: planned.stop,
                draws: Rc::clone(&draws),
                thinking: phase.think_time.map(|time| Thinking::new(time, seed)),
            };
            self.lane.start_user(Work::User(user));
        }
        self.finish(Waiting::Users, phase.until).await
    }

    /// Awaits the end of exchanges; gives them up at `until`.
    async fn finish(&mut self, waiting: Waiting, until: Option<Instant>) -> Flow {
        let lane = Rc::clone(&self.lane);
        let ended = async {
            match waiting {
                Waiting::Users => lane.users_done().await,
                Waiting::Everything => lane.quiet().await,
            }
        };
        let expired = async {
            match until {
                Some(until) => tokio::time::sleep_until(until.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.stopped.as_mut() => return Flow::Stopped,
            () = ended => return Flow::GoOn,
            () = expired => {}
        }
        self.lane.give_up().await;
        Flow::GoOn
    }

    async fn wait_until(&mut self, until: Instant) -> Flow {
        tokio::select! {
            biased;
            () = self.stopped.as_mut() => Flow::Stopped,
            waited = self.timer.wait_until(until) => {
                // Without the precise timer the runtime's own still holds the schedule.
                if waited.is_err() {
                    tokio::time::sleep_until(until.into()).await;
                }
                Flow::GoOn
            }
        }
    }

    /// Lets answers be taken in between arrivals.
    async fn look_around(&mut self) -> Flow {
        tokio::select! {
            biased;
            () = self.stopped.as_mut() => Flow::Stopped,
            () = tokio::task::yield_now() => Flow::GoOn,
        }
    }
}

/// Whether the generator took up an arrival so late that it was not the load of its time.
fn is_missed(due: Instant, phase: &OpenPhase, now: Instant) -> bool {
    now > phase.ends() + LATE_FOR_ITS_PHASE || now.duration_since(due) > MISSED_AFTER
}

/// The end of what is awaited.
#[derive(Clone, Copy, Debug)]
enum Waiting {
    /// The users of a closed phase.
    Users,
    /// Everything in flight and everything queued.
    Everything,
}
