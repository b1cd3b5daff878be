//! Whether the target's own counters moved while it answered.
//!
//! What moves without load says nothing: the series of runtimes and of the scrape
//! itself, those with the metrics path in a label, and a counter that grew by one at
//! every scrape, as one that counts the scrapes does.

use slogate_promql::{METRIC_NAME, SeriesRef, parse_selector};

use super::algebra::counter_growth::{Counted, growth};
use super::algebra::since_start::counts_since_start;
use super::by_itself::{counts_scrapes, is_of_scrapes, moves_by_itself};
use super::promql::shape;
use super::scraped::{OWN_SERIES, ScrapeEnds, kind_of};
use super::{Evidence, Window};
use crate::scenario::{ObjectiveKind, Unmoved};
use crate::series::FamilyKind;

/// Whether a counter of the target's own moved under the load.
pub fn target_moved(evidence: &Evidence<'_>) -> bool {
    evidence.windows.run.as_ref().is_ok_and(|window| any_moved(*window, evidence))
}

/// The answers that came although nothing moved, if that matters to what is judged.
pub(super) fn nothing_moved(kind: &ObjectiveKind, evidence: &Evidence<'_>) -> Option<u64> {
    if evidence.unmoved == Unmoved::Allow || !reads_target(kind) {
        return None;
    }
    let window = *evidence.windows.run.as_ref().ok()?;
    let answers = evidence.load.measured_answers();
    let moved = answers == 0 || any_moved(window, evidence);
    (!moved).then_some(answers)
}

/// Whether an objective is about the target's own series.
fn reads_target(kind: &ObjectiveKind) -> bool {
    match kind {
        ObjectiveKind::Client(_) => false,
        ObjectiveKind::Promql { expression, .. } => reads_target_in(expression),
        ObjectiveKind::Counter { selector, .. } | ObjectiveKind::Present { selector } => {
            parse_selector(selector).map_or(true, |selector| !is_own(selector.metric_name()))
        }
        ObjectiveKind::Alert(alert) => {
            alert.expressions.iter().any(|expression| reads_target_in(expression))
        }
        ObjectiveKind::Reconcile(_) => true,
    }
}

/// Whether a PromQL expression is; one that cannot be read may be.
fn reads_target_in(expression: &str) -> bool {
    shape(expression).is_none_or(|expression| {
        expression.selectors().iter().any(|one| !is_own(one.metric_name()))
    })
}

fn is_own(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with(OWN_SERIES))
}

fn any_moved(window: Window, evidence: &Evidence<'_>) -> bool {
    let ends = ScrapeEnds::find(evidence.series, window);
    evidence.series.iter().filter(|one| counts_events(*one, evidence)).any(|one| {
        let Some((samples, at_opening)) = ends.counted(one) else { return false };
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        growth(Counted { samples: &samples, at_opening }) > 0.0 && !counts_scrapes(&values)
    })
}

/// Whether a series counts something that load could move, once for each event.
fn counts_events(one: SeriesRef<'_>, evidence: &Evidence<'_>) -> bool {
    let name = one.labels.get(METRIC_NAME).unwrap_or_default();
    if moves_by_itself(name) || is_of_scrapes(one.labels, &evidence.metrics_paths) {
        return false;
    }
    match kind_of(evidence.series, name) {
        Some(FamilyKind::Histogram) => {
            name.ends_with("_count") || one.labels.get("le") == Some("+Inf")
        }
        // Nobody said what it is: whatever rises may count.
        None | Some(FamilyKind::Unknown) => true,
        kind => counts_since_start(name, kind) && !name.ends_with("_sum"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::SeriesStore;

    use crate::slo::fixtures::{
        add_series, answered, evidence_of, scrapes_every, steady, store_of,
    };

    fn answers_without_a_move(store: &SeriesStore, kind: &ObjectiveKind) -> Option<u64> {
        let load = steady(vec![answered("csv", [5; 100])]);
        let evidence = Evidence {
            unmoved: Unmoved::Doubt,
            metrics_paths: vec!["/metrics".into()],
            ..evidence_of(&load, store)
        };
        nothing_moved(kind, &evidence)
    }

    fn idle() -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let mut counter = |name: &str, value: fn(usize) -> Option<f64>| {
            add_series(&mut store, FamilyKind::Counter, &[("__name__", name)], value);
        };
        counter("export_requests_total", |_| Some(70.0));
        counter("process_cpu_seconds_total", |at| Some(at as f64 * 0.01));
        counter("http_requests_total", |at| Some(7.0 + at as f64));
        store
    }

    fn on(expression: &str) -> ObjectiveKind {
        let unit = crate::units::Unit::Plain;
        let (expression, scale, includes_before_run) = (expression.into(), 1.0, false);
        ObjectiveKind::Promql { expression, unit, scale, includes_before_run }
    }

    #[test]
    fn runtimes_and_the_scrapes_themselves_are_no_move() {
        assert_eq!(answers_without_a_move(&idle(), &on("max_over_time(depth[$run])")), Some(100));
        let present = ObjectiveKind::Present { selector: "depth".into() };
        assert_eq!(answers_without_a_move(&idle(), &present), Some(100));
    }

    #[test]
    fn one_counter_that_moved_is_enough_even_if_it_moved_little() {
        let mut store = idle();
        let labels = [("__name__", "jobs_total")];
        add_series(&mut store, FamilyKind::Counter, &labels, |at| {
            Some(if at < 9 { 1.0 } else { 2.0 })
        });
        assert_eq!(answers_without_a_move(&store, &on("depth")), None);
    }

    #[test]
    fn requests_for_the_metrics_themselves_are_no_move() {
        let by_route = |route| {
            let mut store = idle();
            let labels = [("__name__", "requests_total"), ("route", route)];
            // Two scrapers ask for it, so that it does not grow by one each time.
            add_series(&mut store, FamilyKind::Counter, &labels, |at| Some(2.0 * at as f64));
            answers_without_a_move(&store, &on("depth"))
        };
        assert_eq!(by_route("/metrics"), Some(100));
        assert_eq!(by_route("/orders"), None);
    }

    #[test]
    fn the_generators_own_numbers_need_no_target() {
        assert_eq!(answers_without_a_move(&idle(), &on("sum(slogate_in_flight)")), None);
        assert_eq!(
            answers_without_a_move(&idle(), &on("depth / sum(slogate_in_flight)")),
            Some(100)
        );
    }
}
