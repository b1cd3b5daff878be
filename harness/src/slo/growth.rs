//! How much each of the target's own counters grew over a run, and by how much those grew
//! together that one selector takes.
//!
//! This judges nothing: whoever looks for a counter of the requests asks here.

use std::collections::BTreeMap;

use slogate_promql::{Labels, METRIC_NAME};

use super::Evidence;
use super::algebra::counter_growth::{Counted, growth};
use super::scraped::{OWN_SERIES, ScrapeEnds, kind_of};
use crate::series::{FamilyKind, SCRAPE_LABELS};

/// What the names of a histogram's buckets end with.
const BUCKET: &str = "_bucket";

/// A series that counts: a counter, a bucket of a histogram, or how many observations a
/// histogram or summary has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth<'a> {
    /// Its labels, the metric name among them.
    pub labels: &'a Labels,
    /// What its family was declared to be.
    pub kind: FamilyKind,
    /// How much it grew over the run.
    pub by: f64,
}

/// A metric, and a label with its value.
type Selected = (String, Option<(String, String)>);

/// Series of one metric that one selector takes: all, or those with one value of a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// The metric.
    pub metric: String,
    /// The label and its value; all series of the metric without one.
    pub label: Option<(String, String)>,
    /// What the family was declared to be.
    pub kind: FamilyKind,
    /// How much they grew together.
    pub by: f64,
}

impl Growth<'_> {
    /// The name of its metric.
    pub fn metric(&self) -> &str {
        self.labels.metric_name().unwrap_or_default()
    }

    fn is_bucket(&self) -> bool {
        self.kind == FamilyKind::Histogram && self.metric().ends_with(BUCKET)
    }
}

impl Selection {
    /// As PromQL: `metric` or `metric{label="value"}`.
    pub fn selector(&self) -> String {
        let name = (METRIC_NAME, self.metric.as_str());
        let label = self.label.iter().map(|(label, value)| (label.as_str(), value.as_str()));
        Labels::new(std::iter::once(name).chain(label)).to_string()
    }

    /// Whether they grew by so many events.
    pub fn grew_by(&self, events: u64) -> bool {
        (self.by - events as f64).abs() < 0.5
    }
}

/// Every series of the target's own that counts, with its growth over the run.
pub fn growths<'a>(evidence: &'a Evidence<'_>) -> Vec<Growth<'a>> {
    let Ok(window) = evidence.windows.run else { return Vec::new() };
    let ends = ScrapeEnds::find(evidence.series, window);
    let of_target = evidence.series.iter().filter(|one| {
        let name = one.labels.metric_name().unwrap_or_default();
        !name.starts_with(OWN_SERIES)
    });
    of_target
        .filter_map(|one| {
            let name = one.labels.metric_name().unwrap_or_default();
            let kind = kind_of(evidence.series, name).filter(|kind| counts(name, *kind))?;
            let (samples, at_opening) = ends.counted(one)?;
            let by = growth(Counted { samples: &samples, at_opening });
            Some(Growth { labels: one.labels, kind, by })
        })
        .collect()
}

fn counts(name: &str, kind: FamilyKind) -> bool {
    match kind {
        FamilyKind::Counter => true,
        FamilyKind::Histogram => name.ends_with("_count") || name.ends_with(BUCKET),
        FamilyKind::Summary => name.ends_with("_count"),
        _ => false,
    }
}

/// Every selection of series that count events, by name; buckets are none. A whole metric
/// comes before its parts.
pub fn selections(growths: &[Growth<'_>]) -> Vec<Selection> {
    let mut totals: BTreeMap<Selected, (FamilyKind, f64)> = BTreeMap::new();
    for growth in growths.iter().filter(|growth| !growth.is_bucket()) {
        // The others select no part of what a target counts.
        let is_own = |label: &str| label != METRIC_NAME && !SCRAPE_LABELS.contains(&label);
        let own = growth.labels.iter().filter(|(label, _)| is_own(label));
        let by_label = own.map(|(label, value)| Some((label.to_owned(), value.to_owned())));
        for label in std::iter::once(None).chain(by_label) {
            let total = totals.entry((growth.metric().to_owned(), label));
            total.or_insert((growth.kind, 0.0)).1 += growth.by;
        }
    }
    let selection = |((metric, label), (kind, by))| Selection { metric, label, kind, by };
    totals.into_iter().map(selection).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{ReadOptions, Variables, read_text};
    use crate::series::SeriesStore;
    use crate::slo::fixtures::{add_series, answered, scrapes_every, steady, store_of};

    const SCENARIO: &str = "version: 1\nname: look\ntarget: http://127.0.0.1:8080\n\
                            metrics: { path: /metrics }\n\
                            load: [{ name: steady, rate: 1/s, for: 4s }]\n\
                            requests: [{ name: csv, get: / }]\nslo: none\n";

    fn grown(store: &SeriesStore) -> Vec<Selection> {
        let read =
            read_text(Path::new("look"), SCENARIO, &Variables::new(), &ReadOptions::default());
        let load = steady(vec![answered("csv", [5; 4])]);
        selections(&growths(&Evidence::of(&read.unwrap().scenario, &load, store)))
    }

    #[test]
    fn a_metric_and_each_of_its_labels_is_a_selection() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 3_000));
        for (route, step) in [("/", 2.0), ("/metrics", 1.0)] {
            let labels = [("__name__", "asked_total"), ("route", route), ("instance", "a")];
            add_series(&mut store, FamilyKind::Counter, &labels, |at| Some(7.0 + step * at as f64));
        }
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |at| Some(at as f64));
        let shown: Vec<(String, f64)> =
            grown(&store).iter().map(|one| (one.selector(), one.by)).collect();
        let expected = [
            ("asked_total", 6.0),
            ("asked_total{route=\"/\"}", 4.0),
            ("asked_total{route=\"/metrics\"}", 2.0),
        ];
        assert_eq!(shown, expected.map(|(selector, by)| (selector.to_owned(), by)));
    }

    #[test]
    fn a_histogram_counts_once_and_not_by_its_buckets() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 3_000));
        store.declare("took_ms", FamilyKind::Histogram);
        for (name, le) in [("took_ms_bucket", Some("1")), ("took_ms_count", None)] {
            let le = le.map(|le| ("le", le));
            let labels: Vec<(&str, &str)> = std::iter::once(("__name__", name)).chain(le).collect();
            let labels = Labels::new(labels);
            for (at_ms, value) in [(1_000, 0.0), (3_000, 5.0)] {
                store.append(&labels, at_ms, value);
            }
        }
        let shown: Vec<String> = grown(&store).iter().map(Selection::selector).collect();
        assert_eq!(shown, ["took_ms_count"]);
    }
}
