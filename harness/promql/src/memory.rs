//! Series in memory, as they grow while a run goes on.
//!
//! They are appended to in turns: each scrape brings the series of the one before, mostly
//! in the same order. So the series that comes next is guessed and only compared, and the
//! tree is asked where the guess was wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::histogram::{Histogram, ResetHint};
use crate::{Datum, HistogramSample, Labels, Sample, SeriesRef, SeriesSource};

/// Series in memory, by metric name and labels.
#[derive(Clone, Debug, Default)]
pub struct MemorySeries {
    /// In the order in which they came up.
    stored: Vec<Stored>,
    /// Where in `stored` each series is.
    by_name: BTreeMap<String, BTreeMap<Labels, usize>>,
    /// Where the last sample went.
    last: usize,
}

/// One series.
#[derive(Clone, Debug)]
struct Stored {
    labels: Labels,
    numbers: Vec<Sample>,
    histograms: Vec<HistogramSample>,
    /// Which series was appended to after this one, when it was the turn of both before.
    next: usize,
}

impl Stored {
    fn new(labels: Labels) -> Self {
        Self { labels, numbers: Vec::new(), histograms: Vec::new(), next: 0 }
    }

    fn newest_ms(&self) -> Option<i64> {
        let number = self.numbers.last().map(|sample| sample.t_ms);
        number.max(self.histograms.last().map(|sample| sample.t_ms))
    }

    fn lend(&self) -> SeriesRef<'_> {
        let Self { labels, numbers, histograms, .. } = self;
        SeriesRef { labels, samples: numbers, histograms }
    }
}

impl MemorySeries {
    /// Appends a sample. A sample that is not newer than the last one of its
    /// series is refused and `false` comes back, as Prometheus refuses it.
    pub fn append(&mut self, labels: &Labels, sample: Sample) -> bool {
        self.append_newer(labels, sample.t_ms, |stored| stored.numbers.push(sample))
    }

    /// Appends a histogram, as [`Self::append`] does a number. What is then known
    /// about a reset comes from the sample before, as Prometheus' storage has it.
    pub fn append_histogram(&mut self, labels: &Labels, t_ms: i64, histogram: &Histogram) -> bool {
        self.append_newer(labels, t_ms, |stored| {
            let before = stored.histograms.last().map(|sample| &*sample.histogram);
            let reset_hint = stored_hint(before, histogram);
            let histogram = Arc::new(histogram.clone().with_hint(reset_hint));
            stored.histograms.push(HistogramSample { t_ms, histogram });
        })
    }

    /// Appends what an expression gave.
    pub fn append_datum(&mut self, labels: &Labels, t_ms: i64, datum: &Datum) -> bool {
        match datum {
            Datum::Number(value) => self.append(labels, Sample { t_ms, value: *value }),
            Datum::Histogram(histogram) => self.append_histogram(labels, t_ms, histogram),
        }
    }

    fn append_newer(&mut self, labels: &Labels, t_ms: i64, push: impl FnOnce(&mut Stored)) -> bool {
        let at = self.in_turn(labels);
        let stored = &mut self.stored[at];
        let is_newer = stored.newest_ms().is_none_or(|newest| newest < t_ms);
        if is_newer {
            push(stored);
        }
        is_newer
    }

    /// Where a series is, which is added if it is new; and whose turn it is after it.
    fn in_turn(&mut self, labels: &Labels) -> usize {
        let guess = self.stored.get(self.last).map(|last| last.next);
        let at = match guess.filter(|guess| self.stored[*guess].labels == *labels) {
            Some(guess) => guess,
            None => self.find_or_add(labels),
        };
        self.stored[self.last].next = at;
        self.last = at;
        at
    }

    fn find_or_add(&mut self, labels: &Labels) -> usize {
        let name = labels.metric_name().unwrap_or_default();
        let new = self.stored.len();
        let at = if let Some(of_name) = self.by_name.get_mut(name) {
            *of_name.entry(labels.clone()).or_insert(new)
        } else {
            let only = BTreeMap::from([(labels.clone(), new)]);
            self.by_name.insert(name.to_owned(), only);
            new
        };
        if at == new {
            self.stored.push(Stored::new(labels.clone()));
        }
        at
    }

    fn find(&self, labels: &Labels) -> Option<&Stored> {
        let of_name = self.by_name.get(labels.metric_name().unwrap_or_default())?;
        of_name.get(labels).map(|at| &self.stored[*at])
    }

    /// All series, sorted by name and labels.
    pub fn iter(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        self.by_name.values().flat_map(|of_name| self.lend_all(of_name))
    }

    fn lend_all<'a>(
        &'a self,
        of_name: &'a BTreeMap<Labels, usize>,
    ) -> impl Iterator<Item = SeriesRef<'a>> {
        of_name.values().map(|at| self.stored[*at].lend())
    }

    /// Whether a series is there.
    pub(crate) fn contains(&self, labels: &Labels) -> bool {
        self.find(labels).is_some()
    }

    /// The numbers of one series, empty if it is not there.
    pub fn samples(&self, labels: &Labels) -> &[Sample] {
        self.find(labels).map_or(&[], |stored| &stored.numbers)
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
                let of_name = self.by_name.get(name).into_iter();
                Box::new(of_name.flat_map(|of_name| self.lend_all(of_name)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, value: &str) -> Labels {
        Labels::new([("__name__", name), ("a", value)])
    }

    fn shown(store: &MemorySeries) -> Vec<(String, Vec<f64>)> {
        let values = |one: SeriesRef<'_>| one.samples.iter().map(|sample| sample.value).collect();
        store.iter().map(|one| (one.labels.to_string(), values(one))).collect()
    }

    #[test]
    fn a_sample_that_is_not_newer_is_refused() {
        let up = Labels::new([("__name__", "up")]);
        let mut store = MemorySeries::default();
        assert!(store.append(&up, Sample { t_ms: 1, value: 1.0 }));
        assert!(!store.append(&up, Sample { t_ms: 1, value: 2.0 }));
        assert_eq!(store.samples(&up), [Sample { t_ms: 1, value: 1.0 }]);
    }

    #[test]
    fn each_sample_goes_to_its_series_in_whatever_order_they_come() {
        let mut store = MemorySeries::default();
        let orders: [&[&str]; 5] =
            [&["b", "a", "c"], &["b", "a", "c"], &["c", "b"], &["d", "c", "a"], &["b"]];
        for (t_ms, order) in (1_i32..).zip(orders) {
            for one in order {
                store.append(&series("x", one), Sample { t_ms: t_ms.into(), value: t_ms.into() });
            }
        }
        let expected = [
            (r#"x{a="a"}"#, vec![1.0, 2.0, 4.0]),
            (r#"x{a="b"}"#, vec![1.0, 2.0, 3.0, 5.0]),
            (r#"x{a="c"}"#, vec![1.0, 2.0, 3.0, 4.0]),
            (r#"x{a="d"}"#, vec![4.0]),
        ];
        assert_eq!(shown(&store), expected.map(|(labels, values)| (labels.to_owned(), values)));
    }

    #[test]
    fn series_are_lent_in_the_order_of_their_names_and_labels() {
        let mut store = MemorySeries::default();
        for (name, value) in [("y", "1"), ("x", "2"), ("x", "1"), ("w", "9")] {
            store.append(&series(name, value), Sample { t_ms: 1, value: 0.0 });
        }
        let names: Vec<String> = store.iter().map(|one| one.labels.to_string()).collect();
        assert_eq!(names, [r#"w{a="9"}"#, r#"x{a="1"}"#, r#"x{a="2"}"#, r#"y{a="1"}"#]);
        let of_x = store.series(Some("x")).map(|one| one.labels.get("a").unwrap_or_default());
        assert_eq!(of_x.collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(store.series(Some("z")).count(), 0);
    }
}
