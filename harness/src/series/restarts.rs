//! Whether an instance was one process all the time.
//!
//! A counter that begins anew makes every difference over it wrong, and two
//! processes behind one URL make it meaningless; neither may pass unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use slogate_promql::{METRIC_NAME, Sample, SeriesRef, SeriesSource, is_stale};

use super::{FamilyKind, SeriesStore};

/// When a process started, in seconds since the epoch; Prometheus' own client
/// libraries all expose it.
const START_TIME: &str = "process_start_time_seconds";

/// An instance that was not one process all the time.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceChange {
    /// Which instance.
    pub instance: String,
    /// When it was first seen, milliseconds since the epoch.
    pub at_ms: i64,
    /// What happened.
    pub kind: ChangeKind,
}

/// What happened to an instance.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// Its process started anew: the start time changed and stayed so.
    StartTimeChanged {
        /// Start time before, seconds since the epoch.
        before: f64,
        /// Start time after, seconds since the epoch.
        after: f64,
    },
    /// A counter went back, so its process started anew or lost its state.
    CounterWentBack {
        /// Which series.
        series: String,
        /// Its value before.
        before: f64,
        /// Its value after.
        after: f64,
    },
    /// Start times alternate: several processes answer one URL.
    SeveralProcesses {
        /// How many different start times were seen.
        start_times: usize,
    },
}

impl fmt::Display for InstanceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instance, kind, .. } = self;
        match kind {
            ChangeKind::StartTimeChanged { before, after } => {
                write!(f, "`{instance}` restarted: {START_TIME} went from {before} to {after}")
            }
            ChangeKind::CounterWentBack { series, before, after } => write!(
                f,
                "`{instance}` restarted or lost its state: the counter {series} went back from {before} to {after}"
            ),
            ChangeKind::SeveralProcesses { start_times } => write!(
                f,
                "several processes behind `{instance}` ({start_times} start times alternate); list them as scrape targets of their own"
            ),
        }
    }
}

/// Every instance that changed between two times (milliseconds since the epoch,
/// both included), at most one change each: several processes before a changed
/// start time before a counter that went back.
pub fn instance_changes(store: &SeriesStore, from_ms: i64, to_ms: i64) -> Vec<InstanceChange> {
    let mut changes: BTreeMap<String, InstanceChange> = BTreeMap::new();
    let window = from_ms..=to_ms;
    let in_window = |series: SeriesRef<'_>| -> Vec<Sample> {
        let live = series.samples.iter().filter(|sample| !is_stale(sample.value));
        live.filter(|sample| window.contains(&sample.t_ms)).copied().collect()
    };
    for series in store.series(Some(START_TIME)) {
        note(&mut changes, series, start_time_change(&in_window(series)));
    }
    for series in store.iter().filter(|series| only_goes_up(store, series)) {
        note(&mut changes, series, counter_change(series, &in_window(series)));
    }
    changes.into_values().collect()
}

fn note(
    changes: &mut BTreeMap<String, InstanceChange>,
    series: SeriesRef<'_>,
    change: Option<(i64, ChangeKind)>,
) {
    if let (Some(instance), Some((at_ms, kind))) = (series.labels.get("instance"), change) {
        let change = InstanceChange { instance: instance.to_owned(), at_ms, kind };
        changes.entry(instance.to_owned()).or_insert(change);
    }
}

fn start_time_change(samples: &[Sample]) -> Option<(i64, ChangeKind)> {
    let steps: Vec<&[Sample]> = samples.windows(2).filter(|pair| differ(pair)).collect();
    let first = steps.first()?;
    let (before, after) = (first[0].value, first[1].value);
    let different: BTreeSet<u64> = samples.iter().map(|sample| sample.value.to_bits()).collect();
    // With each change a new start time: restarts. Fewer start times than that: an
    // old one came back.
    let kind = if different.len() <= steps.len() {
        ChangeKind::SeveralProcesses { start_times: different.len() }
    } else {
        ChangeKind::StartTimeChanged { before, after }
    };
    Some((first[1].t_ms, kind))
}

fn differ(pair: &[Sample]) -> bool {
    pair[0].value.to_bits() != pair[1].value.to_bits()
}

fn counter_change(series: SeriesRef<'_>, samples: &[Sample]) -> Option<(i64, ChangeKind)> {
    let back = samples.windows(2).find(|pair| pair[1].value < pair[0].value)?;
    let kind = ChangeKind::CounterWentBack {
        series: series.labels.to_string(),
        before: back[0].value,
        after: back[1].value,
    };
    Some((back[1].t_ms, kind))
}

/// Counters, and what histograms and summaries count. Their sums may go down.
fn only_goes_up(store: &SeriesStore, series: &SeriesRef<'_>) -> bool {
    let name = series.labels.get(METRIC_NAME).unwrap_or_default();
    let Some((family, metadata)) = store.family_of(name) else {
        return false;
    };
    let suffix = name.strip_prefix(family).unwrap_or_default();
    match metadata.kind {
        FamilyKind::Counter => suffix != "_created",
        FamilyKind::Histogram => matches!(suffix, "_bucket" | "_count"),
        FamilyKind::Summary => suffix == "_count",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::Labels;

    use super::*;

    fn store_of(name: &str, kind: FamilyKind, values: &[f64]) -> SeriesStore {
        let mut store = SeriesStore::default();
        store.declare(name, kind);
        let labels = Labels::new([(METRIC_NAME, name), ("instance", "one")]);
        for (at_ms, value) in (1..).zip(values) {
            store.append(&labels, at_ms, *value);
        }
        store
    }

    fn kind_of(store: &SeriesStore) -> Option<ChangeKind> {
        instance_changes(store, 1, 100).pop().map(|change| change.kind)
    }

    #[test]
    fn one_process_all_the_time_is_no_change() {
        assert_eq!(kind_of(&store_of(START_TIME, FamilyKind::Gauge, &[5.0, 5.0, 5.0])), None);
        assert_eq!(kind_of(&store_of("a_total", FamilyKind::Counter, &[1.0, 1.0, 2.0])), None);
        assert_eq!(kind_of(&store_of("a", FamilyKind::Gauge, &[2.0, 1.0])), None);
    }

    #[test]
    fn a_new_start_time_is_a_restart() {
        let store = store_of(START_TIME, FamilyKind::Gauge, &[5.0, 5.0, 7.0, 9.0]);
        assert_eq!(kind_of(&store), Some(ChangeKind::StartTimeChanged { before: 5.0, after: 7.0 }));
        assert_eq!(instance_changes(&store, 1, 100)[0].at_ms, 3);
    }

    #[test]
    fn start_times_that_alternate_are_several_processes() {
        let store = store_of(START_TIME, FamilyKind::Gauge, &[5.0, 7.0, 7.0, 5.0]);
        assert_eq!(kind_of(&store), Some(ChangeKind::SeveralProcesses { start_times: 2 }));
        assert!(instance_changes(&store, 1, 100)[0].to_string().contains("list them"));
    }

    #[test]
    fn a_counter_that_goes_back_is_a_restart_even_across_a_stale_marker() {
        let mut store = store_of("a_total", FamilyKind::Counter, &[4.0]);
        let labels = Labels::new([(METRIC_NAME, "a_total"), ("instance", "one")]);
        store.end(&labels, 2);
        store.append(&labels, 3, 1.0);
        let change = instance_changes(&store, 1, 100).pop().unwrap();
        assert_eq!(change.at_ms, 3);
        assert!(change.to_string().contains("went back from 4 to 1"), "{change}");
    }

    #[test]
    fn changes_outside_the_window_do_not_count() {
        let store = store_of("a_total", FamilyKind::Counter, &[4.0, 1.0, 2.0]);
        assert!(instance_changes(&store, 2, 3).is_empty());
    }
}
