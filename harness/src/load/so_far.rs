//! What a running load measured so far, in the form of its result: from the meters, so
//! that nobody who sends is asked or held up.
//!
//! Durations come from the meters' buckets. Every judged threshold is a bound of
//! theirs, so that the share of requests within a threshold is exact; what is in a
//! bucket stands in its middle. Service times are not metered and are absent. Of
//! failures it is metered only whether waiting explains them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::buckets::{BucketBounds, BucketCounts};
use super::generator::MISSED_AFTER;
use super::meters::{CellMeters, CellTotals, LiveMeters};
use super::outcome::{
    FailureKind, GeneratorReport, LoadResult, PhaseResult, RequestResult, StopReason,
};
use super::parts::TimeInParts;
use super::plan::LoadPlan;
use crate::histogram::LatencyHistogram;
use crate::scenario::Phase;

/// Milliseconds since the epoch of an instant.
pub(super) type SharedClock = Arc<dyn Fn(Instant) -> i64 + Send + Sync>;

/// Reads what a running load measured so far.
#[derive(Clone)]
pub struct LoadSoFar {
    meters: Arc<LiveMeters>,
    phases: Vec<Phase>,
    clock: SharedClock,
}

impl LoadSoFar {
    pub(super) fn new(meters: &Arc<LiveMeters>, plan: &LoadPlan, clock: &SharedClock) -> Self {
        Self { meters: Arc::clone(meters), phases: plan.phases.clone(), clock: Arc::clone(clock) }
    }

    /// Now, milliseconds since the epoch.
    pub fn now_ms(&self) -> i64 {
        (self.clock)(Instant::now())
    }

    /// The result of a load that were stopped now: what is under way has no outcome,
    /// and phases that have not begun are absent.
    pub fn result(&self) -> LoadResult {
        let begun = (0..self.phases.len()).filter_map(|at| Some((at, self.meters.began(at)?)));
        let phases: Vec<PhaseResult> = begun.map(|(at, began)| self.phase(at, began)).collect();
        let measured = phases.iter().filter(|phase| phase.measured);
        let requests = measured.flat_map(|phase| &phase.requests);
        let generator = GeneratorReport {
            missed_by_generator: requests.map(missed).sum(),
            peak_in_flight: self.meters.in_flight(),
            ..GeneratorReport::default()
        };
        LoadResult { phases, generator, stopped_early: Some(StopReason::Cancelled) }
    }

    fn phase(&self, at: usize, began: Instant) -> PhaseResult {
        let (plan, now) = (&self.phases[at], Instant::now());
        PhaseResult {
            name: plan.name.clone(),
            measured: plan.measured,
            model: (&plan.load).into(),
            first_intended_ms: (self.clock)(began),
            last_response_ms: (self.clock)(now),
            span: now.saturating_duration_since(began),
            parts: TimeInParts::default(),
            requests: (0..self.meters.request_names().len())
                .map(|request| self.request(at, request))
                .collect(),
        }
    }

    fn request(&self, phase: usize, request: usize) -> RequestResult {
        let totals = self.meters.totals(phase, request);
        let times = |of: fn(&CellMeters) -> &BucketCounts| {
            histogram(self.meters.bounds(), self.meters.cells(phase, request).map(of))
        };
        RequestResult {
            abandoned: totals.intended.saturating_sub(totals.succeeded + totals.failed),
            failures: failures(&totals),
            latency_ok: times(|cell| &cell.duration_ok),
            latency_failed: times(|cell| &cell.duration_failed),
            lag: times(|cell| &cell.lag),
            ..totals.result(&self.meters.request_names()[request])
        }
    }
}

/// What is metered of how requests failed: a time-out stands for all that waiting explains.
fn failures(totals: &CellTotals) -> BTreeMap<FailureKind, u64> {
    let kinds = [(FailureKind::Timeout, totals.waited), (FailureKind::Dropped, totals.dropped)];
    kinds.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Requests that the generator itself was late with, by the lag that it metered.
fn missed(request: &RequestResult) -> u64 {
    request.lag.count().saturating_sub(request.lag.count_within(MISSED_AFTER))
}

fn histogram<'a>(
    bounds: &BucketBounds,
    shards: impl Iterator<Item = &'a BucketCounts>,
) -> LatencyHistogram {
    let mut counts = vec![0; bounds.buckets()];
    shards.for_each(|shard| shard.add_to(&mut counts));
    let mut histogram = LatencyHistogram::new();
    for (bucket, count) in counts.into_iter().enumerate() {
        histogram.record_many(bounds.inside(bucket), count);
    }
    histogram
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_share_within_a_judged_threshold_is_exact() {
        let threshold = 0.123;
        let bounds = BucketBounds::new(&[threshold]);
        let counts = BucketCounts::new(&bounds);
        for (millis, times) in [(5, 7), (122, 11), (124, 13), (200_000, 2)] {
            (0..times).for_each(|_| counts.record(&bounds, Duration::from_millis(millis)));
        }
        let read = histogram(&bounds, std::iter::once(&counts));
        assert_eq!(read.count(), 33);
        assert_eq!(read.count_within(Duration::from_secs_f64(threshold)), 18);
        assert_eq!(read.count_within(Duration::from_secs(100)), 31);
    }
}
