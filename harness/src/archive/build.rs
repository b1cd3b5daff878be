//! From what a run left behind to its record: every number that a report shows is
//! made here.

use std::num::NonZero;
use std::time::Duration;

use super::alerts::alert_records;
use super::flows::flow_records;
use super::parts::parts_record;
use super::record::{
    BesideRecord, Configuration, DataFileRecord, GeneratorRecord, InstanceScrapes, MachineRecord,
    Measured, MeasuredWord, Model, PhaseRecord, PhaseRun, RequestRecord, RulesRecord, RunRecord,
    SCHEMA_VERSION, ScenarioRecord, ScrapesRecord, SloRecord, StoppedEarly, Times, Tool,
    UncertaintyName, UncertaintyRecord,
};
use super::verification::VerificationRecord;
use crate::clock::rfc3339;
use crate::code::Code;
use crate::gate::{Condition, OnInconclusive, RuleResult};
use crate::histogram::{LatencyHistogram, Ranked};
use crate::load::{LoadModel, LoadResult, PhaseResult, RequestResult, StopReason, TimeInParts};
use crate::scenario::{Metrics, Objective, Restarts, Scenario, SentFile};
use crate::series::{ScrapeRecord, SeriesStore};
use crate::slo::algebra::starved_machine::CpuShares;
use crate::slo::{
    AlertEnding, Arrivals, JudgedObjective, Observed, ShownBeside, UncertaintyKind, Verdict,
    WatchedAlert, Windows, machine_shares,
};

/// Errors of scrapes that a record keeps.
const FIRST_ERRORS: usize = 5;

/// Everything that one scenario left behind.
#[derive(Clone, Debug)]
pub struct ScenarioRun<'a> {
    /// The scenario as it was read.
    pub scenario: &'a Scenario,
    /// What was loaded: `reference` or a URL.
    pub target: String,
    /// The address that load and scrapes went to, if one was found.
    pub address: Option<String>,
    /// Whether slogate started the target itself.
    pub bundled_service: bool,
    /// The program that slogate started as the target, without its arguments.
    pub started_program: Option<String>,
    /// The instant that intended starts count from, milliseconds since the epoch.
    pub t0_ms: Option<i64>,
    /// What the generator measured, if anything was sent.
    pub load: Option<&'a LoadResult>,
    /// What was scraped, if anything was.
    pub series: Option<&'a SeriesStore>,
    /// Each objective with its judgement, in file order.
    pub objectives: Vec<(&'a Objective, JudgedObjective)>,
    /// What each alert rule did.
    pub alerts: &'a [WatchedAlert],
    /// What another source said, if one was asked.
    pub verification: Option<VerificationRecord>,
    /// What happened besides.
    pub conditions: Vec<Condition>,
    /// What should be known and decides nothing.
    pub notes: Vec<String>,
}

/// Whether this is a pipeline: every CI system of note sets `CI`, and `CI=false` is how
/// people switch it off.
pub fn is_pipeline() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

impl Tool {
    /// This version of slogate on this machine.
    pub fn here() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cores: std::thread::available_parallelism().map_or(1, NonZero::get),
            ci: is_pipeline(),
        }
    }
}

impl RunRecord {
    /// The record of a whole invocation; `started_ms` is milliseconds since the epoch,
    /// `rules` is `None` if no rules were asked for.
    pub fn of(
        tool: Tool,
        started_ms: i64,
        duration: Duration,
        scenarios: Vec<ScenarioRecord>,
        rules: Option<Vec<RuleResult>>,
    ) -> Self {
        let mut record = Self {
            schema_version: SCHEMA_VERSION,
            tool,
            verdict: Verdict::Inconclusive,
            exit: None,
            started_at: rfc3339(started_ms),
            duration_seconds: duration.as_secs_f64(),
            scenarios,
            rules: rules.map(RulesRecord::of),
        };
        record.verdict = record.outcome(OnInconclusive::Fail).verdict;
        record
    }
}

impl ScenarioRecord {
    /// The record of one scenario.
    pub fn of(run: ScenarioRun<'_>) -> Self {
        let scenario = run.scenario;
        let windows = run.load.zip(run.series).map(|(load, series)| Windows::find(series, load));
        let mut record = Self {
            name: scenario.name.clone(),
            description: scenario.description.clone(),
            target: run.target,
            address: run.address,
            bundled_service: run.bundled_service,
            started_program: run.started_program,
            verdict: Verdict::Inconclusive,
            reasons: Vec::new(),
            codes: Vec::new(),
            conditions: run.conditions,
            verification: run.verification,
            notes: run.notes,
            t0: run.t0_ms.map(rfc3339),
            shard: None,
            configuration: Configuration {
                path: scenario.path.display().to_string(),
                sha256: scenario.source_sha256.clone(),
                text: scenario.source.to_string(),
                data_files: scenario.sent_files.iter().map(Into::into).collect(),
            },
            window: windows.and_then(|windows| windows.run.ok()).map(Into::into),
            unmoved: scenario.unmoved.into(),
            stopped_early: run.load.and_then(|load| load.stopped_early.as_ref()).map(Into::into),
            phases: scenario.phases.iter().map(|phase| phase_record(phase, run.load)).collect(),
            requests: run.load.map(request_records).unwrap_or_default(),
            repeated_requests: run
                .load
                .map(|load| repeated_request_records(scenario, load))
                .unwrap_or_default(),
            flows: run.load.map(|load| flow_records(&scenario.flows, load)).unwrap_or_default(),
            slos: run.objectives.iter().map(|(one, judged)| slo_record(one, judged)).collect(),
            alerts: Vec::new(),
            alert_rules: scenario.alert_rules.as_deref().map(Into::into),
            generator: run.load.map(|load| generator_record(load, run.series)),
            scrapes: scrapes_record(scenario, run.series),
            restarts_allowed: scenario.restarts == Restarts::Allow,
        };
        record.alerts = alert_records(run.alerts, &record.slos);
        let standing = record.standing();
        record.verdict = standing.verdict;
        record.codes = standing.codes;
        record.reasons = standing.reasons;
        record
    }
}

impl From<&SentFile> for DataFileRecord {
    fn from(file: &SentFile) -> Self {
        Self {
            name: file.name.clone(),
            path: file.path.display().to_string(),
            sha256: file.sha256.clone(),
            rows: file.rows,
        }
    }
}

impl From<&StopReason> for StoppedEarly {
    fn from(reason: &StopReason) -> Self {
        match reason {
            StopReason::Cancelled => Self::Cancelled,
            StopReason::Aborted { objective, missed_for, measured, .. } => Self::Aborted {
                objective: objective.clone(),
                missed_for_seconds: missed_for.as_secs_f64(),
                measured: measured.clone(),
            },
            StopReason::NoResponse { last_error } => {
                Self::NoResponse { last_error: last_error.clone() }
            }
        }
    }
}

impl From<LoadModel> for Model {
    fn from(model: LoadModel) -> Self {
        match model {
            LoadModel::Open => Self::Open,
            LoadModel::Closed => Self::Closed,
        }
    }
}

fn phase_record(phase: &crate::scenario::Phase, load: Option<&LoadResult>) -> PhaseRecord {
    let result = load.and_then(|load| load.phases.iter().find(|one| one.name == phase.name));
    PhaseRecord {
        name: phase.name.clone(),
        group: phase.group.clone(),
        measured: phase.measured,
        ran: result.map(|result| PhaseRun {
            model: result.model.into(),
            first_intended_ms: result.first_intended_ms,
            last_response_ms: result.last_response_ms,
            span_seconds: result.span.as_secs_f64(),
            parts: Some(parts_record(&result.parts)),
        }),
    }
}

fn request_records(load: &LoadResult) -> Vec<RequestRecord> {
    let of_phase = |phase: &'_ PhaseResult| -> Vec<RequestRecord> {
        let record = |request| request_record(&phase.name, phase.model, request);
        phase.requests.iter().map(record).collect()
    };
    load.phases.iter().flat_map(of_phase).collect()
}

/// The requests of repeated phases, all repetitions taken together.
fn repeated_request_records(scenario: &Scenario, load: &LoadResult) -> Vec<RequestRecord> {
    let mut merged: Vec<(String, LoadModel, RequestResult)> = Vec::new();
    for phase in &load.phases {
        let planned = scenario.phases.iter().find(|planned| planned.name == phase.name);
        let Some(group) = planned.and_then(|planned| planned.group.as_ref()) else {
            continue;
        };
        for request in &phase.requests {
            let known = merged
                .iter_mut()
                .find(|(name, _, known)| name == group && known.name == request.name);
            match known {
                Some((_, _, known)) => add(known, request),
                None => merged.push((group.clone(), phase.model, request.clone())),
            }
        }
    }
    merged.iter().map(|(group, model, request)| request_record(group, *model, request)).collect()
}

fn add(sum: &mut RequestResult, other: &RequestResult) {
    sum.intended += other.intended;
    sum.sent += other.sent;
    sum.succeeded += other.succeeded;
    sum.responses += other.responses;
    sum.failed += other.failed;
    sum.late += other.late;
    sum.dropped += other.dropped;
    sum.retried += other.retried;
    sum.redirects += other.redirects;
    sum.repeats += other.repeats;
    sum.repeated += other.repeated;
    sum.abandoned += other.abandoned;
    sum.bytes_sent += other.bytes_sent;
    sum.bytes_received += other.bytes_received;
    for (kind, count) in &other.failures {
        *sum.failures.entry(kind.clone()).or_default() += count;
    }
    sum.latency_ok.merge(&other.latency_ok);
    sum.latency_failed.merge(&other.latency_failed);
    sum.service_ok.merge(&other.service_ok);
    sum.service_failed.merge(&other.service_failed);
    sum.lag.merge(&other.lag);
}

fn request_record(phase: &str, model: LoadModel, request: &RequestResult) -> RequestRecord {
    RequestRecord {
        name: request.name.clone(),
        phase: phase.to_owned(),
        model: model.into(),
        count: request.intended,
        sent: request.sent,
        succeeded: request.succeeded,
        responses: request.responses,
        failed: request.failed,
        late: request.late,
        dropped: request.dropped,
        retried: request.retried,
        redirects: request.redirects,
        repeats: request.repeats,
        repeated: request.repeated,
        abandoned: request.abandoned,
        failures: request.failures.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
        bytes_sent: request.bytes_sent,
        bytes_received: request.bytes_received,
        latency_seconds: times(&request.latency_ok, request.failed),
        latency_ok_seconds: times(&request.latency_ok, 0),
        latency_failed_seconds: times(&request.latency_failed, 0),
        service_time_seconds: times(&request.service_ok, request.failed),
        lag_seconds: times(&request.lag, 0),
    }
}

fn times(histogram: &LatencyHistogram, unbounded: u64) -> Times {
    let rank = |quantile| measured(histogram.rank(quantile, unbounded));
    Times {
        p50: rank(0.5),
        p90: rank(0.9),
        p95: rank(0.95),
        p99: rank(0.99),
        p999: rank(0.999),
        max: measured(histogram.max(unbounded)),
        mean: measured(histogram.mean(unbounded)),
    }
}

pub(super) fn measured(ranked: Ranked) -> Option<Measured> {
    match ranked {
        Ranked::Seconds(seconds) => Some(Measured::Number(seconds)),
        Ranked::Unbounded => Some(Measured::Word(MeasuredWord::Unbounded)),
        Ranked::NoSamples => None,
    }
}

/// Codes as a record has them: by name, so that a record of another version can be read.
pub(super) fn names_of(codes: &[Code]) -> Vec<String> {
    codes.iter().map(|code| code.name().to_owned()).collect()
}

pub(super) fn slo_record(objective: &Objective, judged: &JudgedObjective) -> SloRecord {
    SloRecord {
        id: judged.id.clone(),
        description: judged.description.clone(),
        source: judged.source.word().into(),
        expression: judged.expression.clone(),
        observed: observed(judged.observed),
        unit: judged.unit.into(),
        target: judged.target.clone(),
        margin: judged.margin,
        verdict: judged.verdict,
        reason: judged.reason.clone(),
        codes: names_of(&judged.codes),
        samples: judged.samples,
        uncertainty: judged.uncertainty.map(|uncertainty| UncertaintyRecord {
            kind: match uncertainty.kind {
                UncertaintyKind::Sampling => UncertaintyName::Sampling,
                UncertaintyKind::Bucket => UncertaintyName::Bucket,
            },
            low: uncertainty.low,
            high: uncertainty.high,
        }),
        element: judged.element.clone(),
        beside: judged.beside.iter().map(beside_record).collect(),
        during: judged.during.clone(),
        model: judged.arrivals.map(|arrivals| match arrivals {
            Arrivals::One(model) => model.into(),
            Arrivals::Mixed => Model::Mixed,
        }),
        file: judged.place.file.to_string(),
        line: judged.place.line,
        column: judged.place.column,
        definition: objective.into(),
    }
}

fn beside_record(shown: &ShownBeside) -> BesideRecord {
    BesideRecord {
        name: shown.name.clone(),
        expression: shown.expression.clone(),
        observed: observed(shown.observed),
        reason: shown.reason.clone(),
    }
}

fn observed(observed: Observed) -> Option<Measured> {
    match observed {
        Observed::Nothing => None,
        Observed::Number(value) | Observed::NotFinite(value) => Some(measured_value(value)),
        Observed::Unbounded => Some(Measured::Word(MeasuredWord::Unbounded)),
        Observed::Alert { ending, .. } => Some(Measured::Word(match ending {
            AlertEnding::Fired => MeasuredWord::Fired,
            AlertEnding::StayedQuiet => MeasuredWord::StayedQuiet,
            AlertEnding::PendingAtEnd => MeasuredWord::PendingAtEnd,
            AlertEnding::CouldNotHaveFired => MeasuredWord::CouldNotHaveFired,
        })),
    }
}

/// A value that was measured; a word where it is no finite number.
pub(super) fn measured_value(value: f64) -> Measured {
    match value {
        value if value.is_finite() => Measured::Number(value),
        value if value.is_nan() => Measured::Word(MeasuredWord::NotANumber),
        value if value > 0.0 => Measured::Word(MeasuredWord::PositiveInfinity),
        _ => Measured::Word(MeasuredWord::NegativeInfinity),
    }
}

fn generator_record(load: &LoadResult, series: Option<&SeriesStore>) -> GeneratorRecord {
    let generator = &load.generator;
    let mut lag = LatencyHistogram::new();
    for request in load.measured_requests() {
        lag.merge(&request.lag);
    }
    let mut parts = TimeInParts::default();
    load.measured_phases().for_each(|phase| parts.merge(&phase.parts));
    GeneratorRecord {
        threads: generator.threads,
        cpu_seconds: generator.cpu_seconds,
        wall_seconds: generator.wall_seconds,
        open_file_limit: generator.open_file_limit,
        peak_in_flight: generator.peak_in_flight,
        connections_opened: generator.connections_opened,
        requests_on_open_connections: generator.requests_on_open_connections,
        unasked_connections: generator.unasked_connections,
        responses_ended_by_close: generator.responses_ended_by_close,
        open_files: generator.open_files,
        missed_by_generator: generator.missed_by_generator,
        lag_seconds: times(&lag, 0),
        parts: Some(parts_record(&parts)),
        machine: series.and_then(|series| machine_shares(load, series)).map(Into::into),
    }
}

impl From<CpuShares> for MachineRecord {
    fn from(shares: CpuShares) -> Self {
        Self {
            idle_share: shares.idle,
            interrupts_share: shares.interrupts,
            generator_share: shares.generator,
            target_share: shares.target,
            other_share: shares.other,
            is_starved: shares.is_starved(),
        }
    }
}

fn scrapes_record(scenario: &Scenario, series: Option<&SeriesStore>) -> Option<ScrapesRecord> {
    if scenario.metrics == Metrics::None {
        return None;
    }
    let scrapes = series?.scrapes();
    let errors = scrapes.iter().filter_map(|scrape| scrape.outcome.as_ref().err());
    Some(ScrapesRecord {
        good: scrapes.iter().filter(|scrape| scrape.outcome.is_ok()).count(),
        failed: errors.clone().count(),
        first_errors: errors.clone().take(FIRST_ERRORS).map(ToString::to_string).collect(),
        codes: errors.filter_map(|error| error.code.clone()).fold(Vec::new(), with_each_once),
        source: scenario.metrics.to_string(),
        paths: scenario.paths_of_scrapes(),
        instances: series?.instances().map(|one| instance_scrapes(one, scrapes)).collect(),
    })
}

fn with_each_once(mut codes: Vec<String>, code: String) -> Vec<String> {
    if !codes.contains(&code) {
        codes.push(code);
    }
    codes
}

fn instance_scrapes(instance: &str, scrapes: &[ScrapeRecord]) -> InstanceScrapes {
    let of_instance = scrapes.iter().filter(|scrape| scrape.instance == instance);
    let mut errors = of_instance.clone().filter_map(|scrape| scrape.outcome.as_ref().err());
    InstanceScrapes {
        instance: instance.to_owned(),
        good: of_instance.filter(|scrape| scrape.outcome.is_ok()).count(),
        failed: errors.clone().count(),
        first_error: errors.next().map(ToString::to_string),
    }
}
