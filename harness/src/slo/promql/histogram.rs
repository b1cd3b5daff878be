//! `histogram_quantile` at the top: one element for each histogram, judged by its buckets.

use std::collections::BTreeMap;

use slogate_promql::{
    Expression, Labels, METRIC_NAME, Sample, SelectorInfo, SeriesSource, is_stale,
};

use super::ranged::Ranged;
use super::{Prepared, smallest_margin, value_at_close};
use crate::scenario::Objective;
use crate::slo::algebra::bucket_edge::{self, Buckets};
use crate::slo::algebra::counter_growth::{Counted, growth};
use crate::slo::algebra::every_element::Element;
use crate::slo::judged::{Observed, Uncertainty, UncertaintyKind};
use crate::slo::scraped::Stretch;
use crate::slo::{Doubt, Evidence, Ruling, codes};
use crate::units::{Unit, to_base};

/// The label that carries a bucket's upper bound.
const BOUND: &str = "le";
/// How far extrapolation may move a count before it is not taken for one.
const EXTRAPOLATION: f64 = 0.1;

/// Cumulative values at upper bounds in the base unit.
type Cumulative = Vec<(f64, f64)>;

/// One element for each histogram that the inner expression gives buckets of.
pub(super) fn elements(
    prepared: &Prepared<'_>,
    (quantile, inner): (f64, &Expression),
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Result<Vec<Element>, Doubt> {
    let histograms = histograms(prepared, inner, evidence)?;
    let interpolated = value_at_close(&prepared.expression, prepared.window, evidence)?;
    let per_unit = observations_per_unit(prepared, inner, &histograms, evidence);
    let unseen = unseen_observations(prepared, inner, evidence);
    Ok(histograms
        .into_iter()
        .map(|(labels, cumulative)| {
            let shown = interpolated.iter().find(|element| element.labels == labels);
            let value = shown.map_or(f64::NAN, |one| to_base(one.value, prepared.query.scale));
            let count = whole(infinite_bucket(&cumulative) * per_unit);
            let name = if labels.is_empty() { String::new() } else { labels.to_string() };
            match Buckets::new(&cumulative, count) {
                Some(buckets) => {
                    let mut element =
                        element(name, (quantile, value), &buckets, prepared.query.unit, objective);
                    let histogram = (&buckets, quantile, prepared.query.unit);
                    doubt_unseen(&mut element, unseen, histogram, objective);
                    element
                }
                None => no_observations(name, objective),
            }
        })
        .collect())
}

fn histograms(
    prepared: &Prepared<'_>,
    inner: &Expression,
    evidence: &Evidence<'_>,
) -> Result<BTreeMap<Labels, Cumulative>, Doubt> {
    let mut histograms: BTreeMap<Labels, Cumulative> = BTreeMap::new();
    for bucket in value_at_close(inner, prepared.window, evidence)? {
        let Some(bound) = bound_of(&bucket.labels) else {
            return Err(Doubt::new(
                bucket_edge::CODE,
                format!(
                    "{} has no bucket bound `le`; keep it in the aggregation: `sum by (le) (…)`",
                    bucket.labels
                ),
            ));
        };
        let group = bucket.labels.filtered(|name| name != BOUND && name != METRIC_NAME);
        let bound = if bound.is_finite() { to_base(bound, prepared.query.scale) } else { bound };
        histograms.entry(group).or_default().push((bound, bucket.value));
    }
    Ok(histograms)
}

fn element(
    labels: String,
    (quantile, value): (f64, f64),
    buckets: &Buckets,
    unit: Unit,
    objective: &Objective,
) -> Element {
    let ruled = objective
        .thresholds
        .iter()
        .map(|target| bucket_edge::rule(buckets, quantile, unit, target));
    let bucket = buckets.bucket_of(quantile);
    // Beyond the last bound PromQL gives that bound, which would look like a measurement.
    let observed = if bucket.high.is_finite() { Observed::of(value) } else { Observed::Unbounded };
    Element {
        labels,
        observed,
        margin: observed.number().and_then(|value| smallest_margin(value, objective)),
        samples: Some(buckets.count()),
        uncertainty: Some(Uncertainty {
            kind: UncertaintyKind::Bucket,
            low: bucket.low,
            high: Some(bucket.high).filter(|high| high.is_finite()),
        }),
        rulings: ruled.collect(),
    }
}

/// Takes a pass away that observations which nobody saw could turn.
fn doubt_unseen(
    element: &mut Element,
    unseen: u64,
    histogram: (&Buckets, f64, Unit),
    objective: &Objective,
) {
    for (ruling, target) in element.rulings.iter_mut().zip(&objective.thresholds) {
        *ruling = bucket_edge::rule_unseen(ruling.clone(), unseen, histogram, target);
    }
}

/// Observations that were made before the first scrape of a series that was born in a
/// range: of all selected histograms, for each may have had all of them.
fn unseen_observations(
    prepared: &Prepared<'_>,
    inner: &Expression,
    evidence: &Evidence<'_>,
) -> u64 {
    let ranges = Ranged::all(&inner.selectors(), prepared.window);
    let born = ranges.iter().flat_map(|one| one.born(evidence.series));
    let infinite = born.filter(|(labels, _)| bound_of(labels) == Some(f64::INFINITY));
    whole(infinite.map(|(_, value)| value).sum())
}

fn no_observations(labels: String, objective: &Objective) -> Element {
    let ruling = Ruling::inconclusive(
        codes::NO_VALUE,
        "the histogram has no observations in the measured window",
    );
    Element {
        labels,
        observed: Observed::Nothing,
        margin: None,
        samples: Some(0),
        uncertainty: None,
        rulings: vec![ruling; objective.thresholds.len()],
    }
}

fn bound_of(labels: &Labels) -> Option<f64> {
    labels.get(BOUND)?.parse().ok()
}

fn infinite_bucket(cumulative: &Cumulative) -> f64 {
    let infinite = cumulative.iter().find(|(bound, _)| *bound == f64::INFINITY);
    infinite.map_or(0.0, |(_, value)| *value).max(0.0)
}

/// How many observations one unit of the inner expression's value stands for.
///
/// `increase` counts them, but for extrapolation; `rate` divides by the range.
/// Either is recognised by comparing with the exact growth of the `+Inf` buckets.
/// Anything else is taken as a count itself, but never as more observations than
/// there were: a factor in the expression makes no sample larger.
fn observations_per_unit(
    prepared: &Prepared<'_>,
    inner: &Expression,
    histograms: &BTreeMap<Labels, Cumulative>,
    evidence: &Evidence<'_>,
) -> f64 {
    let total: f64 = histograms.values().map(infinite_bucket).filter(|one| one.is_finite()).sum();
    let selectors = inner.selectors();
    let exact: f64 =
        selectors.iter().map(|selector| exact_observations(prepared, selector, evidence)).sum();
    if total <= 0.0 {
        return 1.0;
    }
    let near = |value: f64| (value / exact - 1.0).abs() <= EXTRAPOLATION;
    match selectors.as_slice() {
        [only] if near(total) || near(total * range_seconds(only)) => exact / total,
        _ => (exact / total).min(1.0),
    }
}

fn range_seconds(selector: &SelectorInfo) -> f64 {
    selector.range_ms.unwrap_or(1_000) as f64 / 1e3
}

/// The growth of all selected `+Inf` buckets over their range, or their value without one.
fn exact_observations(
    prepared: &Prepared<'_>,
    selector: &SelectorInfo,
    evidence: &Evidence<'_>,
) -> f64 {
    let until_ms = prepared.window.closed_ms.saturating_sub(selector.offset_ms);
    let after_ms = selector.range_ms.map_or(i64::MIN, |range| until_ms.saturating_sub(range));
    let stretch = Stretch { after_ms, until_ms };
    let selected = evidence.series.series(selector.metric_name());
    selected
        .filter(|one| selector.selector.matches(one.labels))
        .filter(|one| bound_of(one.labels) == Some(f64::INFINITY))
        .map(|one| {
            let kept = |sample: &&Sample| stretch.contains(sample.t_ms) && !is_stale(sample.value);
            let samples: Vec<Sample> = one.samples.iter().filter(kept).copied().collect();
            match selector.range_ms {
                Some(_) => growth(Counted { samples: &samples, at_opening: true }),
                None => samples.last().map_or(0.0, |last| last.value),
            }
        })
        .sum()
}

fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of observations; saturates at both ends"
    )]
    let whole = value.round() as u64;
    whole
}
