//! Samples, series, and where an evaluation finds them.

use std::collections::BTreeMap;

use crate::Labels;

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

/// A series as a source lends it: its labels and its samples in time order.
#[derive(Clone, Copy, Debug)]
pub struct SeriesRef<'a> {
    /// All labels, the metric name included.
    pub labels: &'a Labels,
    /// Samples, strictly ascending in time.
    pub samples: &'a [Sample],
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
    by_name: BTreeMap<String, BTreeMap<Labels, Vec<Sample>>>,
}

impl MemorySeries {
    /// Appends a sample. A sample that is not newer than the last one of its
    /// series is refused and `false` comes back, as Prometheus refuses it.
    pub fn append(&mut self, labels: &Labels, sample: Sample) -> bool {
        let name = labels.metric_name().unwrap_or_default();
        if !self.by_name.contains_key(name) {
            self.by_name.insert(name.to_owned(), BTreeMap::new());
        }
        let Some(of_name) = self.by_name.get_mut(name) else {
            return false;
        };
        match of_name.get_mut(labels) {
            Some(samples) if samples.last().is_some_and(|last| last.t_ms >= sample.t_ms) => false,
            Some(samples) => {
                samples.push(sample);
                true
            }
            None => {
                of_name.insert(labels.clone(), vec![sample]);
                true
            }
        }
    }

    /// All series, sorted by name and labels.
    pub fn iter(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        self.by_name.values().flatten().map(|(labels, samples)| SeriesRef { labels, samples })
    }

    /// The samples of one series, empty if it is not there.
    pub fn samples(&self, labels: &Labels) -> &[Sample] {
        self.by_name
            .get(labels.metric_name().unwrap_or_default())
            .and_then(|of_name| of_name.get(labels))
            .map_or(&[], Vec::as_slice)
    }
}

impl SeriesSource for MemorySeries {
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a> {
        match name {
            None => Box::new(self.iter()),
            Some(name) => Box::new(
                self.by_name
                    .get(name)
                    .into_iter()
                    .flatten()
                    .map(|(labels, samples)| SeriesRef { labels, samples }),
            ),
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
