//! Whether an instance was one process all the time.
//!
//! A counter that begins anew makes every difference over it wrong, and two
//! processes behind one URL make it meaningless; neither may pass unseen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use slogate_promql::{METRIC_NAME, Sample, SeriesRef, SeriesSource, is_stale};

use super::{FamilyKind, START_TIME, SeriesStore};

/// How far two start times of one process may lie apart, seconds: many clients tell it
/// in whole seconds, and one that takes its uptime from the present time is off by
/// fractions that come and go. A restart within a second of the start before shows in
/// the counters.
const START_TIME_TOLERANCE_SECONDS: f64 = 1.0;

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
    /// Start times alternate, or counters go back and forth: several processes answer one
    /// URL.
    SeveralProcesses {
        /// How many different start times were seen; 1 for processes that started within
        /// the same second, which is all that many client libraries tell, and 0 for those
        /// that do not say when they started.
        start_times: usize,
    },
}

impl ChangeKind {
    /// Whether a process started anew, and not that there are several.
    pub fn is_restart(&self) -> bool {
        !matches!(self, Self::SeveralProcesses { .. })
    }
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
            ChangeKind::SeveralProcesses { start_times } => {
                write!(f, "several processes behind `{instance}` (")?;
                match start_times {
                    0 => f.write_str("counters go back and forth")?,
                    1 => f.write_str("counters go back and forth under one start time")?,
                    _ => write!(f, "{start_times} start times alternate")?,
                }
                f.write_str("); list them as scrape targets of their own")
            }
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
    let mut with_start_time = BTreeSet::new();
    for series in store.series(Some(START_TIME)) {
        with_start_time.extend(series.labels.get("instance"));
        note(&mut changes, series, start_time_change(&in_window(series)));
    }
    for series in store.iter().filter(|series| only_goes_up(store, series)) {
        let says_when_started =
            series.labels.get("instance").is_some_and(|one| with_start_time.contains(one));
        note(&mut changes, series, counter_change(series, &in_window(series), says_when_started));
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
        let known = changes.entry(instance.to_owned()).or_insert_with(|| change.clone());
        // One counter that fell once looks like a restart; another tells more.
        if matches!(known.kind, ChangeKind::CounterWentBack { .. })
            && matches!(change.kind, ChangeKind::SeveralProcesses { .. })
        {
            *known = change;
        }
    }
}

fn start_time_change(samples: &[Sample]) -> Option<(i64, ChangeKind)> {
    let mut start_times: Vec<f64> = Vec::new();
    let processes: Vec<usize> =
        samples.iter().map(|sample| process_of(sample.value, &mut start_times)).collect();
    let mut steps = (1..samples.len()).filter(|at| processes[at - 1] != processes[*at]);
    let first = steps.next()?;
    let (before, after) = (samples[first - 1].value, samples[first].value);
    // With each change a new start time: restarts. Fewer start times than that: an
    // old one came back.
    let kind = if start_times.len() <= 1 + steps.count() {
        ChangeKind::SeveralProcesses { start_times: start_times.len() }
    } else {
        ChangeKind::StartTimeChanged { before, after }
    };
    Some((samples[first].t_ms, kind))
}

/// Which process has this start time: an index into what each said last.
fn process_of(start_time: f64, known: &mut Vec<f64>) -> usize {
    let is_same = |other: &f64| {
        other.to_bits() == start_time.to_bits()
            || (other - start_time).abs() <= START_TIME_TOLERANCE_SECONDS
    };
    if let Some(process) = known.iter().position(is_same) {
        known[process] = start_time;
        return process;
    }
    known.push(start_time);
    known.len() - 1
}

/// A start time that changed is noted before, so a process that says when it started
/// did not start again: one that went back more than once is several. Without a start
/// time those are several whose counters go on from where they were.
fn counter_change(
    series: SeriesRef<'_>,
    samples: &[Sample],
    says_when_started: bool,
) -> Option<(i64, ChangeKind)> {
    let falls: Vec<_> = samples.windows(2).filter(|pair| pair[1].value < pair[0].value).collect();
    let back = falls.first()?;
    let kind = if says_when_started && falls.len() > 1 {
        ChangeKind::SeveralProcesses { start_times: 1 }
    } else if fewest_counters(samples) <= falls.len() {
        ChangeKind::SeveralProcesses { start_times: 0 }
    } else {
        let series = series.labels.to_string();
        ChangeKind::CounterWentBack { series, before: back[0].value, after: back[1].value }
    };
    Some((back[1].t_ms, kind))
}

/// The fewest counters that never go back and together give these values: with each
/// restart there is one more than falls, and less where an old one goes on. (Patience
/// sorting: each value goes to the counter that is nearest below it.)
fn fewest_counters(samples: &[Sample]) -> usize {
    let mut last_values: Vec<f64> = Vec::new();
    for sample in samples {
        let below = last_values.iter_mut().filter(|last| **last <= sample.value);
        match below.max_by(|one, other| one.total_cmp(other)) {
            Some(last) => *last = sample.value,
            None => last_values.push(sample.value),
        }
    }
    last_values.len()
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
    fn counters_that_go_back_and_forth_under_one_start_time_are_several_processes() {
        let mut store = store_of("a_total", FamilyKind::Counter, &[5.0, 2.0, 6.0, 3.0]);
        assert_eq!(kind_of(&store), Some(ChangeKind::SeveralProcesses { start_times: 0 }));
        store.declare(START_TIME, FamilyKind::Gauge);
        let labels = Labels::new([(METRIC_NAME, START_TIME), ("instance", "one")]);
        store.append(&labels, 1, 7.0);
        assert_eq!(kind_of(&store), Some(ChangeKind::SeveralProcesses { start_times: 1 }));
        let told = instance_changes(&store, 1, 100)[0].to_string();
        assert!(told.contains("back and forth") && told.contains("list them"), "{told}");
        let fell_once = Labels::new([(METRIC_NAME, "a_total"), ("instance", "one"), ("a", "0")]);
        store.append(&fell_once, 1, 2.0);
        store.append(&fell_once, 2, 1.0);
        assert_eq!(kind_of(&store), Some(ChangeKind::SeveralProcesses { start_times: 1 }));
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
    fn a_start_time_that_is_off_by_fractions_is_one_process() {
        for jittering in [
            &[5.01, 5.03, 5.0, 5.03][..],
            &[5.0, 6.0, 5.0, 6.0],
            &[5.0, 5.9, 6.8, 7.7],
            &[5.0, 6.0],
        ] {
            assert_eq!(kind_of(&store_of(START_TIME, FamilyKind::Gauge, jittering)), None);
        }
    }

    #[test]
    fn jitter_hides_no_restart() {
        let store = store_of(START_TIME, FamilyKind::Gauge, &[5.0, 5.1, 5.0, 9.1, 9.0, 9.1]);
        assert_eq!(kind_of(&store), Some(ChangeKind::StartTimeChanged { before: 5.0, after: 9.1 }));
    }

    #[test]
    fn counters_that_go_on_where_they_were_are_several_processes() {
        let several = Some(ChangeKind::SeveralProcesses { start_times: 0 });
        for values in [&[100.0, 3.0, 101.0, 4.0][..], &[9.0, 5.0, 1.0, 9.0, 6.0, 2.0]] {
            assert_eq!(kind_of(&store_of("a_total", FamilyKind::Counter, values)), several);
        }
    }

    #[test]
    fn counters_that_begin_anew_again_and_again_are_restarts() {
        for values in [&[100.0, 0.0, 3.0, 0.0, 2.0][..], &[100.0, 3.0, 50.0, 2.0, 60.0]] {
            let kind = kind_of(&store_of("a_total", FamilyKind::Counter, values));
            assert!(matches!(kind, Some(ChangeKind::CounterWentBack { .. })), "{kind:?}");
        }
    }

    #[test]
    fn changes_outside_the_window_do_not_count() {
        let store = store_of("a_total", FamilyKind::Counter, &[4.0, 1.0, 2.0]);
        assert!(instance_changes(&store, 2, 3).is_empty());
    }
}
