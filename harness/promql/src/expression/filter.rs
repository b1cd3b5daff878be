//! Whether a comparison ever lets anything through, as alert rules are asked.
//!
//! The answers are about the shape alone: a comparison is called impossible only where no
//! series of any values could make it true. What series there are is known elsewhere.

use super::{Binary, BinaryOperator, Bounds, Call, Expression, Fill, Kind, Recorded, SelectorInfo};

/// A quantile of buckets that is compared with a number: `histogram_quantile(…) > 10000`.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileAbove {
    /// The number, in the unit of the buckets.
    pub bound: f64,
    /// Whether the number itself is let through.
    pub or_equal: bool,
    /// The buckets that the quantile is of.
    pub buckets: Vec<SelectorInfo>,
}

impl Expression {
    /// A comparison, as text, that no values of any series make true, so that the whole
    /// expression never has an element: `count(x) < 0`, `1 - good / all > 1.008`.
    pub fn impossible_comparison(&self) -> Option<String> {
        self.impossible(&Clone::clone)
    }

    /// As [`Self::impossible_comparison`], of values that a recording can have:
    /// `time() - timestamp(x) > 300` where only seconds were recorded.
    pub fn impossible_comparison_in(&self, recorded: &Recorded<'_>) -> Option<String> {
        self.impossible(&|comparison| recorded.limited(comparison))
    }

    /// `limited` gives a comparison the limits that are known of what is in it.
    fn impossible(&self, limited: &dyn Fn(&Self) -> Self) -> Option<String> {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => None,
            Kind::Subquery(subquery) => subquery.inner.impossible(limited),
            Kind::Negate(inner) => inner.impossible(limited),
            Kind::Call(call) => impossible_in_call(call, limited),
            Kind::Aggregate(aggregate) => aggregate.inner.impossible(limited),
            Kind::Binary(binary) => self.impossible_in(binary, limited),
        }
    }

    fn impossible_in(&self, binary: &Binary, limited: &dyn Fn(&Self) -> Self) -> Option<String> {
        let (left, right) = (binary.left.impossible(limited), binary.right.impossible(limited));
        match binary.operator {
            // One side is enough for an element.
            BinaryOperator::Or => right.and(left),
            BinaryOperator::Unless => left,
            _ if is_filter(binary) && never_holds(binary, limited) => Some(self.to_string()),
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
        let (factor, quantile) = scaled(&binary.left);
        let (_, buckets) = quantile.histogram_quantile()?;
        let Kind::Number(limit) = binary.right.kind else {
            return None;
        };
        let (bound, buckets) = (limit / factor, buckets.selectors());
        is_filter(binary).then_some(QuantileAbove { bound, or_equal, buckets })
    }
}

/// `x * 1000` or `x / 1000` as the factor, which is above 0, and `x`.
fn scaled(expression: &Expression) -> (f64, &Expression) {
    let once = (1.0, expression);
    let Kind::Binary(binary) = &expression.kind else { return once };
    match (binary.operator, &binary.left, &binary.right) {
        (BinaryOperator::Multiply, inner, Expression { kind: Kind::Number(factor) })
        | (BinaryOperator::Multiply, Expression { kind: Kind::Number(factor) }, inner)
            if *factor > 0.0 =>
        {
            (*factor, inner)
        }
        (BinaryOperator::Divide, inner, Expression { kind: Kind::Number(divisor) })
            if *divisor > 0.0 =>
        {
            (1.0 / divisor, inner)
        }
        _ => once,
    }
}

/// Whether an operation is a comparison that leaves elements out.
fn is_filter(binary: &Binary) -> bool {
    binary.operator.is_comparison() && !binary.returns_bool
}

/// Whether the comparison as a number could only be 0. `absent` is 1 where it is anything.
fn never_holds(binary: &Binary, limited: &dyn Fn(&Expression) -> Expression) -> bool {
    let one_if_absent = |side: &Expression| match &side.kind {
        Kind::Call(call) if matches!(call.function.name, "absent" | "absent_over_time") => {
            Expression { kind: Kind::Number(1.0) }
        }
        _ => side.clone(),
    };
    let (left, right) = (one_if_absent(&binary.left), one_if_absent(&binary.right));
    let as_number = Binary { returns_bool: true, left, right, ..binary.clone() };
    let as_number = Expression { kind: Kind::Binary(Box::new(as_number)) };
    limited(&as_number).bounds() == Bounds { low: 0.0, high: 0.0 }
}

/// Of a function that makes something out of nothing, nothing is said.
fn impossible_in_call(call: &Call, limited: &dyn Fn(&Expression) -> Expression) -> Option<String> {
    if matches!(call.function.name, "absent" | "absent_over_time" | "scalar" | "vector") {
        return None;
    }
    call.arguments.iter().find_map(|argument| argument.impossible(limited))
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
    fn a_comparison_that_no_value_meets_is_found_wherever_it_stands() {
        for text in [
            "count(a) < 0",
            "up > 1",
            "(1 - sum(rate(a_total[5m])) / sum(rate(b_total[5m]))) > 1.008",
            "sum(rate(a_total{code=\"500\"}[5m])) / sum(rate(a_total[5m])) > 1",
            "a > 5 and count(a) < 0",
            "count(up > 1) > 3",
            "absent(a) == 0",
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
            "absent(a) == 1",
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
        let bound = |text: String| Some(above(text)?.bound);
        assert_eq!(bound(format!("{quantile} * 1000 > 10")), Some(0.01));
        assert_eq!(bound(format!("{quantile} / 1000 > 10")), Some(10_000.0));
        assert_eq!(above(format!("{quantile} < 10")), None);
        assert_eq!(above(format!("{quantile} > a")), None);
    }
}
