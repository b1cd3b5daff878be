//! Judges PromQL expressions at the closing sample of their window.

mod covered;
mod doubts;
mod histogram;
mod own_times;
mod ranged;
mod share;
mod substitute;

use slogate_promql::{
    Asks, Element as Evaluated, Expression, Labels, Options, Peak, SelectorInfo, SeriesSource,
    Value, instant,
};

use super::algebra::every_element::{self, Element};
use super::algebra::gauge_scrapes::Extreme;
use super::algebra::generator_behind::Exceptions;
use super::algebra::{no_such_grouping, threshold};
use super::judged::{Finding, Observed};
use super::scraped::missing;
use super::{Doubt, Evidence, Window, codes};
use crate::scenario::{self, Objective, ObjectiveKind, names_window, replace_names};
use crate::units::{Unit, to_base};
use doubts::Doubts;
pub(super) use doubts::fast_failures_of;
use own_times::{Measured, OwnTimes};
pub use substitute::ExpressionWindows;
pub(super) use substitute::shape;

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

/// For each upper target of a time by the generator's own histogram, the failures that
/// speak against it; `None` if the objective is about something else.
pub(super) fn own_exceptions(
    finding: &Finding,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Option<Vec<Exceptions>> {
    let ObjectiveKind::Promql { expression, unit, .. } = &objective.kind else { return None };
    let own_times =
        OwnTimes::of(&shape(expression)?, *unit, objective.during.as_deref(), evidence)?;
    let labels = finding.element.as_deref().unwrap_or_default();
    let measured = Measured { labels, samples: finding.samples };
    let against = |target| own_times.exceptions(measured, target);
    Some(objective.thresholds.iter().filter_map(against).collect())
}

/// Judges a PromQL objective.
pub(super) fn judge(query: Query<'_>, objective: &Objective, evidence: &Evidence<'_>) -> Finding {
    let prepared = match prepare(query, objective, evidence) {
        Ok(prepared) => prepared,
        Err(reason) => return Finding::nothing(reason),
    };
    let doubts = Doubts::of(&prepared, objective, evidence);
    let elements = match evaluate(&prepared, objective, evidence) {
        Ok(elements) => elements,
        Err(reason) => return Finding::nothing(reason),
    };
    let doubted = elements.into_iter().map(|element| doubts.apply(element, objective)).collect();
    match every_element::worst(doubted) {
        Some(worst) => found(worst),
        None => Finding::nothing(Doubt::new(
            codes::NO_VALUE,
            "the expression has no value at the closing scrape; were there samples to work on?",
        )),
    }
}

/// Whether an expression is a minimum over all of its window, so that more of the window
/// can only lower it. Over a range of its own a minimum rises when that range moves on.
pub(super) fn is_lowest_of_the_window(text: &str) -> bool {
    // Stands for the window, and is nothing that anybody would write.
    const WINDOW_MS: i64 = 86_399_999;
    let literal = replace_names(text, |_, _| Some(format!("{WINDOW_MS}ms")));
    let Ok(expression) = Expression::parse(&literal) else { return false };
    let is_window = |one: &SelectorInfo| {
        one.range_ms == Some(WINDOW_MS) && one.offset_ms == 0 && !one.fixed_instant
    };
    expression.peak() == Some(Peak::Lowest) && expression.selectors().iter().all(is_window)
}

fn found(worst: Element) -> Finding {
    let mut finding = Finding::new(worst.observed, worst.ruling());
    finding.element = Some(worst.labels).filter(|labels| !labels.is_empty());
    finding.samples = worst.samples;
    finding.uncertainty = worst.uncertainty;
    finding
}

/// Replaces the windows, parses, and refuses what could be green on nothing.
fn prepare<'a>(
    query: Query<'a>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Prepared<'a>, Doubt> {
    let windows = ExpressionWindows::of(objective.during.as_deref(), evidence)?;
    let ExpressionWindows { window, until_then, .. } = windows;
    let text = windows.write_out(query.text)?;
    let expression = Expression::parse(&text)
        .map_err(|error| Doubt::new(scenario::codes::INVALID_PROMQL, error.to_string()))?;
    refuse_shape(&expression)?;
    let reachable = if names_window(query.text, "$run") { until_then } else { window };
    let extreme = match expression.peak() {
        Some(Peak::Highest) => Extreme::Maximum,
        Some(Peak::Lowest) => Extreme::Minimum,
        None => Extreme::Neither,
    };
    Ok(Prepared { query, expression, window, reachable, extreme })
}

/// Refuses shapes that have a value even where nothing was measured. Files with them
/// are refused as well; a saved run need not come from such a file.
fn refuse_shape(expression: &Expression) -> Result<(), Doubt> {
    if expression.has_top_level_comparison() {
        return Err(Doubt::new(
            scenario::codes::TOP_LEVEL_COMPARISON,
            "a comparison at the top hides what it filters; move it to `is:`",
        ));
    }
    if expression.falls_back_to_constant() || expression.fills_what_is_missing() {
        return Err(Doubt::new(
            scenario::codes::FALLBACK_VALUE,
            "`or` with a constant has a value even where nothing was measured, and so has \
                    `fill`; remove it and say what must hold in `is:`",
        ));
    }
    if expression.hides_histogram_quantile() {
        return Err(Doubt::new(
            scenario::codes::HIDDEN_QUANTILE,
            "a histogram_quantile below the top, or with a quantile that is not a number, \
                    has a value even where every observation is in the last bucket; put \
                    histogram_quantile at the top and give `unit: ms`",
        ));
    }
    Ok(())
}

/// The elements of the expression's value, ruled one by one.
fn evaluate(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Vec<Element>, Doubt> {
    let doubt = nothing_found(&prepared.expression, evidence);
    if let Some(doubt) = doubt.or_else(|| grouped_by_nothing(&prepared.expression, evidence)) {
        return Err(doubt);
    }
    match prepared.expression.histogram_quantile() {
        Some((quantile, inner)) => {
            histogram::elements(prepared, (quantile, inner), objective, evidence)
        }
        None => match share::element(prepared, objective, evidence) {
            Some(share) => Ok(vec![share]),
            None => plain_elements(prepared, objective, evidence),
        },
    }
}

fn plain_elements(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Vec<Element>, Doubt> {
    let sampled = value_at_close(&prepared.expression, prepared.window, evidence)?;
    let elements = sampled.iter().map(|one| {
        let mut element = plain_element(one, prepared.query, objective);
        share::doubt_few_events(&mut element, prepared, objective, evidence);
        element
    });
    Ok(elements.collect())
}

/// The doubt about a selector that found nothing, unless that is what is asked. The same
/// selector beside its `absent` is none the less sought: `sum(x) or absent(x) - 1` is 0
/// where nobody ever exported `x`.
fn nothing_found(expression: &Expression, evidence: &Evidence<'_>) -> Option<Doubt> {
    let selectors = expression.selectors();
    let mut sought = selectors.iter().filter(|one| one.asks != Asks::Absence);
    sought.find_map(|one| missing(evidence.series, &one.selector))
}

/// The doubt about a label of a `by`, `on`, … that no series has which it is about.
fn grouped_by_nothing(expression: &Expression, evidence: &Evidence<'_>) -> Option<Doubt> {
    expression.label_uses().iter().find_map(|named| {
        let all = named.of.iter().flat_map(|selector| {
            let series = evidence.series.series(selector.metric_name());
            series.filter(|one| selector.matches(one.labels)).map(|one| one.labels)
        });
        no_such_grouping::doubt(named, &all.collect::<Vec<_>>())
    })
}

/// The expression's value as elements; a scalar is one without labels.
fn value_at_close(
    expression: &Expression,
    window: Window,
    evidence: &Evidence<'_>,
) -> Result<Vec<Sampled>, Doubt> {
    let source: &dyn SeriesSource = evidence.series;
    match instant(expression, source, window.closed_ms, &Options::default()) {
        Ok(Value::Scalar(value)) => Ok(vec![Sampled { labels: Labels::default(), value }]),
        Ok(Value::Vector(elements)) => elements.into_iter().map(number_of).collect(),
        Ok(Value::Text(_)) => {
            Err(not_judgeable("the expression gives a text, not a number to compare"))
        }
        Ok(Value::Matrix(_)) => Err(not_judgeable(
            "the expression gives a range; apply a function such as max_over_time",
        )),
        Err(error) => Err(not_judgeable(&error.to_string())),
    }
}

/// A number that an expression gave.
struct Sampled {
    labels: Labels,
    value: f64,
}

fn number_of(element: Evaluated) -> Result<Sampled, Doubt> {
    let value = element.value.number().ok_or_else(|| {
        not_judgeable(
            "the expression gives a native histogram, not a number to compare; apply a function \
             such as histogram_quantile",
        )
    })?;
    Ok(Sampled { labels: element.labels, value })
}

fn not_judgeable(reason: &str) -> Doubt {
    Doubt::new(scenario::codes::NOT_JUDGEABLE, reason)
}

fn plain_element(sampled: &Sampled, query: Query<'_>, objective: &Objective) -> Element {
    let value = to_base(sampled.value, query.scale);
    let ruled = objective.thresholds.iter().map(|target| {
        every_element::rule_not_finite(value, query.unit)
            .unwrap_or_else(|| threshold::rule(value, query.unit, target))
    });
    Element {
        labels: element_name(sampled),
        observed: Observed::of(value),
        margin: smallest_margin(value, objective),
        samples: None,
        uncertainty: None,
        rulings: ruled.collect(),
    }
}

fn element_name(sampled: &Sampled) -> String {
    if sampled.labels.is_empty() { String::new() } else { sampled.labels.to_string() }
}

fn smallest_margin(value: f64, objective: &Objective) -> Option<f64> {
    let margins = objective.thresholds.iter().filter_map(|one| threshold::margin(value, one));
    margins.min_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::histogram::LatencyHistogram;
    use crate::load::LoadResult;
    use crate::scenario::Comparator;
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, load_of, objective, phase, scrapes_every, steady,
        store_of, with_failures,
    };
    use crate::slo::{JudgedObjective, UncertaintyKind, Verdict};

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
            let evidence = evidence_of(load, series);
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

    /// 20/s for a minute, scraped every 15 s: from 12 s before it to 12 s after it.
    fn sparsely_scraped(during: (i64, i64)) -> (LoadResult, SeriesStore) {
        let mut load = steady(vec![answered("csv", [5; 1200])]);
        (load.phases[0].first_intended_ms, load.phases[0].last_response_ms) = during;
        let mut store = store_of(scrapes_every(14_000, 1_000, 85_000));
        let counted = |at: usize| {
            let at_ms = store_times(at).clamp(during.0, during.1);
            ((at_ms - during.0) as f64 / 50.0).floor()
        };
        let labels = [("__name__", "requests_total")];
        add_series(&mut store, FamilyKind::Counter, &labels, |at| Some(counted(at)));
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |at| {
            Some(if (1..6).contains(&at) { 8.0 } else { 0.0 })
        });
        (load, store)
    }

    fn store_times(at: usize) -> i64 {
        1_000 + 14_000 * i64::try_from(at).unwrap_or(0)
    }

    #[test]
    fn a_rate_over_more_than_the_load_is_not_green_on_its_dilution() {
        let (load, store) = sparsely_scraped((13_000, 73_000));
        let on = |text: &str, comparator, bound| {
            Case::plain(text, comparator, bound).judged(&load, &store)
        };
        // 1200 in 84 s are 14.3/s, and the load made 20/s.
        let rate = on("sum(rate(requests_total[$run]))", Comparator::Less, 16.0);
        assert_eq!(rate.verdict, Verdict::Inconclusive, "{}", rate.reason);
        assert!(
            rate.reason.starts_with("it is over 84 s and only 60 s of that"),
            "{}",
            rate.reason
        );
        for (text, comparator, bound, verdict) in [
            ("rate(requests_total[$run])", Comparator::Less, 21.0, Verdict::Pass),
            ("rate(requests_total[$run])", Comparator::Less, 10.0, Verdict::Fail),
            ("rate(requests_total[$run])", Comparator::GreaterOrEqual, 18.0, Verdict::Inconclusive),
            (
                "rate(requests_total[$run]) / rate(requests_total[$run])",
                Comparator::Equal,
                1.0,
                Verdict::Pass,
            ),
            ("increase(requests_total[$run])", Comparator::Less, 1300.0, Verdict::Pass),
        ] {
            let judged = on(text, comparator, bound);
            assert_eq!(judged.verdict, verdict, "{text}: {}", judged.reason);
        }
    }

    #[test]
    fn a_window_as_long_as_the_load_dilutes_nothing() {
        let (load, store) = sparsely_scraped((1_500, 84_500));
        let judged =
            Case::plain("rate(requests_total[$run])", Comparator::Less, 20.5).judged(&load, &store);
        assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
    }

    #[test]
    fn an_average_of_a_gauge_over_idle_time_is_none_of_the_load() {
        let average = |load: &LoadResult, store: &SeriesStore| {
            let case = Case::plain("avg_over_time(depth[$run])", Comparator::Less, 7.0);
            case.judged(load, store)
        };
        let mut store = store_of(scrapes_every(500, 1_000, 8_000));
        // Full while there is load, and empty before and after it.
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |at| {
            Some(if (4..=12).contains(&at) { 8.0 } else { 0.0 })
        });
        let mut load = steady(vec![answered("csv", [5; 100])]);
        (load.phases[0].first_intended_ms, load.phases[0].last_response_ms) = (3_000, 7_000);
        let idle = average(&load, &store);
        assert_eq!(idle.verdict, Verdict::Inconclusive, "{}", idle.reason);
        assert!(idle.reason.contains("only 4 s of that are the load"), "{}", idle.reason);
        let highest = Case::plain("max_over_time(depth[$run])", Comparator::Less, 9.0);
        assert_eq!(highest.judged(&load, &store).verdict, Verdict::Pass);
    }

    #[test]
    fn a_phase_is_not_judged_by_the_rate_of_its_neighbour() {
        let (mut low, mut high) = (phase("low"), phase("high"));
        (low.first_intended_ms, low.last_response_ms) = (1_000, 3_190);
        (high.first_intended_ms, high.last_response_ms) = (3_190, 5_000);
        low.requests = vec![answered("csv", [5; 100])];
        high.requests = vec![answered("csv", [5; 100])];
        let load = load_of(vec![low, high]);
        let judged = |interval_ms: i64| {
            let mut store = store_of(scrapes_every(interval_ms, 1_000, 5_000));
            add_series(&mut store, FamilyKind::Counter, &[("__name__", "a_total")], |at| {
                Some(at as f64)
            });
            let case = Case::plain("rate(a_total[$phase])", Comparator::Less, 5.5);
            Case { during: Some("high"), ..case }.judged(&load, &store)
        };
        // It opens at 3,000 ms with 200 ms between scrapes, and at 3,100 ms with 100.
        let mixed = judged(200);
        assert_eq!(mixed.verdict, Verdict::Inconclusive, "{}", mixed.reason);
        assert!(mixed.reason.contains("1.81 s of that"), "{}", mixed.reason);
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
    fn a_minimum_over_the_window_can_only_fall() {
        for text in ["min_over_time(ready[$run])", "min(min_over_time(ready{a=\"[\"}[$phase]))"] {
            assert!(is_lowest_of_the_window(text), "{text}");
        }
        for text in [
            "min_over_time(ready[5s])",
            "min_over_time(ready[$run] offset 5s)",
            "max_over_time(ready[$run])",
            "min_over_time(ready[$run]) / 2",
        ] {
            assert!(!is_lowest_of_the_window(text), "{text}");
        }
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
        let shifted =
            Case::plain("max_over_time(depth[2s] offset 3s)", Comparator::LessOrEqual, 5.0);
        let refused = shifted.on(&store);
        assert_eq!(refused.verdict, Verdict::Inconclusive);
        assert!(refused.reason.starts_with("`depth` looks back 5000 ms"), "{}", refused.reason);
        let seldom = gauge(1_000, |_| Some(3.0));
        assert_eq!(case.on(&seldom).verdict, Verdict::Inconclusive, "five scrapes of a gauge");
    }

    #[test]
    fn what_a_rule_recorded_is_inconclusive_unless_it_is_meant() {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let labels = [("__name__", "job:latency_seconds:p95")];
        add_series(&mut store, FamilyKind::Unknown, &labels, |_| Some(0.2));
        for text in [
            "job:latency_seconds:p95",
            "max_over_time(job:latency_seconds:p95[$run])",
            "max({__name__=~\"job:.*\"})",
        ] {
            let mut case = Case::plain(text, Comparator::Less, 1.0);
            let judged = case.on(&store);
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{text}");
            assert!(judged.reason.contains("was recorded by a rule"), "{}", judged.reason);
            case.includes_before_run = true;
            assert_eq!(case.on(&store).verdict, Verdict::Pass, "{text}");
        }
        let count = Case::plain("count(job:latency_seconds:p95)", Comparator::Equal, 1.0);
        assert_eq!(count.on(&store).verdict, Verdict::Pass, "its presence is known");
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
    fn only_what_is_asked_to_be_absent_may_be_missing() {
        let store = gauge(250, |_| Some(3.0));
        let allowed = Case::plain("absent(panics_total)", Comparator::Equal, 1.0).on(&store);
        assert_eq!(allowed.verdict, Verdict::Pass, "{}", allowed.reason);
        for text in [
            "absent(panics) or sum(dept)",
            "sum(depth{a=\"absent(\"})",
            "sum(increase(panics_total[$run])) or absent(panics_total)",
        ] {
            let judged = Case::plain(text, Comparator::Equal, 1.0).on(&store);
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{text}");
            assert!(judged.reason.starts_with("no such series"), "{}", judged.reason);
        }
    }

    #[test]
    fn an_expression_without_a_value_is_inconclusive() {
        let filtered = Case::plain("sum(depth > 100)", Comparator::LessOrEqual, 5.0)
            .on(&gauge(250, |_| Some(3.0)));
        assert_eq!(
            (filtered.observed, filtered.verdict),
            (Observed::Nothing, Verdict::Inconclusive)
        );
        assert!(
            filtered.reason.contains("has no value at the closing scrape"),
            "{}",
            filtered.reason
        );
    }

    #[test]
    fn a_series_that_is_stale_at_the_closing_scrape_has_no_value() {
        let mut store = gauge(250, |at| (at < 16).then_some(3.0));
        store.end(&Labels::new([("__name__", "depth")]), 5_000);
        let judged = Case::plain("depth", Comparator::LessOrEqual, 5.0).on(&store);
        assert_eq!((judged.observed, judged.verdict), (Observed::Nothing, Verdict::Inconclusive));
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

    /// A miss of 1 s by the generator's own histogram, of one outcome.
    fn own_p95_misses(outcome: &'static str) -> (Case<'static>, SeriesStore) {
        let text = match outcome {
            "ok" => {
                "histogram_quantile(0.95, sum by (le) (increase(slogate_request_duration_seconds_bucket{outcome=\"ok\"}[$run])))"
            }
            _ => {
                "histogram_quantile(0.95, sum by (le) (increase(slogate_request_duration_seconds_bucket[$run])))"
            }
        };
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        store.declare("slogate_request_duration_seconds", FamilyKind::Histogram);
        let last = store.scrapes().len() - 1;
        for (bound, count) in [("1.0", 10.0), ("10.0", 100.0), ("+Inf", 100.0)] {
            let name = ("__name__", "slogate_request_duration_seconds_bucket");
            let labels = [name, ("outcome", outcome), ("le", bound)];
            add_series(&mut store, FamilyKind::Histogram, &labels, |at| {
                Some((count * at as f64 / last as f64).floor())
            });
        }
        let unit = (Unit::Seconds, 1.0);
        (Case { unit, ..Case::plain(text, Comparator::Less, 1.0) }, store)
    }

    #[test]
    fn a_generator_that_lags_excuses_a_miss_of_its_own_histogram() {
        let (case, store) = own_p95_misses("ok");
        let mut load = steady(vec![answered("csv", [5; 100])]);
        assert_eq!(case.judged(&load, &store).verdict, Verdict::Fail);
        load.phases[0].requests[0].lag.record_many(Duration::from_millis(400), 10);
        let lagged = case.judged(&load, &store);
        assert_eq!(lagged.verdict, Verdict::Inconclusive);
        assert!(lagged.reason.starts_with("the generator's own lag p99"), "{}", lagged.reason);
    }

    #[test]
    fn a_generator_that_was_behind_excuses_a_miss_of_its_own_histogram() {
        let (case, store) = own_p95_misses("ok");
        let mut load = steady(vec![answered("csv", [5; 100])]);
        load.generator.missed_by_generator = 10;
        let judged = case.judged(&load, &store);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.contains("dispatched only 90%"), "{}", judged.reason);
    }

    /// Requests with a lag of 400 ms of which so many failed, each after so long.
    fn failing(failed: u64, each: Duration) -> LoadResult {
        let mut request = with_failures(answered("csv", (failed..100).map(|_| 5)), failed);
        request.service_failed = LatencyHistogram::new();
        request.service_failed.record_many(each, failed);
        request.lag.record_many(Duration::from_millis(400), 10);
        steady(vec![request])
    }

    #[test]
    fn a_quantile_that_falls_on_slow_failures_is_a_miss_however_late_the_generator_was() {
        let (case, store) = own_p95_misses("failed");
        let judged = |load: LoadResult, missed: u64| {
            let mut load = load;
            load.generator.missed_by_generator = missed;
            case.judged(&load, &store).verdict
        };
        let timed_out = || failing(30, Duration::from_secs(9));
        assert_eq!(judged(timed_out(), 0), Verdict::Fail);
        assert_eq!(judged(timed_out(), 20), Verdict::Fail);
        assert_eq!(judged(timed_out(), 25), Verdict::Inconclusive, "5 are allowed");
        assert_eq!(judged(failing(5, Duration::from_secs(9)), 0), Verdict::Inconclusive);
        let fast = failing(30, Duration::from_millis(1));
        assert_eq!(judged(fast, 0), Verdict::Inconclusive, "slow by lag alone");
        let (good_only, store) = own_p95_misses("ok");
        assert_eq!(good_only.judged(&timed_out(), &store).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn how_many_requests_failed_is_no_time_and_no_lateness_excuses_it() {
        let name = "slogate_request_duration_seconds_count";
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let labels = [("__name__", name), ("outcome", "failed")];
        add_series(&mut store, FamilyKind::Histogram, &labels, |at| Some(at as f64 * 10.0));
        let text = format!("sum(increase({name}{{outcome=\"failed\"}}[$run]))");
        let mut load = failing(30, Duration::from_millis(1));
        load.generator.missed_by_generator = 10;
        let judged = Case::plain(&text, Comparator::LessOrEqual, 5.0).judged(&load, &store);
        assert_eq!(judged.verdict, Verdict::Fail, "{}", judged.reason);
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

    /// A counter that has counted since before the run.
    fn counter(kind: FamilyKind, value: impl Fn(usize) -> Option<f64>) -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        add_series(&mut store, kind, &[("__name__", "bytes_total")], value);
        store
    }

    #[test]
    fn the_value_of_a_counter_is_not_about_this_run() {
        for kind in [FamilyKind::Counter, FamilyKind::Unknown] {
            let store = counter(kind, |_| Some(7e9));
            for text in ["sum(bytes_total)", "max_over_time(bytes_total[$run])"] {
                let mut case = Case::plain(text, Comparator::Greater, 0.0);
                let judged = case.on(&store);
                assert_eq!(judged.verdict, Verdict::Inconclusive, "{text}: {}", judged.reason);
                assert!(judged.reason.contains("counts since the process started"));
                case.includes_before_run = true;
                assert_eq!(case.on(&store).verdict, Verdict::Pass, "{text}");
            }
        }
    }

    #[test]
    fn the_buckets_of_a_whole_life_are_not_judged() {
        let text = "histogram_quantile(0.95, sum by (le) (latency_ms_bucket))";
        let cumulative = [("1000", 100.0), ("10000", 100.0), ("+Inf", 100.0)];
        let judged = Case::milliseconds(text, 1.0).on(&histogram(&cumulative));
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{}", judged.reason);
    }

    #[test]
    fn whether_a_counter_is_there_may_be_asked() {
        let store = counter(FamilyKind::Counter, |_| Some(7e9));
        let names = "count(count by (__name__) ({__name__=~\"bytes_total|up\"}))";
        let judged = Case::plain(names, Comparator::Equal, 1.0).on(&store);
        assert_eq!(judged.verdict, Verdict::Pass, "{}", judged.reason);
        let filtered = Case::plain("count(bytes_total > 0)", Comparator::Equal, 1.0).on(&store);
        assert_eq!(filtered.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn a_gauge_at_one_scrape_says_so() {
        let store = gauge(250, |_| Some(3.0));
        let judged = Case::plain("max(depth)", Comparator::LessOrEqual, 5.0).on(&store);
        assert_eq!((judged.verdict, judged.samples), (Verdict::Pass, Some(1)));
        assert_eq!(judged.reason, "3 meets <= 5 with 2 to spare (at one scrape, the closing one)");
    }

    #[test]
    fn a_quantile_below_the_top_is_refused() {
        let cumulative = [("1000", 0.0), ("60000", 0.0), ("+Inf", 100.0)];
        for text in
            [format!("{P95} / 1000"), format!("max({P95})"), P95.replace("0.95", "95 / 100")]
        {
            let judged = Case::plain(&text, Comparator::Less, 1e6).on(&histogram(&cumulative));
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{text}");
            assert!(judged.reason.starts_with("a histogram_quantile below the top"), "{text}");
        }
    }

    #[test]
    fn a_constant_below_the_top_is_refused() {
        let store = counter(FamilyKind::Counter, |at| Some(at as f64));
        let text =
            "(sum(increase(fails_total[$run])) or vector(0)) / sum(increase(bytes_total[$run]))";
        let judged = Case::plain(text, Comparator::LessOrEqual, 0.05).on(&store);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(judged.reason.starts_with("`or` with a constant"), "{}", judged.reason);
    }

    #[test]
    fn an_increase_does_not_see_the_birth_of_a_failure() {
        let store = counter(FamilyKind::Counter, |at| (at >= 8).then_some(3.0));
        let text = "sum(increase(bytes_total[$run]))";
        let judged = Case::plain(text, Comparator::Equal, 0.0).on(&store);
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert!(
            judged.reason.starts_with("bytes_total was born during the run with value 3"),
            "{}",
            judged.reason
        );
        let born_empty = counter(FamilyKind::Counter, |at| (at >= 8).then_some(0.0));
        let none = Case::plain(text, Comparator::Equal, 0.0).on(&born_empty);
        assert_eq!(none.verdict, Verdict::Pass, "{}", none.reason);
    }

    #[test]
    fn a_failure_born_into_the_divisor_of_a_success_rate_is_no_success() {
        let mut store = counter(FamilyKind::Counter, |at| Some(at as f64));
        let labels = [("__name__", "bytes_total"), ("status", "failed")];
        add_series(&mut store, FamilyKind::Counter, &labels, |at| (at >= 8).then_some(50.0));
        let share =
            "sum(increase(bytes_total{status=\"\"}[$run])) / sum(increase(bytes_total[$run]))";
        let counted = Case::plain(share, Comparator::GreaterOrEqual, 0.95).on(&store);
        assert_eq!(counted.verdict, Verdict::Fail, "{}", counted.reason);
        assert!(counted.reason.starts_with("16 of 66"), "{}", counted.reason);
        let extrapolated = share.replace(" / ", " * 1 / ");
        let judged = Case::plain(&extrapolated, Comparator::GreaterOrEqual, 0.95).on(&store);
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{}", judged.reason);
        let late = counter(FamilyKind::Counter, |at| (at >= 8).then_some(at as f64));
        let judged = Case::plain(&extrapolated, Comparator::GreaterOrEqual, 0.95).on(&late);
        assert_eq!(judged.verdict, Verdict::Pass, "born above and below: {}", judged.reason);
    }

    #[test]
    fn a_factor_makes_no_sample_larger() {
        let text =
            "histogram_quantile(0.95, sum by (le) (increase(latency_ms_bucket[$run])) * 100)";
        let cumulative = [("1000", 1.0), ("60000", 1.0), ("+Inf", 1.0)];
        let judged = Case::milliseconds(text, 1.0).on(&histogram(&cumulative));
        assert_eq!((judged.samples, judged.verdict), (Some(1), Verdict::Inconclusive));
        let twice = text.replace("* 100", "+ sum by (le) (increase(latency_ms_bucket[$run])) * 99");
        let judged = Case::milliseconds(&twice, 1.0).on(&histogram(&cumulative));
        assert_eq!(judged.verdict, Verdict::Inconclusive, "{}", judged.reason);
    }

    #[test]
    fn observations_before_the_first_scrape_of_a_histogram_may_have_been_slow() {
        let born = |first: f64| {
            let mut store = store_of(scrapes_every(250, 1_000, 5_000));
            store.declare("latency_ms", FamilyKind::Histogram);
            for bound in ["1000", "60000", "+Inf"] {
                let labels = [("__name__", "latency_ms_bucket"), ("le", bound)];
                add_series(&mut store, FamilyKind::Histogram, &labels, |at| {
                    (at >= 1).then(|| first + (at - 1) as f64 * 20.0)
                });
            }
            Case::milliseconds(P95, 1.0).on(&store)
        };
        let few = born(3.0);
        assert_eq!((few.samples, few.verdict), (Some(300), Verdict::Pass), "{}", few.reason);
        let many = born(30.0);
        assert_eq!(many.verdict, Verdict::Inconclusive);
        assert!(many.reason.starts_with("30 observations were made before"), "{}", many.reason);
    }

    #[test]
    fn each_threshold_keeps_its_own_ruling_under_doubt() {
        // Above 2 at all times, so the lower target is missed, and gone half way.
        let store = gauge(100, |at| (at < 20).then_some(3.0));
        let mut objective = objective(
            ObjectiveKind::Promql {
                expression: "max_over_time(depth[$run])".into(),
                unit: Unit::Plain,
                scale: 1.0,
                includes_before_run: false,
            },
            &[(Comparator::LessOrEqual, 5.0), (Comparator::GreaterOrEqual, 4.0)],
        );
        let load = steady(vec![answered("csv", [5; 100])]);
        let evidence = evidence_of(&load, &store);
        let lower = crate::slo::judge(&objective, &evidence);
        assert_eq!(lower.verdict, Verdict::Inconclusive, "{}", lower.reason);
        objective.thresholds.swap(0, 1);
        objective.thresholds[1].bound = 2.0;
        assert_eq!(crate::slo::judge(&objective, &evidence).verdict, Verdict::Fail);
    }
}
