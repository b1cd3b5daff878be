//! Samples, series, and where an evaluation finds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::histogram::{Histogram, ResetHint};
use crate::{Datum, Labels};

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

impl<'a> From<(&'a Labels, &'a Samples)> for SeriesRef<'a> {
    fn from((labels, samples): (&'a Labels, &'a Samples)) -> Self {
        Self { labels, samples: &samples.numbers, histograms: &samples.histograms }
    }
}

/// Where series come from. A source lends every series that may match; the
/// evaluator applies label matchers and time bounds itself.
pub trait SeriesSource {
    /// Series to consider: those with the metric name `name`, or all of them
    /// where the selector does not fix a name.
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a>;
}

/// Series in memory, by metric name and labels.
#[derive(Clone, Debug, Default)]
pub struct MemorySeries {
    by_name: BTreeMap<String, BTreeMap<Labels, Samples>>,
}

/// What one series holds.
#[derive(Clone, Debug, Default)]
struct Samples {
    numbers: Vec<Sample>,
    histograms: Vec<HistogramSample>,
}

impl Samples {
    fn newest_ms(&self) -> Option<i64> {
        let number = self.numbers.last().map(|sample| sample.t_ms);
        number.max(self.histograms.last().map(|sample| sample.t_ms))
    }
}

impl MemorySeries {
    /// Appends a sample. A sample that is not newer than the last one of its
    /// series is refused and `false` comes back, as Prometheus refuses it.
    pub fn append(&mut self, labels: &Labels, sample: Sample) -> bool {
        self.append_newer(labels, sample.t_ms, |samples| samples.numbers.push(sample))
    }

    /// Appends a histogram, as [`Self::append`] does a number. What is then known
    /// about a reset comes from the sample before, as Prometheus' storage has it.
    pub fn append_histogram(&mut self, labels: &Labels, t_ms: i64, histogram: &Histogram) -> bool {
        self.append_newer(labels, t_ms, |samples| {
            let before = samples.histograms.last().map(|sample| &*sample.histogram);
            let reset_hint = stored_hint(before, histogram);
            let histogram = Arc::new(histogram.clone().with_hint(reset_hint));
            samples.histograms.push(HistogramSample { t_ms, histogram });
        })
    }

    /// Appends what an expression gave.
    pub fn append_datum(&mut self, labels: &Labels, t_ms: i64, datum: &Datum) -> bool {
        match datum {
            Datum::Number(value) => self.append(labels, Sample { t_ms, value: *value }),
            Datum::Histogram(histogram) => self.append_histogram(labels, t_ms, histogram),
        }
    }

    fn append_newer(
        &mut self,
        labels: &Labels,
        t_ms: i64,
        push: impl FnOnce(&mut Samples),
    ) -> bool {
        let name = labels.metric_name().unwrap_or_default();
        if !self.by_name.contains_key(name) {
            self.by_name.insert(name.to_owned(), BTreeMap::new());
        }
        let Some(of_name) = self.by_name.get_mut(name) else {
            return false;
        };
        if let Some(samples) = of_name.get_mut(labels) {
            let is_newer = samples.newest_ms().is_none_or(|newest| newest < t_ms);
            if is_newer {
                push(samples);
            }
            return is_newer;
        }
        let mut samples = Samples::default();
        push(&mut samples);
        of_name.insert(labels.clone(), samples);
        true
    }

    /// All series, sorted by name and labels.
    pub fn iter(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        self.by_name.values().flatten().map(SeriesRef::from)
    }

    /// Whether a series is there.
    pub(crate) fn contains(&self, labels: &Labels) -> bool {
        let name = labels.metric_name().unwrap_or_default();
        self.by_name.get(name).is_some_and(|of_name| of_name.contains_key(labels))
    }

    /// The numbers of one series, empty if it is not there.
    pub fn samples(&self, labels: &Labels) -> &[Sample] {
        self.by_name
            .get(labels.metric_name().unwrap_or_default())
            .and_then(|of_name| of_name.get(labels))
            .map_or(&[], |samples| &samples.numbers)
    }
}

/// What is known about a reset once a histogram is stored after another.
fn stored_hint(before: Option<&Histogram>, histogram: &Histogram) -> ResetHint {
    if matches!(histogram.reset_hint, ResetHint::Gauge | ResetHint::Reset) {
        return histogram.reset_hint;
    }
    match before {
        Some(before) if before.reset_hint != ResetHint::Gauge => {
            let unknown = histogram.clone().with_hint(ResetHint::Unknown);
            if unknown.is_reset_since(before) { ResetHint::Reset } else { ResetHint::NotReset }
        }
        _ => ResetHint::Unknown,
    }
}

impl SeriesSource for MemorySeries {
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a> {
        match name {
            None => Box::new(self.iter()),
            Some(name) => {
                Box::new(self.by_name.get(name).into_iter().flatten().map(SeriesRef::from))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_that_is_not_newer_is_refused() {
        let up = Labels::new([("__name__", "up")]);
        let mut store = MemorySeries::default();
        assert!(store.append(&up, Sample { t_ms: 1, value: 1.0 }));
        assert!(!store.append(&up, Sample { t_ms: 1, value: 2.0 }));
        assert_eq!(store.samples(&up), [Sample { t_ms: 1, value: 1.0 }]);
    }
}
