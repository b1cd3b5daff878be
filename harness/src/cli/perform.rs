//! What `run`, `gate` and `assert` do with scenarios once files are read: load or watch,
//! judge, save, report.

use std::path::PathBuf;
use std::time::Instant;

use super::arguments::{LoadArguments, StartArguments};
use super::github::GitHub;
use super::output::{self, Output, say};
use super::reports::{self, Observed, Told};
use super::{Failure, codes, progress, runtime};
use crate::archive::{
    RunRecord, ScenarioEvidence, ScenarioRecord, ScenarioRun as RecordedRun, Tool,
    check_destination, write,
};
use crate::clock::Clock;
use crate::gate::{ExitCode, Outcome, RuleResult, Signal};
use crate::scenario::{self, Objective, Objectives, Scenario, Target};
use crate::session::{Observation, ScenarioRun, Settings, observe, run_scenario};
use crate::target::{StartCommand, TargetError};

/// Where results go, checked before anything is sent.
pub(super) struct Destinations {
    outputs: Vec<Output>,
    save: Option<PathBuf>,
    github: Option<GitHub>,
}

impl Destinations {
    /// Reads and tries `--out`, `--save`, and what GitHub wants to have.
    pub(super) fn of(load: &LoadArguments) -> Result<Self, Failure> {
        let outputs = output::parse(&load.reporting.outputs)?;
        output::probe(&outputs)?;
        if let Some(folder) = &load.reporting.save {
            check_destination(folder).map_err(|error| Failure::usage(error.code(), error))?;
        }
        let github = GitHub::detect(load.reporting.github);
        github.as_ref().map_or(Ok(()), GitHub::probe)?;
        Ok(Self { outputs, save: load.reporting.save.clone(), github })
    }

    /// Writes every report; GitHub hears last, because a report that could not be written
    /// changes the exit code that it is told.
    fn tell(&self, run: &Told<'_>, outcome: Outcome) -> ExitCode {
        let outcome = outcome.with(reports::write(run, outcome, &self.outputs));
        let Some(github) = &self.github else { return outcome.exit_code };
        let told = github.report(run.record, outcome);
        if told != ExitCode::Pass {
            reports::correct(run, outcome.with(told), &self.outputs);
        }
        outcome.exit_code.or(told)
    }
}

/// What is done with a scenario.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// Its load is sent.
    Load,
    /// Somebody else's load is watched.
    Observe(Observation),
}

/// Runs all scenarios, and ends with one verdict over them and the rule results.
pub(super) fn perform(
    scenarios: &[Scenario],
    rules: Option<Vec<RuleResult>>,
    load: &LoadArguments,
    destinations: &Destinations,
) -> Result<ExitCode, Failure> {
    perform_as(Work::Load, scenarios, rules, load, destinations)
}

/// Does some work with all scenarios, and ends with one verdict.
pub(super) fn perform_as(
    work: Work,
    scenarios: &[Scenario],
    rules: Option<Vec<RuleResult>>,
    load: &LoadArguments,
    destinations: &Destinations,
) -> Result<ExitCode, Failure> {
    let start = start_command(&load.start, scenarios)?;
    let verifier = load.verify.verifier(&load.variables)?;
    let (clock, began) = (Clock::start(), Instant::now());
    let (runtime, signals) = runtime::start()?;
    let settings = Settings {
        program: std::env::current_exe().map_err(Failure::internal)?,
        start,
        max_in_flight: load.max_in_flight.and_then(|most| usize::try_from(most).ok()),
        seed: load.seed,
        verifier,
        observer: progress::observer(load.reporting.quiet),
        signals: signals.clone(),
    };
    let runs = runtime.block_on(run_all(work, scenarios, &settings));
    let records = scenarios.iter().zip(&runs).map(|(scenario, run)| recorded(scenario, run));
    let record =
        RunRecord::of(Tool::here(), clock.at_ms(began), began.elapsed(), records.collect(), rules);
    let outcome = record.outcome(load.reporting.on_inconclusive.into());
    // Saved first, so that what the reports say of the exit code is true.
    let saved = save(destinations.save.as_ref(), &record, scenarios, &runs);
    let late_signal = signals.received().map_or(ExitCode::Pass, Signal::exit_code);
    let observed = Observed::Stores(runs.iter().map(|run| &run.series).collect());
    let told = Told { record: &record, observed };
    Ok(destinations.tell(&told, outcome.with(saved).with(late_signal)))
}

/// What `--start` says, if every scenario is about a service that it can start.
fn start_command(
    arguments: &StartArguments,
    scenarios: &[Scenario],
) -> Result<Option<StartCommand>, Failure> {
    let (Some(command), Some(url)) = (&arguments.start, &arguments.wait_for) else {
        return Ok(None);
    };
    let of_reference = scenarios.iter().find(|one| matches!(one.target, Target::Reference { .. }));
    if let Some(Scenario { name, .. }) = of_reference {
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            format!(
                "--start: scenario `{name}` has `target: reference`, which slogate starts itself; \
                 leave --start out, or name the service with --target URL"
            ),
        ));
    }
    let start = StartCommand::new(command, url, arguments.wait_timeout);
    start.map(Some).map_err(|error| {
        let code = match error {
            TargetError::Url(_) => scenario::codes::INVALID_URL,
            _ => codes::USAGE,
        };
        Failure::usage(code, format!("--start, --wait-for: {error}"))
    })
}

async fn run_all(work: Work, scenarios: &[Scenario], settings: &Settings) -> Vec<ScenarioRun> {
    let mut runs: Vec<ScenarioRun> = Vec::new();
    let mut silent: Vec<&Scenario> = Vec::new();
    for scenario in scenarios {
        let run = match (settings.signals.received(), reason_to_skip(scenario, &silent)) {
            (Some(signal), _) => ScenarioRun::interrupted(scenario, signal),
            (None, Some(reason)) => ScenarioRun::skipped(scenario, reason),
            (None, None) => match work {
                Work::Load => run_scenario(scenario, settings).await,
                Work::Observe(observation) => observe(scenario, observation, settings).await,
            },
        };
        if run.found_nobody() {
            silent.push(scenario);
        }
        runs.push(run);
    }
    runs
}

/// A target that nobody answers at is not asked again.
fn reason_to_skip(scenario: &Scenario, silent: &[&Scenario]) -> Option<String> {
    let same = silent.iter().find(|earlier| earlier.target == scenario.target)?;
    Some(format!("its target did not answer in scenario `{}`", same.name))
}

fn recorded(scenario: &Scenario, run: &ScenarioRun) -> ScenarioRecord {
    let objectives: &[Objective] = match &scenario.objectives {
        Objectives::LoadOnly => &[],
        Objectives::Judged(objectives) => objectives,
    };
    ScenarioRecord::of(RecordedRun {
        scenario,
        target: run.target.url.clone(),
        address: run.target.address.clone(),
        bundled_service: run.target.is_reference,
        started_program: run.target.started_program.clone(),
        t0_ms: first_intended_ms(run),
        load: run.load.as_ref(),
        series: Some(&run.series),
        objectives: objectives.iter().zip(run.objectives.iter().cloned()).collect(),
        alerts: &run.alerts,
        verification: run.verification.clone(),
        conditions: run.conditions.clone(),
        notes: run.notes.clone(),
    })
}

/// The instant that the measured load's intended starts count from.
fn first_intended_ms(run: &ScenarioRun) -> Option<i64> {
    let measured = run.load.as_ref()?.phases.iter().find(|phase| phase.measured)?;
    Some(measured.first_intended_ms)
}

/// Saves the run, if so asked; what goes wrong is said and changes the exit code.
fn save(
    folder: Option<&PathBuf>,
    record: &RunRecord,
    scenarios: &[Scenario],
    runs: &[ScenarioRun],
) -> ExitCode {
    let Some(folder) = folder else { return ExitCode::Pass };
    let evidence: Vec<ScenarioEvidence<'_>> = scenarios
        .iter()
        .zip(runs)
        .map(|(scenario, run)| ScenarioEvidence {
            name: &scenario.name,
            load: run.load.as_ref(),
            series: Some(&run.series),
            closing_scrapes: run.closing_scrapes.clone(),
            artifacts: run.artifacts.clone(),
        })
        .collect();
    match write(folder, record, &evidence) {
        Ok(()) => ExitCode::Pass,
        Err(error) => {
            say(&output::error(error.code(), &error));
            error.exit_code()
        }
    }
}
