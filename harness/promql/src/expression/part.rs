//! Whether one expression is a part of another, so that their quotient is at most 1: some
//! of the requests among all of them.

use super::{Aggregation, BinaryOperator, Cardinality, Expression, Fill, Kind};

impl Expression {
    /// Whether this adds up a part of the growths that `whole` adds up: it is one of the
    /// terms of `whole`, none of which is negative, or the same sum of the same function
    /// over the same range of the same metric, with at least the matchers of `whole`.
    pub(super) fn is_part_of(&self, whole: &Self) -> bool {
        self.is_term_of(whole) || self.sums_fewer_than(whole)
    }

    fn is_term_of(&self, sum: &Self) -> bool {
        let Kind::Binary(binary) = &sum.kind else {
            return false;
        };
        let is_plain = binary.operator == BinaryOperator::Add
            && binary.fill == Fill::default()
            && binary.cardinality == Cardinality::OneToOne;
        let is_among = |one: &Self| self.to_string() == one.to_string() || self.is_part_of(one);
        let is_not_negative = |one: &Self| one.bounds().low >= 0.0;
        is_plain
            && (is_among(&binary.left) && is_not_negative(&binary.right)
                || is_among(&binary.right) && is_not_negative(&binary.left))
    }

    fn sums_fewer_than(&self, whole: &Self) -> bool {
        let (Kind::Aggregate(part), Kind::Aggregate(whole)) = (&self.kind, &whole.kind) else {
            return false;
        };
        let are_sums = [part.operation, whole.operation] == [Aggregation::Sum; 2];
        are_sums && part.grouping == whole.grouping && grows_less(&part.inner, &whole.inner)
    }
}

/// Whether both are the same growth over the same range, the first of no more series.
fn grows_less(part: &Expression, whole: &Expression) -> bool {
    let (Kind::Call(one), Kind::Call(other)) = (&part.kind, &whole.kind) else {
        return false;
    };
    let ranges = (one.arguments.as_slice(), other.arguments.as_slice());
    let ([Expression { kind: Kind::Range(fewer) }], [Expression { kind: Kind::Range(more) }]) =
        ranges
    else {
        return false;
    };
    let (few, all) = (&fewer.instant.selector, &more.instant.selector);
    one.function.name == other.function.name
        && matches!(one.function.name, "rate" | "increase")
        && fewer.range_ms == more.range_ms
        && fewer.instant.time == more.instant.time
        // A sum of what was observed may fall.
        && few.metric_name().is_some_and(|name| !name.ends_with("_sum"))
        && few.metric_name() == all.metric_name()
        && all.matchers().iter().all(|matcher| few.matchers().contains(matcher))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_part(text: &str) -> bool {
        let Kind::Binary(quotient) = Expression::parse(text).unwrap().kind else { panic!() };
        quotient.left.is_part_of(&quotient.right)
    }

    #[test]
    fn some_are_a_part_of_all() {
        for text in [
            "sum(rate(a{x=\"1\"}[5m])) / sum(rate(a[5m]))",
            "sum by (y) (increase(a{x=\"1\"}[5m])) / sum by (y) (increase(a[5m]))",
            "sum(rate(a[5m])) / (sum(rate(a[5m])) + sum(rate(b[5m])))",
            "sum(rate(a{x=\"1\"}[5m])) / (sum(rate(b[5m])) + sum(rate(a[5m])))",
        ] {
            assert!(is_part(text), "{text}");
        }
    }

    #[test]
    fn what_may_be_more_is_no_part() {
        for text in [
            "sum(rate(a[5m])) / sum(rate(a{x=\"1\"}[5m]))",
            "sum(rate(a[5m])) / sum(rate(b[5m]))",
            "sum(rate(a{x=\"1\"}[5m])) / sum(rate(a[1m]))",
            "sum(rate(a{x=\"1\"}[5m] offset 1m)) / sum(rate(a[5m]))",
            "sum(rate(a{x=\"1\"}[5m])) / sum(increase(a[5m]))",
            "sum by (y) (rate(a{x=\"1\"}[5m])) / sum(rate(a[5m]))",
            "sum(rate(a_sum{x=\"1\"}[5m])) / sum(rate(a_sum[5m]))",
            "sum(delta(a{x=\"1\"}[5m])) / sum(delta(a[5m]))",
            "avg(rate(a{x=\"1\"}[5m])) / avg(rate(a[5m]))",
            "sum(rate(a[5m])) / (sum(rate(a[5m])) + b)",
            "sum(rate(a[5m])) / (sum(rate(a[5m])) - sum(rate(b[5m])))",
        ] {
            assert!(!is_part(text), "{text}");
        }
    }
}
