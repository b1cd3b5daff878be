//! A share of events: judged by the exact binomial on the exact counts where its parts
//! are recognised, and never passed on fewer events than could prove it.

use std::collections::BTreeMap;

use slogate_promql::{Asks, Labels, SelectorInfo, SeriesSource};

use super::Prepared;
use super::ranged::Ranged;
use crate::scenario::Objective;
use crate::slo::Evidence;
use crate::slo::algebra::counter_growth::{Counted, growth};
use crate::slo::algebra::every_element::Element;
use crate::slo::algebra::since_start::counts_since_start;
use crate::slo::algebra::success_ratio;
use crate::slo::binomial;
use crate::slo::judged::{Observed, Uncertainty, UncertaintyKind};
use crate::slo::scraped::kind_of;
use crate::units::Unit;

/// How far a growth may be from a whole number and still count events.
const WHOLE: f64 = 1e-6;

/// The share as an element, if the expression is `sum(increase(…)) / sum(increase(…))`
/// of counters of events, the first among the second.
pub(super) fn element(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Option<Element> {
    let [some, all] = prepared.expression.share_of_growths()?;
    let (some, all) = (counts(prepared, &some, evidence)?, counts(prepared, &all, evidence)?);
    if some.iter().any(|(labels, _)| !all.contains_key(labels)) {
        return None;
    }
    let (part, whole) = (some.values().sum::<u64>(), all.values().sum::<u64>());
    if whole == 0 {
        return None;
    }
    let rulings =
        objective.thresholds.iter().map(|target| success_ratio::rule(part, whole, target));
    let share = part as f64 / whole as f64;
    Some(Element {
        labels: String::new(),
        observed: Observed::Number(share),
        margin: super::smallest_margin(share, objective),
        samples: Some(whole),
        uncertainty: Some(Uncertainty {
            kind: UncertaintyKind::Sampling,
            low: Some(binomial::lower_bound(part, whole)),
            high: Some(binomial::upper_bound(part, whole)),
        }),
        rulings: rulings.collect(),
    })
}

/// How much each selected series grew, as a count of events. `None` if one is no such
/// counter, is selected twice, or if the selectors are about different times.
fn counts<'e>(
    prepared: &Prepared<'_>,
    selectors: &[SelectorInfo],
    evidence: &'e Evidence<'_>,
) -> Option<BTreeMap<&'e Labels, u64>> {
    let first = selectors.first()?;
    let same_time =
        |one: &SelectorInfo| (one.range_ms, one.offset_ms) == (first.range_ms, first.offset_ms);
    let mut counts = BTreeMap::new();
    for ranged in Ranged::all(selectors, prepared.window) {
        if !same_time(&ranged.info) || ranged.info.fixed_instant {
            return None;
        }
        for (labels, grown) in growths(&ranged, evidence) {
            let name = labels.metric_name().unwrap_or_default();
            let is_count = counts_since_start(name, kind_of(evidence.series, name))
                && !name.ends_with("_sum")
                && counts_once(labels)
                && (grown - grown.round()).abs() < WHOLE;
            if !is_count || counts.insert(labels, rounded(grown)).is_some() {
                return None;
            }
        }
    }
    Some(counts)
}

/// The exact growth of each series within a range.
fn growths<'e>(ranged: &Ranged, evidence: &'e Evidence<'_>) -> Vec<(&'e Labels, f64)> {
    let ends = ranged.ends(evidence.series);
    let selector = &ranged.info.selector;
    let selected = evidence.series.series(selector.metric_name());
    let grown = selected.filter(|one| selector.matches(one.labels)).filter_map(|one| {
        let (samples, at_opening) = ends.counted(one)?;
        Some((one.labels, growth(Counted { samples: &samples, at_opening })))
    });
    grown.collect()
}

/// Takes a pass away from a share whose parts are not recognised if it is one of fewer
/// events than could prove it, as far as that can be told: by its divisor, or by the
/// observations of a `histogram_fraction`.
pub(super) fn doubt_few_events(
    element: &mut Element,
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) {
    let fraction = prepared.expression.is_histogram_fraction();
    if prepared.query.unit != Unit::Ratio && !fraction {
        return;
    }
    let selectors = prepared.expression.selectors();
    let counting = selectors
        .into_iter()
        .filter(|one| one.asks == Asks::Growth && (one.inverted || fraction))
        .collect::<Vec<SelectorInfo>>();
    if counting.is_empty() {
        return;
    }
    let ranges = Ranged::all(&counting, prepared.window);
    let grown = ranges.iter().flat_map(|one| growths(one, evidence));
    let events: f64 = grown.filter(|(labels, _)| counts_once(labels)).map(|(_, grown)| grown).sum();
    let events = rounded(events);
    element.samples = Some(events);
    for (ruling, target) in element.rulings.iter_mut().zip(&objective.thresholds) {
        *ruling = success_ratio::rule_few_events(ruling.clone(), events, target);
    }
}

/// Whether a series counts each event once: of a histogram's buckets only the last does.
fn counts_once(labels: &Labels) -> bool {
    labels.get("le").is_none_or(|bound| bound == "+Inf")
}

fn rounded(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of events; saturates at both ends"
    )]
    let rounded = value.round() as u64;
    rounded
}

#[cfg(test)]
mod tests {
    use crate::scenario::{Comparator, ObjectiveKind};
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
    };
    use crate::slo::{JudgedObjective, Observed, Verdict, judge};
    use crate::units::Unit;

    const SHARE: &str = "sum(increase(jobs_total{status=\"ok\"}[$run])) \
                         / sum(increase(jobs_total[$run]))";

    /// Counters that grew so much, evenly.
    fn counted(series: &[(&str, &str, f64)]) -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let last = (store.scrapes().len() - 1) as f64;
        for (name, status, total) in series {
            let labels = [("__name__", *name), ("status", *status)];
            add_series(&mut store, FamilyKind::Counter, &labels, |at| {
                Some(7.0 + (total * at as f64 / last).floor())
            });
        }
        store
    }

    fn jobs(good: f64, bad: f64) -> SeriesStore {
        counted(&[("jobs_total", "ok", good), ("jobs_total", "failed", bad)])
    }

    fn judged(series: &SeriesStore, text: &str, bound: f64) -> JudgedObjective {
        let load = steady(vec![answered("csv", [5; 100])]);
        let (expression, unit, scale) = (text.into(), Unit::Ratio, 1.0);
        let kind = ObjectiveKind::Promql { expression, unit, scale, includes_before_run: false };
        let objective = objective(kind, &[(Comparator::GreaterOrEqual, bound)]);
        judge(&objective, &evidence_of(&load, series))
    }

    #[test]
    fn a_share_of_counters_is_judged_by_its_exact_counts() {
        let proven = judged(&jobs(59.0, 0.0), SHARE, 0.95);
        assert_eq!((proven.verdict, proven.samples), (Verdict::Pass, Some(59)));
        let unproven = judged(&jobs(58.0, 0.0), SHARE, 0.95);
        assert_eq!(unproven.verdict, Verdict::Inconclusive);
        assert!(unproven.reason.starts_with("58 of 58: 100% meets"), "{}", unproven.reason);
        let missed = judged(&jobs(90.0, 10.0), SHARE, 0.95);
        assert_eq!((missed.observed, missed.verdict), (Observed::Number(0.9), Verdict::Fail));
    }

    #[test]
    fn a_series_with_times_of_its_own_counts_from_its_last_sample_before_the_run() {
        let scrapes = || store_of(scrapes_every(250, 1_000, 5_000));
        let mut store = scrapes();
        for (status, before, total) in [("ok", 90_000.0, 50.0), ("failed", 0.0, 50.0)] {
            store.declare("jobs_total", FamilyKind::Counter);
            let labels = slogate_promql::Labels::new([
                ("__name__", "jobs_total"),
                ("status", status),
                ("instance", "target"),
            ]);
            for (t_ms, grown) in [(990, 0.0), (3_000, total / 2.0), (4_990, total)] {
                store.append(&labels, t_ms, before + grown);
            }
        }
        let judged = judged(&store, SHARE, 0.95);
        assert_eq!((judged.samples, judged.verdict), (Some(100), Verdict::Fail), "{judged:?}");
    }

    #[test]
    fn one_failure_of_ten_is_no_miss_yet() {
        assert_eq!(judged(&jobs(9.0, 1.0), SHARE, 0.95).verdict, Verdict::Inconclusive);
        assert_eq!(judged(&jobs(5.0, 5.0), SHARE, 0.95).verdict, Verdict::Fail);
    }

    #[test]
    fn parts_may_be_added_up() {
        let text = "sum(increase(good_total[$run])) \
                    / (sum(increase(good_total[$run])) + sum(increase(bad_total[$run])))";
        let store = counted(&[("good_total", "a", 20.0), ("bad_total", "a", 0.0)]);
        let few = judged(&store, text, 0.95);
        assert_eq!((few.verdict, few.samples), (Verdict::Inconclusive, Some(20)));
    }

    #[test]
    fn what_is_not_among_the_whole_is_no_share_but_needs_the_events_all_the_same() {
        let text = "sum(increase(cached_total[$run])) / sum(increase(jobs_total[$run]))";
        let with =
            |total: f64| counted(&[("cached_total", "a", total), ("jobs_total", "a", total)]);
        let few = judged(&with(20.0), text, 0.95);
        assert_eq!((few.verdict, few.samples), (Verdict::Inconclusive, Some(20)));
        assert!(few.reason.contains("a share of 20 events"), "{}", few.reason);
        assert_eq!(judged(&with(60.0), text, 0.95).verdict, Verdict::Pass);
    }

    #[test]
    fn a_share_of_nothing_is_not_a_number() {
        let nothing = judged(&jobs(0.0, 0.0), SHARE, 0.95);
        assert_eq!(nothing.verdict, Verdict::Inconclusive);
        assert!(nothing.reason.contains("NaN"), "{}", nothing.reason);
    }
}
