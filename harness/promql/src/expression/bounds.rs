//! Between which bounds the value of an expression lies by its shape alone, whatever the
//! series are: a count is never below 0, a `bool` comparison is 0 or 1, `x - x` is 0.
//!
//! The answer is never too narrow, and often `ANY`: what a gauge can be is not known.
//! NaN is no value here, and neither is that there is none.

use std::cmp::Ordering;

use super::{
    Aggregate, Aggregation, Binary, BinaryOperator, Call, Cardinality, Expression, Fill, Kind,
};
use crate::matcher::Selector;

/// Bounds of a value, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// No value is lower.
    pub low: f64,
    /// No value is higher.
    pub high: f64,
}

impl Bounds {
    /// Nothing is known.
    pub const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    const FROM_ZERO: Self = Self { low: 0.0, high: f64::INFINITY };
    const ZERO_TO_ONE: Self = Self { low: 0.0, high: 1.0 };
    const MINUS_ONE_TO_ONE: Self = Self { low: -1.0, high: 1.0 };

    const fn only(value: f64) -> Self {
        Self { low: value, high: value }
    }

    /// What cannot be calculated is not known.
    fn new(low: f64, high: f64) -> Self {
        Self {
            low: if low.is_nan() { f64::NEG_INFINITY } else { low },
            high: if high.is_nan() { f64::INFINITY } else { high },
        }
    }

    /// How a value between these bounds can lie to one between others.
    pub(crate) fn orders(self, other: Self) -> impl Iterator<Item = Ordering> {
        let orders = [
            (Ordering::Less, self.low < other.high),
            (Ordering::Equal, self.low <= other.high && other.low <= self.high),
            (Ordering::Greater, self.high > other.low),
        ];
        orders.into_iter().filter(|(_, can_be)| *can_be).map(|(order, _)| order)
    }

    /// The one value, where there is only one.
    pub(crate) fn constant(self) -> Option<f64> {
        (self.low.to_bits() == self.high.to_bits()).then_some(self.low)
    }

    fn negated(self) -> Self {
        Self { low: -self.high, high: -self.low }
    }

    /// Over one value that is above 0.
    fn divided(self, divisor: Self) -> Option<Self> {
        let divisor = divisor.constant().filter(|it| *it > 0.0 && it.is_finite())?;
        Some(Self { low: self.low / divisor, high: self.high / divisor })
    }

    /// Of the larger of two values.
    fn at_least(self, least: Self) -> Self {
        Self { low: self.low.max(least.low), high: self.high.max(least.high) }
    }

    /// Of the smaller of two values.
    fn at_most(self, most: Self) -> Self {
        Self { low: self.low.min(most.low), high: self.high.min(most.high) }
    }

    fn around(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// What is made of values from 0 on by something that makes no negative ones.
    fn kept_from_zero(self) -> Self {
        if self.low >= 0.0 { Self::FROM_ZERO } else { Self::ANY }
    }
}

impl Expression {
    /// Between which bounds its value lies whatever the series are.
    pub fn bounds(&self) -> Bounds {
        match &self.kind {
            Kind::Number(value) => Bounds::new(*value, *value),
            Kind::Text(_) => Bounds::ANY,
            Kind::Selector(instant) => of_series(&instant.selector),
            Kind::Range(range) => of_series(&range.instant.selector),
            Kind::Subquery(subquery) => subquery.inner.bounds(),
            Kind::Negate(inner) => inner.bounds().negated(),
            Kind::Call(call) => of_call(call),
            Kind::Aggregate(aggregate) => of_aggregate(aggregate),
            Kind::Binary(binary) => of_binary(binary),
        }
    }
}

/// `up` is whoever scrapes who writes it: whether a scrape succeeded.
fn of_series(selector: &Selector) -> Bounds {
    if selector.metric_name() == Some("up") { Bounds::ZERO_TO_ONE } else { Bounds::ANY }
}

/// Of `rate`, `increase` and `irate`. A counter only grows, but a `…_sum` adds up what was
/// observed, which may be negative: each fall is taken for a restart then, from which it
/// counts as far down as it is.
fn of_growth(range: &Expression) -> Bounds {
    let selector = match &range.kind {
        Kind::Range(range) => &range.instant.selector,
        Kind::Selector(instant) => &instant.selector,
        Kind::Subquery(subquery) => return of_growth(&subquery.inner),
        _ => return range.bounds().kept_from_zero(),
    };
    let is_counted = selector.metric_name().is_some_and(|name| !name.ends_with("_sum"));
    if is_counted { Bounds::FROM_ZERO } else { Bounds::ANY }
}

fn of_call(call: &Call) -> Bounds {
    let arguments = call.arguments.as_slice();
    let first = arguments.first().map_or(Bounds::ANY, Expression::bounds);
    match call.function.name {
        "rate" | "increase" | "irate" => arguments.first().map_or(Bounds::ANY, of_growth),
        "changes" | "resets" | "count_over_time" | "stddev_over_time" | "stdvar_over_time"
        | "mad_over_time" | "abs" | "sqrt" | "exp" => Bounds::FROM_ZERO,
        "absent" | "absent_over_time" | "present_over_time" | "histogram_fraction" => {
            Bounds::ZERO_TO_ONE
        }
        "sgn" => sign_of(first),
        "sin" | "cos" | "tanh" => Bounds::MINUS_ONE_TO_ONE,
        "minute" | "hour" | "day_of_week" | "day_of_month" | "day_of_year" | "days_in_month"
        | "month" => of_calendar(call.function.name),
        "max_over_time" | "min_over_time" | "avg_over_time" | "first_over_time"
        | "last_over_time" | "vector" | "scalar" | "sort" | "sort_desc" | "sort_by_label"
        | "sort_by_label_desc" | "label_replace" | "label_join" | "info" => first,
        "sum_over_time" | "floor" | "ceil" | "round" => first.kept_from_zero(),
        "clamp" | "clamp_min" | "clamp_max" => clamped(call.function.name, first, arguments),
        _ => Bounds::ANY,
    }
}

/// The sign of a value between these bounds.
fn sign_of(inner: Bounds) -> Bounds {
    let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
    Bounds { low: sign(inner.low), high: sign(inner.high) }
}

/// The values of a function of the calendar (`docs/querying/functions.md`).
fn of_calendar(function: &str) -> Bounds {
    let (low, high) = match function {
        "minute" => (0.0, 59.0),
        "hour" => (0.0, 23.0),
        "day_of_week" => (0.0, 6.0),
        "day_of_month" => (1.0, 31.0),
        "day_of_year" => (1.0, 366.0),
        "days_in_month" => (28.0, 31.0),
        _ => (1.0, 12.0),
    };
    Bounds { low, high }
}

/// What is left between two ends, of each of which its own bounds are known.
fn clamped(function: &str, inner: Bounds, arguments: &[Expression]) -> Bounds {
    let end = |at: usize| arguments.get(at).map_or(Bounds::ANY, Expression::bounds);
    match function {
        "clamp_min" => inner.at_least(end(1)),
        "clamp_max" => inner.at_most(end(1)),
        _ => inner.at_most(end(2)).at_least(end(1)),
    }
}

fn of_aggregate(aggregate: &Aggregate) -> Bounds {
    let inner = aggregate.inner.bounds();
    match aggregate.operation {
        Aggregation::Count
        | Aggregation::CountValues
        | Aggregation::StdDev
        | Aggregation::StdVar => Bounds::FROM_ZERO,
        Aggregation::Group => Bounds::ZERO_TO_ONE,
        Aggregation::Sum => inner.kept_from_zero(),
        Aggregation::Min
        | Aggregation::Max
        | Aggregation::Avg
        | Aggregation::TopK
        | Aggregation::BottomK => inner,
        _ => Bounds::ANY,
    }
}

fn of_binary(binary: &Binary) -> Bounds {
    if let Some(value) = of_twins(binary) {
        return Bounds::only(value);
    }
    let (left, right) = (binary.left.bounds(), binary.right.bounds());
    let are_from_zero = left.low >= 0.0 && right.low >= 0.0;
    match binary.operator {
        operator if operator.is_comparison() => {
            if binary.returns_bool {
                outcome(operator, left, right)
            } else {
                Bounds::ANY
            }
        }
        BinaryOperator::Add => Bounds::new(left.low + right.low, left.high + right.high),
        BinaryOperator::Subtract => Bounds::new(left.low - right.high, left.high - right.low),
        BinaryOperator::Multiply => product(left, right),
        BinaryOperator::Divide => {
            let of_any = if are_from_zero { Bounds::FROM_ZERO } else { Bounds::ANY };
            share(binary).or_else(|| left.divided(right)).unwrap_or(of_any)
        }
        BinaryOperator::Modulo => remainder(left, right),
        BinaryOperator::Power => power(left, right),
        BinaryOperator::And | BinaryOperator::Unless => left,
        BinaryOperator::Or => left.around(right),
        _ => Bounds::ANY,
    }
}

/// What an expression makes of itself: each element meets its own twin, unless several
/// may meet one.
fn of_twins(binary: &Binary) -> Option<f64> {
    let meets_itself = binary.cardinality == Cardinality::OneToOne
        && binary.left.to_string() == binary.right.to_string();
    if !meets_itself {
        return None;
    }
    match binary.operator {
        BinaryOperator::Subtract | BinaryOperator::Modulo => Some(0.0),
        BinaryOperator::Divide => Some(1.0),
        BinaryOperator::Equal | BinaryOperator::LessOrEqual | BinaryOperator::GreaterOrEqual => {
            binary.returns_bool.then_some(1.0)
        }
        BinaryOperator::NotEqual | BinaryOperator::Less | BinaryOperator::Greater => {
            binary.returns_bool.then_some(0.0)
        }
        _ => None,
    }
}

/// Of a part of a whole over that whole, perhaps times a number, as percent are.
fn share(binary: &Binary) -> Option<Bounds> {
    let is_plain = binary.cardinality == Cardinality::OneToOne && binary.fill == Fill::default();
    let (factor, part) = factored(&binary.left);
    let is_part = || part.is_part_of(&binary.right) || part.is_bucket_of(&binary.right);
    (is_plain && is_part()).then_some(Bounds { low: 0.0, high: factor })
}

/// `100 * x` as its number, if that is above 0, and `x`; anything else is once itself.
fn factored(expression: &Expression) -> (f64, &Expression) {
    if let Kind::Binary(binary) = &expression.kind
        && binary.operator == BinaryOperator::Multiply
    {
        match (&binary.left.kind, &binary.right.kind) {
            (Kind::Number(factor), _) if *factor > 0.0 => return (*factor, &binary.right),
            (_, Kind::Number(factor)) if *factor > 0.0 => return (*factor, &binary.left),
            _ => {}
        }
    }
    (1.0, expression)
}

/// What a `bool` comparison of values between these bounds can be.
fn outcome(operator: BinaryOperator, left: Bounds, right: Bounds) -> Bounds {
    let are_apart = left.high < right.low || left.low > right.high;
    let is_one_value = left.constant().is_some() && left == right;
    let (always, never) = match operator {
        BinaryOperator::Equal => (is_one_value, are_apart),
        BinaryOperator::NotEqual => (are_apart, is_one_value),
        BinaryOperator::Less => (left.high < right.low, left.low >= right.high),
        BinaryOperator::LessOrEqual => (left.high <= right.low, left.low > right.high),
        BinaryOperator::Greater => (left.low > right.high, left.high <= right.low),
        BinaryOperator::GreaterOrEqual => (left.low >= right.high, left.high < right.low),
        _ => (false, false),
    };
    match (always, never) {
        (true, _) => Bounds::only(1.0),
        (_, true) => Bounds::only(0.0),
        _ => Bounds::ZERO_TO_ONE,
    }
}

/// An end that is infinite stands for values of any size, and 0 of them is 0.
fn product(left: Bounds, right: Bounds) -> Bounds {
    let times = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
    let corners = [left.low, left.high].map(|a| [right.low, right.high].map(|b| times(a, b)));
    let all = corners.as_flattened();
    Bounds {
        low: all.iter().copied().fold(f64::INFINITY, f64::min),
        high: all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// A remainder is smaller than the divisor and has the sign of the dividend.
fn remainder(left: Bounds, right: Bounds) -> Bounds {
    let size = right.low.abs().max(right.high.abs());
    let low = if left.low >= 0.0 { 0.0 } else { (-size).max(left.low) };
    let high = if left.high <= 0.0 { 0.0 } else { size.min(left.high) };
    Bounds { low, high }
}

/// Powers of a known exponent, and of what is not negative.
fn power(base: Bounds, exponent: Bounds) -> Bounds {
    match exponent.constant() {
        Some(0.0) => Bounds::only(1.0),
        Some(1.0) => base,
        Some(exponent) if exponent % 2.0 == 0.0 => Bounds::FROM_ZERO,
        _ => base.kept_from_zero(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(text: &str) -> (f64, f64) {
        let Bounds { low, high } = Expression::parse(text).unwrap().bounds();
        (low, high)
    }

    const INFINITE: f64 = f64::INFINITY;

    #[test]
    fn counts_and_growths_are_never_below_zero() {
        for text in [
            "count(a)",
            "sum(increase(a_total[5m]))",
            "max_over_time(rate(a_total[1m])[5m:1s])",
            "sum(rate(a_total[5m])) / sum(rate(b_total[5m]))",
            "100 * sum(rate(a_total[5m]))",
            "abs(a - b)",
            "stddev(a)",
        ] {
            assert_eq!(bounds(text), (0.0, INFINITE), "{text}");
        }
    }

    #[test]
    fn some_values_have_both_ends() {
        assert_eq!(bounds("a > bool 5"), (0.0, 1.0));
        assert_eq!(bounds("absent(a)"), (0.0, 1.0));
        assert_eq!(bounds("1 - (a == bool b)"), (0.0, 1.0));
        assert_eq!(bounds("clamp_max(a, 5)"), (-INFINITE, 5.0));
        assert_eq!(bounds("clamp(a, 1, 5)"), (1.0, 5.0));
        assert_eq!(bounds("clamp_max(clamp_min(a, 5), 3)"), (3.0, 3.0));
        assert_eq!(bounds("-count(a)"), (-INFINITE, 0.0));
        assert_eq!(bounds("sgn(a)"), (-1.0, 1.0));
        assert_eq!(bounds("sgn(count(a))"), (0.0, 1.0));
        assert_eq!(bounds("cos(a)"), (-1.0, 1.0));
        assert_eq!(bounds("sum(rate(a{x=\"1\"}[5m])) / sum(rate(a[5m]))"), (0.0, 1.0));
        let bucket = "rate(a_bucket{le=\"1\"}[5m]) / ignoring (le) rate(a_count[5m])";
        assert_eq!(bounds(bucket), (0.0, 1.0));
        assert_eq!(bounds("clamp(a, -6, 60) / 2"), (-3.0, 30.0));
        assert_eq!(bounds("hour()"), (0.0, 23.0));
        assert_eq!(bounds("days_in_month(a)"), (28.0, 31.0));
    }

    #[test]
    fn a_remainder_is_smaller_than_its_divisor() {
        assert_eq!(bounds("a % 2"), (-2.0, 2.0));
        assert_eq!(bounds("count(a) % 2"), (0.0, 2.0));
        assert_eq!(bounds("a % -2"), (-2.0, 2.0));
        assert_eq!(bounds("(a == bool b) % 5"), (0.0, 1.0));
        assert_eq!(bounds("a % b"), (-INFINITE, INFINITE));
    }

    #[test]
    fn arithmetic_can_leave_one_value() {
        for (text, value) in [
            ("a * 0", 0.0),
            ("0 * (a - b)", 0.0),
            ("a - a", 0.0),
            ("sum(rate(a_total[5m])) - sum(rate(a_total[5m]))", 0.0),
            ("a / a", 1.0),
            ("a % a", 0.0),
            ("a ^ 0", 1.0),
            ("clamp(a, 3, 3)", 3.0),
            ("count(a) >= bool 0", 1.0),
            ("count(a) < bool 0", 0.0),
            ("0 <= bool count(a)", 1.0),
            ("-1 > bool count(a)", 0.0),
            ("sum(a) >= bool sum(a)", 1.0),
            ("a != bool a", 0.0),
            ("(a - a) == bool 0", 1.0),
            ("0 * a != bool 0", 0.0),
            ("count(a) == bool -1", 0.0),
            ("1 == bool 1", 1.0),
        ] {
            assert_eq!(bounds(text), (value, value), "{text}");
        }
    }

    #[test]
    fn what_looks_alike_need_not_be_the_same() {
        for text in
            ["a - b", "a - a offset 1m", "a{x=\"1\"} - a", "a - on (x) group_left a", "a + a"]
        {
            assert_eq!(bounds(text), (-INFINITE, INFINITE), "{text}");
        }
        assert_eq!(bounds("count(a) > bool 0"), (0.0, 1.0));
        assert_eq!(bounds("count(a) == bool 5"), (0.0, 1.0));
        assert_eq!(bounds("a == a"), (-INFINITE, INFINITE));
    }

    #[test]
    fn products_and_powers_keep_their_sign() {
        assert_eq!(bounds("-1 * count(a)"), (-INFINITE, 0.0));
        assert_eq!(bounds("(a == bool b) * -3"), (-3.0, 0.0));
        assert_eq!(bounds("a ^ 2"), (0.0, INFINITE));
        assert_eq!(bounds("count(a) ^ 0.5"), (0.0, INFINITE));
        assert_eq!(bounds("a ^ 3"), (-INFINITE, INFINITE));
        assert_eq!(bounds("2 ^ a"), (0.0, INFINITE));
    }

    #[test]
    fn an_end_that_is_measured_may_lie_anywhere() {
        assert_eq!(bounds("clamp_max(count(a), scalar(limit))"), (-INFINITE, INFINITE));
        assert_eq!(bounds("clamp_max(a == bool b, scalar(limit))"), (-INFINITE, 1.0));
        assert_eq!(bounds("clamp_min(a == bool b, scalar(limit))"), (0.0, INFINITE));
        assert_eq!(bounds("clamp(a, scalar(limit), 5)"), (-INFINITE, INFINITE));
        assert_eq!(bounds("clamp(a, 1, scalar(limit))"), (1.0, INFINITE));
        assert_eq!(bounds("clamp_max(count(a), scalar(count(b)))"), (0.0, INFINITE));
    }

    #[test]
    fn what_was_observed_may_be_negative_and_so_may_its_sum() {
        for text in [
            "sum(increase(skew_seconds_sum[5m]))",
            "rate(skew_seconds_sum[5m:1s])",
            "sum(rate({job=\"shop\"}[5m]))",
            "rate((a - b)[5m:1s])",
        ] {
            assert_eq!(bounds(text), (-INFINITE, INFINITE), "{text}");
        }
        assert_eq!(bounds("rate(a_total[5m:1s])"), (0.0, INFINITE));
    }

    #[test]
    fn a_scrape_succeeded_or_not() {
        assert_eq!(bounds("min_over_time(up[5m])"), (0.0, 1.0));
        assert_eq!(bounds("up{job=\"shop\"}"), (0.0, 1.0));
        assert_eq!(bounds("sum(up)"), (0.0, INFINITE));
    }

    #[test]
    fn what_a_gauge_can_be_is_not_known() {
        for text in [
            "max_over_time(depth[5m])",
            "sum(depth)",
            "delta(depth[5m])",
            "count(a) - count(b)",
            "increase(a_total[5m]) * depth",
            "histogram_quantile(0.95, sum by (le) (rate(a_bucket[5m])))",
            "a > 5",
        ] {
            assert_eq!(bounds(text), (-INFINITE, INFINITE), "{text}");
        }
    }
}
