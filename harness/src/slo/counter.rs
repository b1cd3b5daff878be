//! Judges how much counters grew: last minus first, per series, summed.

use slogate_promql::{Asks, Selector, SeriesRef, SeriesSource, parse_selector};

use super::algebra::counter_growth::{self, Counted};
use super::algebra::{
    allowed_restart, every_element, gauge_growth, gone_series, no_such_series, recorded_series,
    threshold,
};
use super::judged::{Finding, Observed};
use super::scraped::{ScrapeEnds, kind_of, kinds_of, missing, restarted};
use super::{Doubt, Evidence, over_thresholds};
use crate::scenario::{self, Objective};
use crate::series::{FamilyKind, InstanceChange, SeriesStore};
use crate::units::{Unit, to_base};

/// Series that a reason names at most.
const NAMED_SERIES: usize = 3;

/// Judges a counter objective; the pair is the counter's unit and its size in the base unit.
pub(super) fn judge(
    selector: &str,
    (unit, scale): (Unit, f64),
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Finding {
    let growths = match measure(selector, objective.during.as_deref(), evidence) {
        Ok(growths) => growths,
        Err(reason) => return Finding::nothing(reason),
    };
    let total = growths.total(scale);
    let ruling = every_element::rule_not_finite(total, unit).unwrap_or_else(|| {
        over_thresholds(objective, |target| {
            let ruling = threshold::rule(total, unit, target);
            let ruling = gone_series::rule(ruling, &growths.gone, target);
            match &growths.restarted {
                Some(restarted) => allowed_restart::rule(ruling, restarted, target),
                None => ruling,
            }
        })
    });
    let mut finding = Finding::new(Observed::of(total), ruling);
    finding.ruling.reason.push_str(&growths.summary());
    finding
}

/// How much each series grew, and which were gone at the end.
pub(super) struct Growths {
    by_series: Vec<(String, f64)>,
    pub(super) gone: Vec<String>,
    /// A restart that is allowed, of an instance that has one of the series.
    pub(super) restarted: Option<InstanceChange>,
}

impl Growths {
    /// The sum in the base unit, `scale` being one of the counter's units in it.
    pub(super) fn total(&self, scale: f64) -> f64 {
        to_base(self.by_series.iter().map(|(_, growth)| growth).sum(), scale)
    }

    /// ` (fail_total{reason="a"} +2, … of 12 series)`.
    pub(super) fn summary(&self) -> String {
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

/// How much the selected counters grew over the window of a phase, or of the run.
pub(super) fn measure(
    selector: &str,
    during: Option<&str>,
    evidence: &Evidence<'_>,
) -> Result<Growths, Doubt> {
    let window = evidence.window(during)?;
    let selector = parse_selector(selector)
        .map_err(|error| Doubt::new(scenario::codes::NOT_A_SELECTOR, error.to_string()))?;
    if let Some(doubt) = missing(evidence.series, &selector) {
        return Err(doubt);
    }
    refuse_uncountable(evidence.series, &selector)?;
    let windows = evidence.instance_windows(during);
    let ends = ScrapeEnds::find_each(evidence.series, window, windows);
    let restarts = evidence.allowed_restarts();
    let restarted = restarted(evidence.series, &selector, &restarts).cloned();
    let mut growths = Growths { by_series: Vec::new(), gone: Vec::new(), restarted };
    let selected = evidence.series.series(selector.metric_name());
    for one in selected.filter(|one| selector.matches(one.labels)) {
        add(one, (evidence.series, &ends), &mut growths)?;
    }
    if growths.by_series.is_empty() {
        return Err(Doubt::new(
            no_such_series::CODE,
            format!("no such series: {selector} had no sample in the measured window"),
        ));
    }
    Ok(growths)
}

fn refuse_uncountable(series: &SeriesStore, selector: &Selector) -> Result<(), Doubt> {
    let kinds = kinds_of(series, selector);
    if let Some(doubt) = kinds.keys().find_map(|name| recorded_series::doubt(name, Asks::Growth)) {
        return Err(doubt);
    }
    match kinds.iter().find(|(_, kind)| **kind == Some(FamilyKind::Gauge)) {
        Some((name, _)) => Err(Doubt::new(
            gauge_growth::CODE,
            format!(
                "`{name}` is a gauge, and only counters have a growth; use `promql:` with a function \
             such as max_over_time"
            ),
        )),
        None => Ok(()),
    }
}

fn add(
    one: SeriesRef<'_>,
    (series, ends): (&SeriesStore, &ScrapeEnds),
    growths: &mut Growths,
) -> Result<(), Doubt> {
    let Some((samples, at_opening)) = ends.counted(one) else {
        return Ok(());
    };
    let name = one.labels.metric_name().unwrap_or_default();
    if matches!(kind_of(series, name), None | Some(FamilyKind::Unknown))
        && let Some(doubt) = counter_growth::fall_doubt(&one.labels.to_string(), &samples)
    {
        return Err(doubt);
    }
    if ends.is_gone(one) {
        growths.gone.push(one.labels.to_string());
    }
    let counted = Counted { samples: &samples, at_opening };
    growths.by_series.push((one.labels.to_string(), counter_growth::growth(counted)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::scenario::{Comparator, ObjectiveKind};
    use slogate_promql::Labels;

    use crate::series::ScrapeRecord;
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, load_of, objective, phase, scrapes_every, steady,
        store_of,
    };
    use crate::slo::{JudgedObjective, Verdict, judge};

    fn judged(store: &SeriesStore, selector: &str, target: (Comparator, f64)) -> JudgedObjective {
        let load = steady(vec![answered("csv", [5; 100])]);
        let kind =
            ObjectiveKind::Counter { selector: selector.into(), unit: Unit::Plain, scale: 1.0 };
        judge(&objective(kind, &[target]), &evidence_of(&load, store))
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
    fn a_sample_whose_own_time_lies_before_the_opening_scrape_is_where_growth_begins() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        store.declare("export_fail_total", FamilyKind::Counter);
        let labels = Labels::new([("__name__", "export_fail_total")]);
        for (at_ms, value) in [(400, 900.0), (1_400, 900.0), (2_400, 901.0), (4_400, 902.0)] {
            store.append(&labels, at_ms, value);
        }
        let judged = judged(&store, "export_fail_total", (Comparator::Equal, 2.0));
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(2.0), Verdict::Pass));
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
    fn a_gauge_has_no_growth_under_any_selector() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |_| Some(0.0));
        let judged = judged(&store, "{__name__=~\"depth|bytes_total\"}", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.starts_with("`depth` is a gauge"), "{}", judged.reason);
    }

    #[test]
    fn what_a_rule_recorded_is_not_counted() {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        let labels = [("__name__", "job:fail_total:sum")];
        add_series(&mut store, FamilyKind::Unknown, &labels, |_| Some(7.0));
        let judged = judged(&store, "job:fail_total:sum", (Comparator::Equal, 0.0));
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(
            judged.reason.starts_with("`job:fail_total:sum` was recorded"),
            "{}",
            judged.reason
        );
    }

    #[test]
    fn a_fall_of_what_nobody_called_a_counter_is_inconclusive() {
        let falling = |at: usize| Some(if at < 2 { 9.0 } else { 4.0 });
        for (kind, verdict) in
            [(FamilyKind::Unknown, Verdict::Inconclusive), (FamilyKind::Counter, Verdict::Pass)]
        {
            let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
            add_series(&mut store, kind, &[("__name__", "jobs")], falling);
            let judged = judged(&store, "jobs", (Comparator::Greater, 0.0));
            assert_eq!(judged.verdict, verdict, "{}", judged.reason);
        }
    }

    #[test]
    fn what_two_instances_counted_in_neighbouring_phases_is_what_they_counted_in_all() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        let others = scrapes_every(250, 1_100, 5_100).into_iter();
        scrapes.extend(others.map(|scrape| ScrapeRecord { instance: "other".into(), ..scrape }));
        let mut store = store_of(scrapes.clone());
        store.declare("jobs_total", FamilyKind::Counter);
        for scrape in &scrapes {
            let labels =
                Labels::new([("__name__", "jobs_total"), ("instance", scrape.instance.as_str())]);
            store.append(&labels, scrape.at_ms, scrape.at_ms as f64);
        }
        let (mut first, mut second) = (phase("first"), phase("second"));
        (first.first_intended_ms, second.first_intended_ms) = (1_200, 3_050);
        let load = load_of(vec![first, second]);
        let grown = |during: Option<&str>| {
            let kind = ObjectiveKind::Counter {
                selector: "jobs_total".into(),
                unit: Unit::Plain,
                scale: 1.0,
            };
            let mut objective = objective(kind, &[(Comparator::Greater, 0.0)]);
            objective.during = during.map(str::to_owned);
            judge(&objective, &evidence_of(&load, &store)).observed
        };
        assert_eq!(grown(None), Observed::Number(8_000.0));
        assert_eq!(grown(Some("first")), Observed::Number(2_000.0 + 1_750.0));
        assert_eq!(grown(Some("second")), Observed::Number(2_000.0 + 2_250.0));
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
