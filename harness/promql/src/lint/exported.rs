//! What a target exports: the types that it declares, and its series.

use std::collections::BTreeMap;

use crate::matcher::Selector;
use crate::number::parse_number;
use crate::{Labels, METRIC_NAME};

/// What a metric's values do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricType {
    /// They only grow, but for restarts; the parts of a histogram too.
    Counter,
    /// They go up and down.
    Gauge,
}

/// The metrics of a target, as one look or a recorded run has them.
#[derive(Clone, Debug, Default)]
pub struct Exported {
    types: BTreeMap<String, MetricType>,
    series: BTreeMap<String, Vec<Labels>>,
}

impl Exported {
    /// Notes the declared type of a metric, by the name that its samples have.
    pub fn declare(&mut self, metric: &str, kind: MetricType) {
        self.types.insert(metric.to_owned(), kind);
    }

    /// Notes a series. One without a metric name is none.
    pub fn add(&mut self, labels: &Labels) {
        if let Some(name) = labels.get(METRIC_NAME) {
            self.series.entry(name.to_owned()).or_default().push(labels.clone());
        }
    }

    /// Whether there is no series at all.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    pub(super) fn type_of(&self, metric: &str) -> Option<MetricType> {
        self.types.get(metric).copied()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.series.keys().map(String::as_str).collect()
    }

    pub(super) fn series_of(&self, metric: &str) -> &[Labels] {
        self.series.get(metric).map_or(&[], Vec::as_slice)
    }

    /// The finite bounds of the buckets that a selector finds, from the lowest.
    pub(super) fn bounds_of(&self, selector: &Selector) -> Vec<f64> {
        let series = selector.metric_name().map_or(&[][..], |name| self.series_of(name));
        let chosen = series
            .iter()
            .filter(|labels| selector.matchers().iter().all(|matcher| matcher.matches(labels)));
        let mut bounds: Vec<f64> = chosen
            .filter_map(|labels| parse_number(labels.get("le")?))
            .filter(|bound| bound.is_finite())
            .collect();
        bounds.sort_by(f64::total_cmp);
        bounds.dedup();
        bounds
    }
}
