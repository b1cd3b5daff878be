//! What an expression gives at one instant after the other, put together as series.

use super::columns::Columns;
use super::derived::Derived;
use crate::{Datum, Element, HistogramSample, Sample, Series};

/// Series in the making.
#[derive(Default)]
pub(super) struct Steps {
    labels: Derived,
    /// By the numbers of their labels.
    series: Vec<Series>,
    /// Numbers, in the order of their labels.
    sorted: Vec<usize>,
}

impl Steps {
    /// Adds the elements of an instant, which is later than those before.
    pub(super) fn add(&mut self, at_ms: i64, elements: Vec<Element>) {
        for (position, element) in elements.into_iter().enumerate() {
            let number = self.labels.number(position, &element.labels, Clone::clone);
            if number == self.series.len() {
                self.open(number, &element);
            }
            let series = &mut self.series[number];
            match element.value {
                Datum::Number(value) => series.samples.push(Sample { t_ms: at_ms, value }),
                Datum::Histogram(histogram) => {
                    series.histograms.push(HistogramSample { t_ms: at_ms, histogram });
                }
            }
        }
    }

    /// Adds many instants at once, all of them later than those before.
    pub(super) fn add_columns(&mut self, columns: &Columns) {
        for (position, (labels, samples)) in columns.samples().enumerate() {
            let mut samples = samples.peekable();
            let Some(first) = samples.peek() else { continue };
            let number = self.labels.number(position, labels, Clone::clone);
            if number == self.series.len() {
                self.open(number, &Element::of_number(labels.clone(), first.value));
            }
            self.series[number].samples.extend(samples);
        }
    }

    fn open(&mut self, number: usize, element: &Element) {
        let labels = element.labels.clone();
        self.series.push(Series { labels, samples: Vec::new(), histograms: Vec::new() });
        self.sorted.push(number);
    }

    /// Forgets what lies at a time or before it.
    pub(super) fn forget_until(&mut self, at_ms: i64) {
        for series in &mut self.series {
            series.samples.retain(|sample| sample.t_ms > at_ms);
            series.histograms.retain(|sample| sample.t_ms > at_ms);
        }
    }

    /// The series so far, in the order of their labels.
    pub(super) fn in_order(&mut self) -> impl Iterator<Item = &Series> {
        let series = &self.series;
        // Nearly always sorted already, which costs a comparison each.
        if !self.sorted.is_sorted_by_key(|number| &series[*number].labels) {
            self.sorted.sort_by(|a, b| series[*a].labels.cmp(&series[*b].labels));
        }
        self.sorted.iter().map(|number| &series[*number])
    }

    /// All series, in the order of their labels.
    pub(super) fn into_series(mut self) -> Vec<Series> {
        self.series.sort_by(|a, b| a.labels.cmp(&b.labels));
        self.series
    }
}
