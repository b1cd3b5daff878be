//! Times as HdrHistograms: three significant digits, nanoseconds, merged exactly.
//!
//! A request that failed has no honest duration to rank by: it is kept as a count
//! that ranks above every recorded value ([`LatencyHistogram::rank`]), so that a
//! fast error cannot flatter a percentile.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// Smallest duration told apart, in nanoseconds: well under one loopback round trip.
const LOWEST_NANOS: u64 = 1_000;
/// Largest duration recorded, in nanoseconds (ten minutes); anything longer is
/// counted as over the bound and ranks as unbounded.
const HIGHEST_NANOS: u64 = 600_000_000_000;
/// Significant decimal digits, as every HdrHistogram tool defaults to.
const SIGNIFICANT_DIGITS: u8 = 3;

/// Durations of one kind (one phase, request and outcome).
///
/// Takes its 170 KiB only when something is recorded: most combinations stay empty.
#[derive(Clone, Default)]
pub struct LatencyHistogram {
    recorded: Option<Histogram<u64>>,
    over_bound: u64,
}

/// The answer to "which duration do so many requests stay within?".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ranked {
    /// A recorded duration, in seconds.
    Seconds(f64),
    /// The rank falls on a request that failed or took longer than the bound.
    Unbounded,
    /// There is nothing to rank.
    NoSamples,
}

impl LatencyHistogram {
    /// An empty histogram.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records one duration.
    pub fn record(&mut self, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if nanos > HIGHEST_NANOS {
            self.over_bound += 1;
        } else {
            self.recorded.get_or_insert_with(empty_histogram).saturating_record(nanos.max(1));
        }
    }

    /// Records so many durations of one length.
    pub fn record_many(&mut self, duration: Duration, count: u64) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        if nanos > HIGHEST_NANOS {
            self.over_bound += count;
        } else if count > 0 {
            let recorded = self.recorded.get_or_insert_with(empty_histogram);
            recorded.saturating_record_n(nanos.max(1), count);
        }
    }

    /// Adds another histogram; nothing is rounded by it.
    pub fn merge(&mut self, other: &Self) {
        if let Some(theirs) = &other.recorded {
            // Both have the same bounds and digits, for which `add` cannot fail.
            let added = self.recorded.get_or_insert_with(empty_histogram).add(theirs);
            debug_assert!(added.is_ok(), "histograms share bounds and digits");
        }
        self.over_bound += other.over_bound;
    }

    /// Samples, those over the bound included.
    pub fn count(&self) -> u64 {
        self.recorded_count() + self.over_bound
    }

    /// Samples longer than the bound.
    pub fn over_bound(&self) -> u64 {
        self.over_bound
    }

    /// Samples no longer than `limit`, by the histogram's own resolution.
    pub fn count_within(&self, limit: Duration) -> u64 {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX).min(HIGHEST_NANOS);
        self.recorded.as_ref().map_or(0, |recorded| recorded.count_between(0, nanos))
    }

    /// The duration at `quantile` (0 to 1), when `unbounded` more samples rank
    /// above everything recorded.
    pub fn rank(&self, quantile: f64, unbounded: u64) -> Ranked {
        let total = self.count() + unbounded;
        if total == 0 {
            return Ranked::NoSamples;
        }
        let wanted = smallest_rank(quantile, total);
        match &self.recorded {
            Some(recorded) if wanted <= recorded.len() => {
                // Half a rank below: the histogram takes the next rank for any share above
                // `wanted / len`, and that quotient is rounded.
                let share = (wanted as f64 - 0.5) / recorded.len() as f64;
                Ranked::Seconds(seconds(recorded.value_at_quantile(share)))
            }
            _ => Ranked::Unbounded,
        }
    }

    /// The longest duration, seconds, when `unbounded` more rank above it.
    pub fn max(&self, unbounded: u64) -> Ranked {
        self.rank(1.0, unbounded)
    }

    /// The mean in seconds of what was recorded; unbounded samples make it so.
    pub fn mean(&self, unbounded: u64) -> Ranked {
        if self.over_bound + unbounded > 0 {
            return Ranked::Unbounded;
        }
        match &self.recorded {
            Some(recorded) if !recorded.is_empty() => Ranked::Seconds(recorded.mean() / 1e9),
            _ => Ranked::NoSamples,
        }
    }

    /// The recorded histogram, an empty one if nothing was recorded.
    pub fn recorded_or_empty(&self) -> Cow<'_, Histogram<u64>> {
        self.recorded.as_ref().map_or_else(|| Cow::Owned(empty_histogram()), Cow::Borrowed)
    }

    /// A histogram read back from an interval log.
    pub fn from_recorded(read: &Histogram<u64>, over_bound: u64) -> Self {
        let mut recorded = empty_histogram();
        for step in read.iter_recorded() {
            recorded.saturating_record_n(step.value_iterated_to(), step.count_at_value());
        }
        Self { recorded: Some(recorded), over_bound }
    }

    fn recorded_count(&self) -> u64 {
        self.recorded.as_ref().map_or(0, Histogram::len)
    }
}

/// A summary: the counts alone fill screens.
impl fmt::Debug for LatencyHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LatencyHistogram")
            .field("count", &self.count())
            .field("over_bound", &self.over_bound)
            .field("median", &self.rank(0.5, 0))
            .field("max", &self.max(0))
            .finish_non_exhaustive()
    }
}

/// The smallest rank whose share of `total` is at least `quantile` (nearest-rank
/// definition; a percentile is then always a value that was measured).
fn smallest_rank(quantile: f64, total: u64) -> u64 {
    let exact = quantile.clamp(0.0, 1.0) * total as f64;
    // 0.95 * 100 is 95.00000000000001 in doubles; a relative slack keeps rank 95.
    let rank = (exact - exact * 1e-12).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 <= rank <= total"
    )]
    let rank = rank as u64;
    rank.clamp(1, total)
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[expect(clippy::expect_used, reason = "constant bounds that the first test proves valid")]
fn empty_histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(LOWEST_NANOS, HIGHEST_NANOS, SIGNIFICANT_DIGITS)
        .expect("constant bounds are valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(milliseconds: impl IntoIterator<Item = u64>) -> LatencyHistogram {
        let mut histogram = LatencyHistogram::new();
        for millis in milliseconds {
            histogram.record(Duration::from_millis(millis));
        }
        histogram
    }

    #[test]
    fn an_empty_histogram_has_no_percentile() {
        assert_eq!(LatencyHistogram::new().rank(0.95, 0), Ranked::NoSamples);
    }

    proptest! {
        #[test]
        fn merged_parts_equal_the_whole(
            nanos in prop::collection::vec((0_u64..700_000_000_000, 0_usize..3), 1..200),
            quantile in 0.0_f64..=1.0,
        ) {
            let mut whole = LatencyHistogram::new();
            let mut parts = vec![LatencyHistogram::new(); 3];
            for (nanos, part) in nanos {
                whole.record(Duration::from_nanos(nanos));
                parts[part].record(Duration::from_nanos(nanos));
            }
            let mut merged = LatencyHistogram::new();
            for part in &parts {
                merged.merge(part);
            }
            prop_assert_eq!(merged.count(), whole.count());
            prop_assert_eq!(merged.over_bound(), whole.over_bound());
            prop_assert_eq!(merged.rank(quantile, 0), whole.rank(quantile, 0));
            prop_assert_eq!(merged.mean(0), whole.mean(0));
        }
    }

    proptest! {
        #[test]
        fn a_rank_is_the_value_at_that_rank(
            millis in prop::collection::vec(1_u64..100_000, 1..400),
            quantile in 0.0_f64..=1.0,
        ) {
            let mut sorted = millis.clone();
            sorted.sort_unstable();
            let rank = smallest_rank(quantile, sorted.len() as u64);
            let expected = sorted[usize::try_from(rank).unwrap() - 1] as f64 / 1e3;
            let Ranked::Seconds(ranked) = of(millis).rank(quantile, 0) else {
                panic!("everything was recorded");
            };
            prop_assert!((ranked / expected - 1.0).abs() < 1.1e-3, "{ranked} is not {expected}");
        }
    }

    #[test]
    fn every_rank_of_a_small_sample_is_met() {
        // 29, 87 and 149: where `rank / count * count` is above `rank` in doubles.
        for count in [1, 2, 29, 87, 100, 149] {
            // Far enough apart to tell neighbours from each other.
            let histogram = of((1..=count).map(|at| at * 100));
            for rank in 1..=count {
                let ranked = histogram.rank(rank as f64 / count as f64, 0);
                let near = |seconds: f64| (seconds * 10.0 / rank as f64 - 1.0).abs() < 1e-3;
                assert!(
                    matches!(ranked, Ranked::Seconds(seconds) if near(seconds)),
                    "rank {rank} of {count}: {ranked:?}"
                );
            }
        }
    }

    #[test]
    fn failures_rank_above_everything_recorded() {
        let histogram = of(1..=95);
        assert!(matches!(histogram.rank(0.95, 5), Ranked::Seconds(s) if (s - 0.095).abs() < 1e-4));
        assert_eq!(histogram.rank(0.96, 5), Ranked::Unbounded);
        assert_eq!(LatencyHistogram::new().rank(0.5, 1), Ranked::Unbounded);
    }

    #[test]
    fn what_takes_longer_than_the_bound_is_unbounded() {
        let mut histogram = of([1]);
        histogram.record(Duration::from_secs(601));
        assert_eq!((histogram.count(), histogram.over_bound()), (2, 1));
        assert_eq!(histogram.max(0), Ranked::Unbounded);
    }
}
