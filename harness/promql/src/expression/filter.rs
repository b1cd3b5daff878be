//! What a comparison at the top of an expression filters, and whether it ever lets
//! anything through, as alert rules are asked.
//!
//! The answers are about the shape alone: a comparison is called impossible only where no
//! series of any values could make it true. What series there are is known elsewhere.

use super::{Binary, BinaryOperator, Bounds, Call, Expression, Fill, Kind, SelectorInfo};
use crate::ValueType;

/// A quantile of buckets that is compared with a number: `histogram_quantile(…) > 10000`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileAbove {
    /// The number.
    pub bound: f64,
    /// Whether the number itself is let through.
    pub or_equal: bool,
    /// The buckets that the quantile is of.
    pub buckets: Vec<SelectorInfo>,
}

impl Expression {
    /// The expression that a comparison at the top filters: `x` of `x > 5`. Looks through
    /// `and`, `or` and `unless`; `None` where nothing is filtered by a comparison.
    pub fn unfiltered(&self) -> Option<Self> {
        let Kind::Binary(binary) = &self.kind else {
            return None;
        };
        match binary.operator {
            BinaryOperator::And | BinaryOperator::Unless => binary.left.unfiltered(),
            BinaryOperator::Or => {
                let sides = [&binary.left, &binary.right];
                sides.iter().any(|side| side.unfiltered().is_some()).then(|| {
                    let [left, right] =
                        sides.map(|side| side.unfiltered().unwrap_or_else(|| side.clone()));
                    Self {
                        kind: Kind::Binary(Box::new(Binary { left, right, ..(**binary).clone() })),
                    }
                })
            }
            _ if is_filter(binary) => Some(compared(binary).clone()),
            _ => None,
        }
    }

    /// A comparison, as text, that no values of any series make true, so that the whole
    /// expression never has an element: `count(x) < 0`, `1 - good / all > 1.008`.
    pub fn impossible_comparison(&self) -> Option<String> {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => None,
            Kind::Subquery(subquery) => subquery.inner.impossible_comparison(),
            Kind::Negate(inner) => inner.impossible_comparison(),
            Kind::Call(call) => impossible_in_call(call),
            Kind::Aggregate(aggregate) => aggregate.inner.impossible_comparison(),
            Kind::Binary(binary) => self.impossible_in(binary),
        }
    }

    fn impossible_in(&self, binary: &Binary) -> Option<String> {
        let (left, right) =
            (binary.left.impossible_comparison(), binary.right.impossible_comparison());
        match binary.operator {
            // One side is enough for an element.
            BinaryOperator::Or => right.and(left),
            BinaryOperator::Unless => left,
            _ if is_filter(binary) && never_holds(binary) => Some(self.to_string()),
            _ if binary.fill != Fill::default() => None,
            _ => left.or(right),
        }
    }

    /// The quantile of buckets at the top that must be above a number, if there is one.
    pub fn quantile_above(&self) -> Option<QuantileAbove> {
        let Kind::Binary(binary) = &self.kind else {
            return None;
        };
        if matches!(binary.operator, BinaryOperator::And | BinaryOperator::Unless) {
            return binary.left.quantile_above();
        }
        let or_equal = match binary.operator {
            BinaryOperator::Greater => false,
            BinaryOperator::GreaterOrEqual => true,
            _ => return None,
        };
        let (_, buckets) = binary.left.histogram_quantile()?;
        let Kind::Number(bound) = binary.right.kind else {
            return None;
        };
        let buckets = buckets.selectors();
        is_filter(binary).then_some(QuantileAbove { bound, or_equal, buckets })
    }
}

/// Whether an operation is a comparison that leaves elements out.
fn is_filter(binary: &Binary) -> bool {
    binary.operator.is_comparison() && !binary.returns_bool
}

/// The side whose elements a comparison lets through: that of a vector.
fn compared(binary: &Binary) -> &Expression {
    match binary.left.value_type() {
        ValueType::Scalar => &binary.right,
        _ => &binary.left,
    }
}

/// Whether the comparison as a number could only be 0.
fn never_holds(binary: &Binary) -> bool {
    let as_number = Binary { returns_bool: true, ..binary.clone() };
    let bounds = Expression { kind: Kind::Binary(Box::new(as_number)) }.bounds();
    bounds == Bounds { low: 0.0, high: 0.0 }
}

/// Of a function that makes something out of nothing, nothing is said.
fn impossible_in_call(call: &Call) -> Option<String> {
    if matches!(call.function.name, "absent" | "absent_over_time" | "scalar" | "vector") {
        return None;
    }
    call.arguments.iter().find_map(Expression::impossible_comparison)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).unwrap()
    }

    fn impossible(text: &str) -> Option<String> {
        parse(text).impossible_comparison()
    }

    #[test]
    fn the_filtered_side_is_the_vector() {
        let unfiltered = |text: &str| parse(text).unfiltered().map(|one| one.to_string());
        for (text, inner) in [
            ("sum(a) > 5", Some("sum(a)")),
            ("5 < a", Some("a")),
            ("a > 5 and b > 1", Some("a")),
            ("a > 5 unless on() b", Some("a")),
            ("a > 5 or b", Some("a or b")),
            ("a > b", Some("a")),
            ("a > bool 5", None),
            ("a", None),
            ("absent(a)", None),
        ] {
            assert_eq!(unfiltered(text).as_deref(), inner, "{text}");
        }
    }

    #[test]
    fn a_comparison_that_no_value_meets_is_found_wherever_it_stands() {
        for text in [
            "count(a) < 0",
            "up > 1",
            "(1 - sum(rate(a_total[5m])) / sum(rate(b_total[5m]))) > 1.008",
            "sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[5m])) > 1",
            "a > 5 and count(a) < 0",
            "count(up > 1) > 3",
            "a > a",
        ] {
            assert!(impossible(text).is_some(), "{text}");
        }
        assert_eq!(impossible("a > 5 and up > 1").as_deref(), Some("up > 1"));
    }

    #[test]
    fn what_some_value_meets_is_not_impossible() {
        for text in [
            "a > 5",
            "count(a) <= 0",
            "up > 1 or a > 1",
            "a > 5 unless up > 1",
            "absent(up > 1)",
            "sum(rate(a_total[5m])) / sum(rate(b_total[5m])) > 1",
            "sum(rate(a_total[5m])) / sum(rate(a_total{code=\"500\"}[5m])) > 1",
            "sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[1m])) > 1",
            "sum by (x) (rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[5m])) >= 1",
        ] {
            assert_eq!(impossible(text), None, "{text}");
        }
    }

    #[test]
    fn a_quantile_above_a_number_is_known() {
        let quantile = "histogram_quantile(0.95, sum by (le) (increase(a_bucket[5m])))";
        let above = |text: String| parse(&text).quantile_above();
        let found = above(format!("{quantile} > 10")).unwrap();
        assert_eq!((found.bound, found.or_equal), (10.0, false));
        assert_eq!(found.buckets[0].metric_name(), Some("a_bucket"));
        assert!(above(format!("{quantile} >= 10 and b > 1")).unwrap().or_equal);
        assert_eq!(above(format!("{quantile} < 10")), None);
        assert_eq!(above(format!("{quantile} > a")), None);
    }
}
