//! Questions about an expression that need no evaluation: what it selects, and
//! whether its shape can hide that there was nothing to judge.

use super::{BinaryOperator, Expression, Kind, TimeShift};
use crate::matcher::Selector;

/// One selector of an expression, with how far back it looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorInfo {
    /// Metric name and matchers.
    pub selector: Selector,
    /// Milliseconds from the oldest sample it may use to the evaluated instant,
    /// subqueries around it included; `None` for a plain instant selector.
    pub range_ms: Option<i64>,
    /// The sum of all `offset` around it, milliseconds.
    pub offset_ms: i64,
    /// Whether an `@` fixes the instant.
    pub fixed_instant: bool,
}

impl SelectorInfo {
    /// The metric name, if it is fixed.
    pub fn metric_name(&self) -> Option<&str> {
        self.selector.metric_name()
    }
}

impl Expression {
    /// Whether the value is filtered by a comparison without `bool`: its absence
    /// then means "the comparison is false" and "there is no data" alike. Looks
    /// through `and`, `or` and `unless`.
    pub fn has_top_level_comparison(&self) -> bool {
        let Kind::Binary(binary) = &self.kind else {
            return false;
        };
        match binary.operator {
            BinaryOperator::Or => {
                binary.left.has_top_level_comparison() || binary.right.has_top_level_comparison()
            }
            BinaryOperator::And | BinaryOperator::Unless => binary.left.has_top_level_comparison(),
            operator => operator.is_comparison() && !binary.returns_bool,
        }
    }

    /// Whether the top is an `or` with a side that needs no series, such as
    /// `… or vector(0)`: it has a value even where nothing was measured.
    pub fn falls_back_to_constant(&self) -> bool {
        match &self.kind {
            Kind::Binary(binary) if binary.operator == BinaryOperator::Or => {
                [&binary.left, &binary.right]
                    .into_iter()
                    .any(|side| side.selectors().is_empty() || side.falls_back_to_constant())
            }
            _ => false,
        }
    }

    /// Every selector, in the order of the text.
    pub fn selectors(&self) -> Vec<SelectorInfo> {
        let mut found = Vec::new();
        self.collect_selectors(Reach::default(), &mut found);
        found
    }

    /// The quantile and the bucket expression of a `histogram_quantile(q, …)` at
    /// the top, when `q` is a literal.
    pub fn histogram_quantile(&self) -> Option<(f64, &Expression)> {
        let Kind::Call(call) = &self.kind else {
            return None;
        };
        match call.arguments.as_slice() {
            [Expression { kind: Kind::Number(quantile) }, buckets]
                if call.function.name == "histogram_quantile" =>
            {
                Some((*quantile, buckets))
            }
            _ => None,
        }
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
                let reach = reach.shifted(subquery.time).over(subquery.range_ms);
                subquery.inner.collect_selectors(reach, found);
            }
            Kind::Call(call) => {
                for argument in &call.arguments {
                    argument.collect_selectors(reach, found);
                }
            }
            Kind::Aggregate(aggregate) => {
                if let Some(parameter) = &aggregate.parameter {
                    parameter.collect_selectors(reach, found);
                }
                aggregate.inner.collect_selectors(reach, found);
            }
            Kind::Binary(binary) => {
                binary.left.collect_selectors(reach, found);
                binary.right.collect_selectors(reach, found);
            }
            Kind::Negate(inner) => inner.collect_selectors(reach, found),
        }
    }
}

/// What the subqueries around a selector add to how far it looks.
#[derive(Clone, Copy, Default)]
struct Reach {
    range_ms: Option<i64>,
    offset_ms: i64,
    fixed_instant: bool,
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

    fn info(self, selector: &Selector) -> SelectorInfo {
        SelectorInfo {
            selector: selector.clone(),
            range_ms: self.range_ms,
            offset_ms: self.offset_ms,
            fixed_instant: self.fixed_instant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Expression {
        Expression::parse(text).unwrap()
    }

    #[test]
    fn finds_a_comparison_that_filters() {
        for text in ["up > 1", "(up == 0)", "up > 1 or up < 0", "up > 1 and up"] {
            assert!(parse(text).has_top_level_comparison(), "{text}");
        }
        for text in ["up > bool 1", "sum(up > 1)", "up", "up unless up > 1", "1 + up"] {
            assert!(!parse(text).has_top_level_comparison(), "{text}");
        }
    }

    #[test]
    fn finds_a_fallback_to_a_constant() {
        for text in ["up or vector(0)", "(sum(up) or vector(1 + 2))", "up or down or vector(0)"] {
            assert!(parse(text).falls_back_to_constant(), "{text}");
        }
        for text in ["up or down", "vector(0)", "up and vector(1)"] {
            assert!(!parse(text).falls_back_to_constant(), "{text}");
        }
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
    fn takes_a_histogram_quantile_apart() {
        let expression = parse("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))");
        let (quantile, buckets) = expression.histogram_quantile().unwrap();
        assert!((quantile - 0.95).abs() < 1e-12);
        assert_eq!(buckets.to_string(), "sum by (le) (rate(x_bucket[5m]))");
        assert!(parse("histogram_quantile(scalar(q), x)").histogram_quantile().is_none());
    }
}
