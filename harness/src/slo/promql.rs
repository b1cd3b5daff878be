//! Judges PromQL expressions at the closing sample of their window.

mod extreme;
mod histogram;
mod substitute;

use slogate_promql::{
    Element as Sampled, Expression, Labels, Options, SelectorInfo, SeriesSource, Value, instant,
};

use super::algebra::every_element::{self, Element};
use super::algebra::{few_scrapes, gauge_scrapes, long_range, threshold};
use super::judged::{Finding, Observed};
use super::scraped::{Stretch, good_scrapes, instants_seen, kind_of, missing};
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
    let asks_for_absence = prepared.expression.to_string().contains("absent");
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

/// The rules about how far ranges reach and how many scrapes they hold.
fn doubt_ranges(
    prepared: &Prepared<'_>,
    objective: &Objective,
    evidence: &Evidence<'_>,
    finding: Finding,
) -> Finding {
    if prepared.query.includes_before_run {
        return finding;
    }
    let selectors = prepared.expression.selectors();
    let mut finding = finding;
    if let Some(doubt) = reach_doubt(prepared, &selectors) {
        finding.ruling = Ruling::inconclusive(doubt);
        return finding;
    }
    let ranged = selectors.iter().filter_map(|one| Some((one, one.range_ms?)));
    for (selector, range_ms) in ranged {
        let until_ms = prepared.window.closed_ms.saturating_sub(selector.offset_ms);
        let stretch = Stretch { after_ms: until_ms - range_ms, until_ms };
        let scrapes = good_scrapes(evidence.series, stretch);
        let name = selector.selector.to_string();
        if let Some(doubt) = few_scrapes::doubt(&name, range_ms, scrapes)
            && !is_certain_miss(&finding.ruling, prepared.extreme, &objective.thresholds)
        {
            finding.ruling = Ruling::inconclusive(doubt);
            return finding;
        }
        if is_gauge(prepared, evidence, selector) {
            let seen = instants_seen(evidence.series, &selector.selector, stretch);
            finding.samples = Some(finding.samples.map_or(seen, |known| known.min(seen)));
            finding.ruling = over_thresholds(objective, |target| {
                gauge_scrapes::rule(&finding.ruling, seen, prepared.extreme, target)
            });
        }
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
