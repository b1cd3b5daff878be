//! Quantiles and fractions of histograms, native and classic.
//!
//! Classic buckets are grouped by all labels but `le`, made monotonic, and interpolated
//! linearly (`promql/quantile.go`). A quantile in the `+Inf` bucket is the
//! highest finite bound: a threshold at or above that bound can never be passed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Arguments;
use crate::annotation::Annotation;
use crate::eval::EvalError;
use crate::histogram::Histogram;
use crate::number::{format_number, parse_number};
use crate::{Datum, Element, Labels, Value};

/// Differences of counts below this share are rounding errors of float counts,
/// not missing monotonicity (`smallDeltaTolerance`).
const SMALL_DELTA: f64 = 1e-12;

/// The label that holds a bucket's upper bound.
const BOUND_LABEL: &str = "le";

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    upper: f64,
    /// Observations up to the bound, cumulative.
    count: f64,
}

/// The upper bound of a bucket from its `le`: `10`, `10.0`, `1e1` are the same.
fn parse_bound(le: &str) -> Option<f64> {
    parse_number(le)
}

/// `histogram_quantile(q, histograms)`.
pub(super) fn quantile(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let quantile = arguments.scalar(0)?;
    let histograms = Histograms::of(arguments, 1)?;
    arguments.unique(histograms.quantiles(arguments, quantile))
}

/// `histogram_quantiles(histograms, label, q, …)`: each quantile with its number
/// in a label.
pub(super) fn quantiles(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let histograms = Histograms::of(arguments, 0)?;
    let label = arguments.text(1)?;
    let mut elements = Vec::new();
    for at in 2..arguments.count() {
        let quantile = arguments.scalar(at)?;
        let text = with_point(quantile);
        let each = histograms.quantiles(arguments, quantile);
        elements.extend(
            each.into_iter()
                .map(|element| Element { labels: element.labels.with(label, &text), ..element }),
        );
    }
    arguments.unique(elements)
}

/// A number as label values have it in OpenMetrics: `1.0`, not `1`.
fn with_point(number: f64) -> String {
    let text = format_number(number);
    if number.is_finite() && !text.contains(['.', 'e']) { format!("{text}.0") } else { text }
}

/// `histogram_fraction(lower, upper, histograms)`.
pub(super) fn fraction(arguments: &Arguments<'_, '_>) -> Result<Value, EvalError> {
    let (lower, upper) = (arguments.scalar(0)?, arguments.scalar(1)?);
    let histograms = Histograms::of(arguments, 2)?;
    for (labels, _) in histograms.0.iter().filter(|(_, one)| one.holds_no_number()) {
        arguments.annotate([Annotation::fraction_beside_not_a_number(metric_of(labels))]);
    }
    arguments.unique(histograms.each(|histogram| histogram.fraction(lower, upper)))
}

/// The histograms of a vector by their labels.
struct Histograms(Vec<(Labels, AnyHistogram)>);

enum AnyHistogram {
    Classic(Vec<Bucket>),
    Native(Arc<Histogram>),
}

impl AnyHistogram {
    /// Whether observations were NaN, which no bucket holds.
    fn holds_no_number(&self) -> bool {
        matches!(self, Self::Native(histogram) if histogram.sum.is_nan())
    }

    /// The quantile, and whether counts that fell had to be lifted for it.
    fn quantile(&self, quantile: f64) -> (f64, bool) {
        match self {
            Self::Classic(buckets) => bucket_quantile(quantile, buckets.clone()),
            Self::Native(histogram) => (histogram.quantile(quantile), false),
        }
    }

    fn fraction(&self, lower: f64, upper: f64) -> f64 {
        match self {
            Self::Classic(buckets) => bucket_fraction(lower, upper, buckets.clone()),
            Self::Native(histogram) => histogram.fraction(lower, upper),
        }
    }
}

impl Histograms {
    /// Where the labels have a native and a classic histogram, neither is taken:
    /// nothing says which of them is meant.
    fn of(arguments: &Arguments<'_, '_>, index: usize) -> Result<Self, EvalError> {
        let mut native = Vec::new();
        let mut buckets = Vec::new();
        for Element { labels, value } in arguments.vector(index)? {
            match value {
                Datum::Number(count) => {
                    arguments.annotate(bad_bucket_label(&labels));
                    buckets.push((labels, count));
                }
                Datum::Histogram(histogram) => native.push((labels, histogram)),
            }
        }
        let mut classic = classic_histograms(buckets);
        let both = native
            .iter()
            .map(|(labels, _)| labels.clone())
            .filter(|labels| classic.iter().any(|one| one.full == *labels))
            .collect::<HashSet<_>>();
        let of_both = both.iter().map(|labels| Annotation::classic_and_native(metric_of(labels)));
        arguments.annotate(of_both);
        native.retain(|(labels, _)| !both.contains(labels));
        classic.retain(|one| !both.contains(&one.full));
        let native =
            native.into_iter().map(|(labels, histogram)| (labels, AnyHistogram::Native(histogram)));
        let classic = classic.into_iter().map(|one| (one.full, AnyHistogram::Classic(one.buckets)));
        Ok(Self(native.chain(classic).collect()))
    }

    /// The quantile of each, and what is said of it.
    fn quantiles(&self, arguments: &Arguments<'_, '_>, quantile: f64) -> Vec<Element> {
        arguments.annotate(Annotation::invalid_quantile(quantile));
        let computed = |(labels, histogram): &(Labels, AnyHistogram)| {
            let (value, is_lifted) = histogram.quantile(quantile);
            arguments.annotate(is_lifted.then(|| Annotation::counts_that_fell(metric_of(labels))));
            arguments.annotate(histogram.holds_no_number().then(|| {
                Annotation::quantile_beside_not_a_number(!value.is_nan(), metric_of(labels))
            }));
            Element::of_number(labels.without_name(), value)
        };
        self.0.iter().map(computed).collect()
    }

    fn each(&self, compute: impl Fn(&AnyHistogram) -> f64) -> Vec<Element> {
        let computed = |(labels, histogram): &(Labels, AnyHistogram)| {
            Element::of_number(labels.without_name(), compute(histogram))
        };
        self.0.iter().map(computed).collect()
    }
}

fn metric_of(labels: &Labels) -> &str {
    labels.metric_name().unwrap_or_default()
}

/// What is said of an element that is no bucket.
fn bad_bucket_label(labels: &Labels) -> Option<Annotation> {
    let bound = labels.get(BOUND_LABEL).unwrap_or_default();
    parse_bound(bound).is_none().then(|| Annotation::bad_bucket_label(bound, metric_of(labels)))
}

/// A classic histogram by all labels but `le`.
struct Classic {
    /// The metric name stays: histograms of two names are two.
    full: Labels,
    buckets: Vec<Bucket>,
}

/// Buckets by the labels of their histogram, in the order of first appearance.
/// Elements without a valid `le` are left out, as in Prometheus.
fn classic_histograms(elements: Vec<(Labels, f64)>) -> Vec<Classic> {
    let mut index: HashMap<Labels, usize> = HashMap::new();
    let mut histograms: Vec<Classic> = Vec::new();
    for (labels, count) in elements {
        let Some(upper) = labels.get(BOUND_LABEL).and_then(parse_bound) else {
            continue;
        };
        let full = labels.filtered(|name| name != BOUND_LABEL);
        let at = *index.entry(full).or_insert_with_key(|full| {
            histograms.push(Classic { full: full.clone(), buckets: Vec::new() });
            histograms.len() - 1
        });
        histograms[at].buckets.push(Bucket { upper, count });
    }
    histograms
}

/// The quantile, and whether counts that fell had to be lifted for it.
fn bucket_quantile(quantile: f64, buckets: Vec<Bucket>) -> (f64, bool) {
    if quantile.is_nan() {
        return (f64::NAN, false);
    }
    if quantile < 0.0 {
        return (f64::NEG_INFINITY, false);
    }
    if quantile > 1.0 {
        return (f64::INFINITY, false);
    }
    let Some(mut buckets) = merged(buckets).filter(|buckets| buckets.len() >= 2) else {
        return (f64::NAN, false);
    };
    let is_lifted = make_monotonic(&mut buckets);
    (quantile_of_monotonic(quantile, &buckets), is_lifted)
}

fn quantile_of_monotonic(quantile: f64, buckets: &[Bucket]) -> f64 {
    let last = buckets.len() - 1;
    let observations = buckets[last].count;
    if observations == 0.0 {
        return f64::NAN;
    }
    let rank = quantile * observations;
    let at = buckets[..last].partition_point(|bucket| bucket.count < rank);
    if at == last {
        return buckets[last - 1].upper;
    }
    let upper = buckets[at].upper;
    if at == 0 && upper <= 0.0 {
        return upper;
    }
    let (lower, below) =
        if at == 0 { (0.0, 0.0) } else { (buckets[at - 1].upper, buckets[at - 1].count) };
    lower + (upper - lower) * ((rank - below) / (buckets[at].count - below))
}

fn bucket_fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = merged(buckets) else {
        return f64::NAN;
    };
    let observations = buckets.last().map_or(0.0, |bucket| bucket.count);
    if observations == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    // Counts that fell, as in a `delta`, may leave fewer than lie below a bound.
    let rank = |value| rank_at(value, &buckets).min(observations);
    (rank(upper) - rank(lower)) / observations
}

/// How many observations are at or below a value, interpolated within its bucket.
fn rank_at(value: f64, buckets: &[Bucket]) -> f64 {
    let mut lower = if buckets[0].upper > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let mut below = 0.0;
    for bucket in buckets {
        if value <= lower {
            return below;
        }
        if value < bucket.upper {
            // Where they lie in an unbounded bucket is not known: all at its finite bound.
            return if lower.is_infinite() {
                bucket.count
            } else if bucket.upper.is_infinite() {
                below
            } else {
                below + (bucket.count - below) * (value - lower) / (bucket.upper - lower)
            };
        }
        (lower, below) = (bucket.upper, bucket.count);
    }
    below
}

/// Sorted buckets, those of one bound made one; `None` without the `+Inf` bucket.
fn merged(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|a, b| a.upper.total_cmp(&b.upper));
    buckets.last().filter(|last| last.upper == f64::INFINITY)?;
    let mut merged: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match merged.last_mut() {
            #[expect(clippy::float_cmp, reason = "the same bound, written in two ways")]
            Some(last) if last.upper == bucket.upper => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    Some(merged)
}

/// Counts that fall below the one before are lifted to it; differences that are
/// only rounding errors are evened out. Whether any was lifted.
fn make_monotonic(buckets: &mut [Bucket]) -> bool {
    let mut before = buckets.first().map_or(0.0, |bucket| bucket.count);
    let mut is_lifted = false;
    for bucket in buckets.iter_mut().skip(1) {
        let is_same = almost_equal(before, bucket.count);
        is_lifted |= !is_same && bucket.count < before;
        if is_same || bucket.count < before {
            bucket.count = before;
        } else {
            before = bucket.count;
        }
    }
    is_lifted
}

/// Equal within a share of [`SMALL_DELTA`] (`util/almost`).
#[expect(clippy::float_cmp, reason = "exact equality is the quick way out")]
fn almost_equal(a: f64, b: f64) -> bool {
    if a == b {
        return true;
    }
    let difference = (a - b).abs();
    let magnitude = a.abs() + b.abs();
    if a == 0.0 || b == 0.0 || magnitude < f64::MIN_POSITIVE {
        return difference < SMALL_DELTA * f64::MIN_POSITIVE;
    }
    difference / magnitude.min(f64::MAX) < SMALL_DELTA
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "values that are exact in binary")]
mod tests {
    use super::*;

    fn buckets(pairs: &[(f64, f64)]) -> Vec<Bucket> {
        pairs.iter().map(|(upper, count)| Bucket { upper: *upper, count: *count }).collect()
    }

    #[test]
    fn everything_beyond_the_last_bound_is_the_last_bound() {
        let all_beyond = buckets(&[(1.0, 0.0), (10.0, 0.0), (f64::INFINITY, 5.0)]);
        assert_eq!(bucket_quantile(0.95, all_beyond).0, 10.0);
    }

    #[test]
    fn a_quantile_is_interpolated_within_its_bucket() {
        let half = buckets(&[(10.0, 50.0), (20.0, 100.0), (f64::INFINITY, 100.0)]);
        assert_eq!(bucket_quantile(0.75, half).0, 15.0);
    }

    #[test]
    fn counts_that_fall_are_lifted() {
        let falling = buckets(&[(1.0, 5.0), (2.0, 4.0), (f64::INFINITY, 10.0)]);
        assert_eq!(bucket_quantile(0.5, falling), (1.0, true));
    }

    #[test]
    fn without_an_infinite_bucket_there_is_no_quantile() {
        assert!(bucket_quantile(0.5, buckets(&[(1.0, 5.0), (2.0, 6.0)])).0.is_nan());
    }

    #[test]
    fn bounds_are_equal_however_they_are_written() {
        assert_eq!(parse_bound("10000.0"), parse_bound("1e4"));
        assert_eq!(parse_bound("+Inf"), Some(f64::INFINITY));
    }
}
