//! What an expression selects, and what it asks of each selected series.

use super::{Aggregation, Binary, BinaryOperator, Expression, Kind, Subquery, TimeShift};
use crate::matcher::Selector;

/// What an expression asks of the series that a selector finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Asks {
    /// The value itself: of a counter, what it counted since its process started.
    #[default]
    Value,
    /// How much a counter grew within a range, as `increase` and `rate` do.
    Growth,
    /// How a value moved from sample to sample, as `delta` and `changes` do.
    Movement,
    /// Whether there are series and how many, whatever their values are.
    Presence,
    /// Whether there are none: `absent` and `absent_over_time`.
    Absence,
}

/// One selector of an expression, with how far back it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorInfo {
    /// Metric name and matchers.
    pub selector: Selector,
    /// Milliseconds from the oldest sample it may use to the evaluated instant,
    /// subqueries around it included; `None` for a plain instant selector.
    pub range_ms: Option<i64>,
    /// At how many instants subqueries around it look at it, where there are any.
    pub subquery_points: Option<i64>,
    /// The sum of all `offset` around it, milliseconds.
    pub offset_ms: i64,
    /// Whether an `@` fixes the instant.
    pub fixed_instant: bool,
    /// What is asked of the series.
    pub asks: Asks,
    /// Whether a larger value makes the expression smaller: it stands in a divisor
    /// or is subtracted.
    pub inverted: bool,
}

impl SelectorInfo {
    /// The metric name, if it is fixed.
    pub fn metric_name(&self) -> Option<&str> {
        self.selector.metric_name()
    }
}

impl Expression {
    /// Every selector, in the order of the text.
    pub fn selectors(&self) -> Vec<SelectorInfo> {
        let mut found = Vec::new();
        self.collect_selectors(Reach::default(), &mut found);
        found
    }

    fn collect_selectors(&self, reach: Reach, found: &mut Vec<SelectorInfo>) {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) => {}
            Kind::Selector(instant) => {
                found.push(reach.shifted(instant.time).info(&instant.selector));
            }
            Kind::Range(range) => {
                let reach = reach.shifted(range.instant.time).over(range.range_ms);
                found.push(reach.info(&range.instant.selector));
            }
            Kind::Subquery(subquery) => {
                let reach = reach.shifted(subquery.time).over(subquery.range_ms).looking(subquery);
                subquery.inner.collect_selectors(reach, found);
            }
            Kind::Call(call) => {
                let reach = reach.asking(asked_by_function(call.function.name));
                let joined = call.info_selector();
                let values = if joined.is_some() { 1 } else { call.arguments.len() };
                for argument in call.arguments.iter().take(values) {
                    argument.collect_selectors(reach, found);
                }
                // Of info series only the labels matter, whatever their value is.
                let presence = reach.asking(Some(Asks::Presence));
                found.extend(joined.map(|selector| presence.info(&selector)));
            }
            Kind::Aggregate(aggregate) => {
                if let Some(parameter) = &aggregate.parameter {
                    parameter.collect_selectors(reach, found);
                }
                let reach = reach.asking(asked_by_aggregation(aggregate.operation));
                aggregate.inner.collect_selectors(reach, found);
            }
            Kind::Binary(binary) => {
                let (left, right) = reach.sides(binary);
                binary.left.collect_selectors(left, found);
                binary.right.collect_selectors(right, found);
            }
            Kind::Negate(inner) => inner.collect_selectors(reach.turned(), found),
        }
    }
}

/// What a function asks of what is inside it; `None` if it only passes values on.
fn asked_by_function(name: &str) -> Option<Asks> {
    match name {
        "rate" | "increase" => Some(Asks::Growth),
        "irate" | "delta" | "idelta" | "deriv" | "changes" | "resets" => Some(Asks::Movement),
        "present_over_time" | "count_over_time" => Some(Asks::Presence),
        "absent" | "absent_over_time" => Some(Asks::Absence),
        _ => None,
    }
}

fn asked_by_aggregation(operation: Aggregation) -> Option<Asks> {
    match operation {
        Aggregation::Count | Aggregation::Group | Aggregation::CountValues => Some(Asks::Presence),
        _ => None,
    }
}

/// What is around a selector.
#[derive(Clone, Copy, Default)]
struct Reach {
    range_ms: Option<i64>,
    subquery_points: Option<i64>,
    offset_ms: i64,
    fixed_instant: bool,
    asks: Asks,
    inverted: bool,
}

impl Reach {
    fn shifted(self, time: TimeShift) -> Self {
        Self {
            offset_ms: self.offset_ms.saturating_add(time.offset_ms),
            fixed_instant: self.fixed_instant || time.at.is_some(),
            ..self
        }
    }

    fn over(self, range_ms: i64) -> Self {
        Self { range_ms: Some(self.range_ms.unwrap_or(0).saturating_add(range_ms)), ..self }
    }

    fn looking(self, subquery: &Subquery) -> Self {
        let points = subquery.step_ms.map(|step_ms| subquery.range_ms / step_ms.max(1));
        let product = |outer: i64| points.map_or(outer, |inner| outer.saturating_mul(inner));
        Self { subquery_points: self.subquery_points.map(product).or(points), ..self }
    }

    /// Inside something that asks for the growth or presence of values, the values
    /// themselves do not matter.
    fn asking(self, asked: Option<Asks>) -> Self {
        let asks = if self.asks == Asks::Value { asked.unwrap_or_default() } else { self.asks };
        Self { asks, ..self }
    }

    fn turned(self) -> Self {
        Self { inverted: !self.inverted, ..self }
    }

    /// Around the two sides of an operation.
    fn sides(self, binary: &Binary) -> (Self, Self) {
        let operator = binary.operator;
        // `count(x > 5)` is about values again.
        let both = match self.asks {
            Asks::Presence | Asks::Absence if operator.is_comparison() => {
                Self { asks: Asks::Value, ..self }
            }
            _ => self,
        };
        match operator {
            BinaryOperator::Subtract | BinaryOperator::Divide => (both, both.turned()),
            // Elements of the right only say which of the left are kept.
            BinaryOperator::And | BinaryOperator::Unless => {
                (both, both.asking(Some(Asks::Presence)))
            }
            _ => (both, both),
        }
    }

    fn info(self, selector: &Selector) -> SelectorInfo {
        SelectorInfo {
            selector: selector.clone(),
            range_ms: self.range_ms,
            subquery_points: self.subquery_points,
            offset_ms: self.offset_ms,
            fixed_instant: self.fixed_instant,
            asks: self.asks,
            inverted: self.inverted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).unwrap()
    }

    fn asks(text: &str) -> Vec<Asks> {
        parse(text).selectors().iter().map(|one| one.asks).collect()
    }

    #[test]
    fn a_range_includes_the_subqueries_around_it() {
        let selectors =
            parse("max_over_time(rate(a[5m] offset 1m)[1h:1m]) + b{x=\"1\"}").selectors();
        assert_eq!(selectors[0].range_ms, Some(3_900_000));
        assert_eq!(selectors[0].offset_ms, 60_000);
        assert_eq!(selectors[1].metric_name(), Some("b"));
        assert_eq!(selectors[1].range_ms, None);
        assert_eq!(selectors[1].selector.matchers()[0].value(), "1");
    }

    #[test]
    fn knows_what_is_asked_of_a_series() {
        for text in ["a", "sum(a)", "max_over_time(a[5m])", "count(a > 5)", "a unless a > 1"] {
            assert_eq!(asks(text)[0], Asks::Value, "{text}");
        }
        for text in ["increase(a[5m])", "sum(rate(a[5m]))", "increase(sum(a)[5m:1s])"] {
            assert_eq!(asks(text), [Asks::Growth], "{text}");
        }
        for text in ["count(a)", "count(count by (__name__) (a))", "group(a)"] {
            assert_eq!(asks(text), [Asks::Presence], "{text}");
        }
        assert_eq!(asks("delta(a[5m])"), [Asks::Movement]);
        assert_eq!(asks("a or absent(b)"), [Asks::Value, Asks::Absence]);
        assert_eq!(asks("info(a)"), [Asks::Value, Asks::Presence]);
        assert_eq!(asks("a and b"), [Asks::Value, Asks::Presence]);
    }

    #[test]
    fn knows_which_side_makes_the_value_smaller() {
        let inverted = |text: &str| -> Vec<bool> {
            parse(text).selectors().iter().map(|one| one.inverted).collect()
        };
        assert_eq!(inverted("a / (b - c)"), [false, true, false]);
        assert_eq!(inverted("-a + b * c"), [true, false, false]);
    }
}
