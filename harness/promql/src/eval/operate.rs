//! What an operator does with two values.

use crate::Datum;
use crate::annotation::Annotation;
use crate::expression::BinaryOperator;
use crate::histogram::{Histogram, ResetHint};

/// The result of an operator on two numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Outcome {
    /// A number was computed.
    Number(f64),
    /// A comparison holds, or does not.
    Holds(bool),
}

/// Applies an arithmetic or comparison operator; set operators never come here.
#[expect(clippy::float_cmp, reason = "`==` is exact in PromQL")]
pub(super) fn operate(operator: BinaryOperator, left: f64, right: f64) -> Outcome {
    match operator {
        BinaryOperator::Add => Outcome::Number(left + right),
        BinaryOperator::Subtract => Outcome::Number(left - right),
        BinaryOperator::Multiply => Outcome::Number(left * right),
        BinaryOperator::Divide => Outcome::Number(left / right),
        BinaryOperator::Modulo => Outcome::Number(left % right),
        BinaryOperator::Power => Outcome::Number(left.powf(right)),
        BinaryOperator::Atan2 => Outcome::Number(left.atan2(right)),
        BinaryOperator::Equal => Outcome::Holds(left == right),
        BinaryOperator::NotEqual => Outcome::Holds(left != right),
        BinaryOperator::Greater => Outcome::Holds(left > right),
        BinaryOperator::Less => Outcome::Holds(left < right),
        BinaryOperator::GreaterOrEqual => Outcome::Holds(left >= right),
        BinaryOperator::LessOrEqual => Outcome::Holds(left <= right),
        BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Unless => Outcome::Holds(true),
    }
}

/// The result of an operator on two values.
pub(super) enum Computed {
    /// A value was computed.
    Value(Datum),
    /// A comparison holds, or does not.
    Holds(bool),
}

/// Applies an operator to two values; `None` where histograms know no such
/// operation: the pair is then left out, as in Prometheus.
pub(super) fn operate_on_values(
    operator: BinaryOperator,
    left: &Datum,
    right: &Datum,
) -> Option<Computed> {
    match (left, right) {
        (Datum::Number(left), Datum::Number(right)) => {
            Some(match operate(operator, *left, *right) {
                Outcome::Number(number) => Computed::Value(number.into()),
                Outcome::Holds(holds) => Computed::Holds(holds),
            })
        }
        (Datum::Histogram(histogram), Datum::Number(number)) => match operator {
            BinaryOperator::Multiply => Some(histogram.scaled(*number)),
            BinaryOperator::Divide => Some(histogram.divided(*number)),
            _ => None,
        }
        .map(|histogram| Computed::Value(histogram.into())),
        (Datum::Number(number), Datum::Histogram(histogram)) => (operator
            == BinaryOperator::Multiply)
            .then(|| Computed::Value(histogram.scaled(*number).into())),
        (Datum::Histogram(left), Datum::Histogram(right)) => {
            operate_on_histograms(operator, left, right)
        }
    }
}

fn operate_on_histograms(
    operator: BinaryOperator,
    left: &Histogram,
    right: &Histogram,
) -> Option<Computed> {
    match operator {
        BinaryOperator::Add => left.plus(right).map(|sum| Computed::Value(sum.into())),
        BinaryOperator::Subtract => {
            let difference = left.minus(right)?.with_hint(ResetHint::Gauge);
            Some(Computed::Value(difference.into()))
        }
        BinaryOperator::Equal => Some(Computed::Holds(left.is_same(right))),
        BinaryOperator::NotEqual => Some(Computed::Holds(!left.is_same(right))),
        _ => None,
    }
}

/// What is said of two values that know no such operation.
pub(super) fn incompatible(operator: BinaryOperator, left: &Datum, right: &Datum) -> Annotation {
    let spelling = operator.spelling();
    let is_sum = matches!(operator, BinaryOperator::Add | BinaryOperator::Subtract);
    let kind = |datum: &Datum| if datum.number().is_some() { "float" } else { "histogram" };
    if is_sum && left.histogram().is_some() && right.histogram().is_some() {
        Annotation::incompatible_layouts(spelling)
    } else {
        Annotation::incompatible_types([kind(left), kind(right)], spelling)
    }
}

/// What is said of two histograms that were brought to common bounds.
pub(super) fn reconciled(
    operator: BinaryOperator,
    left: &Datum,
    right: &Datum,
) -> Option<Annotation> {
    let operation = match operator {
        BinaryOperator::Add => "addition",
        BinaryOperator::Subtract => "subtraction",
        _ => return None,
    };
    let (left, right) = (left.histogram()?, right.histogram()?);
    let differ = left.is_custom() && right.is_custom() && left.layout != right.layout;
    differ.then(|| Annotation::bounds_reconciled(operation))
}

/// A truth as PromQL's `bool` writes it.
pub(super) fn as_number(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}
