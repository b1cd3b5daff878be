//! The engine as the session drives it: start, run phases, finish.
//!
//! # The timeline
//!
//! [`Engine::run_phases`] runs consecutive phases on one absolute timeline and then
//! drains. The session calls it for the leading `measure: false` phase, scrapes, calls it
//! for the measured ones, scrapes, calls it for a trailing `measure: false` phase.
//! Connections stay open between the calls.
//!
//! Within one call phases follow each other without draining:
//! - an open phase begins where the schedule of an open phase before it ends, exactly; its
//!   arrivals do not wait for the answers of the phase before, and a late answer counts
//!   for the phase of its request. A phase runs from its first intended start to the
//!   next phase's;
//! - a closed phase begins when the open schedule before it has ended, and ends when
//!   the last of its users is done; the next phase begins then.
//!
//! At the end of the call, what is unanswered is awaited for [`LoadPlan::drain`] after the
//! end of the last open schedule, whether the generator has come to that end or not; the users of a closed phase with a duration are
//! awaited as long after that duration, users with a number of iterations until their
//! own time-outs. What is in flight then has failed as a time-out, what was never sent is
//! dropped.
//!
//! # Stopping
//!
//! A cancelled load sends nothing more at once and does not wait for answers: requests
//! in flight stay `sent` without an outcome ([`RequestResult::abandoned`](super::RequestResult::abandoned)), arrivals
//! that waited for a slot are dropped. The same happens when nobody answers: none of
//! the first ten requests to end (with a leading `measure: false` phase: none of that
//! call's) got a complete response.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::abort::Abort;
use super::arrivals::Schedule;
use super::dial::Dial;
use super::generator::{
    self, ClosedPhase, Command, GeneratorParts, LATE_FOR_ITS_PHASE, OpenPhase, PlannedUser, Task,
};
use super::lane::{LaneBounds, Target};
use super::limits::{open_files, process_cpu_seconds, raise_open_file_limit};
use super::liveness::{FIRST_REQUESTS, Liveness};
use super::measured::Measured;
use super::meters::LiveMeters;
use super::outcome::{GeneratorReport, LoadResult, StopReason};
use super::pacer::Pacer;
use super::picker::Picker;
use super::plan::{LoadError, LoadPlan, prepare, within_reach};
use super::random::mixed;
use super::recorder::Recorder;
use super::so_far::{LoadSoFar, SharedClock};
use super::ticket::UserStop;
use super::user_times::stay;
use crate::scenario::{Arrivals, PhaseLoad, Stop, ThinkTime, Users};

/// From the order to begin to the first arrival: the threads must have heard of it.
const LEAD: Duration = Duration::from_millis(2);
/// How much of the peak rate may wait for a slot.
const QUEUE_SECONDS: f64 = 60.0;

/// A load that has been prepared and can be run phase by phase.
pub struct Engine {
    plan: LoadPlan,
    target: Arc<Target>,
    meters: Arc<LiveMeters>,
    threads: Vec<LoadThread>,
    clock: SharedClock,
    /// Stops the threads; a child of the caller's token.
    stop: CancellationToken,
    abort: Abort,
    /// When each phase began, if it did.
    begun: Vec<Option<Instant>>,
    /// Iterations of the phases so far.
    iterations: u64,
    open_file_limit: u64,
    open_files: Option<u64>,
    started: Instant,
    cpu_at_start: f64,
    stopped_early: Option<StopReason>,
}

/// A thread that sends.
struct LoadThread {
    commands: mpsc::UnboundedSender<Command>,
    measured: oneshot::Receiver<Option<Recorder>>,
}

/// Phases that are handed to the threads at once.
enum Stage {
    Open(Vec<(usize, Pacer, Arrivals)>),
    Closed { phase: usize, users: Users, stop: Stop, think_time: Option<ThinkTime> },
}

impl Engine {
    /// Prepares all requests and starts the threads; nothing is sent yet. `cancel`
    /// stops the load at any moment. `clock` tells the milliseconds since the epoch of
    /// an instant.
    pub async fn start(
        plan: LoadPlan,
        cancel: &CancellationToken,
        clock: impl Fn(Instant) -> i64 + Send + Sync + 'static,
    ) -> Result<Self, LoadError> {
        let requests = prepare(&plan)?;
        let dial = Arc::new(Dial::of(&plan)?);
        let open_file_limit = raise_open_file_limit();
        let stop = cancel.child_token();
        let has_warm_up = !plan.phases[0].measured;
        let limit = (!has_warm_up).then_some(FIRST_REQUESTS);
        let liveness = Liveness::new(limit, stop.clone());
        let target = Arc::new(Target {
            requests,
            first_steps: plan.first_steps(),
            origin: plan.origin(),
            dial,
            liveness,
            uuid_seed: plan.uuid_seed,
        });
        let meters = Arc::new(LiveMeters::new(&plan));
        let mut threads = Vec::new();
        for lane in 0..plan.lanes() {
            threads.push(start_thread(&plan, lane, &target, &meters, &stop).await?);
        }
        Ok(Self {
            begun: vec![None; plan.phases.len()],
            iterations: 0,
            plan,
            target,
            meters,
            threads,
            clock: Arc::new(clock),
            abort: Abort::new(&stop),
            stop,
            open_file_limit,
            open_files: None,
            started: Instant::now(),
            cpu_at_start: process_cpu_seconds(),
            stopped_early: None,
        })
    }

    /// Progress counters, to be read while phases run.
    pub fn meters(&self) -> Arc<LiveMeters> {
        Arc::clone(&self.meters)
    }

    /// What is measured so far, to be read while phases run.
    pub fn so_far(&self) -> LoadSoFar {
        LoadSoFar::new(&self.meters, &self.plan, &self.clock)
    }

    /// Ends this load, and no other, while phases run.
    pub fn abort(&self) -> Abort {
        self.abort.clone()
    }

    /// Runs these phases on one timeline and drains; comes back early, with the reason,
    /// if the load is stopped. Phases that are out of range are left out.
    pub async fn run_phases(
        &mut self,
        phases: Range<usize>,
    ) -> Result<Option<StopReason>, LoadError> {
        self.meters.set_running(true);
        let ran = self.run_and_drain(phases).await;
        self.meters.set_running(false);
        // Connections are still open.
        self.open_files = self.open_files.max(open_files());
        ran?;
        self.stopped_early = self.stopped_early.take().or_else(|| self.stop_reason());
        if self.stopped_early.is_some() {
            self.stop.cancel();
            // The schedules of open phases that follow each other are laid out ahead.
            let now = Instant::now();
            for begun in &mut self.begun {
                *begun = begun.filter(|begun| *begun <= now);
            }
        }
        Ok(self.stopped_early.clone())
    }

    /// Ends the threads and hands over what they measured.
    pub async fn finish(self) -> Result<LoadResult, LoadError> {
        let stopped_early = self.stopped_early.clone().or_else(|| self.stop_reason());
        let mut recorders = Vec::new();
        let mut threads = Vec::new();
        for thread in self.threads {
            drop(thread.commands);
            threads.push(thread.measured);
        }
        for measured in threads {
            recorders.push(measured.await.ok().flatten().ok_or(LoadError::ThreadLost)?);
        }
        let measured = Measured {
            plan: &self.plan,
            meters: &self.meters,
            recorders: &recorders,
            begun: &self.begun,
            clock: &*self.clock,
        };
        let sum = |of: fn(&Recorder) -> u64| Some(recorders.iter().map(of).sum());
        let generator = GeneratorReport {
            threads: recorders.len(),
            cpu_seconds: process_cpu_seconds() - self.cpu_at_start,
            wall_seconds: self.started.elapsed().as_secs_f64(),
            open_file_limit: self.open_file_limit,
            peak_in_flight: recorders.iter().map(|of| of.peak_in_flight).sum(),
            connections_opened: recorders.iter().map(|of| of.connections_opened).sum(),
            requests_on_open_connections: sum(|of| of.requests_on_open_connections),
            unasked_connections: sum(|of| of.unasked_connections),
            responses_ended_by_close: sum(|of| of.responses_ended_by_close),
            open_files: self.open_files,
            missed_by_generator: measured.missed(),
        };
        Ok(LoadResult { phases: measured.phases(), generator, stopped_early })
    }

    async fn run_and_drain(&mut self, phases: Range<usize>) -> Result<(), LoadError> {
        let mut begins = Instant::now() + LEAD;
        for stage in self.stages(phases) {
            if self.stop.is_cancelled() {
                break;
            }
            begins = match stage {
                Stage::Open(phases) => self.run_open(phases, begins).await?,
                Stage::Closed { phase, users, stop, think_time } => {
                    let begins = not_in_the_past(begins);
                    self.run_closed(phase, users, stop, think_time, begins).await?;
                    Instant::now() + LEAD
                }
            };
        }
        // A closed phase at the end leaves nothing behind, so that the lead is harmless.
        let until = begins + within_reach(self.plan.drain);
        self.all(|_| Task::Drain { until }).await
    }

    /// Consecutive open phases are one stage: their threads go from one to the next
    /// without asking.
    fn stages(&self, phases: Range<usize>) -> Vec<Stage> {
        let mut stages = Vec::new();
        for phase in phases.start..phases.end.min(self.plan.phases.len()) {
            match (&self.plan.phases[phase].load, stages.last_mut()) {
                (PhaseLoad::Open { from, to, duration, arrivals }, last) => {
                    let pacer = Pacer::new(*from, *to, within_reach(*duration));
                    match last {
                        Some(Stage::Open(open)) => open.push((phase, pacer, *arrivals)),
                        _ => stages.push(Stage::Open(vec![(phase, pacer, *arrivals)])),
                    }
                }
                (PhaseLoad::Closed { users, stop, think_time }, _) => {
                    let (users, stop, think_time) = (*users, *stop, *think_time);
                    stages.push(Stage::Closed { phase, users, stop, think_time });
                }
            }
        }
        stages
    }

    /// Gives the end of the last schedule.
    async fn run_open(
        &mut self,
        phases: Vec<(usize, Pacer, Arrivals)>,
        mut begins: Instant,
    ) -> Result<Instant, LoadError> {
        let mut placed = Vec::new();
        for (phase, pacer, arrivals) in phases {
            self.begin(phase, begins);
            let (picker, seed) = (self.picker(phase), self.seed(phase));
            let before = self.iterations;
            placed.push(OpenPhase { phase, pacer, arrivals, picker, begins, seed, before });
            self.iterations += planned_arrivals(pacer, arrivals, seed);
            begins += pacer.duration();
        }
        let until = begins + within_reach(self.plan.drain);
        self.all(|_| Task::Open { phases: placed.clone(), until }).await?;
        Ok(begins)
    }

    async fn run_closed(
        &mut self,
        phase: usize,
        users: Users,
        stop: Stop,
        think_time: Option<ThinkTime>,
        begins: Instant,
    ) -> Result<(), LoadError> {
        self.begin(phase, begins);
        let draws = Arc::new(AtomicU64::new(0));
        let until = match stop {
            Stop::After(duration) => {
                Some(begins + within_reach(duration) + within_reach(self.plan.drain))
            }
            Stop::Iterations(_) | Stop::IterationsPerUser(_) => None,
        };
        self.all(|lane| {
            let numbers = (0..users.most()).skip(lane).step_by(self.threads.len());
            Task::Closed(ClosedPhase {
                phase,
                picker: self.picker(phase),
                begins,
                users: numbers.map(|number| planned_user(users, number, stop, begins)).collect(),
                think_time,
                seed: self.seed(phase),
                draws: Arc::clone(&draws),
                before: self.iterations,
                until,
            })
        })
        .await?;
        let most = if let Stop::Iterations(total) = stop { total } else { u64::MAX };
        self.iterations += draws.load(Ordering::Relaxed).min(most);
        Ok(())
    }

    /// Gives every thread its task and waits until all have done it.
    async fn all(&self, task: impl Fn(usize) -> Task) -> Result<(), LoadError> {
        let mut waiting = Vec::new();
        for (lane, thread) in self.threads.iter().enumerate() {
            let (done, answer) = oneshot::channel();
            let command = Command { task: task(lane), done };
            thread.commands.send(command).map_err(|_| LoadError::ThreadLost)?;
            waiting.push(answer);
        }
        for answer in waiting {
            answer.await.map_err(|_| LoadError::ThreadLost)?;
        }
        Ok(())
    }

    fn begin(&mut self, phase: usize, at: Instant) {
        self.begun[phase] = Some(at);
        self.meters.phase_begins(phase, at);
    }

    /// Decides what a phase leaves to chance, besides the order of requests.
    fn seed(&self, phase: usize) -> u64 {
        mixed(mixed(self.plan.seed) ^ phase as u64)
    }

    fn picker(&self, phase: usize) -> Picker {
        Picker::new(&self.plan.weights(), self.plan.seed, phase)
    }

    /// Why the load must not go on, if so. Nobody having answered explains more than
    /// the cancellation that it caused.
    fn stop_reason(&self) -> Option<StopReason> {
        let liveness = &self.target.liveness;
        match liveness.silence() {
            Some(last_error) if !self.stop.is_cancelled() || liveness.is_given_up() => {
                Some(StopReason::NoResponse { last_error })
            }
            _ if self.stop.is_cancelled() => {
                Some(self.abort.reason().unwrap_or(StopReason::Cancelled))
            }
            _ => None,
        }
    }
}

/// When users come who are to come after an open schedule: at its end, or later where the
/// generator ended it late, for they have a time of their own.
fn not_in_the_past(begins: Instant) -> Instant {
    let now = Instant::now();
    if now > begins + LATE_FOR_ITS_PHASE { now + LEAD } else { begins }
}

/// Arrivals of an open phase, over all threads.
fn planned_arrivals(pacer: Pacer, arrivals: Arrivals, seed: u64) -> u64 {
    match arrivals {
        Arrivals::Even => pacer.arrivals(),
        Arrivals::Poisson => Schedule::new(pacer, arrivals, seed, 0, 1).map(|_| 1).sum(),
    }
}

/// When a user of a closed phase comes, and when it sends nothing more.
fn planned_user(users: Users, number: u32, stop: Stop, begins: Instant) -> PlannedUser {
    let (comes, stop) = match stop {
        Stop::After(duration) => {
            let stay = stay(users, number, within_reach(duration));
            (begins + stay.from, UserStop::At(begins + stay.until))
        }
        Stop::Iterations(total) => (begins, UserStop::Total(total)),
        Stop::IterationsPerUser(each) => (begins, UserStop::Left(each)),
    };
    PlannedUser { number, comes, stop }
}

async fn start_thread(
    plan: &LoadPlan,
    lane: usize,
    target: &Arc<Target>,
    meters: &Arc<LiveMeters>,
    stop: &CancellationToken,
) -> Result<LoadThread, LoadError> {
    let lanes = plan.lanes();
    let parts = GeneratorParts {
        lane: lane as u64,
        lanes: lanes as u64,
        target: Arc::clone(target),
        recorder: Recorder::new(Arc::clone(meters), lane),
        bounds: lane_bounds(plan, lane),
        stop: stop.clone(),
    };
    let (commands, received) = mpsc::unbounded_channel();
    let (started, is_started) = oneshot::channel();
    let (hand_over, measured) = oneshot::channel();
    std::thread::Builder::new()
        .name(format!("load-{lane}"))
        .spawn(move || {
            // Nobody waits any more if the engine was dropped.
            let _ = hand_over.send(generator::run(parts, started, received));
        })
        .map_err(LoadError::Start)?;
    is_started.await.map_err(|_| LoadError::ThreadLost)?.map_err(LoadError::Start)?;
    Ok(LoadThread { commands, measured })
}

fn lane_bounds(plan: &LoadPlan, lane: usize) -> LaneBounds {
    let peak = plan.phases.iter().map(|phase| match &phase.load {
        PhaseLoad::Open { from, to, .. } => from.max(*to),
        PhaseLoad::Closed { .. } => 0.0,
    });
    let queued = peak.fold(0.0, f64::max) * QUEUE_SECONDS / plan.lanes() as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float becomes an integer saturating, and rates are not negative"
    )]
    let queued = queued.ceil() as usize;
    LaneBounds { in_flight: share(plan.max_in_flight.max(1), lane, plan.lanes()), queued }
}

/// The share of one of several, the first ones taking the remainder.
fn share<N>(total: N, lane: usize, lanes: usize) -> N
where
    N: TryFrom<usize> + TryInto<usize> + Copy + Default,
{
    let total: usize = total.try_into().unwrap_or(usize::MAX);
    N::try_from(total / lanes + usize::from(lane < total % lanes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Phase;

    fn phase(load: PhaseLoad) -> Phase {
        Phase { name: "p".into(), group: None, load, measured: true }
    }

    fn open(from: f64, to: f64) -> Phase {
        phase(PhaseLoad::open(from, to, Duration::from_secs(1)))
    }

    fn plan(phases: Vec<Phase>) -> LoadPlan {
        LoadPlan::new(phases, Vec::new(), ([127, 0, 0, 1], 1).into(), "h".into())
    }

    #[test]
    fn a_minute_of_the_highest_rate_may_wait_for_a_slot() {
        let users = phase(PhaseLoad::closed(500, Stop::Iterations(1)));
        let mut plan = plan(vec![open(5.0, 20.0), users, open(10.0, 1.0)]);
        plan.threads = 1;
        assert_eq!(lane_bounds(&plan, 0).queued, 1200);
        plan.threads = 2;
        let queued = |lane| lane_bounds(&plan, lane).queued;
        assert_eq!((queued(0), queued(1)), (600, 600));
    }

    #[test]
    fn threads_share_what_may_be_in_flight() {
        let mut plan = plan(vec![open(1.0, 1.0)]);
        (plan.threads, plan.max_in_flight) = (2, 7);
        let in_flight = |lane| lane_bounds(&plan, lane).in_flight;
        assert_eq!((in_flight(0), in_flight(1)), (4, 3));
    }
}
