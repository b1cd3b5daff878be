//! Changed calculations: another operator between two sides, another aggregation, another
//! quantile, a label or a rounding left out.

use super::changes::{Around, Change, replaced, shown};
use crate::Expression;
use crate::expression::{Aggregate, Aggregation, Binary, BinaryOperator, Call, Kind, LabelChoice};

/// Functions of one argument that people forget.
const FORGETTABLE: &[&str] = &["abs", "ceil", "floor", "round"];

/// Another set operation or none at all, and the opposite of a calculation.
pub(super) fn of_binary(binary: &Binary) -> Vec<Change> {
    use BinaryOperator::{Add, And, Divide, Multiply, Or, Subtract, Unless};
    let (others, is_set): (&[BinaryOperator], bool) = match binary.operator {
        And => (&[Or, Unless], true),
        Or => (&[And, Unless], true),
        Unless => (&[And, Or], true),
        Add => (&[Subtract], false),
        Subtract => (&[Add], false),
        Multiply => (&[Divide], false),
        Divide => (&[Multiply], false),
        _ => (&[], false),
    };
    let right = shown(&binary.right);
    let side = |operator: BinaryOperator| format!("{} {right}", operator.spelling());
    let mut found: Vec<Change> = others
        .iter()
        .map(|operator| Change {
            expression: binary_of(Binary { operator: *operator, ..binary.clone() }),
            before: side(binary.operator),
            after: side(*operator),
        })
        .collect();
    if is_set {
        let before = side(binary.operator);
        let after = "nothing".to_owned();
        found.push(Change { expression: binary.left.clone(), before, after });
    }
    found
}

/// Another aggregation, where it is one of those that are taken for each other, and each label
/// of `by` or `without` left out.
pub(super) fn of_aggregate(aggregate: &Aggregate, around: Around) -> Vec<Change> {
    let before = head(aggregate);
    let mut found = Vec::new();
    for operation in other_aggregations(aggregate, around) {
        let changed = Aggregate { operation, ..aggregate.clone() };
        found.push(aggregate_change(&before, changed));
    }
    if let (Aggregation::Quantile, Some(Kind::Number(quantile))) =
        (aggregate.operation, aggregate.parameter.as_ref().map(|it| &it.kind))
    {
        for moved in moved_quantiles(*quantile) {
            let parameter = Some(Expression { kind: Kind::Number(moved) });
            let whole = Aggregate { parameter, ..aggregate.clone() };
            let expression = Expression { kind: Kind::Aggregate(Box::new(whole)) };
            let after = format!("quantile {moved}");
            found.push(Change { expression, before: format!("quantile {quantile}"), after });
        }
    }
    for grouping in fewer_labels(&aggregate.grouping) {
        found.push(aggregate_change(&before, Aggregate { grouping, ..aggregate.clone() }));
    }
    found
}

/// `sum by (job)`.
fn head(aggregate: &Aggregate) -> String {
    let operation = aggregate.operation.spelling();
    match &aggregate.grouping {
        LabelChoice::Only(labels) if labels.is_empty() => operation.to_owned(),
        LabelChoice::Only(labels) => format!("{operation} by ({})", labels.join(", ")),
        LabelChoice::AllBut(labels) => format!("{operation} without ({})", labels.join(", ")),
    }
}

fn aggregate_change(before: &str, changed: Aggregate) -> Change {
    let after = head(&changed);
    let expression = Expression { kind: Kind::Aggregate(Box::new(changed)) };
    Change { expression, before: before.to_owned(), after }
}

/// Of values that are not negative, the sum, the average and the largest are 0 together; and
/// of a histogram's buckets, the averages have the proportions of the sums.
fn other_aggregations(aggregate: &Aggregate, around: Around) -> Vec<Aggregation> {
    use Aggregation::{Avg, Max, Min, Sum};
    let others: &[Aggregation] = match aggregate.operation {
        Sum | Min => &[Avg, Max],
        Avg => &[Max, Min],
        Max => &[Avg, Min],
        _ => &[],
    };
    let only_sign = around.against_zero && aggregate.inner.bounds().low >= 0.0;
    let means_the_same = |other: &Aggregation| {
        let both_total = |one: Aggregation| matches!(one, Sum | Avg | Max);
        let by_sign = only_sign && both_total(aggregate.operation) && both_total(*other);
        let by_proportion = around.in_quantile && [aggregate.operation, *other] == [Sum, Avg];
        by_sign || by_proportion
    };
    others.iter().copied().filter(|other| !means_the_same(other)).collect()
}

fn fewer_labels(grouping: &LabelChoice) -> Vec<LabelChoice> {
    let without = |labels: &[String], at: usize| {
        let kept = labels.iter().enumerate().filter(|(other, _)| *other != at);
        kept.map(|(_, label)| label.clone()).collect::<Vec<_>>()
    };
    match grouping {
        LabelChoice::Only(labels) => {
            (0..labels.len()).map(|at| LabelChoice::Only(without(labels, at))).collect()
        }
        LabelChoice::AllBut(labels) => {
            (0..labels.len()).map(|at| LabelChoice::AllBut(without(labels, at))).collect()
        }
    }
}

/// Another quantile, and a rounding that is left out.
pub(super) fn of_call(call: &Call) -> Vec<Change> {
    let name = call.function.name;
    match call.arguments.as_slice() {
        [argument, ..] if FORGETTABLE.contains(&name) => {
            vec![replaced(format!("{name}(…)"), argument.clone())]
        }
        [Expression { kind: Kind::Number(quantile) }, ..]
            if matches!(name, "histogram_quantile" | "quantile_over_time") =>
        {
            let changes = moved_quantiles(*quantile).into_iter().map(|moved| {
                let mut changed = call.clone();
                changed.arguments[0] = Expression { kind: Kind::Number(moved) };
                let expression = Expression { kind: Kind::Call(changed) };
                let [before, after] = [*quantile, moved].map(|it| format!("{name}({it}, …)"));
                Change { expression, before, after }
            });
            changes.collect()
        }
        _ => Vec::new(),
    }
}

/// A quantile twice and half as far from its nearer end: 0.95 becomes 0.9 and 0.975.
fn moved_quantiles(quantile: f64) -> Vec<f64> {
    if !(0.0..=1.0).contains(&quantile) {
        return Vec::new();
    }
    let distance = quantile.min(1.0 - quantile);
    let away = |distance: f64| if quantile > 0.5 { 1.0 - distance } else { distance };
    let moved = [distance * 2.0, distance / 2.0].map(away);
    let rounded = moved.map(|it| format!("{it:.9}").parse().unwrap_or(it));
    rounded.into_iter().filter(|it| (it - quantile).abs() > f64::EPSILON).collect()
}

fn binary_of(binary: Binary) -> Expression {
    Expression { kind: Kind::Binary(Box::new(binary)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutation::changes::of;

    /// What stands in place of what, of the changes to calculations.
    fn changed(text: &str) -> Vec<String> {
        let changes = of(&Expression::parse(text).unwrap());
        changes.into_iter().map(|one| format!("{} -> {}", one.before, one.after)).collect()
    }

    #[test]
    fn a_set_operation_becomes_another_or_none() {
        assert_eq!(changed("a and b"), ["and b -> or b", "and b -> unless b", "and b -> nothing"]);
        assert_eq!(changed("a or b")[..2], ["or b -> and b", "or b -> unless b"]);
        assert_eq!(changed("a unless b")[2], "unless b -> nothing");
    }

    #[test]
    fn aggregations_that_are_taken_for_each_other_are() {
        assert_eq!(
            changed("sum by (a, b) (x)"),
            [
                "sum by (a, b) -> avg by (a, b)",
                "sum by (a, b) -> max by (a, b)",
                "sum by (a, b) -> sum by (b)",
                "sum by (a, b) -> sum by (a)",
            ]
        );
        assert_eq!(changed("min(x)"), ["min -> avg", "min -> max"]);
        assert!(changed("count(x)").is_empty());
    }

    #[test]
    fn what_only_scales_a_histogram_or_keeps_a_sign_is_not_made() {
        let quantile = changed("histogram_quantile(0.95, sum by (le) (x))");
        assert!(!quantile.iter().any(|one| one.contains("avg")), "{quantile:?}");
        assert!(
            quantile.contains(&"histogram_quantile(0.95, …) -> histogram_quantile(0.9, …)".into())
        );
        let zero = changed("sum(up) == 0");
        assert!(!zero.iter().any(|one| one.starts_with("sum")), "{zero:?}");
        assert!(changed("sum(up) == 1").iter().any(|one| one == "sum -> avg"));
    }

    #[test]
    fn a_quantile_moves_on_both_sides() {
        assert_eq!(moved_quantiles(0.95), [0.9, 0.975]);
        assert_eq!(moved_quantiles(0.5), [1.0, 0.25]);
        assert_eq!(moved_quantiles(0.1), [0.2, 0.05]);
        assert_eq!(moved_quantiles(1.0), [] as [f64; 0]);
    }
}
