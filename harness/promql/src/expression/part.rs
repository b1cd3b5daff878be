//! Whether one expression is a part of another, so that their quotient is at most 1: some
//! of the requests among all of them, a bucket of everything that was observed.

use super::{Aggregation, BinaryOperator, Cardinality, Expression, Fill, Kind};
use crate::matcher::{MatchOperator, Selector};

impl Expression {
    /// Whether this adds up a part of the growths that `whole` adds up: it is one of the
    /// terms of `whole`, none of which is negative, or the same sum of the same function
    /// over the same range of the same metric, with at least the matchers of `whole`.
    pub(super) fn is_part_of(&self, whole: &Self) -> bool {
        self.is_term_of(whole) || self.sums_fewer_than(whole)
    }

    /// Whether this is the growth of a bucket, and `whole` that of the count beside it. Where
    /// each element meets one, it meets its own.
    pub(super) fn is_bucket_of(&self, whole: &Self) -> bool {
        grows_less(self, whole, is_bucket_of)
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
        let is_of = |few: &Selector, all: &Selector| is_among(few, all) || is_bucket_of(few, all);
        are_sums && part.grouping == whole.grouping && grows_less(&part.inner, &whole.inner, is_of)
    }
}

/// Whether both are the same growth over the same range, the first of no more than the second.
fn grows_less(
    part: &Expression,
    whole: &Expression,
    is_of: impl Fn(&Selector, &Selector) -> bool,
) -> bool {
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
        && is_of(few, all)
}

/// Whether the first selects no more series of the same metric.
fn is_among(few: &Selector, all: &Selector) -> bool {
    // A sum of what was observed may fall.
    few.metric_name().is_some_and(|name| !name.ends_with("_sum"))
        && few.metric_name() == all.metric_name()
        && all.matchers().iter().all(|matcher| few.matchers().contains(matcher))
}

/// Whether the first selects one bucket of each histogram, `…_bucket{le="1"}`, and the second
/// at least what these histograms counted: `…_count`. Buckets of several bounds count twice.
fn is_bucket_of(bucket: &Selector, count: &Selector) -> bool {
    let base = bucket.metric_name().and_then(|name| name.strip_suffix("_bucket"));
    let counted = count.metric_name().and_then(|name| name.strip_suffix("_count"));
    let is_one = |selector: &Selector| {
        let mut of_bound = selector.matchers().iter().filter(|matcher| matcher.name() == "le");
        of_bound.any(|matcher| matcher.operator() == MatchOperator::Equal)
    };
    base.is_some()
        && base == counted
        && is_one(bucket)
        && count.matchers().iter().all(|matcher| bucket.matchers().contains(matcher))
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
            "sum(rate(a_bucket{le=\"1\"}[5m])) / sum(rate(a_count[5m]))",
            "sum(rate(a_bucket{x=\"1\",le=\"1\"}[5m])) / sum(rate(a_count{x=\"1\"}[5m]))",
        ] {
            assert!(is_part(text), "{text}");
        }
    }

    #[test]
    fn what_may_be_more_is_no_part() {
        for text in [
            "sum(rate(a[5m])) / sum(rate(a{x=\"1\"}[5m]))",
            "sum(rate(a[5m])) / sum(rate(b[5m]))",
            "sum(rate(a_bucket[5m])) / sum(rate(a_count[5m]))",
            "sum(rate(a_bucket{le=~\"1|2\"}[5m])) / sum(rate(a_count[5m]))",
            "sum(rate(a_bucket{le=\"1\"}[5m])) / sum(rate(b_count[5m]))",
            "sum(rate(a_bucket{le=\"1\"}[5m])) / sum(rate(a_count{x=\"1\"}[5m]))",
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
