//! Classic histogram buckets for the client's own series.
//!
//! Twenty bounds a decade keep an interpolated quantile within 12 % of the truth;
//! every judged threshold is a bound as well, so that the share below a threshold
//! is exact. Verdicts on the client's side use the HdrHistograms, not these.

use std::time::Duration;

use super::meters::Meter;

/// The regular bounds begin here: below it is less than one loopback round trip.
const LOWEST_SECONDS_EXPONENT: i32 = -5;
/// And end here, at 100 s: longer than the time-outs in use.
const HIGHEST_SECONDS_EXPONENT: i32 = 2;
/// Bounds in each decade: neighbours are 12 % apart.
const BOUNDS_PER_DECADE: i32 = 20;

/// The upper bounds, ascending; a last bucket without bound comes after them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BucketBounds {
    seconds: Vec<f64>,
    nanos: Vec<u64>,
}

/// How many durations fell into each bucket, and their sum. One writer.
#[derive(Debug)]
pub(super) struct BucketCounts {
    counts: Vec<Meter>,
    sum_nanos: Meter,
}

impl BucketBounds {
    /// The regular bounds and the extra ones, in seconds; extra ones that are not
    /// positive and finite are left out.
    pub(super) fn new(extra_seconds: &[f64]) -> Self {
        let mut seconds: Vec<f64> = regular_bounds();
        seconds.extend(extra_seconds.iter().filter(|bound| bound.is_finite() && **bound > 0.0));
        seconds.sort_by(f64::total_cmp);
        seconds.dedup();
        let nanos = seconds.iter().map(|bound| nanoseconds(*bound)).collect();
        Self { seconds, nanos }
    }

    /// The finite bounds in seconds, ascending.
    pub(super) fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// Buckets, the one without bound included.
    pub(super) fn buckets(&self) -> usize {
        self.seconds.len() + 1
    }

    /// A duration inside a bucket, halfway between its bounds; a little above the last
    /// bound for the one that has none.
    pub(super) fn inside(&self, bucket: usize) -> Duration {
        let below = bucket.checked_sub(1).and_then(|below| self.nanos.get(below));
        let low = below.copied().unwrap_or_default();
        let high = self.nanos.get(bucket).copied().unwrap_or(low.saturating_add(low / 8));
        Duration::from_nanos(low.midpoint(high).max(low.saturating_add(1)))
    }

    /// The bucket of a duration: the first whose bound is not below it.
    fn bucket_of(&self, nanos: u64) -> usize {
        self.nanos.partition_point(|bound| *bound < nanos)
    }

    /// The upper bound of the bucket in which `quantile` of the counted and the
    /// `unbounded` samples lies; infinite above the last bound.
    pub(super) fn quantile(&self, counts: &[u64], unbounded: u64, quantile: f64) -> Option<f64> {
        let total = counts.iter().sum::<u64>() + unbounded;
        if total == 0 {
            return None;
        }
        let wanted = quantile * total as f64;
        let mut below = 0;
        for (bucket, count) in counts.iter().enumerate() {
            below += count;
            if below as f64 >= wanted {
                return Some(self.seconds.get(bucket).copied().unwrap_or(f64::INFINITY));
            }
        }
        Some(f64::INFINITY)
    }
}

impl BucketCounts {
    pub(super) fn new(bounds: &BucketBounds) -> Self {
        let counts = (0..bounds.buckets()).map(|_| Meter::default()).collect();
        Self { counts, sum_nanos: Meter::default() }
    }

    /// Counts one duration.
    pub(super) fn record(&self, bounds: &BucketBounds, duration: Duration) {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.counts[bounds.bucket_of(nanos)].add(1);
        self.sum_nanos.add(nanos);
    }

    /// Adds each bucket's own count (not cumulative) to `sums`.
    pub(super) fn add_to(&self, sums: &mut [u64]) {
        for (sum, count) in sums.iter_mut().zip(&self.counts) {
            *sum += count.get();
        }
    }

    /// The sum of all durations in seconds.
    pub(super) fn sum_seconds(&self) -> f64 {
        self.sum_nanos.get() as f64 / 1e9
    }
}

/// Rounded to three significant digits, so that a bound can be read and written:
/// `0.112`, not `0.11220184543019636`.
fn regular_bounds() -> Vec<f64> {
    let mut bounds = Vec::new();
    for exponent in LOWEST_SECONDS_EXPONENT..HIGHEST_SECONDS_EXPONENT {
        for step in 0..BOUNDS_PER_DECADE {
            let mantissa = 10_f64.powf(f64::from(step) / f64::from(BOUNDS_PER_DECADE));
            bounds.push(decimal(mantissa, exponent));
        }
    }
    bounds.push(decimal(1.0, HIGHEST_SECONDS_EXPONENT));
    bounds
}

/// Through text, so that 3.16e-5 is the double that a reader of "3.16e-5" gets.
fn decimal(mantissa: f64, exponent: i32) -> f64 {
    format!("{mantissa:.2}e{exponent}").parse().unwrap_or(f64::INFINITY)
}

fn nanoseconds(seconds: f64) -> u64 {
    let nanos = Duration::try_from_secs_f64(seconds).map_or(u128::MAX, |d| d.as_nanos());
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_bounds_a_decade_and_every_threshold() {
        let bounds = BucketBounds::new(&[0.3, 1.0, 250.0, f64::NAN]);
        let within = |low: f64, high: f64| {
            bounds.seconds().iter().filter(|bound| **bound >= low && **bound < high).count()
        };
        assert_eq!(within(1e-3, 1e-2), 20);
        assert_eq!(within(0.1, 1.0), 21, "0.3 was added");
        assert_eq!(within(1.0, 10.0), 20, "1.0 was there already");
        assert_eq!(bounds.seconds().last(), Some(&250.0));
    }

    #[test]
    fn a_duration_on_a_bound_belongs_to_its_bucket() {
        let bounds = BucketBounds::new(&[0.3]);
        let counts = BucketCounts::new(&bounds);
        for millis in [300, 301, 1_000_000] {
            counts.record(&bounds, Duration::from_millis(millis));
        }
        let mut sums = vec![0; bounds.buckets()];
        counts.add_to(&mut sums);
        let at = bounds.seconds().iter().position(|bound| *bound >= 0.3).unwrap();
        assert_eq!((sums[at], sums[at + 1], sums.last()), (1, 1, Some(&1)));
        assert!((counts.sum_seconds() - 1000.601).abs() < 1e-9);
    }

    #[test]
    fn failures_rank_above_every_bucket() {
        let bounds = BucketBounds::new(&[]);
        let counts = BucketCounts::new(&bounds);
        (0..95).for_each(|_| counts.record(&bounds, Duration::from_millis(1)));
        let mut sums = vec![0; bounds.buckets()];
        counts.add_to(&mut sums);
        assert_eq!(bounds.quantile(&sums, 5, 0.95), Some(0.001));
        assert_eq!(bounds.quantile(&sums, 6, 0.95), Some(f64::INFINITY));
        assert_eq!(bounds.quantile(&vec![0; bounds.buckets()], 0, 0.95), None);
    }
}
