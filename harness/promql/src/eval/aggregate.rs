//! Aggregations: one result, or a few elements, for each group.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::hash::share_of;
use super::{EvalError, Evaluator, Instant, Operator, ascending_nan_first, kahan_mean, kahan_sum};
use crate::annotation::Annotation;
use crate::expression::{Aggregate, Aggregation, Expression, Kind, LabelChoice};
use crate::functions::of_sum;
use crate::number::format_plain;
use crate::{Datum, Element, Labels, Value, histogram};

impl Evaluator<'_> {
    pub(super) fn aggregate(&self, aggregate: &Aggregate, at: Instant) -> Result<Value, EvalError> {
        let parameter = Parameter::evaluate(self, aggregate, at)?;
        let elements = self.vector(&aggregate.inner, at)?;
        if aggregate.operation == Aggregation::CountValues {
            return Ok(Value::Vector(count_values(aggregate, elements, &parameter)?));
        }
        let mut results = Vec::new();
        self.annotate(parameter.annotation(aggregate.operation));
        for (labels, members) in self.groups(aggregate, elements) {
            self.annotate(of_members(aggregate.operation, &members));
            if picks_elements(aggregate.operation) {
                results.extend(picked(aggregate.operation, members, &parameter));
            } else {
                let value = of_group(aggregate.operation, &members, parameter.number);
                results.extend(value.map(|value| Element { labels, value }));
            }
        }
        Ok(Value::Vector(results))
    }

    /// Elements by group, in the order in which groups first appear.
    fn groups(&self, aggregate: &Aggregate, elements: Vec<Element>) -> Vec<(Labels, Vec<Element>)> {
        let mut groups: Vec<(Labels, Vec<Element>)> = Vec::new();
        self.with_derived(Operator::Aggregate(aggregate), |derived| {
            for (position, element) in elements.into_iter().enumerate() {
                let key = |labels: &Labels| aggregate.grouping.key(labels);
                let number = derived.number(position, &element.labels, key);
                let at = derived.note(number, groups.len()).unwrap_or_else(|| {
                    groups.push((derived.labels(number).clone(), Vec::new()));
                    groups.len() - 1
                });
                groups[at].1.push(element);
            }
        });
        groups
    }
}

/// Whether an aggregation gives elements of its group, labels and all.
fn picks_elements(operation: Aggregation) -> bool {
    matches!(
        operation,
        Aggregation::TopK | Aggregation::BottomK | Aggregation::LimitK | Aggregation::LimitRatio
    )
}

fn picked(operation: Aggregation, members: Vec<Element>, parameter: &Parameter) -> Vec<Element> {
    match operation {
        Aggregation::TopK => first_of(&numbers(members), parameter, descending),
        Aggregation::BottomK => first_of(&numbers(members), parameter, ascending),
        Aggregation::LimitRatio => {
            let chosen = |member: &Element| is_in_share(&member.labels, parameter.number);
            members.into_iter().filter(chosen).collect()
        }
        _ => first_of(&members, parameter, as_they_are),
    }
}

/// The value of an aggregation's parameter, as far as it has one.
struct Parameter {
    number: f64,
    text: String,
}

impl Parameter {
    fn evaluate(
        evaluator: &Evaluator<'_>,
        aggregate: &Aggregate,
        at: Instant,
    ) -> Result<Self, EvalError> {
        let mut parameter = Self { number: f64::NAN, text: String::new() };
        match aggregate.parameter.as_ref().map(|expression| evaluator.value(expression, at)) {
            None => {}
            Some(Ok(Value::Scalar(number))) => parameter.number = number,
            Some(Ok(Value::Text(text))) => parameter.text = text,
            Some(Ok(_)) => return Err(invalid(aggregate, "the parameter has the wrong type")),
            Some(Err(error)) => return Err(error),
        }
        let needs_number = picks_elements(aggregate.operation);
        let needs_count = needs_number && aggregate.operation != Aggregation::LimitRatio;
        if needs_number && parameter.number.is_nan() {
            return Err(invalid(aggregate, "the parameter value is NaN"));
        }
        if needs_count && count_of(parameter.number).is_none() {
            let number = parameter.number;
            return Err(invalid(aggregate, &format!("the parameter {number:e} overflows int64")));
        }
        Ok(parameter)
    }
}

impl Parameter {
    /// What is said of a parameter that is out of range.
    fn annotation(&self, operation: Aggregation) -> Option<Annotation> {
        match operation {
            Aggregation::Quantile => Annotation::invalid_quantile(self.number),
            Aggregation::LimitRatio => Annotation::invalid_ratio(self.number),
            _ => None,
        }
    }
}

/// How many elements a parameter asks for: none of a negative one; nothing where it is no count.
pub(super) fn count_of(parameter: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a negative count is none"
    )]
    (parameter.abs() < 9.3e18).then_some(parameter as usize)
}

/// What is said of the members of a group.
fn of_members(operation: Aggregation, members: &[Element]) -> Vec<Annotation> {
    let is_sum = matches!(operation, Aggregation::Sum | Aggregation::Avg);
    let histograms = members.iter().filter_map(|one| one.value.histogram()).collect::<Vec<_>>();
    if is_sum && histograms.len() == members.len() {
        let mixed = of_mixed_members(operation, members);
        return mixed.into_iter().chain(of_sum(&histograms)).collect();
    }
    of_mixed_members(operation, members).into_iter().collect()
}

fn of_mixed_members(operation: Aggregation, members: &[Element]) -> Option<Annotation> {
    let histograms = members.iter().filter_map(|one| Some((one, one.value.histogram()?)));
    let (first, _) = histograms.clone().next()?;
    let count = histograms.clone().count();
    match operation {
        Aggregation::Sum | Aggregation::Avg if count < members.len() => {
            Some(Annotation::numbers_and_histograms_aggregated())
        }
        Aggregation::Sum | Aggregation::Avg => {
            let listed = histograms.filter(|(_, histogram)| histogram.is_custom()).count();
            let metric = first.labels.metric_name().unwrap_or_default();
            (listed > 0 && listed < count).then(|| Annotation::exponential_and_listed(metric))
        }
        Aggregation::Min
        | Aggregation::Max
        | Aggregation::StdDev
        | Aggregation::StdVar
        | Aggregation::Quantile
        | Aggregation::TopK
        | Aggregation::BottomK => {
            Some(Annotation::histogram_left_out_of_aggregation(operation.spelling()))
        }
        _ => None,
    }
}

fn invalid(aggregate: &Aggregate, problem: &str) -> EvalError {
    let whole = Expression { kind: Kind::Aggregate(Box::new(aggregate.clone())) };
    EvalError::InvalidArgument { problem: problem.to_owned(), expression: whole.to_string() }
}

/// One value of a group, which is never empty. Histograms and numbers have no
/// common sum; other statistics are of the numbers alone.
fn of_group(operation: Aggregation, members: &[Element], parameter: f64) -> Option<Datum> {
    match operation {
        Aggregation::Count => return Some(Datum::Number(members.len() as f64)),
        Aggregation::Group => return Some(Datum::Number(1.0)),
        _ => {}
    }
    let numbers = members.iter().filter_map(|one| one.value.number()).collect::<Vec<_>>();
    let has_histograms = numbers.len() < members.len();
    match operation {
        Aggregation::Sum | Aggregation::Avg if has_histograms => {
            if !numbers.is_empty() {
                return None;
            }
            let histograms = members.iter().filter_map(|one| one.value.histogram());
            let combined = if operation == Aggregation::Sum {
                histogram::sum(histograms)
            } else {
                histogram::mean(histograms)
            };
            combined.map(Datum::from)
        }
        _ if numbers.is_empty() => None,
        _ => Some(one_value(operation, &numbers, parameter).into()),
    }
}

/// One number of all numbers of a group, which is never empty.
pub(super) fn one_value(operation: Aggregation, values: &[f64], parameter: f64) -> f64 {
    let values_once = || values.iter().copied();
    match operation {
        Aggregation::Sum => kahan_sum(values_once()),
        Aggregation::Avg => kahan_mean(values_once()),
        Aggregation::Min => values_once().fold(f64::NAN, f64::min),
        Aggregation::Max => values_once().fold(f64::NAN, f64::max),
        Aggregation::StdVar => variance(values),
        Aggregation::StdDev => variance(values).sqrt(),
        Aggregation::Quantile => quantile(parameter, values),
        // `group` is 1, `count` a number of elements; neither comes here, nor do others.
        _ => 1.0,
    }
}

/// The population variance by Welford's method; NaN as soon as one value is not finite.
fn variance(values: &[f64]) -> f64 {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (count, value) in values.iter().enumerate() {
        let delta = value - mean;
        mean += delta / (count as f64 + 1.0);
        squares += delta * (value - mean);
    }
    if values.iter().all(|value| value.is_finite()) {
        squares / values.len() as f64
    } else {
        f64::NAN
    }
}

fn quantile(quantile: f64, values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| ascending_nan_first(*a, *b));
    quantile_of_sorted(quantile, &sorted)
}

/// The quantile of ascending values, interpolated between the two nearest ranks
/// (`quantile` in `promql/quantile.go`).
pub(crate) fn quantile_of_sorted(quantile: f64, sorted: &[f64]) -> f64 {
    if sorted.is_empty() || quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    let rank = quantile * (sorted.len() as f64 - 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 <= rank <= length - 1"
    )]
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(sorted.len() - 1);
    let weight = rank - rank.floor();
    sorted[lower] * (1.0 - weight) + sorted[upper] * weight
}

/// `topk`, `bottomk` and `limitk` keep their elements' own labels; the first two
/// never prefer NaN.
fn first_of(
    members: &[Element],
    parameter: &Parameter,
    order: fn(&Element, &Element) -> Ordering,
) -> Vec<Element> {
    let count = count_of(parameter.number).unwrap_or_default();
    // What is equal stays in its order, so that a place decides where values do not.
    let mut places = (0..members.len()).collect::<Vec<_>>();
    let by_place = |a: &usize, b: &usize| order(&members[*a], &members[*b]).then(a.cmp(b));
    if count < places.len() {
        places.select_nth_unstable_by(count, by_place);
        places.truncate(count);
    }
    places.sort_unstable_by(by_place);
    places.into_iter().map(|place| members[place].clone()).collect()
}

/// Whether a series is among a share of all: from the one end, or for a negative
/// share from the other, so that `r` and `r - 1` complement each other.
fn is_in_share(labels: &Labels, share: f64) -> bool {
    let at = share_of(labels);
    if share < 0.0 { at >= 1.0 + share } else { at < share }
}

/// Only numbers have an order.
fn numbers(mut members: Vec<Element>) -> Vec<Element> {
    members.retain(|member| member.value.number().is_some());
    members
}

fn as_they_are(_: &Element, _: &Element) -> Ordering {
    Ordering::Equal
}

fn ascending(a: &Element, b: &Element) -> Ordering {
    by_number(a, b, ascending_nan_first)
}

fn descending(a: &Element, b: &Element) -> Ordering {
    by_number(a, b, |a, b| ascending_nan_first(b, a))
}

/// NaN last, whatever the order of the others is.
pub(crate) fn by_number(
    a: &Element,
    b: &Element,
    order: impl Fn(f64, f64) -> Ordering,
) -> Ordering {
    let number = |element: &Element| element.value.number().unwrap_or(f64::NAN);
    let (a, b) = (number(a), number(b));
    a.is_nan().cmp(&b.is_nan()).then_with(|| order(a, b))
}

/// `count_values("label", v)`: how often each value occurs in each group.
fn count_values(
    aggregate: &Aggregate,
    elements: Vec<Element>,
    parameter: &Parameter,
) -> Result<Vec<Element>, EvalError> {
    if parameter.text.is_empty() {
        return Err(invalid(aggregate, "invalid label name \"\""));
    }
    let mut index: HashMap<Labels, usize> = HashMap::new();
    let mut counts: Vec<(Labels, f64)> = Vec::new();
    for element in elements {
        let value = match &element.value {
            Datum::Number(number) => format_plain(*number),
            Datum::Histogram(histogram) => histogram.to_string(),
        };
        let counted = |labels: &Labels| labels.with(&parameter.text, &value);
        // `without` takes the label of the value away as well, where it names it.
        let labels = match aggregate.grouping {
            LabelChoice::Only(_) => counted(&aggregate.grouping.key(&element.labels)),
            LabelChoice::AllBut(_) => aggregate.grouping.key(&counted(&element.labels)),
        };
        let at = *index.entry(labels).or_insert_with_key(|labels| {
            counts.push((labels.clone(), 0.0));
            counts.len() - 1
        });
        counts[at].1 += 1.0;
    }
    Ok(counts.into_iter().map(|(labels, count)| Element::of_number(labels, count)).collect())
}
