//! Buckets with which of their bounds belong to them, as they are written for people and in
//! Prometheus' HTTP API.

use super::{Bucket, Histogram};

/// One bucket that holds something, with which of its bounds belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundedBucket {
    /// Where it begins.
    pub lower: f64,
    /// Where it ends.
    pub upper: f64,
    /// Whether an observation of `lower` is in it.
    pub lower_inclusive: bool,
    /// Whether an observation of `upper` is in it.
    pub upper_inclusive: bool,
    /// How much it holds.
    pub count: f64,
}

impl Histogram {
    /// All buckets that hold something, from the lowest to the highest.
    pub fn bounded_buckets(&self) -> Vec<BoundedBucket> {
        self.buckets().iter().map(BoundedBucket::from).collect()
    }
}

/// The bound away from zero belongs to a bucket, and both of the zero bucket.
impl From<&Bucket> for BoundedBucket {
    fn from(bucket: &Bucket) -> Self {
        let Bucket { lower, upper, count } = *bucket;
        let first_listed = lower == f64::NEG_INFINITY;
        Self {
            lower,
            upper,
            lower_inclusive: lower < 0.0 && (upper <= 0.0 || bucket.spans_zero()) || first_listed,
            upper_inclusive: upper > 0.0 || first_listed || lower >= upper,
            count,
        }
    }
}
