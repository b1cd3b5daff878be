//! Everything that must stand before the first request: the target, the address
//! it is reached at, the load engine, and a scrape that shows the metrics are there.

use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use crate::archive::ClosingScrape;
use crate::clock::Clock;
use crate::gate::Condition;
use crate::load::{Engine, LoadError, LoadPlan};
use crate::machine::MachineMeter;
use crate::scenario::{
    ClientExpression, Metrics, ObjectiveKind, Objectives, Origin, PhaseLoad, Scenario,
    ScrapeTargets, Stop, Target, Tls, TlsClient,
};
use crate::scrape::{OnScrape, SharedSeries};
use crate::target::{
    Resolved, TargetError, TargetProcess, resolve, start_reference, still_listens,
};
use crate::units::Unit;

use super::identity::{self, Addresses};
use super::scrapes::{self, Scrapes};
use super::watch::{OwnSeries, Watch};
use super::{Event, ScenarioRun, Settings, api};

/// How long the reference service may take to end once somebody has asked to stop.
const REFERENCE_STOP_HURRIED: Duration = Duration::from_secs(1);

/// Why there is nothing to load.
pub(super) enum NotSetUp {
    /// Somebody asked to stop.
    Stopped,
    /// Something is not as it must be.
    Because(Condition),
}

impl From<Condition> for NotSetUp {
    fn from(condition: Condition) -> Self {
        Self::Because(condition)
    }
}

/// A service that slogate started for this scenario.
struct Started {
    process: TargetProcess,
    is_reference: bool,
}

/// What a run stands on.
pub(super) struct Stage {
    pub(super) resolved: Resolved,
    /// How TLS is spoken with it, if it is.
    pub(super) tls: Option<TlsClient>,
    pub(super) engine: Option<Engine>,
    pub(super) watch: Watch,
    pub(super) series: SharedSeries,
    started: Option<Started>,
}

impl Stage {
    /// Starts or finds the target and sees that it and its metrics are there. No
    /// request of the load is sent.
    pub(super) async fn set_up(
        scenario: &Scenario,
        settings: &Settings,
        clock: Clock,
        run: &mut ScenarioRun,
    ) -> Result<Self, NotSetUp> {
        let (url, started) = find_target(scenario, settings).await?;
        announce(scenario, settings, &url);
        let leader = started.as_ref().map(|started| started.process.id());
        let reach = Self::reach(scenario, settings, clock, (&url, leader, run));
        match settings.signals.token().run_until_cancelled(reach).await {
            Some(Ok(stage)) => Ok(Self { started, ..stage }),
            Some(Err(condition)) => Err(NotSetUp::Because(end_unreached(started, condition).await)),
            None => {
                if let Some(started) = started {
                    // The run ends because somebody wants it to, however this does.
                    let _ = started.stop(settings.signals.received().is_some()).await;
                }
                Err(NotSetUp::Stopped)
            }
        }
    }

    /// Sees that the target at a URL and its metrics are there.
    async fn reach(
        scenario: &Scenario,
        settings: &Settings,
        clock: Clock,
        (url, leader, run): (&str, Option<u32>, &mut ScenarioRun),
    ) -> Result<Self, Condition> {
        // Read again for each scenario: a certificate may have been renewed since the last one.
        let tls = read_tls(scenario)?;
        let resolved = resolve(url).await.map_err(|error| not_reachable(&error))?;
        run.target.address = Some(resolved.address.to_string());
        match identity::compare(&resolved, tls.as_ref(), harmless_path(scenario)).await {
            Addresses::One => {}
            Addresses::Alike(note) => run.notes.push(note),
            Addresses::Different(reason) => return Err(Condition::AmbiguousTarget { reason }),
        }
        let engine = start_engine(scenario, settings, (&resolved, tls.clone()), clock).await?;
        let series = SharedSeries::default();
        let own = own_series(scenario, clock, (&engine, meter(leader, &resolved)), &series);
        let watch = match &scenario.metrics {
            Metrics::Prometheus(source) => {
                api::watch(source, own, settings.signals.token()).await?.into()
            }
            Metrics::None | Metrics::Scrape(_) => watch(scenario, settings, &resolved, own).await?,
        };
        Ok(Self { resolved, tls, engine: Some(engine), watch, series, started: None })
    }

    /// The closing scrape of each instance as it was received, where it was good.
    pub(super) fn closing_scrapes(&self) -> Vec<ClosingScrape> {
        match &self.watch {
            Watch::Scrapes(scrapes) => scrapes.closing_scrapes(),
            Watch::OwnSeries(_) | Watch::Api(_) => Vec::new(),
        }
    }

    /// Ends what was started and hands over the series. A service that ended by itself
    /// is a condition; what else was odd about the end is a note.
    pub(super) async fn take_down(mut self, is_hurried: bool, run: &mut ScenarioRun) {
        if let Some(started) = self.started.take() {
            end_started(started, is_hurried, self.resolved.address, run).await;
        }
        run.series = mem::take(&mut *self.series.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Started {
    /// The reference service has nothing that a hurried end could harm; others get
    /// their time.
    async fn stop(self, is_hurried: bool) -> Result<ExitStatus, TargetError> {
        if is_hurried && self.is_reference {
            return self.process.stop_within(REFERENCE_STOP_HURRIED).await;
        }
        self.process.stop().await
    }
}

async fn end_started(
    mut started: Started,
    is_hurried: bool,
    address: SocketAddr,
    run: &mut ScenarioRun,
) {
    let name = started.process.name().to_owned();
    let is_reference = started.is_reference;
    if let Some(status) = started.process.has_exited() {
        let log = started.process.log_tail();
        let reason = format!("{name} ended during the run: {status}{log}");
        run.conditions.push(Condition::TargetEnded { reason });
        // What it started may be left.
        let _ = started.stop(is_hurried).await;
    } else {
        match started.stop(is_hurried).await {
            // Few services have a handler for SIGTERM; only ours must end well.
            Ok(status) if status.success() || !is_reference => {}
            Ok(status) => run.notes.push(format!("{name} ended with {status}")),
            Err(error) => run.notes.push(noted(&error)),
        }
    }
    if !is_reference && still_listens(address).await {
        run.notes.push(format!(
            "something still listens at {address} after {name} was ended: what left its process \
             group (setsid, a daemon) is not followed; end it yourself"
        ));
    }
}

/// A fault that takes no pass away.
fn noted(error: &TargetError) -> String {
    match error.code() {
        Some(code) => format!("warning[{code}]: {error}"),
        None => error.to_string(),
    }
}

/// Ends a service that was started and could not be loaded; its last lines may say why.
async fn end_unreached(started: Option<Started>, condition: Condition) -> Condition {
    let Some(started) = started else { return condition };
    let (name, log) = (started.process.name().to_owned(), started.process.log_tail());
    // Why it cannot be loaded says more than how it ended.
    let _ = started.stop(true).await;
    match condition {
        Condition::NotReachable { reason, causes } if !log.is_empty() => Condition::NotReachable {
            reason: format!("{reason}\nthe last lines of {name}:{log}"),
            causes,
        },
        other => other,
    }
}

/// The target's URL, and its process if it is started here.
async fn find_target(
    scenario: &Scenario,
    settings: &Settings,
) -> Result<(String, Option<Started>), NotSetUp> {
    let stop = settings.signals.token();
    match (&scenario.target, &settings.start) {
        (Target::Url(url), None) => Ok((url.clone(), None)),
        (Target::Url(url), Some(start)) => {
            let origin = Origin::parse(url).map_err(|error| not_reachable(&error.into()))?;
            let tls = read_tls(scenario)?;
            let process = start.start((&origin, tls.as_ref()), scenario.hidden(), stop).await;
            let process = process.map_err(not_started)?;
            Ok((url.clone(), Some(Started { process, is_reference: false })))
        }
        (Target::Reference { faults }, _) => {
            let start = start_reference(&settings.program, faults, scenario.hidden());
            let started = stop.run_until_cancelled(start).await.ok_or(NotSetUp::Stopped)?;
            let (process, url) = started.map_err(not_started)?;
            Ok((url, Some(Started { process, is_reference: true })))
        }
    }
}

fn not_started(error: TargetError) -> NotSetUp {
    match error {
        TargetError::Cancelled => NotSetUp::Stopped,
        error => NotSetUp::Because(not_reachable(&error)),
    }
}

/// A path that may be asked for before the load without doing anything.
fn harmless_path(scenario: &Scenario) -> &str {
    if let Metrics::Scrape(source) = &scenario.metrics
        && let ScrapeTargets::Path(path) = &source.targets
    {
        return path;
    }
    let harmless = scenario
        .requests
        .iter()
        .find(|request| request.method == "GET" && request.varying.path.is_none());
    harmless.map_or("/", |request| request.path.as_str())
}

fn announce(scenario: &Scenario, settings: &Settings, url: &str) {
    let kind = match (&scenario.target, &settings.start) {
        (Target::Reference { .. }, _) => " (the bundled reference service)".to_owned(),
        (Target::Url(_), Some(start)) => format!(" (started with `{}`)", start.program()),
        (Target::Url(_), None) => String::new(),
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
    (resolved, tls): (&Resolved, Option<TlsClient>),
    clock: Clock,
) -> Result<Engine, Condition> {
    let host = resolved.origin.host_header();
    // Read again for each scenario: a token may have been renewed since the last one.
    let requests = scenario.requests_with_credentials().map_err(|problems| {
        let reason = format!("the requests could not be sent: {problems}");
        Condition::not_reachable(reason, problems.codes())
    })?;
    let mut plan = LoadPlan::new(scenario.phases.clone(), requests, resolved.address, host);
    let max_in_flight = settings.max_in_flight.or(scenario.max_in_flight);
    plan.max_in_flight = max_in_flight.unwrap_or(plan.max_in_flight);
    plan.seed = settings.seed;
    plan.tls = tls;
    plan.flows.clone_from(&scenario.flows);
    plan.uuid_seed = RandomState::new().hash_one(&scenario.name);
    plan.http = scenario.http;
    plan.latency_bounds_seconds = judged_seconds(&scenario.objectives);
    let stop = settings.signals.token();
    let engine = Engine::start(plan, stop, move |instant| clock.at_ms(instant)).await;
    engine.map_err(|error| not_sendable(&error))
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
        ObjectiveKind::Present { .. } | ObjectiveKind::Reconcile(_) | ObjectiveKind::Alert(_) => {
            false
        }
    });
    let bounds =
        on_time.flat_map(|objective| &objective.thresholds).map(|threshold| threshold.bound);
    bounds.filter(|bound| *bound > 0.0 && bound.is_finite()).collect()
}

/// Who has this machine's CPU: the target by its process, if it was started and is here.
fn meter(leader: Option<u32>, resolved: &Resolved) -> MachineMeter {
    match leader {
        Some(leader) if resolved.address.ip().is_loopback() => {
            MachineMeter::with_target(leader, resolved.origin.port)
        }
        _ => MachineMeter::new(),
    }
}

/// The client's own series and this machine's, to be sampled where nothing is scraped.
fn own_series(
    scenario: &Scenario,
    clock: Clock,
    (engine, machine): (&Engine, MachineMeter),
    series: &SharedSeries,
) -> OwnSeries {
    let (meters, name) = (engine.meters(), scenario.name.clone());
    let sample: OnScrape = Box::new(move |store, at_ms| {
        meters.write_series(&name, store, at_ms);
        machine.write_series(store, at_ms);
    });
    OwnSeries { sample, series: Arc::clone(series), clock }
}

async fn watch(
    scenario: &Scenario,
    settings: &Settings,
    resolved: &Resolved,
    own: OwnSeries,
) -> Result<Watch, Condition> {
    let Metrics::Scrape(source) = &scenario.metrics else {
        return Ok(Watch::OwnSeries(Arc::new(own)));
    };
    let made = scrapes::Made { job: &scenario.name, seed: settings.seed, own };
    let scrapes = Scrapes::find(source, resolved, made).await?;
    scrapes.see_metrics().await?;
    Ok(Watch::Scrapes(Arc::new(scrapes)))
}

/// How TLS is spoken with the target, with every file read.
pub(super) fn read_tls(scenario: &Scenario) -> Result<Option<TlsClient>, Condition> {
    let read = scenario.tls.as_ref().map(Tls::read).transpose();
    read.map_err(|problems| {
        let reason = format!("TLS cannot be spoken with the target: {problems}");
        Condition::not_reachable(reason, problems.codes())
    })
}

pub(super) fn not_reachable(error: &TargetError) -> Condition {
    Condition::not_reachable(error.to_string(), error.code())
}

fn not_sendable(error: &LoadError) -> Condition {
    Condition::internal(error.to_string(), [error.code()])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{ReadOptions, Variables, read_text};

    #[test]
    fn every_judged_time_is_a_bound_of_the_clients_own_histograms() {
        let text = "version: 1
name: s
target: http://127.0.0.1:1
metrics: { path: /metrics }
load: [{ name: steady, rate: 1/s, for: 1s }]
requests: [{ name: get, get: / }]
slo:
  - 'p95(latency) < 170ms'
  - { id: several, client: mean(service_time), is: ['< 3s', '> 1ms'] }
  - 'p99(lag) < 7ms'
  - 'span(phase) < 41s'
  - { id: own, promql: 'histogram_quantile(0.95, sum by (le) (increase(slogate_request_duration_seconds_bucket[$run])))', unit: ms, is: '< 230ms' }
  - { id: counted, counter: busy_seconds_total, unit: s, is: '< 9s' }
  - 'count(dropped) == 0'
  - { id: size, promql: 'sum(increase(bytes_total[$run]))', unit: bytes, is: '> 5MB' }
";
        let read = read_text(Path::new("s.yaml"), text, &Variables::new(), &ReadOptions::default());
        let bounds = judged_seconds(&read.unwrap().scenario.objectives);
        assert_eq!(bounds, [0.17, 3.0, 0.001, 0.007, 41.0, 0.23, 9.0]);
    }

    #[test]
    fn a_service_that_could_not_be_ended_is_a_note_with_its_code() {
        let source = std::io::ErrorKind::PermissionDenied.into();
        let error = TargetError::Stop { name: "`shop`".to_owned(), process: 7, source };
        assert!(noted(&error).starts_with("warning[stop-failed]: `shop` (process 7)"));
    }
}
