//! Judges PromQL expressions at the closing sample of their window.

mod extreme;
mod histogram;
mod substitute;

use slogate_promql::{
    Element as Sampled, Expression, Labels, Options, SelectorInfo, SeriesSource, Value, instant,
};

use super::algebra::every_element::{self, Element};
use super::algebra::{few_scrapes, gauge_scrapes, gone_series, long_range, threshold};
use super::judged::{Finding, Observed};
use super::scraped::{ScrapeEnds, Stretch, good_scrapes, instants_seen, kind_of, missing};
use super::{Evidence, Ruling, Verdict, Window, over_thresholds};
use crate::scenario::{Objective, Threshold};
use crate::series::FamilyKind;
use crate::units::{Unit, to_base};
use gauge_scrapes::Extreme;

/// A PromQL objective's expression, as the scenario has it.
#[derive(Clone, Copy)]
pub(super) struct Query<'a> {
    /// With `$run` and `$phase` still in it.
    pub(super) text: &'a str,
    /// What its value measures.
    pub(super) unit: Unit,
    /// One of the value's units in the base unit.
    pub(super) scale: f64,
    /// Ranges longer than the window are meant.
    pub(super) includes_before_run: bool,
}

/// A query that can be evaluated, and where.
struct Prepared<'a> {
    query: Query<'a>,
    expression: Expression,
    window: Window,
    /// How far back ranges may reach.
    reachable: Window,
    extreme: Extreme,
}

/// Judges a PromQL objective.
pub(super) fn judge(query: Query<'_>, objective: &Objective, evidence: &Evidence<'_>) -> Finding {
    let prepared = match prepare(query, objective, evidence) {
        Ok(prepared) => prepared,
        Err(reason) => return Finding::nothing(reason),
    };
    let worst = match evaluate(&prepared, objective, evidence) {
        Ok(worst) => worst,
        Err(reason) => return Finding::nothing(reason),
    };
    let mut finding = Finding::new(worst.observed, worst.ruling);
    finding.element = Some(worst.labels).filter(|labels| !labels.is_empty());
    finding.samples = worst.samples;
    finding.uncertainty = worst.uncertainty;
    doubt_ranges(&prepared, objective, evidence, finding)
}

/// Replaces the windows, parses, and refuses what could be green on nothing.
fn prepare<'a>(
    query: Query<'a>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Prepared<'a>, String> {
    let window = evidence.window(objective.during.as_deref())?;
    let run = evidence.window(None)?;
    let until_now = Window { opened_ms: run.opened_ms, closed_ms: window.closed_ms };
    let phase = objective.during.as_ref().map(|_| window.range_ms());
    let text = substitute::windows(query.text, until_now.range_ms(), phase)?;
    let expression = Expression::parse(&text).map_err(|error| error.to_string())?;
    if expression.has_top_level_comparison() {
        return Err("a comparison at the top hides what it filters; move it to `is:`".into());
    }
    if expression.falls_back_to_constant() {
        return Err("`or` with a constant has a value even where nothing was measured; \
                    remove it and say what must hold in `is:`"
            .into());
    }
    let reachable = if query.text.contains("$run") { until_now } else { window };
    let extreme = extreme::of(&expression);
    Ok(Prepared { query, expression, window, reachable, extreme })
}

/// The worst element of the expression's value.
fn evaluate(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Element, String> {
    let selectors = prepared.expression.selectors();
    let text = prepared.expression.to_string();
    let asks_for_absence = text.contains("absent(") || text.contains("absent_over_time(");
    let nothing_found = selectors.iter().find_map(|one| missing(evidence.series, &one.selector));
    if let Some(doubt) = nothing_found.filter(|_| !asks_for_absence) {
        return Err(doubt);
    }
    let elements = match prepared.expression.histogram_quantile() {
        Some((quantile, inner)) => {
            histogram::elements(prepared, (quantile, inner), objective, evidence)?
        }
        None => value_at_close(&prepared.expression, prepared.window, evidence)?
            .into_iter()
            .map(|sampled| plain_element(&sampled, prepared.query, objective))
            .collect(),
    };
    every_element::worst(elements).ok_or_else(|| {
        "the expression has no value at the closing scrape; were there samples to work on?".into()
    })
}

/// The expression's value as elements; a scalar is one without labels.
fn value_at_close(
    expression: &Expression,
    window: Window,
    evidence: &Evidence<'_>,
) -> Result<Vec<Sampled>, String> {
    let source: &dyn SeriesSource = evidence.series;
    match instant(expression, source, window.closed_ms, &Options::default()) {
        Ok(Value::Scalar(value)) => Ok(vec![Sampled { labels: Labels::default(), value }]),
        Ok(Value::Vector(elements)) => Ok(elements),
        Ok(Value::Text(_)) => Err("the expression gives a text, not a number to compare".into()),
        Ok(Value::Matrix(_)) => {
            Err("the expression gives a range; apply a function such as max_over_time".into())
        }
        Err(error) => Err(error.to_string()),
    }
}

fn plain_element(sampled: &Sampled, query: Query<'_>, objective: &Objective) -> Element {
    let value = to_base(sampled.value, query.scale);
    let ruling = every_element::rule_not_finite(value, query.unit).unwrap_or_else(|| {
        over_thresholds(objective, |target| threshold::rule(value, query.unit, target))
    });
    Element {
        labels: element_name(sampled),
        observed: Observed::of(value),
        margin: smallest_margin(value, objective),
        samples: None,
        uncertainty: None,
        ruling,
    }
}

fn element_name(sampled: &Sampled) -> String {
    if sampled.labels.is_empty() { String::new() } else { sampled.labels.to_string() }
}

fn smallest_margin(value: f64, objective: &Objective) -> Option<f64> {
    let margins = objective.thresholds.iter().filter_map(|one| threshold::margin(value, one));
    margins.min_by(f64::total_cmp)
}

/// A selector with a range, and the stretch of time it covers.
struct Ranged<'a> {
    info: &'a SelectorInfo,
    range_ms: i64,
    stretch: Stretch,
}

impl<'a> Ranged<'a> {
    fn of(info: &'a SelectorInfo, window: Window) -> Option<Self> {
        let range_ms = info.range_ms?;
        let until_ms = window.closed_ms.saturating_sub(info.offset_ms);
        let after_ms = until_ms.saturating_sub(range_ms);
        Some(Self { info, range_ms, stretch: Stretch { after_ms, until_ms } })
    }
}

/// The rules about how far ranges reach and how many scrapes they hold.
fn doubt_ranges(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
    mut finding: Finding,
) -> Finding {
    let selectors = prepared.expression.selectors();
    let ranged: Vec<Ranged<'_>> =
        selectors.iter().filter_map(|one| Ranged::of(one, prepared.window)).collect();
    if !prepared.query.includes_before_run {
        let certain = is_certain_miss(&finding.ruling, prepared.extreme, &objective.thresholds);
        let few = ranged.iter().find_map(|one| few_scrapes_doubt(one, evidence));
        let doubt = reach_doubt(prepared, &selectors).or(few.filter(|_| !certain));
        if let Some(doubt) = doubt {
            finding.ruling = Ruling::inconclusive(doubt);
            return finding;
        }
    }
    for one in &ranged {
        finding = doubt_series(one, prepared, objective, evidence, finding);
    }
    finding
}

fn few_scrapes_doubt(ranged: &Ranged<'_>, evidence: &Evidence<'_>) -> Option<String> {
    let scrapes = good_scrapes(evidence.series, ranged.stretch);
    few_scrapes::doubt(&ranged.info.selector.to_string(), ranged.range_ms, scrapes)
}

/// The rules about the series that a range found.
fn doubt_series(
    ranged: &Ranged<'_>,
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
    mut finding: Finding,
) -> Finding {
    let (series, selector) = (evidence.series, &ranged.info.selector);
    let Stretch { after_ms, until_ms } = ranged.stretch;
    let ends = ScrapeEnds::find(series, Window { opened_ms: after_ms, closed_ms: until_ms });
    let gone = ends.gone(series, selector);
    finding.ruling = over_thresholds(objective, |target| {
        gone_series::rule(finding.ruling.clone(), &gone, target)
    });
    if is_gauge(prepared, evidence, ranged.info) {
        let seen = instants_seen(series, selector, ranged.stretch);
        finding.samples = Some(finding.samples.map_or(seen, |known| known.min(seen)));
        finding.ruling = over_thresholds(objective, |target| {
            gauge_scrapes::rule(&finding.ruling, seen, prepared.extreme, target)
        });
    }
    finding
}

fn reach_doubt(prepared: &Prepared<'_>, selectors: &[SelectorInfo]) -> Option<String> {
    if prepared.expression.to_string().contains(":]") {
        return Some(
            "a subquery without a step takes one of a minute, as Prometheus does; write the step, \
             such as `[$run:1s]`"
                .into(),
        );
    }
    selectors.iter().find_map(|one| {
        let name = one.selector.to_string();
        if one.fixed_instant {
            return Some(format!(
                "`{name}` is fixed by `@`, so it need not be about this run; remove it, or say \
                 `window: includes_before_run`"
            ));
        }
        let reach_ms = one.range_ms.unwrap_or(0).saturating_add(one.offset_ms);
        long_range::doubt(&name, reach_ms, prepared.reachable)
    })
}

fn is_certain_miss(ruling: &Ruling, extreme: Extreme, targets: &[Threshold]) -> bool {
    ruling.verdict == Verdict::Fail
        && targets.iter().all(|target| gauge_scrapes::is_certain_miss(extreme, target))
}

fn is_gauge(prepared: &Prepared<'_>, evidence: &Evidence<'_>, selector: &SelectorInfo) -> bool {
    let kind = selector.metric_name().and_then(|name| kind_of(evidence.series, name));
    match kind {
        Some(FamilyKind::Gauge) => true,
        Some(
            FamilyKind::Counter
            | FamilyKind::Histogram
            | FamilyKind::GaugeHistogram
            | FamilyKind::Summary
            | FamilyKind::Info
            | FamilyKind::StateSet,
        ) => false,
        // Nobody said what it is; the function says how it is used.
        Some(FamilyKind::Unknown) | None => prepared.extreme != Extreme::Neither,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::LoadResult;
    use crate::scenario::{Comparator, ObjectiveKind};
    use crate::series::SeriesStore;
    use crate::slo::fixtures::{
        add_series, answered, load_of, objective, phase, planned_of, scrapes_every, steady,
        store_of,
    };
    use crate::slo::{JudgedObjective, UncertaintyKind, Windows};

    const P95: &str = "histogram_quantile(0.95, sum by (le) (increase(latency_ms_bucket[$run])))";

    struct Case<'a> {
        text: &'a str,
        unit: (Unit, f64),
        target: (Comparator, f64),
        during: Option<&'a str>,
        includes_before_run: bool,
    }

    impl<'a> Case<'a> {
        fn plain(text: &'a str, comparator: Comparator, bound: f64) -> Self {
            let target = (comparator, bound);
            Self {
                text,
                unit: (Unit::Plain, 1.0),
                target,
                during: None,
                includes_before_run: false,
            }
        }

        fn milliseconds(text: &'a str, bound_seconds: f64) -> Self {
            let case = Self::plain(text, Comparator::Less, bound_seconds);
            Self { unit: (Unit::Seconds, 1e-3), ..case }
        }

        fn judged(&self, load: &LoadResult, series: &SeriesStore) -> JudgedObjective {
            let planned = planned_of(load);
            let windows = Windows::find(series, load);
            let evidence = Evidence { planned, load, series, windows };
            let kind = ObjectiveKind::Promql {
                expression: self.text.into(),
                unit: self.unit.0,
                scale: self.unit.1,
                includes_before_run: self.includes_before_run,
            };
            let mut objective = objective(kind, &[self.target]);
            objective.during = self.during.map(str::to_owned);
            crate::slo::judge(&objective, &evidence)
        }

        fn on(&self, series: &SeriesStore) -> JudgedObjective {
            self.judged(&steady(vec![answered("csv", [5; 100])]), series)
        }
    }

    fn gauge(interval_ms: i64, value: impl Fn(usize) -> Option<f64>) -> SeriesStore {
        let mut store = store_of(scrapes_every(interval_ms, 1_000, 5_000));
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], value);
        store
    }

    /// Observations that came evenly over the run: so many at or below each bound, in ms.
    fn histogram(cumulative: &[(&str, f64)]) -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        store.declare("latency_ms", FamilyKind::Histogram);
        let last = store.scrapes().len() - 1;
        for (bound, count) in cumulative {
            let labels = [("__name__", "latency_ms_bucket"), ("le", *bound)];
            // 7 older observations in each bucket must not count.
            add_series(&mut store, FamilyKind::Histogram, &labels, |at| {
                Some(7.0 + (count * at as f64 / last as f64).floor())
            });
        }
        store
    }

    #[test]
    fn a_maximum_over_the_run_is_shown_with_the_scrapes_that_saw_it() {
        let store = gauge(250, |at| Some(at as f64));
        let judged =
            Case::plain("max_over_time(depth[$run])", Comparator::LessOrEqual, 100.0).on(&store);
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(16.0), Verdict::Pass));
        assert_eq!(judged.samples, Some(17));
        assert_eq!(judged.reason, "16 meets <= 100 with 84 to spare (seen by 17 scrapes)");
    }

    #[test]
    fn the_opening_sample_is_inside_the_window() {
        let store = gauge(250, |at| Some(if at == 0 { 500.0 } else { 1.0 }));
        let judged =
            Case::plain("max_over_time(depth[$run])", Comparator::LessOrEqual, 100.0).on(&store);
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(500.0), Verdict::Fail));
    }

    #[test]
    fn a_maximum_seen_by_nine_scrapes_is_no_proof_and_a_miss_all_the_same() {
        let text = "max_over_time(depth[$run])";
        let store = gauge(500, |_| Some(3.0));
        assert_eq!(
            Case::plain(text, Comparator::LessOrEqual, 5.0).on(&store).verdict,
            Verdict::Inconclusive
        );
        assert_eq!(
            Case::plain(text, Comparator::LessOrEqual, 2.0).on(&store).verdict,
            Verdict::Fail
        );
    }

    #[test]
    fn three_scrapes_are_too_few_for_a_range() {
        let mut store = store_of(scrapes_every(2_000, 1_000, 5_000));
        add_series(&mut store, FamilyKind::Counter, &[("__name__", "a_total")], |at| {
            Some(at as f64)
        });
        let judged = Case::plain("increase(a_total[$run])", Comparator::Greater, 0.0).on(&store);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(
            judged.reason,
            "`a_total[4001ms]` holds 3 good scrapes and needs 4; scrape more often or load for longer"
        );
    }

    #[test]
    fn a_range_longer_than_the_run_is_inconclusive_unless_it_is_meant() {
        let store = gauge(250, |_| Some(3.0));
        let mut case = Case::plain("max_over_time(depth[10m])", Comparator::LessOrEqual, 5.0);
        let refused = case.on(&store);
        assert_eq!(refused.verdict, Verdict::Inconclusive);
        assert!(refused.reason.starts_with("`depth` looks back 600000 ms"), "{}", refused.reason);
        case.includes_before_run = true;
        assert_eq!(case.on(&store).verdict, Verdict::Pass);
        let seldom = gauge(1_000, |_| Some(3.0));
        assert_eq!(case.on(&seldom).verdict, Verdict::Inconclusive, "five scrapes of a gauge");
    }

    #[test]
    fn a_gauge_that_vanished_half_way_is_no_proof() {
        let store = gauge(100, |at| (at < 20).then_some(3.0));
        let text = "max_over_time(depth[$run])";
        let met = Case::plain(text, Comparator::LessOrEqual, 5.0).on(&store);
        assert_eq!(met.verdict, Verdict::Inconclusive);
        assert!(
            met.reason.starts_with("depth disappeared before the closing scrape"),
            "{}",
            met.reason
        );
        let missed = Case::plain(text, Comparator::LessOrEqual, 2.0).on(&store);
        assert_eq!(missed.verdict, Verdict::Fail);
    }

    #[test]
    fn a_child_that_comes_and_goes_is_no_loss_while_another_stays() {
        let mut store = store_of(scrapes_every(100, 1_000, 5_000));
        let here = [("__name__", "depth"), ("job", "a")];
        let gone = [("__name__", "depth"), ("job", "b")];
        add_series(&mut store, FamilyKind::Gauge, &here, |_| Some(1.0));
        add_series(&mut store, FamilyKind::Gauge, &gone, |at| (at < 20).then_some(3.0));
        let judged =
            Case::plain("max(max_over_time(depth[$run]))", Comparator::LessOrEqual, 5.0).on(&store);
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(3.0), Verdict::Pass));
    }

    #[test]
    fn a_series_that_nobody_exported_is_named() {
        let store = gauge(250, |_| Some(3.0));
        for text in
            ["sum(export_foo_total)", "sum(depth) - (sum(export_foo_total) or 0 * sum(depth))"]
        {
            let judged = Case::plain(text, Comparator::GreaterOrEqual, 0.0).on(&store);
            assert_eq!(judged.verdict, Verdict::Inconclusive);
            assert_eq!(
                judged.reason,
                "no such series: export_foo_total; did the target export it?"
            );
        }
    }

    #[test]
    fn every_element_of_a_vector_must_hold() {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        for (format, value) in [("csv", 1.0), ("pdf", 9.0), ("none", f64::NAN)] {
            let labels = [("__name__", "depth"), ("format", format)];
            add_series(&mut store, FamilyKind::Gauge, &labels, |_| Some(value));
        }
        let judged = Case::plain("depth", Comparator::Less, 5.0).on(&store);
        assert_eq!((judged.observed, judged.verdict), (Observed::Number(9.0), Verdict::Fail));
        assert_eq!(judged.element.as_deref(), Some("depth{format=\"pdf\"}"));
        let nan = Case::plain("depth", Comparator::Less, 50.0).on(&store);
        assert_eq!(nan.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn a_division_by_zero_is_inconclusive() {
        let store = gauge(250, |_| Some(0.0));
        for text in ["depth / 0", "1 / depth"] {
            let judged = Case::plain(text, Comparator::GreaterOrEqual, 0.0).on(&store);
            assert_eq!(judged.verdict, Verdict::Inconclusive);
            assert!(matches!(judged.observed, Observed::NotFinite(_)));
        }
    }

    #[test]
    fn what_could_be_green_on_nothing_is_refused() {
        let store = gauge(250, |_| Some(3.0));
        for text in ["depth > 5", "depth or vector(0)", "max_over_time(depth[$run:])", "depth @ 1"]
        {
            let judged = Case::plain(text, Comparator::GreaterOrEqual, 0.0).on(&store);
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{text}: {}", judged.reason);
        }
    }

    #[test]
    fn a_quantile_on_a_bucket_bound_is_judged_by_its_exact_share() {
        let target = |within: f64| {
            let cumulative =
                [("1000", within), ("10000", 100.0), ("60000", 100.0), ("+Inf", 100.0)];
            Case::milliseconds(P95, 1.0).on(&histogram(&cumulative))
        };
        let met = target(95.0);
        assert_eq!(met.verdict, Verdict::Pass, "{}", met.reason);
        assert_eq!(met.samples, Some(100));
        assert_eq!(met.reason, "95 of 100 (95%) were within 1 s, p95 needs 95%; the target is < 1");
        let missed = target(94.0);
        assert_eq!(missed.verdict, Verdict::Fail, "{}", missed.reason);
        let range = missed.uncertainty.unwrap();
        assert_eq!(
            (range.kind, range.low, range.high),
            (UncertaintyKind::Bucket, Some(1.0), Some(10.0))
        );
    }

    #[test]
    fn a_rate_gives_the_same_samples_as_an_increase() {
        let text = "histogram_quantile(0.95, sum by (le) (rate(latency_ms_bucket[$run])))";
        let cumulative = [("1000", 96.0), ("10000", 100.0), ("+Inf", 100.0)];
        let judged = Case::milliseconds(text, 1.0).on(&histogram(&cumulative));
        assert_eq!((judged.samples, judged.verdict), (Some(100), Verdict::Pass));
    }

    #[test]
    fn everything_beyond_the_last_bound_has_no_upper_end() {
        let cumulative = [("1000", 0.0), ("60000", 0.0), ("+Inf", 100.0)];
        let judged = Case::milliseconds(P95, 1.0).on(&histogram(&cumulative));
        assert_eq!((judged.observed, judged.verdict), (Observed::Unbounded, Verdict::Fail));
    }

    #[test]
    fn a_histogram_without_observations_in_the_run_is_inconclusive() {
        let judged = Case::milliseconds(P95, 1.0).on(&histogram(&[
            ("1000", 0.0),
            ("60000", 0.0),
            ("+Inf", 0.0),
        ]));
        assert_eq!((judged.observed, judged.verdict), (Observed::Nothing, Verdict::Inconclusive));
        assert_eq!(judged.samples, Some(0));
    }

    #[test]
    fn few_observations_in_the_run_pass_nothing() {
        let cumulative = [("1000", 12.0), ("60000", 12.0), ("+Inf", 12.0)];
        let judged = Case::milliseconds(P95, 1.0).on(&histogram(&cumulative));
        assert_eq!((judged.samples, judged.verdict), (Some(12), Verdict::Inconclusive));
        assert!(judged.reason.starts_with("p95 needs at least 59 samples and has 12"));
    }

    #[test]
    fn a_phase_is_judged_at_its_own_end() {
        let (mut low, mut high) = (phase("low"), phase("high"));
        low.requests = vec![answered("csv", [5; 100])];
        high.first_intended_ms = 3_100;
        high.requests = vec![answered("csv", [5; 100])];
        let load = load_of(vec![low, high]);
        // Phases meet at the scrape of 3,000 ms, the eleventh.
        let store = gauge(200, |at| Some(if at > 10 { 9.0 } else { 1.0 }));
        let mut case = Case::plain("max_over_time(depth[$phase])", Comparator::Less, 5.0);
        case.during = Some("low");
        let quiet = case.judged(&load, &store);
        assert_eq!((quiet.observed, quiet.verdict), (Observed::Number(1.0), Verdict::Pass));
        case.during = Some("high");
        assert_eq!(case.judged(&load, &store).verdict, Verdict::Fail);
    }
}
