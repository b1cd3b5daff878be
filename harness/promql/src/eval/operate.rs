//! What an operator does with two numbers.

use crate::expression::BinaryOperator;

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

/// A truth as PromQL's `bool` writes it.
pub(super) fn as_number(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}
