//! What a histogram says about its observations: quantiles, fractions, spread.
//!
//! Within an exponential bucket observations are taken to lie evenly on a
//! logarithmic scale; within the zero bucket and between listed bounds evenly on
//! a linear one.

use super::{Bucket, Histogram};

impl Histogram {
    /// The value below which a share of the observations lies.
    pub(crate) fn quantile(&self, quantile: f64) -> f64 {
        if quantile < 0.0 {
            return f64::NEG_INFINITY;
        }
        if quantile > 1.0 {
            return f64::INFINITY;
        }
        if self.count == 0.0 || quantile.is_nan() {
            return f64::NAN;
        }
        // Observations of NaN are in no bucket: only ranks from below are known.
        let from_below = self.sum.is_nan() || quantile < 0.5;
        let rank = if from_below { quantile } else { 1.0 - quantile } * self.count;
        let mut buckets = self.buckets();
        if !from_below {
            buckets.reverse();
        }
        let Some(found) = at_rank(&buckets, rank) else {
            // Of counts without a bucket, as of a division by zero, Prometheus looks at an empty
            // one at zero.
            let falls_short = self.count.min(0.0) < rank && !self.sum.is_nan();
            return if falls_short { 0.0 } else { f64::NAN };
        };
        let reached = found.cumulative.min(self.count);
        if reached < rank {
            // Beside NaN, only counts below zero lead here: what Prometheus says then is of no use
            // and the same.
            return if self.sum.is_nan() { f64::NAN } else { found.bucket.upper };
        }
        let within =
            if from_below { rank - (reached - found.bucket.count) } else { reached - rank };
        self.interpolated(found.bucket, within / found.bucket.count)
    }

    /// The value at a share of a bucket.
    fn interpolated(&self, bucket: Bucket, share: f64) -> f64 {
        let bucket = self.bounded(bucket);
        if bucket.lower == f64::NEG_INFINITY {
            return bucket.upper;
        }
        if bucket.upper == f64::INFINITY && self.is_custom() {
            return bucket.lower;
        }
        if self.is_custom() || bucket.spans_zero() {
            return bucket.lower + (bucket.upper - bucket.lower) * share;
        }
        let (lower, upper) = (bucket.lower.abs().log2(), bucket.upper.abs().log2());
        if bucket.lower > 0.0 {
            (lower + (upper - lower) * share).exp2()
        } else {
            -(upper + (lower - upper) * (1.0 - share)).exp2()
        }
    }

    /// The zero bucket reaches only to the side on which there are others; the
    /// first of listed buckets begins at zero, if it ends above.
    fn bounded(&self, bucket: Bucket) -> Bucket {
        if self.is_custom() {
            let from_zero = bucket.lower == f64::NEG_INFINITY && bucket.upper > 0.0;
            return if from_zero { Bucket { lower: 0.0, ..bucket } } else { bucket };
        }
        if !bucket.spans_zero() {
            return bucket;
        }
        match (self.negative.is_empty(), self.positive.is_empty()) {
            (true, false) => Bucket { lower: 0.0, ..bucket },
            (false, true) => Bucket { upper: 0.0, ..bucket },
            _ => bucket,
        }
    }

    /// The share of observations between two values.
    pub(crate) fn fraction(&self, lower: f64, upper: f64) -> f64 {
        if self.count == 0.0 || lower.is_nan() || upper.is_nan() {
            return f64::NAN;
        }
        if lower >= upper {
            return 0.0;
        }
        let buckets =
            self.buckets().into_iter().map(|bucket| self.bounded(bucket)).collect::<Vec<_>>();
        let rank = |value| self.rank_of(value, &buckets).min(self.count);
        (rank(upper) - rank(lower)) / self.count
    }

    /// How many observations lie below a value. Above all buckets there are all
    /// observations, unless some of them are NaN.
    fn rank_of(&self, value: f64, buckets: &[Bucket]) -> f64 {
        let mut below = 0.0;
        for bucket in buckets {
            if bucket.lower >= value {
                return below;
            }
            if bucket.upper > value {
                return below + bucket.count * self.share_below(value, *bucket);
            }
            below += bucket.count;
        }
        if self.sum.is_nan() { below } else { self.count }
    }

    /// The share of a bucket below a value in it.
    fn share_below(&self, value: f64, bucket: Bucket) -> f64 {
        let Bucket { lower, upper, .. } = bucket;
        if lower.is_infinite() {
            return 1.0;
        }
        if upper.is_infinite() && self.is_custom() {
            return 0.0;
        }
        if self.is_custom() || bucket.spans_zero() {
            return (value - lower) / (upper - lower);
        }
        let (log_lower, log_upper) = (lower.abs().log2(), upper.abs().log2());
        let log_value = value.abs().log2();
        if value > 0.0 {
            (log_value - log_lower) / (log_upper - log_lower)
        } else {
            1.0 - (log_value - log_upper) / (log_lower - log_upper)
        }
    }

    /// The variance, each observation taken to be in the middle of its bucket.
    pub(crate) fn variance(&self) -> f64 {
        let mean = self.sum / self.count;
        let squares = self.buckets().into_iter().map(|bucket| {
            let distance = self.middle(bucket) - mean;
            bucket.count * distance * distance
        });
        crate::eval::kahan_sum(squares) / self.count
    }

    fn middle(&self, bucket: Bucket) -> f64 {
        if self.is_custom() {
            return f64::midpoint(bucket.lower, bucket.upper);
        }
        if bucket.spans_zero() {
            return 0.0;
        }
        (bucket.lower * bucket.upper).sqrt().copysign(bucket.upper)
    }
}

/// A bucket with the observations up to its end.
struct Found {
    bucket: Bucket,
    cumulative: f64,
}

/// The first bucket that reaches a rank, or the last one if none does.
fn at_rank(buckets: &[Bucket], rank: f64) -> Option<Found> {
    let mut cumulative = 0.0;
    let mut last = None;
    for bucket in buckets {
        cumulative += bucket.count;
        last = Some(Found { bucket: *bucket, cumulative });
        if cumulative >= rank {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Layout;

    fn histogram() -> Histogram {
        Histogram {
            count: 4.0,
            sum: 5.0,
            positive: vec![(0, 1.0), (1, 2.0), (2, 1.0)],
            ..Histogram::empty(Layout::Exponential { schema: 0 })
        }
    }

    #[test]
    fn a_median_lies_in_the_middle_of_the_logarithms() {
        assert!((histogram().quantile(0.5) - std::f64::consts::SQRT_2).abs() < 1e-12);
    }

    #[test]
    fn a_fraction_is_the_inverse_of_a_quantile() {
        for quantile in [0.1, 0.3, 0.6, 0.9] {
            let fraction = histogram().fraction(f64::NEG_INFINITY, histogram().quantile(quantile));
            assert!((fraction - quantile).abs() < 1e-12, "{quantile} {fraction}");
        }
    }

    #[test]
    fn nothing_has_no_quantile_and_no_fraction() {
        let empty = Histogram::empty(Layout::Exponential { schema: 0 });
        assert!(empty.quantile(0.5).is_nan());
        assert!(empty.fraction(0.0, 1.0).is_nan());
    }
}
