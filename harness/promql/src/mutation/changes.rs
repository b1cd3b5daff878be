//! The changes of an expression: those of each node of its tree, one at a time.

use super::{arithmetic, comparison, selection};
use crate::Expression;
use crate::expression::Kind;

/// Characters of a part of an expression that are shown.
const SHOWN_CHARACTERS: usize = 48;

/// An expression with one change, and what the change is.
pub(super) struct Change {
    pub(super) expression: Expression,
    pub(super) before: String,
    pub(super) after: String,
}

/// What is around an expression, where it decides that a change means nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Around {
    /// It is the histogram of a `histogram_quantile`: only its proportions count.
    pub(super) in_quantile: bool,
    /// It is compared with 0: only its sign counts.
    pub(super) against_zero: bool,
}

/// Every change of an expression, from the outside to the inside.
pub(super) fn of(expression: &Expression) -> Vec<Change> {
    inside(expression, Around::default())
}

fn inside(expression: &Expression, around: Around) -> Vec<Change> {
    let mut found = own(expression, around);
    for (at, part) in expression.parts().into_iter().enumerate() {
        let changes = inside(part, around_part(expression, at));
        found.extend(changes.into_iter().map(|change| Change {
            expression: expression.with_part(at, change.expression),
            ..change
        }));
    }
    found
}

/// The changes of one node, whatever is inside it.
fn own(expression: &Expression, around: Around) -> Vec<Change> {
    match &expression.kind {
        Kind::Binary(binary) if binary.operator.is_comparison() => comparison::of(binary),
        Kind::Binary(binary) => arithmetic::of_binary(binary),
        Kind::Aggregate(aggregate) => arithmetic::of_aggregate(aggregate, around),
        Kind::Call(call) => arithmetic::of_call(call),
        Kind::Selector(instant) => selection::of_instant(instant),
        Kind::Range(range) => selection::of_range(range),
        Kind::Subquery(subquery) => selection::of_subquery(subquery),
        Kind::Number(_) | Kind::Text(_) | Kind::Negate(_) => Vec::new(),
    }
}

fn around_part(expression: &Expression, at: usize) -> Around {
    match &expression.kind {
        Kind::Binary(binary) if binary.operator.is_comparison() => {
            let other = if at == 0 { &binary.right } else { &binary.left };
            let against_zero = comparison::constant(other) == Some(0.0);
            Around { against_zero, ..Around::default() }
        }
        Kind::Call(call) => {
            let in_quantile = call.function.name == "histogram_quantile" && at == 1;
            Around { in_quantile, ..Around::default() }
        }
        _ => Around::default(),
    }
}

/// A change that is seen in the texts of both expressions.
pub(super) fn replaced(before: impl Into<String>, expression: Expression) -> Change {
    let after = shown(&expression);
    Change { expression, before: before.into(), after }
}

/// The text of a part of an expression, cut where it is long.
pub(super) fn shown(expression: &Expression) -> String {
    let text = expression.to_string();
    if text.chars().count() <= SHOWN_CHARACTERS {
        return text;
    }
    text.chars().take(SHOWN_CHARACTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> Vec<String> {
        let changes = of(&Expression::parse(text).unwrap());
        changes.into_iter().map(|change| change.expression.to_string()).collect()
    }

    #[test]
    fn every_node_is_changed_and_the_rest_of_the_tree_is_kept() {
        assert_eq!(
            changed("sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 > 0.5"),
            [
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 >= 0.5",
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 < 0.5",
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 != 0.5",
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 > 0.45",
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) / 2 > 0.55",
                "sum by (job) (rate(a_total{code=\"500\"}[5m])) * 2 > 0.5",
                "avg by (job) (rate(a_total{code=\"500\"}[5m])) / 2 > 0.5",
                "max by (job) (rate(a_total{code=\"500\"}[5m])) / 2 > 0.5",
                "sum(rate(a_total{code=\"500\"}[5m])) / 2 > 0.5",
                "sum by (job) (rate(a_total{code=\"500\"}[2m30s])) / 2 > 0.5",
                "sum by (job) (rate(a_total{code=\"500\"}[10m])) / 2 > 0.5",
                "sum by (job) (rate(a_total[5m])) / 2 > 0.5",
            ]
        );
    }

    #[test]
    fn every_change_reads_as_promql_and_changes_something() {
        for text in [
            "histogram_quantile(0.95, sum by (job, le) (increase(b_bucket[10m]))) > 10000",
            "floor(sum(increase(a_total[5m]))) > 10 and on (job) up == 1 unless x offset 5m > 2",
            "max_over_time(rate(a_total[1m])[5m:1s]) or vector(0)",
            "quantile(0.9, a) - min without (pod) (b{c!~\"d|e\",f=\"g\"})",
        ] {
            let changes = changed(text);
            assert!(changes.len() > 5, "{changes:?}");
            for change in changes {
                assert_ne!(change, text);
                assert_eq!(Expression::parse(&change).unwrap().to_string(), change);
            }
        }
    }
}
