//! Native histograms: counts in buckets whose bounds follow from a schema, or
//! are listed.
//!
//! Buckets are sparse: an index that is not there holds nothing, and a bucket
//! that holds nothing is not there. So two histograms with the same content are
//! equal whatever spans they were written with, and nothing has to be compacted.
//! What a layout cannot express (a bucket beyond the last bound, negative buckets
//! beside listed bounds) is refused where histograms are read.
//!
//! Facts: `model/histogram/float_histogram.go` and `promql/quantile.go`.

mod bounded;
mod bounds;
mod display;
mod estimate;
mod merge;
mod reset;
mod total;

use std::sync::Arc;

pub use bounded::BoundedBucket;

pub(crate) use bounds::index_of_coarser;
pub(crate) use total::{mean, sum};

/// The lowest resolution of exponential buckets: one bucket for 2^16.
pub(crate) const LOWEST_SCHEMA: i32 = -4;

/// The highest resolution of exponential buckets: 256 for a factor of two.
pub(crate) const HIGHEST_SCHEMA: i32 = 8;

/// What Prometheus calls the schema of histograms with listed bounds.
pub(crate) const CUSTOM_SCHEMA: i32 = -53;

/// A native histogram; counts are floats, for they may come from a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// What is known about a reset of its counts before this sample.
    pub reset_hint: ResetHint,
    /// Where the buckets' bounds are.
    pub layout: Layout,
    /// Observations nearer to zero than this, or at it, are in the zero bucket.
    pub zero_threshold: f64,
    /// Observations in the zero bucket.
    pub zero_count: f64,
    /// All observations, those that are NaN included.
    pub count: f64,
    /// The sum of all observations.
    pub sum: f64,
    /// Buckets above zero.
    pub positive: Buckets,
    /// Buckets below zero; the index counts away from zero.
    pub negative: Buckets,
}

/// Counts by bucket index, ascending in the index, none of them zero.
pub type Buckets = Vec<(i32, f64)>;

/// Where the bounds of buckets are.
#[derive(Clone, Debug, PartialEq)]
pub enum Layout {
    /// Bucket `i` ends at 2^(i · 2^-schema).
    Exponential {
        /// From -4 to 8; each step halves the buckets' width.
        schema: i32,
    },
    /// Bucket `i` ends at the `i`-th of these; one more goes to infinity.
    Custom {
        /// Strictly ascending.
        bounds: Arc<[f64]>,
    },
}

/// What is known about a reset of a histogram's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResetHint {
    /// Nothing.
    #[default]
    Unknown,
    /// The counts began anew before this sample.
    Reset,
    /// The counts did not begin anew before this sample.
    NotReset,
    /// The counts may go up and down.
    Gauge,
}

/// One bucket with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bucket {
    pub(crate) lower: f64,
    pub(crate) upper: f64,
    pub(crate) count: f64,
}

impl Bucket {
    pub(crate) fn spans_zero(&self) -> bool {
        self.lower <= 0.0 && self.upper >= 0.0
    }
}

impl Histogram {
    /// A histogram without observations.
    pub fn empty(layout: Layout) -> Self {
        Self {
            reset_hint: ResetHint::default(),
            layout,
            zero_threshold: 0.0,
            zero_count: 0.0,
            count: 0.0,
            sum: 0.0,
            positive: Buckets::new(),
            negative: Buckets::new(),
        }
    }

    pub(crate) fn is_custom(&self) -> bool {
        matches!(self.layout, Layout::Custom { .. })
    }

    /// All buckets that hold something, from the lowest to the highest.
    pub(crate) fn buckets(&self) -> Vec<Bucket> {
        let negative = self.negative.iter().rev().map(|(index, count)| {
            let mirrored = self.layout.bucket(*index, *count);
            Bucket { lower: -mirrored.upper, upper: -mirrored.lower, ..mirrored }
        });
        // Prometheus shows and counts a zero bucket only where it holds more than nothing.
        let zero = (self.zero_count > 0.0).then_some(Bucket {
            lower: -self.zero_threshold,
            upper: self.zero_threshold,
            count: self.zero_count,
        });
        let positive =
            self.positive.iter().map(|(index, count)| self.layout.bucket(*index, *count));
        negative.chain(zero).chain(positive).collect()
    }

    /// The same histogram with all counts and the sum multiplied.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let hint = if factor < 0.0 { ResetHint::Gauge } else { self.reset_hint };
        Self { reset_hint: hint, ..self.with_counts(|count| count * factor) }
    }

    /// The same histogram with all counts and the sum divided.
    pub(crate) fn divided(&self, divisor: f64) -> Self {
        let hint = if divisor < 0.0 { ResetHint::Gauge } else { self.reset_hint };
        let mut divided = self.with_counts(|count| count / divisor);
        if divisor == 0.0 {
            // What is not there stays away, as in Prometheus: 0/0 would be everywhere.
            divided.positive.clear();
            divided.negative.clear();
        }
        Self { reset_hint: hint, ..divided }
    }

    fn with_counts(&self, compute: impl Fn(f64) -> f64) -> Self {
        let buckets = |buckets: &Buckets| {
            let computed = buckets.iter().map(|(index, count)| (*index, compute(*count)));
            computed.filter(|(_, count)| *count != 0.0).collect()
        };
        Self {
            reset_hint: self.reset_hint,
            layout: self.layout.clone(),
            zero_threshold: self.zero_threshold,
            zero_count: compute(self.zero_count),
            count: compute(self.count),
            sum: compute(self.sum),
            positive: buckets(&self.positive),
            negative: buckets(&self.negative),
        }
    }

    pub(crate) fn with_hint(self, reset_hint: ResetHint) -> Self {
        Self { reset_hint, ..self }
    }

    /// Whether both have the same content; a NaN is equal to itself, and what is
    /// known about resets does not count.
    #[expect(clippy::float_cmp, reason = "only equal counts are the same")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a == b;
        let same_buckets = |a: &Buckets, b: &Buckets| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && same(a.1, b.1))
        };
        self.layout == other.layout
            && same(self.zero_threshold, other.zero_threshold)
            && same(self.zero_count, other.zero_count)
            && same(self.count, other.count)
            && same(self.sum, other.sum)
            && same_buckets(&self.positive, &other.positive)
            && same_buckets(&self.negative, &other.negative)
    }
}
