//! Questions about the shape of an expression: whether it can hide that there was
//! nothing to judge, and which way more samples can move its value.

use super::{
    Aggregation, BinaryOperator, Cardinality, Expression, Fill, Kind, LabelChoice, SelectorInfo,
};

/// The one way in which more samples can move a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peak {
    /// A maximum over time: up.
    Highest,
    /// A minimum over time: down.
    Lowest,
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

    /// Whether anywhere in it an `or` has a side that needs no series, such as
    /// `… or vector(0)`: it has a value even where nothing was measured.
    pub fn falls_back_to_constant(&self) -> bool {
        self.any(&|one| match &one.kind {
            Kind::Binary(binary) if binary.operator == BinaryOperator::Or => {
                [&binary.left, &binary.right].iter().any(|side| side.selectors().is_empty())
            }
            _ => false,
        })
    }

    /// Whether a `fill`, `fill_left` or `fill_right` anywhere in it stands in for
    /// what was not measured.
    pub fn fills_what_is_missing(&self) -> bool {
        self.any(&|one| match &one.kind {
            Kind::Binary(binary) => binary.fill != Fill::default(),
            _ => false,
        })
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

    /// The parts of a share: the selectors whose growths the left and the right side of
    /// a division at the top add up, as in
    /// `sum(increase(ok[5m])) / (sum(increase(ok[5m])) + sum(increase(bad[5m])))`.
    /// Both sides must use the same of `increase` and `rate`, and keep no labels.
    pub fn share_of_growths(&self) -> Option<[Vec<SelectorInfo>; 2]> {
        let Kind::Binary(binary) = &self.kind else {
            return None;
        };
        let plain = binary.operator == BinaryOperator::Divide
            && binary.fill == Fill::default()
            && binary.cardinality == Cardinality::OneToOne;
        let used = [&binary.left, &binary.right].map(Self::added_growths);
        match used {
            [Some(left), Some(right)] if plain && left == right => {
                Some([binary.left.selectors(), binary.right.selectors()])
            }
            _ => None,
        }
    }

    /// The function by whose sums, added up, this counts growth.
    fn added_growths(&self) -> Option<&'static str> {
        match &self.kind {
            Kind::Binary(sum) if sum.operator == BinaryOperator::Add => {
                let plain = sum.fill == Fill::default() && sum.cardinality == Cardinality::OneToOne;
                let function = sum.left.added_growths()?;
                (plain && sum.right.added_growths() == Some(function)).then_some(function)
            }
            Kind::Aggregate(aggregate)
                if aggregate.operation == Aggregation::Sum
                    && aggregate.grouping == LabelChoice::Only(Vec::new()) =>
            {
                aggregate.inner.growth_of_a_range()
            }
            _ => None,
        }
    }

    fn growth_of_a_range(&self) -> Option<&'static str> {
        let Kind::Call(call) = &self.kind else {
            return None;
        };
        let is_range = matches!(call.arguments.as_slice(), [Self { kind: Kind::Range(_) }]);
        let name = call.function.name;
        (is_range && matches!(name, "increase" | "rate")).then_some(name)
    }

    /// Whether it is a `histogram_fraction` at the top.
    pub fn is_histogram_fraction(&self) -> bool {
        matches!(&self.kind, Kind::Call(call) if call.function.name == "histogram_fraction")
    }

    /// Whether a `histogram_quantile` stands below the top, or has a quantile that
    /// is not a literal: its buckets cannot be judged then, only what is made of
    /// them, which has a value even where everything is in the last bucket.
    pub fn hides_histogram_quantile(&self) -> bool {
        match self.histogram_quantile() {
            Some((_, buckets)) => buckets.calls(&["histogram_quantile"]),
            None => self.calls(&["histogram_quantile"]),
        }
    }

    /// Whether a subquery leaves its step to a default.
    pub fn has_subquery_without_step(&self) -> bool {
        self.any(&|one| match &one.kind {
            Kind::Subquery(subquery) => subquery.step_ms.is_none(),
            _ => false,
        })
    }

    /// Which way more samples could move the value of a `max_over_time` of a
    /// selector, alone or under `max`, or the same of a minimum; `None` of
    /// everything else.
    pub fn peak(&self) -> Option<Peak> {
        let (inner, expected) = match &self.kind {
            Kind::Aggregate(aggregate) => match aggregate.operation {
                Aggregation::Max => (&aggregate.inner, Some(Peak::Highest)),
                Aggregation::Min => (&aggregate.inner, Some(Peak::Lowest)),
                _ => return None,
            },
            _ => (self, None),
        };
        let peak = inner.peak_over_time()?;
        expected.is_none_or(|expected| expected == peak).then_some(peak)
    }

    fn peak_over_time(&self) -> Option<Peak> {
        let Kind::Call(call) = &self.kind else {
            return None;
        };
        let [Expression { kind: Kind::Range(_) }] = call.arguments.as_slice() else {
            return None;
        };
        match call.function.name {
            "max_over_time" => Some(Peak::Highest),
            "min_over_time" => Some(Peak::Lowest),
            _ => None,
        }
    }

    fn calls(&self, names: &[&str]) -> bool {
        self.any(&|one| match &one.kind {
            Kind::Call(call) => names.contains(&call.function.name),
            _ => false,
        })
    }

    /// Whether it holds for this expression or one inside it.
    fn any(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        holds(self) || self.parts().into_iter().any(|part| part.any(holds))
    }

    /// The expressions directly inside.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) | Kind::Selector(_) | Kind::Range(_) => Vec::new(),
            Kind::Subquery(subquery) => vec![&subquery.inner],
            Kind::Call(call) => call.arguments.iter().collect(),
            Kind::Aggregate(aggregate) => {
                aggregate.parameter.iter().chain([&aggregate.inner]).collect()
            }
            Kind::Binary(binary) => vec![&binary.left, &binary.right],
            Kind::Negate(inner) => vec![inner],
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
    fn finds_a_fallback_to_a_constant_at_any_depth() {
        for text in [
            "up or vector(0)",
            "(sum(up) or vector(1 + 2))",
            "up or down or vector(0)",
            "(sum(increase(a[5m])) or vector(0)) / sum(increase(b[5m]))",
            "max(abs(sum(up) or on () vector(0)))",
            "max_over_time((up or vector(0))[5m:1s])",
        ] {
            assert!(parse(text).falls_back_to_constant(), "{text}");
        }
        for text in ["up or down", "vector(0)", "up and vector(1)", "sum(up or down) / up"] {
            assert!(!parse(text).falls_back_to_constant(), "{text}");
        }
    }

    #[test]
    fn finds_values_that_stand_in_for_missing_ones() {
        for text in ["a + fill_left (0) b", "sum(a / on (x) fill (1) b)"] {
            assert!(parse(text).fills_what_is_missing(), "{text}");
        }
        assert!(!parse("a + on (x) b").fills_what_is_missing());
    }

    #[test]
    fn takes_a_histogram_quantile_apart() {
        let expression = parse("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))");
        let (quantile, buckets) = expression.histogram_quantile().unwrap();
        assert!((quantile - 0.95).abs() < 1e-12);
        assert_eq!(buckets.to_string(), "sum by (le) (rate(x_bucket[5m]))");
        assert!(parse("histogram_quantile(scalar(q), x)").histogram_quantile().is_none());
    }

    #[test]
    fn finds_a_histogram_quantile_that_cannot_be_taken_apart() {
        for text in [
            "histogram_quantile(0.95, x) / 1000",
            "max(histogram_quantile(0.95, x))",
            "histogram_quantile(scalar(q), x)",
            "histogram_quantile(95 / 100, x)",
            "max_over_time(histogram_quantile(0.95, rate(x[1m]))[5m:1s])",
        ] {
            assert!(parse(text).hides_histogram_quantile(), "{text}");
        }
        for text in ["(histogram_quantile(0.95, x))", "max(x)"] {
            assert!(!parse(text).hides_histogram_quantile(), "{text}");
        }
    }

    #[test]
    fn finds_a_subquery_without_a_step() {
        assert!(parse("max(max_over_time(up[5m:]))").has_subquery_without_step());
        for text in ["max_over_time(up[5m:1s])", "count({path=~\"[[:alpha:]]\"})"] {
            assert!(!parse(text).has_subquery_without_step(), "{text}");
        }
    }

    #[test]
    fn a_maximum_over_time_can_only_rise() {
        for text in [
            "max_over_time(depth[5m])",
            "max(max_over_time(depth{a=\"b(\"}[5m]))",
            "max by (instance) (max_over_time(depth[5m]))",
        ] {
            assert_eq!(parse(text).peak(), Some(Peak::Highest), "{text}");
        }
        assert_eq!(parse("min_over_time(ready[5m])").peak(), Some(Peak::Lowest));
    }

    #[test]
    fn anything_around_it_could_move_it_either_way() {
        for text in [
            "max_over_time(a[5m]) - max_over_time(b[5m])",
            "max_over_time(a[5m]) / 5",
            "min(max_over_time(a[5m]))",
            "avg_over_time(a[5m])",
            "max_over_time(rate(a[1m])[5m:1s])",
            "max(a)",
        ] {
            assert_eq!(parse(text).peak(), None, "{text}");
        }
    }
}
