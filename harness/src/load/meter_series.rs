//! The client's own numbers as series, so that PromQL can be asked about them.
//!
//! Every series exists from the first write on, at 0, because `increase` cannot
//! know a counter that was born in its window. Counters, sums and counts are written
//! each time. Buckets are many (hundreds for each phase and request): while phases
//! run, those of a histogram that has not changed since the last write are left out,
//! and made up for by one sample before it changes, so that `increase` sees all of the
//! growth whatever the window. A write while no phase runs is whole, so that the
//! opening and the closing of a run hold every series.

use std::sync::{Mutex, PoisonError};

use slogate_promql::{Labels, METRIC_NAME};

use super::buckets::BucketBounds;
use super::meters::{CellMeters, LiveMeters};
use crate::exposition::format_bound;
use crate::series::{FamilyKind, SeriesStore};

/// Requests that were meant to start.
const ARRIVALS: &str = "slogate_arrivals_total";
/// Requests that were sent.
const SENT: &str = "slogate_sent_total";
/// Complete responses, by outcome.
const RESPONSES: &str = "slogate_responses_total";
/// Requests that were never sent.
const DROPPED: &str = "slogate_dropped_total";
/// Requests that waited for a slot before they were sent.
const LATE: &str = "slogate_late_total";
/// Redirects that were followed.
const REDIRECTS: &str = "slogate_redirects_total";
/// Attempts that repeated a failed one.
const REPEATS: &str = "slogate_repeats_total";
/// Requests sent and not answered yet.
const IN_FLIGHT: &str = "slogate_in_flight";
/// Latency from the intended start of requests that were sent, by outcome.
const DURATION: &str = "slogate_request_duration_seconds";
/// Wait for the generator while a slot was free, of requests of open phases.
const LAG: &str = "slogate_lag_seconds";

/// All label sets of one load, made once: a scrape appends thousands of samples.
#[derive(Debug)]
pub(super) struct SeriesLabels {
    scenario: String,
    /// Phase by phase, request by request.
    cells: Vec<CellLabels>,
}

#[derive(Debug)]
struct CellLabels {
    arrivals: Labels,
    sent: Labels,
    responses_ok: Labels,
    responses_failed: Labels,
    dropped: Labels,
    late: Labels,
    redirects: Labels,
    repeats: Labels,
    in_flight: Labels,
    duration_ok: HistogramLabels,
    duration_failed: HistogramLabels,
    lag: HistogramLabels,
}

#[derive(Debug)]
struct HistogramLabels {
    /// One for each bound, and the one without bound.
    buckets: Vec<Labels>,
    sum: Labels,
    count: Labels,
    written: Mutex<Written>,
}

/// What the buckets of a histogram were when they were last looked at.
#[derive(Debug, Default)]
struct Written {
    /// How many durations fell into each; empty before the first write.
    counts: Vec<u64>,
    /// The last time at which they were left out because nothing had changed,
    /// milliseconds since the epoch.
    left_out_ms: Option<i64>,
}

impl LiveMeters {
    /// Appends one sample at `at_ms` (milliseconds since the epoch) to each of the
    /// client's own series: counters and a gauge by scenario, phase and request,
    /// responses and durations by outcome (`ok`, `failed`) as well.
    pub fn write_series(&self, scenario_name: &str, store: &mut SeriesStore, at_ms: i64) {
        let labels = self.labels.get_or_init(|| SeriesLabels::new(self, scenario_name));
        if labels.scenario == scenario_name {
            self.write_cells(labels, store, at_ms);
        } else {
            self.write_cells(&SeriesLabels::new(self, scenario_name), store, at_ms);
        }
    }

    fn write_cells(&self, labels: &SeriesLabels, store: &mut SeriesStore, at_ms: i64) {
        declare(store);
        let requests = self.request_names().len();
        for (at, labels) in labels.cells.iter().enumerate() {
            self.write_cell(at / requests, at % requests, labels, store, at_ms);
        }
    }

    fn write_cell(
        &self,
        phase: usize,
        request: usize,
        labels: &CellLabels,
        store: &mut SeriesStore,
        at_ms: i64,
    ) {
        let totals = self.totals(phase, request);
        for (labels, value) in [
            (&labels.arrivals, totals.intended),
            (&labels.sent, totals.sent),
            (&labels.responses_ok, totals.succeeded),
            (&labels.responses_failed, totals.responses_failed),
            (&labels.dropped, totals.dropped),
            (&labels.late, totals.late),
            (&labels.redirects, totals.redirects),
            (&labels.repeats, totals.repeats),
            (&labels.in_flight, totals.in_flight()),
        ] {
            store.append(labels, at_ms, value as f64);
        }
        let mut histogram = |labels: &HistogramLabels, of: fn(&CellMeters) -> &_| {
            self.write_histogram(labels, self.cells(phase, request).map(of), store, at_ms);
        };
        histogram(&labels.duration_ok, |cell| &cell.duration_ok);
        histogram(&labels.duration_failed, |cell| &cell.duration_failed);
        histogram(&labels.lag, |cell| &cell.lag);
    }

    fn write_histogram<'a>(
        &self,
        labels: &HistogramLabels,
        shards: impl Iterator<Item = &'a super::buckets::BucketCounts>,
        store: &mut SeriesStore,
        at_ms: i64,
    ) {
        let mut counts = vec![0; self.bounds().buckets()];
        let mut sum = 0.0;
        for shard in shards {
            shard.add_to(&mut counts);
            sum += shard.sum_seconds();
        }
        let total: u64 = counts.iter().sum();
        store.append(&labels.sum, at_ms, sum);
        store.append(&labels.count, at_ms, total as f64);
        let mut written = labels.written.lock().unwrap_or_else(PoisonError::into_inner);
        let is_unchanged = written.counts == counts;
        if is_unchanged && self.is_running() {
            written.left_out_ms = Some(at_ms);
            return;
        }
        let left_out_ms = written.left_out_ms.take();
        if let Some(left_out_ms) = left_out_ms.filter(|_| !is_unchanged) {
            labels.write_buckets(&written.counts, store, left_out_ms);
        }
        labels.write_buckets(&counts, store, at_ms);
        written.counts = counts;
    }
}

impl SeriesLabels {
    fn new(meters: &LiveMeters, scenario: &str) -> Self {
        let bounds = bound_texts(meters.bounds());
        let mut cells = Vec::new();
        for phase in meters.phase_names() {
            for request in meters.request_names() {
                let base = Labels::new([
                    ("scenario", scenario),
                    ("phase", phase.as_str()),
                    ("request", request.as_str()),
                ]);
                cells.push(CellLabels::new(&base, &bounds));
            }
        }
        Self { scenario: scenario.to_owned(), cells }
    }
}

impl CellLabels {
    fn new(base: &Labels, bounds: &[String]) -> Self {
        let ok = base.with("outcome", "ok");
        let failed = base.with("outcome", "failed");
        Self {
            arrivals: base.with(METRIC_NAME, ARRIVALS),
            sent: base.with(METRIC_NAME, SENT),
            responses_ok: ok.with(METRIC_NAME, RESPONSES),
            responses_failed: failed.with(METRIC_NAME, RESPONSES),
            dropped: base.with(METRIC_NAME, DROPPED),
            late: base.with(METRIC_NAME, LATE),
            redirects: base.with(METRIC_NAME, REDIRECTS),
            repeats: base.with(METRIC_NAME, REPEATS),
            in_flight: base.with(METRIC_NAME, IN_FLIGHT),
            duration_ok: HistogramLabels::new(&ok, DURATION, bounds),
            duration_failed: HistogramLabels::new(&failed, DURATION, bounds),
            lag: HistogramLabels::new(base, LAG, bounds),
        }
    }
}

impl HistogramLabels {
    fn new(base: &Labels, family: &str, bounds: &[String]) -> Self {
        let bucket = base.with(METRIC_NAME, &format!("{family}_bucket"));
        Self {
            buckets: bounds.iter().map(|bound| bucket.with("le", bound)).collect(),
            sum: base.with(METRIC_NAME, &format!("{family}_sum")),
            count: base.with(METRIC_NAME, &format!("{family}_count")),
            written: Mutex::default(),
        }
    }

    /// Appends one sample to each bucket, which counts the smaller ones as well.
    fn write_buckets(&self, counts: &[u64], store: &mut SeriesStore, at_ms: i64) {
        let mut cumulative = 0;
        for (labels, count) in self.buckets.iter().zip(counts) {
            cumulative += count;
            store.append(labels, at_ms, cumulative as f64);
        }
    }
}

fn declare(store: &mut SeriesStore) {
    for counter in [ARRIVALS, SENT, RESPONSES, DROPPED, LATE, REDIRECTS, REPEATS] {
        store.declare(counter, FamilyKind::Counter);
    }
    store.declare(IN_FLIGHT, FamilyKind::Gauge);
    for histogram in [DURATION, LAG] {
        store.declare(histogram, FamilyKind::Histogram);
    }
}

fn bound_texts(bounds: &BucketBounds) -> Vec<String> {
    bounds.seconds().iter().map(|bound| format_bound(*bound)).chain(["+Inf".to_owned()]).collect()
}
