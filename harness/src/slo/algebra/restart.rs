//! Rule: a target that restarted under load has failed, whatever its counters say since.
//!
//! A restart resets counters and loses what was in flight; after it, "no failures"
//! means "none that it remembers". It shows as another process start time, or as a
//! counter that went back on one instance. Start times that come and go belong to
//! several processes behind one address, whose counters cannot be judged as one.

use std::collections::BTreeMap;

use slogate_promql::{SeriesRef, is_stale};

use crate::series::{FamilyKind, SeriesStore};

/// The metric by which every Prometheus client library states when its process started.
const START_TIME: &str = "process_start_time_seconds";

/// What happened to an instance of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetChange {
    /// It restarted.
    Restarted {
        /// What showed it, with the instance.
        evidence: String,
    },
    /// Several processes answer at one address.
    SeveralProcesses {
        /// The instance.
        instance: String,
    },
}

impl TargetChange {
    /// For people.
    pub fn reason(&self) -> String {
        match self {
            Self::Restarted { evidence } => format!("the target restarted: {evidence}"),
            Self::SeveralProcesses { instance } => format!(
                "several processes answer at {instance}: their start times alternate; list them \
                 under `metrics:` one by one"
            ),
        }
    }
}

/// What happened to each instance between two times, at most one finding each.
pub fn find(series: &SeriesStore, from_ms: i64, to_ms: i64) -> Vec<TargetChange> {
    let mut found: BTreeMap<String, TargetChange> = BTreeMap::new();
    for one in series.iter() {
        let change = if one.labels.metric_name() == Some(START_TIME) {
            start_time_change(&values(one, from_ms, to_ms), &instance(one))
        } else if only_grows(one, series) {
            fall(&values(one, from_ms, to_ms), one)
        } else {
            None
        };
        if let Some(change) = change {
            // Start times tell more than counters: they replace what counters said.
            let is_start_time = one.labels.metric_name() == Some(START_TIME);
            let entry = found.entry(instance(one));
            match entry {
                std::collections::btree_map::Entry::Occupied(mut known) if is_start_time => {
                    known.insert(change);
                }
                std::collections::btree_map::Entry::Occupied(_) => {}
                std::collections::btree_map::Entry::Vacant(unknown) => {
                    unknown.insert(change);
                }
            }
        }
    }
    found.into_values().collect()
}

fn instance(one: SeriesRef<'_>) -> String {
    one.labels.get("instance").unwrap_or("the target").to_owned()
}

fn values(one: SeriesRef<'_>, from_ms: i64, to_ms: i64) -> Vec<f64> {
    one.samples
        .iter()
        .filter(|sample| (from_ms..=to_ms).contains(&sample.t_ms) && !is_stale(sample.value))
        .map(|sample| sample.value)
        .collect()
}

#[expect(clippy::float_cmp, reason = "a start time is a constant of its process")]
fn start_time_change(values: &[f64], instance: &str) -> Option<TargetChange> {
    let mut distinct = values.to_vec();
    distinct.dedup();
    let (first, later) = distinct.split_first()?;
    let comes_back =
        later.iter().enumerate().any(|(at, value)| value == first || later[..at].contains(value));
    if comes_back {
        return Some(TargetChange::SeveralProcesses { instance: instance.to_owned() });
    }
    let last = later.last()?;
    let evidence = format!("{START_TIME} of {instance} went from {first} to {last}");
    Some(TargetChange::Restarted { evidence })
}

/// Whether the series is a counter, or a histogram's count.
fn only_grows(one: SeriesRef<'_>, series: &SeriesStore) -> bool {
    let Some(name) = one.labels.metric_name() else {
        return false;
    };
    if name.starts_with("slogate_") {
        return false;
    }
    let family = |suffix| name.strip_suffix(suffix).and_then(|base| series.kind(base));
    series.kind(name) == Some(FamilyKind::Counter)
        || family("_total") == Some(FamilyKind::Counter)
        || family("_bucket") == Some(FamilyKind::Histogram)
        || family("_count") == Some(FamilyKind::Histogram)
        || family("_count") == Some(FamilyKind::Summary)
}

fn fall(values: &[f64], one: SeriesRef<'_>) -> Option<TargetChange> {
    let pair = values.windows(2).find(|pair| pair[1] < pair[0])?;
    let evidence = format!("{} went back from {} to {}", one.labels, pair[0], pair[1]);
    Some(TargetChange::Restarted { evidence })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{add_series, scrapes_every, store_of};

    fn with(kind: FamilyKind, name: &str, values: &[f64]) -> Vec<TargetChange> {
        let mut store = store_of(scrapes_every(1_000, 0, 5_000));
        add_series(&mut store, kind, &[("__name__", name)], |at| values.get(at).copied());
        find(&store, 0, 5_000)
    }

    #[test]
    fn another_start_time_is_a_restart_though_every_counter_grew() {
        let changes = with(FamilyKind::Gauge, START_TIME, &[100.0, 100.0, 230.5]);
        assert_eq!(
            changes[0].reason(),
            "the target restarted: process_start_time_seconds of the target went from 100 to 230.5"
        );
    }

    #[test]
    fn a_counter_that_went_back_is_a_restart() {
        let changes = with(FamilyKind::Counter, "jobs_total", &[7.0, 9.0, 1.0]);
        assert_eq!(changes[0].reason(), "the target restarted: jobs_total went back from 9 to 1");
    }

    #[test]
    fn start_times_that_alternate_are_several_processes() {
        let changes = with(FamilyKind::Gauge, START_TIME, &[100.0, 200.0, 100.0]);
        assert!(matches!(changes[..], [TargetChange::SeveralProcesses { .. }]));
    }

    #[test]
    fn a_gauge_may_fall() {
        assert_eq!(with(FamilyKind::Gauge, "depth", &[7.0, 9.0, 1.0]), []);
        assert_eq!(with(FamilyKind::Gauge, START_TIME, &[100.0, 100.0]), []);
    }
}
