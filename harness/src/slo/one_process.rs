//! What each instance says of itself at both ends of the window, for the rule about one
//! process that is scraped at two addresses, and which objectives it is about.

use std::collections::BTreeMap;

use slogate_promql::{Copies, Labels, Selector, SeriesRef, SeriesSource, parse_selector};

use super::Evidence;
use super::algebra::one_process::{self, AtEnds, Instance};
use super::algebra::since_start::counts_since_start;
use super::by_itself::{is_of_scrapes, moves_by_itself};
use super::promql::shape;
use super::scraped::{ScrapeEnds, kind_of};
use crate::scenario::ObjectiveKind;
use crate::series::{SCRAPE_LABELS, START_TIME};

/// Two instances that are one process, if an objective reads series of both.
pub(super) fn read_twice(kind: &ObjectiveKind, evidence: &Evidence<'_>) -> Option<[String; 2]> {
    let selectors = counted_by(kind);
    if selectors.is_empty() || evidence.windows.run_by_instance.len() < 2 {
        return None;
    }
    let instances = instances(evidence);
    let twice = one_process::find(&instances, evidence.load.measured_answers())?;
    let reads = |selector: &Selector, instance: &str| {
        let mut series = evidence.series.series(selector.metric_name());
        series.any(|one| of_instance(one, instance) && selector.matches(one.labels))
    };
    let are_read = |instance: &&str| selectors.iter().any(|one| reads(one, instance));
    let reads_both = twice.iter().all(are_read);
    reads_both.then(|| twice.map(str::to_owned))
}

/// What reading one process twice does to the value of an objective.
pub(super) fn copies(kind: &ObjectiveKind) -> Copies {
    match kind {
        ObjectiveKind::Promql { expression, .. } => {
            shape(expression).map_or(Copies::Unknown, |one| one.copies())
        }
        ObjectiveKind::Counter { .. } => Copies::Added,
        ObjectiveKind::Reconcile(_)
        | ObjectiveKind::Client(_)
        | ObjectiveKind::Present { .. }
        | ObjectiveKind::Alert(_) => Copies::Unknown,
    }
}

/// The selectors of an objective whose numbers another copy of a series changes.
fn counted_by(kind: &ObjectiveKind) -> Vec<Selector> {
    match kind {
        ObjectiveKind::Promql { expression, .. } => {
            let selectors = shape(expression).map(|one| one.selectors());
            selectors.unwrap_or_default().into_iter().map(|one| one.selector).collect()
        }
        ObjectiveKind::Counter { selector, .. } => parse_selector(selector).into_iter().collect(),
        ObjectiveKind::Reconcile(one) => parse_selector(&one.selector).into_iter().collect(),
        ObjectiveKind::Alert(alert) => {
            let shapes = alert.expressions.iter().filter_map(|expression| shape(expression));
            shapes.flat_map(|one| one.selectors()).map(|one| one.selector).collect()
        }
        ObjectiveKind::Client(_) | ObjectiveKind::Present { .. } => Vec::new(),
    }
}

fn of_instance(one: SeriesRef<'_>, instance: &str) -> bool {
    one.labels.get("instance") == Some(instance)
}

fn instances(evidence: &Evidence<'_>) -> Vec<Instance> {
    let Ok(window) = evidence.windows.run else { return Vec::new() };
    let windows = evidence.windows.run_by_instance.clone();
    let ends = ScrapeEnds::find_each(evidence.series, window, windows);
    let of_name = |name: &String| Instance {
        name: name.clone(),
        started: started(name, evidence),
        counters: counters(name, &ends, evidence),
    };
    evidence.windows.run_by_instance.keys().map(of_name).collect()
}

fn started(instance: &str, evidence: &Evidence<'_>) -> Option<f64> {
    let mut series = evidence.series.series(Some(START_TIME));
    let start = series.find(|one| of_instance(*one, instance))?;
    start.samples.iter().rfind(|sample| sample.value.is_finite()).map(|sample| sample.value)
}

/// Counters that neither time nor the scrapes move.
fn counters(
    instance: &str,
    ends: &ScrapeEnds,
    evidence: &Evidence<'_>,
) -> BTreeMap<Labels, AtEnds> {
    let counts = |one: &SeriesRef<'_>| {
        let name = one.labels.metric_name().unwrap_or_default();
        of_instance(*one, instance)
            && !moves_by_itself(name)
            && !is_of_scrapes(one.labels, &evidence.metrics_paths)
            && counts_since_start(name, kind_of(evidence.series, name))
    };
    let at_ends = |one: SeriesRef<'_>| {
        let (samples, at_opening) = ends.counted(one)?;
        let opened = if at_opening { samples.first()?.value } else { 0.0 };
        let own = one.labels.filtered(|name| !SCRAPE_LABELS.contains(&name));
        Some((own, AtEnds { opened, closed: samples.last()?.value }))
    };
    evidence.series.iter().filter(counts).filter_map(at_ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Comparator;
    use crate::series::{FamilyKind, ScrapeRecord, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
    };
    use crate::slo::{Verdict, judge};
    use crate::units::Unit;

    /// A process at two addresses that counts a hundred answers and its own CPU, and one that
    /// says the same of itself and is idle.
    fn seen() -> SeriesStore {
        let scrapes = scrapes_every(250, 1_000, 5_000);
        let last = scrapes.len() - 1;
        let mut store = SeriesStore::default();
        for instance in ["one", "other", "idle"] {
            let named = |scrape: &ScrapeRecord| ScrapeRecord {
                instance: instance.into(),
                ..scrape.clone()
            };
            let mut own = store_of(scrapes.iter().map(named).collect());
            let mut add = |kind, name: &str, value: &dyn Fn(usize) -> f64| {
                let labels = [("__name__", name), ("instance", instance), ("job", "shop")];
                add_series(&mut own, kind, &labels, |at| Some(value(at)));
            };
            let answers = if instance == "idle" { 0.0 } else { 100.0 };
            add(FamilyKind::Gauge, START_TIME, &|_| 1_767_000_000.0);
            add(FamilyKind::Counter, "jobs_total", &|at| {
                (answers * at as f64 / last as f64).floor()
            });
            let fails = answers * 7.0 / 100.0;
            add(FamilyKind::Counter, "fails_total", &|at| {
                (fails * at as f64 / last as f64).floor()
            });
            add(FamilyKind::Gauge, "queue_depth", &|at| if at % 4 == 1 { 9.0 } else { 0.0 });
            let ticks = instance.len() as f64;
            add(FamilyKind::Counter, "process_cpu_seconds_total", &|at| ticks + at as f64);
            for one in own.iter() {
                for sample in one.samples {
                    store.append(one.labels, sample.t_ms, sample.value);
                }
            }
            own.scrapes().iter().for_each(|scrape| store.record_scrape(scrape.clone()));
        }
        store.declare("jobs_total", FamilyKind::Counter);
        store.declare("fails_total", FamilyKind::Counter);
        store.declare("queue_depth", FamilyKind::Gauge);
        store.declare("process_cpu_seconds_total", FamilyKind::Counter);
        store
    }

    fn with_evidence<T>(ask: impl FnOnce(&Evidence<'_>) -> T) -> T {
        let (load, series) = (steady(vec![answered("csv", [5; 100])]), seen());
        ask(&evidence_of(&load, &series))
    }

    fn twice(kind: &ObjectiveKind) -> Option<[String; 2]> {
        with_evidence(|evidence| read_twice(kind, evidence))
    }

    fn promql(expression: &str) -> ObjectiveKind {
        ObjectiveKind::Promql {
            expression: expression.into(),
            unit: Unit::Plain,
            scale: 1.0,
            includes_before_run: false,
        }
    }

    fn verdict(kind: ObjectiveKind, target: (Comparator, f64)) -> Verdict {
        with_evidence(|evidence| judge(&objective(kind, &[target]), evidence).verdict)
    }

    fn counter(selector: &str) -> ObjectiveKind {
        ObjectiveKind::Counter { selector: selector.into(), unit: Unit::Plain, scale: 1.0 }
    }

    #[test]
    fn what_is_read_of_both_is_read_twice() {
        assert_eq!(twice(&counter("jobs_total")), Some(["one".into(), "other".into()]));
        assert!(twice(&promql("sum(rate(jobs_total[$run]))")).is_some());
        let apart = "sum(increase(jobs_total{instance=\"one\"}[$run])) \
                     + sum(increase(jobs_total{instance=\"other\"}[$run]))";
        assert!(twice(&promql(apart)).is_some(), "by a selector each");
    }

    #[test]
    fn a_miss_that_once_is_enough_for_stays_one() {
        let none = (Comparator::Equal, 0.0);
        assert_eq!(verdict(counter("fails_total"), none), Verdict::Fail);
        assert_eq!(verdict(promql("sum(increase(fails_total[$run]))"), none), Verdict::Fail);
        let depth = || promql("max(max_over_time(queue_depth[$run]))");
        assert_eq!(verdict(depth(), (Comparator::LessOrEqual, 5.0)), Verdict::Fail);
    }

    #[test]
    fn a_pass_and_a_miss_that_only_both_together_are_become_doubts() {
        let few = (Comparator::LessOrEqual, 10.0);
        assert_eq!(verdict(counter("fails_total"), few), Verdict::Inconclusive);
        let many = (Comparator::LessOrEqual, 100.0);
        assert_eq!(verdict(counter("fails_total"), many), Verdict::Inconclusive);
        let both = promql("sum(max_over_time(queue_depth[$run]))");
        assert_eq!(verdict(both, (Comparator::LessOrEqual, 5.0)), Verdict::Inconclusive);
    }

    #[test]
    fn what_is_read_of_one_alone_or_asks_for_presence_is_not() {
        for selector in ["jobs_total{instance=\"one\"}", "jobs_total{instance=~\"other|idle\"}"] {
            assert_eq!(twice(&counter(selector)), None, "{selector}");
        }
        assert_eq!(twice(&ObjectiveKind::Present { selector: "jobs_total".into() }), None);
    }
}
