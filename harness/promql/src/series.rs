//! Samples, series, and where an evaluation finds them.

use std::sync::Arc;

use crate::Labels;
use crate::histogram::Histogram;

/// The payload by which Prometheus tells "this series ended" from a NaN that was
/// measured (`model/value/value.go`).
pub const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// The value that ends a series.
pub fn stale_marker() -> f64 {
    f64::from_bits(STALE_NAN_BITS)
}

/// Whether a value is the stale marker; an ordinary NaN is not.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE_NAN_BITS
}

/// One measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Milliseconds since the Unix epoch.
    pub t_ms: i64,
    /// The value; the stale marker ends the series.
    pub value: f64,
}

/// One measured histogram.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSample {
    /// Milliseconds since the Unix epoch.
    pub t_ms: i64,
    /// The histogram.
    pub histogram: Arc<Histogram>,
}

/// A series as a source lends it: its labels and its samples in time order.
///
/// Numbers and histograms lie apart, as in Prometheus: hardly any series has both.
#[derive(Clone, Copy, Debug)]
pub struct SeriesRef<'a> {
    /// All labels, the metric name included.
    pub labels: &'a Labels,
    /// Numbers, strictly ascending in time; the stale marker ends histograms too.
    pub samples: &'a [Sample],
    /// Histograms, strictly ascending in time.
    pub histograms: &'a [HistogramSample],
}

/// Where series come from. A source lends every series that may match; the
/// evaluator applies label matchers and time bounds itself.
pub trait SeriesSource {
    /// Series to consider: those with the metric name `name`, or all of them
    /// where the selector does not fix a name.
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a>;
}
