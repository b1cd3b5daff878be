//! Judges how much counters grew: last minus first, per series, summed.

use std::collections::BTreeMap;

use slogate_promql::{Sample, Selector, SeriesRef, SeriesSource, is_stale, parse_selector};

use super::algebra::counter_growth::{self, Counted};
use super::algebra::{every_element, threshold};
use super::judged::{Finding, Observed};
use super::scraped::{kind_of, missing};
use super::{Evidence, Window, over_thresholds};
use crate::scenario::Objective;
use crate::series::{FamilyKind, SeriesStore};
use crate::units::{Unit, to_base};

/// The generator's own series: they are not scraped, and what did not change is left out.
const OWN_SERIES: &str = "slogate_";
/// Series that a reason names at most.
const NAMED_SERIES: usize = 3;

/// Judges a counter objective; the pair is the counter's unit and its size in the base unit.
pub(super) fn judge(
    selector: &str,
    (unit, scale): (Unit, f64),
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Finding {
    let growths = match measure(selector, objective, evidence) {
        Ok(growths) => growths,
        Err(reason) => return Finding::nothing(reason),
    };
    let total = to_base(growths.by_series.iter().map(|(_, growth)| growth).sum(), scale);
    let ruling = every_element::rule_not_finite(total, unit).unwrap_or_else(|| {
        over_thresholds(objective, |target| {
            let ruling = threshold::rule(total, unit, target);
            // What is missing could only add: a miss by too much stays one.
            match counter_growth::doubt_if_gone(&growths.gone) {
                Some(doubt) if threshold::is_upper(target) || target.bound == 0.0 => {
                    ruling.unless_missed(|| doubt)
                }
                Some(doubt) => super::Ruling::inconclusive(doubt),
                None => ruling,
            }
        })
    });
    let mut finding = Finding::new(Observed::of(total), ruling);
    finding.ruling.reason.push_str(&growths.summary());
    finding
}

/// How much each series grew, and which were gone at the end.
struct Growths {
    by_series: Vec<(String, f64)>,
    gone: Vec<String>,
}

impl Growths {
    /// ` (fail_total{reason="a"} +2, … of 12 series)`.
    fn summary(&self) -> String {
        let mut grown: Vec<&(String, f64)> =
            self.by_series.iter().filter(|(_, growth)| *growth > 0.0).collect();
        grown.sort_by(|one, other| other.1.total_cmp(&one.1));
        let named = grown.iter().take(NAMED_SERIES);
        let mut parts: Vec<String> =
            named.map(|(labels, growth)| format!("{labels} +{growth}")).collect();
        if grown.len() > NAMED_SERIES {
            parts.push("…".into());
        }
        let count = self.by_series.len();
        let series = if count == 1 { "1 series".into() } else { format!("{count} series") };
        if parts.is_empty() {
            format!(" ({series})")
        } else {
            format!(" ({}; {series})", parts.join(", "))
        }
    }
}

fn measure(
    selector: &str,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Growths, String> {
    let window = evidence.window(objective.during.as_deref())?;
    let selector = parse_selector(selector).map_err(|error| error.to_string())?;
    if let Some(doubt) = missing(evidence.series, &selector) {
        return Err(doubt);
    }
    refuse_gauge(evidence.series, &selector)?;
    let ends = scrape_ends(evidence.series, window);
    let mut growths = Growths { by_series: Vec::new(), gone: Vec::new() };
    let selected = evidence.series.series(selector.metric_name());
    for one in selected.filter(|one| selector.matches(one.labels)) {
        add(one, window, &ends, &mut growths);
    }
    if growths.by_series.is_empty() {
        return Err(format!("no such series: {selector} had no sample in the measured window"));
    }
    Ok(growths)
}

fn refuse_gauge(series: &SeriesStore, selector: &Selector) -> Result<(), String> {
    match selector.metric_name() {
        Some(name) if kind_of(series, name) == Some(FamilyKind::Gauge) => Err(format!(
            "`{name}` is a gauge, and only counters have a growth; use `promql:` with a function \
             such as max_over_time"
        )),
        _ => Ok(()),
    }
}

/// The first scrape of an instance in the window, and the last two.
#[derive(Clone, Copy)]
struct Ends {
    /// Milliseconds since the epoch, as the others.
    first: i64,
    before_last: i64,
    last: i64,
}

fn scrape_ends(series: &SeriesStore, window: Window) -> BTreeMap<String, Ends> {
    let mut ends: BTreeMap<String, Ends> = BTreeMap::new();
    let within = window.opened_ms..=window.closed_ms;
    for scrape in series.scrapes() {
        let at_ms = scrape.at_ms;
        if scrape.outcome.is_err() || !within.contains(&at_ms) {
            continue;
        }
        let fresh = Ends { first: at_ms, before_last: at_ms, last: at_ms };
        let known = ends.entry(scrape.instance.clone()).or_insert(fresh);
        known.first = known.first.min(at_ms);
        if at_ms > known.last {
            known.before_last = known.last;
            known.last = at_ms;
        }
    }
    ends
}

fn add(one: SeriesRef<'_>, window: Window, ends: &BTreeMap<String, Ends>, growths: &mut Growths) {
    let within = window.opened_ms..=window.closed_ms;
    let in_window: Vec<Sample> =
        one.samples.iter().filter(|sample| within.contains(&sample.t_ms)).copied().collect();
    let samples: Vec<Sample> =
        in_window.iter().filter(|sample| !is_stale(sample.value)).copied().collect();
    let (Some(first), Some(last), Some(very_last)) =
        (samples.first(), samples.last(), in_window.last())
    else {
        return;
    };
    let instance = one.labels.get("instance").unwrap_or_default();
    let whole =
        Ends { first: window.opened_ms, before_last: window.opened_ms, last: window.closed_ms };
    // A store without instance labels has one instance.
    let only = if ends.len() == 1 { ends.values().next() } else { None };
    let ends = ends.get(instance).or(only).copied().unwrap_or(whole);
    let own = one.labels.metric_name().is_some_and(|name| name.starts_with(OWN_SERIES));
    let unseen = last.t_ms <= ends.before_last && last.t_ms < ends.last;
    if !own && (is_stale(very_last.value) || unseen) {
        growths.gone.push(one.labels.to_string());
    }
    let counted = Counted { samples: &samples, at_opening: first.t_ms <= ends.first };
    growths.by_series.push((one.labels.to_string(), counter_growth::growth(counted)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::LoadResult;
    use crate::scenario::{Comparator, ObjectiveKind};
    use crate::slo::fixtures::{
        add_series, answered, objective, planned_of, scrapes_every, steady, store_of,
    };
    use crate::slo::{JudgedObjective, Verdict, Windows, judge};

    fn evidence<'a>(load: &'a LoadResult, series: &'a SeriesStore) -> Evidence<'a> {
        let planned = planned_of(load);
        Evidence { planned, load, series, windows: Windows::find(series, load) }
    }

    fn judged(store: &SeriesStore, selector: &str, target: (Comparator, f64)) -> JudgedObjective {
        let load = steady(vec![answered("csv", [5; 100])]);
        let kind =
            ObjectiveKind::Counter { selector: selector.into(), unit: Unit::Plain, scale: 1.0 };
        judge(&objective(kind, &[target]), &evidence(&load, store))
    }

    fn failures(values: impl Fn(usize) -> Option<f64>) -> SeriesStore {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        let labels = [("__name__", "export_fail_total"), ("reason", "timeout")];
        add_series(&mut store, FamilyKind::Counter, &labels, values);
        store
    }

    #[test]
    fn a_counter_that_stood_still_meets_zero() {
        let judged =
            judged(&failures(|_| Some(7.0)), "export_fail_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Pass);
        assert_eq!(judged.reason, "0 meets == 0 (1 series)");
    }

    #[test]
    fn a_failure_is_counted_exactly_and_its_series_named() {
        let store = failures(|at| Some(if at < 2 { 7.0 } else { 9.0 }));
        let judged = judged(&store, "export_fail_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Fail);
        assert_eq!(
            judged.reason,
            "2 misses == 0 by 2 (export_fail_total{reason=\"timeout\"} +2; 1 series)"
        );
    }

    #[test]
    fn a_counter_born_after_the_opening_scrape_counts_from_zero() {
        let store = failures(|at| (at >= 2).then_some(3.0));
        let judged = judged(&store, "export_fail_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.observed, Observed::Number(3.0));
        assert_eq!(judged.verdict, Verdict::Fail);
    }

    #[test]
    fn a_counter_that_nobody_exported_is_inconclusive() {
        let store = failures(|_| Some(0.0));
        let judged = judged(&store, "export_fails_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(
            judged.reason,
            "no such series: export_fails_total; did you mean `export_fail_total`?"
        );
    }

    #[test]
    fn a_counter_that_the_closing_scrape_lost_cannot_be_zero() {
        let store = failures(|at| (at < 4).then_some(7.0));
        let judged = judged(&store, "export_fail_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.contains("disappeared before the closing scrape"));
    }

    #[test]
    fn a_gauge_has_no_growth() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |_| Some(0.0));
        let judged = judged(&store, "depth", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.starts_with("`depth` is a gauge"));
    }

    #[test]
    fn without_a_closing_scrape_no_counter_is_judged() {
        let mut scrapes = scrapes_every(1_000, 1_000, 5_000);
        scrapes.last_mut().unwrap().outcome = Err("connection refused".into());
        let mut store = store_of(scrapes);
        let labels = [("__name__", "export_fail_total")];
        add_series(&mut store, FamilyKind::Counter, &labels, |_| Some(0.0));
        let judged = judged(&store, "export_fail_total", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(judged.reason, "the closing scrape failed: target: connection refused");
    }
}
