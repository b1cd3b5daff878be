//! An alert whose condition no value can meet: a limit outside of what the expression can be, or
//! two limits that exclude each other.
//!
//! What an expression can be is known from its shape (`expression/bounds.rs`).

use super::{Found, Severity, Subject};
use crate::expression::{Binary, BinaryOperator, Kind};
use crate::{Bounds, Expression, ValueType, format_number};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    if !subject.is_alert() {
        return Vec::new();
    }
    let expression = &subject.rule.expression;
    no_vector(expression).or_else(|| impossible(expression)).into_iter().collect()
}

/// A range or a text, of which no alert can be made: each evaluation of the rule fails.
fn no_vector(expression: &Expression) -> Option<Found> {
    let (kind, instead) = match expression.value_type() {
        ValueType::Matrix => ("a range", "take the newest sample, or call a function of the range"),
        ValueType::Text => ("a text", "write an expression that has series"),
        ValueType::Scalar | ValueType::Vector => return None,
    };
    let why =
        format!("the expression is {kind}, and no alert is made of one: its evaluation fails");
    Some(Found::new(Severity::Error, why, instead))
}

/// Why a condition is never met, if it is certain.
fn impossible(expression: &Expression) -> Option<Found> {
    let Kind::Binary(binary) = &expression.kind else {
        return None;
    };
    match binary.operator {
        BinaryOperator::And => impossible(&binary.left)
            .or_else(|| impossible(&binary.right))
            .or_else(|| excluded(expression)),
        BinaryOperator::Unless => impossible(&binary.left),
        BinaryOperator::Or => impossible(&binary.left).and(impossible(&binary.right)),
        operator if operator.is_comparison() && !binary.returns_bool => {
            impossible(&binary.left).or_else(|| beyond(binary)).or_else(|| excluded(expression))
        }
        _ => None,
    }
}

/// A comparison with a limit that the value never passes.
fn beyond(binary: &Binary) -> Option<Found> {
    let (left, right) = (binary.left.bounds(), binary.right.bounds());
    let can_hold = left.orders(right).any(|order| binary.operator.holds(order));
    if can_hold {
        return None;
    }
    let (operator, limit) = (binary.operator.spelling(), &binary.right);
    let range = match (left.low.is_finite(), left.high.is_finite()) {
        (true, true) => {
            format!("between {} and {}", format_number(left.low), format_number(left.high))
        }
        (true, false) => format!("never below {}", format_number(left.low)),
        _ => format!("never above {}", format_number(left.high)),
    };
    let instead = if is_share(&binary.left, left) && right.low > 1.0 {
        "write the limit as a share of 1, or multiply the value by 100".to_owned()
    } else {
        format!(
            "turn the comparison round, or choose a limit that the value can pass: it is {range}"
        )
    };
    let why = format!("the value is {range}, so that `{operator} {limit}` never holds");
    Some(Found::new(Severity::Error, why, instead))
}

/// Whether it is a share of a whole, as far as its bounds tell.
fn is_share(expression: &Expression, bounds: Bounds) -> bool {
    let is_quotient = matches!(&expression.kind, Kind::Binary(binary)
        if binary.operator == BinaryOperator::Divide);
    is_quotient && bounds == Bounds { low: 0.0, high: 1.0 }
}

/// Two limits on one value that exclude each other: `x > 5 and x < 3`.
fn excluded(expression: &Expression) -> Option<Found> {
    let (first, second) = expression.contradiction()?;
    let why = format!("no value is both `{first}` and `{second}`");
    let instead = "join the two with `or`, or turn one of them round";
    Some(Found::new(Severity::Error, why, instead))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::of_alert;

    fn is_found(expression: &str) -> bool {
        of_alert(expression).iter().any(|one| one.starts_with("never-fires error"))
    }

    #[test]
    fn what_is_no_vector_never_fires() {
        for expression in ["x[5m]", "\"s\""] {
            let found = of_alert(expression);
            assert_eq!(found.len(), 1, "{expression}: {found:?}");
            assert!(found[0].starts_with("never-fires error"), "{expression}: {found:?}");
        }
    }

    #[test]
    fn a_limit_that_no_value_passes() {
        for expression in [
            "sum(rate(a_total[5m])) < 0",
            "up > 1",
            "absent(a) > 1",
            "count(up == 0) < 0",
            "sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[5m])) > 5",
            "100 * sum by (job) (rate(a_total{b=\"1\",c=\"2\"}[5m])) \
             / sum by (job) (rate(a_total{c=\"2\"}[5m])) > 100",
            "1 - sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[5m])) < 0",
            "a > 1 and up > 1",
        ] {
            assert!(is_found(expression), "{expression}: {:?}", of_alert(expression));
        }
    }

    #[test]
    fn limits_that_exclude_each_other() {
        for expression in
            ["a > 5 and a < 3", "a > 5 < 5", "a == 1 and a == 2", "a >= 2 and b > 1 and a < 2"]
        {
            assert!(is_found(expression), "{expression}");
        }
    }

    #[test]
    fn what_can_hold_is_left_alone() {
        for expression in [
            "sum(rate(a_total[5m])) < 0.1",
            "up < 1",
            "a > 3 and a < 5",
            "a > 5 or a < 3",
            "a > 5 and on (job) a < 3",
            "a >= 2 and a <= 2",
            "a != 1 and a != 2",
            "sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total{code=\"200\"}[5m])) > 5",
            "sum(rate(a_total[10m])) / sum(rate(a_total[5m])) > 5",
            "sum(rate(b_total[5m])) / sum(rate(a_total[5m])) > 5",
            "sum by (job) (rate(a_total[5m])) / sum(rate(a_total[5m])) > 1",
        ] {
            assert!(!is_found(expression), "{expression}: {:?}", of_alert(expression));
        }
    }
}
