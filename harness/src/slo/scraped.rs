//! Questions about what was scraped that several judges ask.

use std::collections::BTreeMap;

use slogate_promql::{Labels, Selector, SeriesSource, is_stale};

use super::algebra::no_such_series::{self, Sought};
use crate::series::{FamilyKind, SeriesStore};

/// Times after `after_ms` up to and including `until_ms`, as Prometheus 3 ranges are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Excluded.
    pub(super) after_ms: i64,
    /// Included.
    pub(super) until_ms: i64,
}

impl Stretch {
    pub(super) fn contains(self, at_ms: i64) -> bool {
        at_ms > self.after_ms && at_ms <= self.until_ms
    }
}

/// Good scrapes in a stretch; of several instances, those of the least scraped one.
pub(super) fn good_scrapes(series: &SeriesStore, stretch: Stretch) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for scrape in series.scrapes() {
        let count = counts.entry(scrape.instance.as_str()).or_default();
        *count += usize::from(scrape.outcome.is_ok() && stretch.contains(scrape.at_ms));
    }
    counts.into_values().min().unwrap_or(0)
}

/// Instants at which the selected series had samples; of several instances, those
/// of the least seen one.
pub(super) fn instants_seen(series: &SeriesStore, selector: &Selector, stretch: Stretch) -> u64 {
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for one in series.series(selector.metric_name()).filter(|one| selector.matches(one.labels)) {
        let instants = seen.entry(instance(one.labels)).or_default();
        let samples = one.samples.iter().filter(|sample| !is_stale(sample.value));
        instants.extend(samples.map(|sample| sample.t_ms).filter(|at| stretch.contains(*at)));
    }
    let distinct = |mut instants: Vec<i64>| {
        instants.sort_unstable();
        instants.dedup();
        instants.len() as u64
    };
    seen.into_values().map(distinct).min().unwrap_or(0)
}

fn instance(labels: &Labels) -> String {
    labels.get("instance").unwrap_or_default().to_owned()
}

/// The doubt about a selector that matches no recorded series at all, if it is one.
pub(super) fn missing(series: &SeriesStore, selector: &Selector) -> Option<String> {
    if series.series(selector.metric_name()).any(|one| selector.matches(one.labels)) {
        return None;
    }
    let recorded: Vec<&Labels> = series.iter().map(|one| one.labels).collect();
    Some(no_such_series::doubt(Sought {
        selector: &selector.to_string(),
        metric: selector.metric_name(),
        recorded: &recorded,
    }))
}

/// What the family of a series was declared to be.
pub(super) fn kind_of(series: &SeriesStore, metric: &str) -> Option<FamilyKind> {
    series.family_of(metric).map(|(_, metadata)| metadata.kind)
}
