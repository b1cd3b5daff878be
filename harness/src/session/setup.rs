//! Everything that must stand before the first request: the target, the address
//! it is reached at, the load engine, and a scrape that shows the metrics are there.

use std::mem;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use crate::clock::Clock;
use crate::gate::Condition;
use crate::load::{Engine, LoadError, LoadPlan};
use crate::scenario::{
    Access, ClientExpression, Metrics, ObjectiveKind, Objectives, PhaseLoad, Scenario,
    ScrapeTargets, Stop, Target,
};
use crate::scrape::{OnScrape, ScrapeConfig, Scraper, SharedSeries};
use crate::series::ScrapeMoment;
use crate::target::{ReferenceProcess, Resolved, TargetError, resolve};
use crate::units::Unit;

use super::watch::{OwnSeries, Watch};
use super::{Event, ScenarioRun, Settings};

/// Most samples of one scrape: ten times what a large service exports.
const SAMPLE_LIMIT: usize = 100_000;
/// Most bytes of one scrape, for the same reason.
const SCRAPE_BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// What a run stands on.
pub(super) struct Stage {
    pub(super) resolved: Resolved,
    pub(super) engine: Option<Engine>,
    pub(super) watch: Watch,
    series: SharedSeries,
    reference: Option<ReferenceProcess>,
}

impl Stage {
    /// Starts or finds the target and sees that it and its metrics are there. No
    /// request of the load is sent.
    pub(super) async fn set_up(
        scenario: &Scenario,
        settings: &Settings,
        clock: Clock,
        run: &mut ScenarioRun,
    ) -> Result<Self, Condition> {
        let (url, reference) = find_target(&scenario.target, &settings.program).await?;
        announce(scenario, settings, &url);
        let resolved = resolve(&url).await.map_err(|error| not_reachable(&error))?;
        run.target.address = Some(resolved.address.to_string());
        let engine = start_engine(scenario, settings, &resolved, clock).await.map_err(internal)?;
        let series = SharedSeries::default();
        let watch = watch(scenario, settings, &resolved, clock, &engine, &series)?;
        if let Watch::Scrapes(scraper) = &watch {
            see_metrics(scraper).await?;
        }
        Ok(Self { resolved, engine: Some(engine), watch, series, reference })
    }

    /// The closing scrape as it was received, if it was good.
    pub(super) fn closing_body(&self) -> Option<Bytes> {
        let store = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let last = store.scrapes().last()?;
        let is_good_closing = last.moment == ScrapeMoment::Closing && last.outcome.is_ok();
        is_good_closing.then(|| self.watch.last_body()).flatten()
    }

    /// Ends the reference service and hands over the series. A service that ended by
    /// itself is a condition; what else was odd about the end is a note.
    pub(super) async fn take_down(mut self, run: &mut ScenarioRun) {
        if let Some(process) = self.reference.take() {
            end_reference(process, run).await;
        }
        run.series = mem::take(&mut *self.series.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

async fn end_reference(mut process: ReferenceProcess, run: &mut ScenarioRun) {
    if let Some(status) = process.has_exited() {
        let log = process.log_tail();
        let reason = format!("the reference service ended during the run: {status}{log}");
        run.conditions.push(Condition::TargetEnded { reason });
        return;
    }
    match process.stop().await {
        Ok(status) if status.success() => {}
        Ok(status) => run.notes.push(format!("the reference service ended with {status}")),
        Err(error) => run.notes.push(error.to_string()),
    }
}

/// The target's URL, and its process if it is the reference service, started here.
async fn find_target(
    target: &Target,
    program: &Path,
) -> Result<(String, Option<ReferenceProcess>), Condition> {
    match target {
        Target::Url(url) => Ok((url.clone(), None)),
        Target::Reference { faults } => {
            let started = ReferenceProcess::start_program(program, faults).await;
            let process = started.map_err(|error| not_reachable(&error))?;
            Ok((process.url().to_owned(), Some(process)))
        }
    }
}

fn announce(scenario: &Scenario, settings: &Settings, url: &str) {
    let kind = match scenario.target {
        Target::Reference { .. } => " (the bundled reference service)",
        Target::Url(_) => "",
    };
    settings.observer.hear(Event::ScenarioStarted {
        name: scenario.name.clone(),
        target: format!("{url}{kind}"),
        expected: expected_duration(scenario),
    });
}

/// The time that all phases take together, if every one of them says so.
fn expected_duration(scenario: &Scenario) -> Option<Duration> {
    scenario
        .phases
        .iter()
        .filter(|phase| phase.measured)
        .map(|phase| match phase.load {
            PhaseLoad::Open { duration, .. }
            | PhaseLoad::Closed { stop: Stop::After(duration), .. } => Some(duration),
            PhaseLoad::Closed { .. } => None,
        })
        .sum()
}

async fn start_engine(
    scenario: &Scenario,
    settings: &Settings,
    resolved: &Resolved,
    clock: Clock,
) -> Result<Engine, LoadError> {
    let host = resolved.url.trim_start_matches("http://").to_owned();
    let mut plan =
        LoadPlan::new(scenario.phases.clone(), scenario.requests.clone(), resolved.address, host);
    plan.max_in_flight = settings.max_in_flight;
    plan.seed = settings.seed;
    plan.latency_bounds_seconds = judged_seconds(&scenario.objectives);
    Engine::start(plan, settings.signals.token(), move |instant| clock.at_ms(instant)).await
}

/// Every threshold on a time of the client's: the client's own histograms have a
/// bucket bound there, so that they can be judged by PromQL as well.
fn judged_seconds(objectives: &Objectives) -> Vec<f64> {
    let Objectives::Judged(objectives) = objectives else { return Vec::new() };
    let on_time = objectives.iter().filter(|objective| match &objective.kind {
        ObjectiveKind::Client(expression) => {
            matches!(expression, ClientExpression::Time { .. } | ClientExpression::Span)
        }
        ObjectiveKind::Promql { unit, .. } | ObjectiveKind::Counter { unit, .. } => {
            *unit == Unit::Seconds
        }
    });
    let bounds =
        on_time.flat_map(|objective| &objective.thresholds).map(|threshold| threshold.bound);
    bounds.filter(|bound| *bound > 0.0 && bound.is_finite()).collect()
}

fn watch(
    scenario: &Scenario,
    settings: &Settings,
    resolved: &Resolved,
    clock: Clock,
    engine: &Engine,
    series: &SharedSeries,
) -> Result<Watch, Condition> {
    let (meters, name) = (engine.meters(), scenario.name.clone());
    let sample: OnScrape = Box::new(move |store, at_ms| meters.write_series(&name, store, at_ms));
    let series = Arc::clone(series);
    let Metrics::Scrape(source) = &scenario.metrics else {
        return Ok(Watch::OwnSeries(Arc::new(OwnSeries { sample, series, clock })));
    };
    let path = match &source.targets {
        ScrapeTargets::Path(path) if source.access == Access::default() => path,
        _ => {
            let reason = "this metrics source cannot be scraped yet; use `path` without `auth` and \
                          `headers`";
            return Err(Condition::NotReachable { reason: reason.to_owned() });
        }
    };
    let config = ScrapeConfig {
        url: format!("{}{path}", resolved.url),
        address: resolved.address,
        instance: format!("{}:{}", resolved.host, resolved.port),
        job: scenario.name.clone(),
        every: source.every,
        timeout: source.timeout,
        sample_limit: source.sample_limit.unwrap_or(SAMPLE_LIMIT),
        body_limit_bytes: SCRAPE_BODY_LIMIT_BYTES,
        seed: settings.seed,
        honor_timestamps: source.honor_timestamps,
    };
    let scraper = Scraper::new(config, clock, series).map_err(internal)?;
    Ok(Watch::Scrapes(Arc::new(scraper.with_hook(sample))))
}

async fn see_metrics(scraper: &Scraper) -> Result<(), Condition> {
    let record = scraper.scrape(ScrapeMoment::Readiness).await;
    record.outcome.map(drop).map_err(|error| Condition::NotReachable {
        reason: format!("the metrics of {} could not be scraped: {error}", record.instance),
    })
}

fn not_reachable(error: &TargetError) -> Condition {
    Condition::NotReachable { reason: error.to_string() }
}

fn internal(error: impl std::error::Error) -> Condition {
    Condition::Internal { reason: error.to_string() }
}
