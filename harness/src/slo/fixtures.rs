//! Runs and series made by hand, for the tests of this layer and those above.

use std::time::Duration;

use slogate_promql::{Labels, METRIC_NAME};

use crate::histogram::LatencyHistogram;
use crate::load::{
    GeneratorReport, LoadModel, LoadResult, PhaseResult, RequestResult, TimeInParts,
};
use crate::machine::{CPU_SECONDS, OWNER, Owner};
use crate::scenario::{Comparator, Objective, ObjectiveKind, Place, Restarts, Threshold, Unmoved};
use crate::series::{FamilyKind, ScrapeMoment, ScrapeRecord, SeriesStore};
use crate::slo::{AlertEvidence, Evidence, PlannedPhase, Windows};

/// A run of these phases by a generator that kept up.
pub(crate) fn load_of(phases: Vec<PhaseResult>) -> LoadResult {
    LoadResult { phases, generator: GeneratorReport::default(), stopped_early: None }
}

/// A measured open phase without requests.
pub(crate) fn phase(name: &str) -> PhaseResult {
    PhaseResult {
        name: name.into(),
        measured: true,
        model: LoadModel::Open,
        first_intended_ms: 1_000,
        last_response_ms: 5_000,
        span: Duration::from_secs(4),
        parts: TimeInParts::default(),
        requests: Vec::new(),
    }
}

/// A plan that was carried out; `batch-1`, `batch-2`, … are repetitions of `batch`.
pub(crate) fn planned_of(load: &LoadResult) -> Vec<PlannedPhase> {
    let planned = |phase: &PhaseResult| PlannedPhase {
        name: phase.name.clone(),
        group: phase.name.split_once('-').map(|(group, _)| group.to_owned()),
        measured: phase.measured,
    };
    load.phases.iter().map(planned).collect()
}

/// A load and what was scraped meanwhile, of a target that may stand still and must not restart.
pub(crate) fn evidence_of<'a>(load: &'a LoadResult, series: &'a SeriesStore) -> Evidence<'a> {
    Evidence {
        planned: planned_of(load),
        windows: Windows::find(series, load),
        load,
        series,
        unmoved: Unmoved::Allow,
        restarts: Restarts::Fail,
        metrics_paths: Vec::new(),
        alerts: AlertEvidence::default(),
    }
}

/// A run of one phase, `steady`, in which these requests were made.
pub(crate) fn steady(requests: Vec<RequestResult>) -> LoadResult {
    load_of(vec![PhaseResult { requests, ..phase("steady") }])
}

/// Requests that were answered as expected within these times.
pub(crate) fn answered(name: &str, milliseconds: impl IntoIterator<Item = u64>) -> RequestResult {
    let mut latency_ok = LatencyHistogram::new();
    let mut lag = LatencyHistogram::new();
    for millis in milliseconds {
        latency_ok.record(Duration::from_millis(millis));
        lag.record(Duration::from_micros(20));
    }
    let count = latency_ok.count();
    RequestResult {
        name: name.into(),
        intended: count,
        sent: count,
        succeeded: count,
        responses: count,
        service_ok: latency_ok.clone(),
        latency_ok,
        lag,
        ..RequestResult::default()
    }
}

/// The same requests and so many more that got a quick status 500.
pub(crate) fn with_failures(mut request: RequestResult, failures: u64) -> RequestResult {
    for _ in 0..failures {
        request.latency_failed.record(Duration::from_millis(1));
        request.service_failed.record(Duration::from_millis(1));
    }
    request.intended += failures;
    request.sent += failures;
    request.responses += failures;
    request.failed += failures;
    *request.failures.entry(crate::load::FailureKind::Status(500)).or_default() += failures;
    request
}

/// A good scrape.
pub(crate) fn scrape(at_ms: i64, moment: ScrapeMoment) -> ScrapeRecord {
    ScrapeRecord {
        at_ms,
        instance: "target".into(),
        moment,
        took: Duration::from_millis(2),
        outcome: Ok(10),
    }
}

/// Good scrapes at an interval, from the opening to the closing one.
pub(crate) fn scrapes_every(interval_ms: i64, opened_ms: i64, closed_ms: i64) -> Vec<ScrapeRecord> {
    let mut scrapes = vec![scrape(opened_ms, ScrapeMoment::Opening)];
    let mut at_ms = opened_ms + interval_ms;
    while at_ms < closed_ms {
        scrapes.push(scrape(at_ms, ScrapeMoment::Scheduled));
        at_ms += interval_ms;
    }
    scrapes.push(scrape(closed_ms, ScrapeMoment::Closing));
    scrapes
}

/// A store with these scrapes and no series yet.
pub(crate) fn store_of(scrapes: Vec<ScrapeRecord>) -> SeriesStore {
    let mut store = SeriesStore::default();
    for record in scrapes {
        store.record_scrape(record);
    }
    store
}

/// Adds a series whose value at each scrape is `value(scrape index)`.
pub(crate) fn add_series(
    store: &mut SeriesStore,
    kind: FamilyKind,
    labels: &[(&str, &str)],
    value: impl Fn(usize) -> Option<f64>,
) {
    let labels = Labels::new(labels.iter().copied());
    store.declare(labels.metric_name().unwrap_or_default(), kind);
    let times: Vec<i64> = store.scrapes().iter().map(|scrape| scrape.at_ms).collect();
    for (at, at_ms) in times.into_iter().enumerate() {
        if let Some(value) = value(at) {
            store.append(&labels, at_ms, value);
        }
    }
}

/// Two cores over four seconds, scraped every 250 ms: so much of each second's two for
/// each owner.
pub(crate) fn add_machine(store: &mut SeriesStore, idle: f64, target: Option<f64>, other: f64) {
    let mut owner = |owner: Owner, per_second: f64| {
        let labels = [(METRIC_NAME, CPU_SECONDS), (OWNER, owner.word())];
        add_series(store, FamilyKind::Counter, &labels, |at| {
            Some(7.0 + per_second * at as f64 * 0.25)
        });
    };
    owner(Owner::Idle, idle);
    owner(Owner::Interrupts, 0.1);
    owner(Owner::Generator, 0.2);
    owner(Owner::Other, other);
    if let Some(target) = target {
        owner(Owner::Target, target);
    }
}

/// An objective with these thresholds: comparator and bound in the base unit.
pub(crate) fn objective(kind: ObjectiveKind, thresholds: &[(Comparator, f64)]) -> Objective {
    Objective {
        id: "objective".into(),
        description: None,
        kind,
        thresholds: thresholds.iter().map(|(comparator, bound)| at(*comparator, *bound)).collect(),
        beside: Vec::new(),
        during: None,
        abort_after: None,
        place: Place { file: "scenario.yaml".into(), line: 1, column: 1 },
    }
}

/// A threshold as a file would have it.
pub(crate) fn at(comparator: Comparator, bound: f64) -> Threshold {
    let sign = match comparator {
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::Greater => ">",
        Comparator::GreaterOrEqual => ">=",
        Comparator::Equal => "==",
        Comparator::NotEqual => "!=",
    };
    Threshold { comparator, bound, text: format!("{sign} {bound}") }
}
