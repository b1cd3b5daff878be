//! The order of things: find or start the target, see that it is there, warm up,
//! open the window, load, close the window, fetch samples, judge.
//!
//! A session decides nothing about a verdict; it gathers evidence in the right
//! order and hands it to `slo` and `gate`.

mod abort;
mod api;
mod artifacts;
pub mod codes;
mod conclude;
mod drive;
mod identity;
mod observe;
mod observer;
mod scrapes;
mod setup;
mod signals;
mod verify;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use observe::{Observation, Opens, observe};
pub use observer::{Event, Observer, Silence};
pub use signals::Signals;
pub use verify::{Verified, Verifier};

use crate::archive::{Artifact, ClosingScrape, VerificationRecord};
use crate::clock::Clock;
use crate::gate::{Condition, Signal};
use crate::load::LoadResult;
use crate::scenario::{Scenario, Target};
use crate::series::SeriesStore;
use crate::slo::{JudgedObjective, WatchedAlert};
use crate::target::{StartCommand, has_gone};
use conclude::conclude;
use setup::{NotSetUp, Stage};

/// Longest look at the target after a signal: enough for one that refuses connections to say
/// so, also on another machine, and nothing that anybody waits for.
const LOOK_AFTER_SIGNAL: Duration = Duration::from_millis(500);

/// What is the same for every scenario of an invocation.
#[derive(Clone)]
pub struct Settings {
    /// The program whose `exporter` verb is the reference service.
    pub program: PathBuf,
    /// What to start for each scenario, if its target is not there already.
    pub start: Option<StartCommand>,
    /// Most requests at once, in place of what a scenario says.
    pub max_in_flight: Option<usize>,
    /// Decides the order of requests and the jitter of scrapes.
    pub seed: u64,
    /// What else is asked after each scenario.
    pub verifier: Option<Verifier>,
    /// Hears how it goes.
    pub observer: Arc<dyn Observer>,
    /// Ends it.
    pub signals: Signals,
}

/// What was loaded, as every report names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetSeen {
    /// `reference`, or the URL of the scenario.
    pub url: String,
    /// The address that load and scrapes went to; absent if it was never reached.
    pub address: Option<String>,
    /// Whether it was the bundled reference service.
    pub is_reference: bool,
    /// The program that `--start` ran, without its arguments.
    pub started_program: Option<String>,
}

/// One scenario, run and judged.
#[derive(Debug)]
pub struct ScenarioRun {
    /// What was loaded.
    pub target: TargetSeen,
    /// What the generator measured; absent if nothing was sent.
    pub load: Option<LoadResult>,
    /// What was scraped, and the client's own series.
    pub series: SeriesStore,
    /// The closing scrape of each instance as it was received, where it was good.
    pub closing_scrapes: Vec<ClosingScrape>,
    /// Files that answers pointed to.
    pub artifacts: Vec<Artifact>,
    /// Every objective, judged.
    pub objectives: Vec<JudgedObjective>,
    /// What each alert rule did.
    pub alerts: Vec<WatchedAlert>,
    /// What another source said, if one was asked.
    pub verification: Option<VerificationRecord>,
    /// What else decides over the verdict.
    pub conditions: Vec<Condition>,
    /// What should be known and decides nothing.
    pub notes: Vec<String>,
}

impl ScenarioRun {
    /// A run of which nothing has happened yet.
    fn new(scenario: &Scenario) -> Self {
        let (url, is_reference) = match &scenario.target {
            Target::Reference { .. } => ("reference".to_owned(), true),
            Target::Url(url) => (url.clone(), false),
        };
        Self {
            target: TargetSeen { url, address: None, is_reference, started_program: None },
            load: None,
            series: SeriesStore::default(),
            closing_scrapes: Vec::new(),
            artifacts: Vec::new(),
            objectives: Vec::new(),
            alerts: Vec::new(),
            verification: None,
            conditions: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A scenario whose turn did not come before a signal.
    pub fn interrupted(scenario: &Scenario, signal: Signal) -> Self {
        let mut run = Self::new(scenario);
        run.conditions.push(Condition::Interrupted { signal });
        run
    }

    /// A scenario that was not run, for this reason.
    pub fn skipped(scenario: &Scenario, reason: String) -> Self {
        let mut run = Self::new(scenario);
        run.conditions.push(Condition::Skipped { reason });
        run
    }

    /// Whether its target did not answer at all, so that another scenario against
    /// the same target is not worth trying.
    pub fn found_nobody(&self) -> bool {
        self.conditions.iter().any(Condition::is_silence)
    }
}

/// Runs one scenario from start to verdict. Whatever goes wrong is in the result:
/// a run always ends with something to report.
pub async fn run_scenario(scenario: &Scenario, settings: &Settings) -> ScenarioRun {
    let clock = Clock::start();
    let mut run = ScenarioRun::new(scenario);
    run.target.started_program = settings.start.as_ref().map(|start| start.program().to_owned());
    match Stage::set_up(scenario, settings, clock, &mut run).await {
        Ok(stage) => perform(scenario, settings, stage, &mut run).await,
        Err(NotSetUp::Because(condition)) => run.conditions.push(condition),
        // The signal is a condition of its own.
        Err(NotSetUp::Stopped) => {}
    }
    conclude(scenario, settings.signals.received(), &mut run);
    verify::verify_run(scenario, settings, &mut run).await;
    settings.observer.hear(Event::ScenarioEnded { name: scenario.name.clone() });
    run
}

/// Sees that a target which was there before the load is there after it. The end of the
/// reference service is seen where its process is ended. A signal is not kept waiting by a
/// target that does not accept.
async fn see_target(stage: &Stage, stop: &CancellationToken, run: &mut ScenarioRun) {
    if run.load.is_none() || run.target.is_reference {
        return;
    }
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(LOOK_AFTER_SIGNAL).await;
    };
    tokio::select! {
        gone = has_gone(stage.resolved.address) => {
            run.conditions.extend(gone.map(|reason| Condition::TargetEnded { reason }));
        }
        () = stopped => {}
    }
}

/// The load and what follows it, with everything in its place.
async fn perform(
    scenario: &Scenario,
    settings: &Settings,
    mut stage: Stage,
    run: &mut ScenarioRun,
) {
    match drive::drive(scenario, settings, &mut stage).await {
        Ok(load) => run.load = Some(load),
        Err(error) => {
            run.conditions.push(Condition::internal(error.to_string(), error.code()));
        }
    }
    run.closing_scrapes = stage.closing_scrapes();
    see_target(&stage, settings.signals.token(), run).await;
    run.notes.extend(stage.watch.notes());
    if let Some(load) = &run.load {
        let collected = artifacts::collect(scenario, load, (&stage.resolved, stage.tls.clone()));
        let stop = settings.signals.token();
        let collected = stop.run_until_cancelled(collected).await;
        let (artifacts, notes) = collected.unwrap_or_default();
        run.artifacts = artifacts;
        run.notes.extend(notes);
    }
    stage.take_down(settings.signals.received().is_some(), run).await;
}
