//! Which labels the value of an expression can have, whatever its series are: the rules of
//! Prometheus' operators (`docs/querying/operators.md`, "Vector matching").
//!
//! The answer is yes where it depends on the series.

use crate::Expression;
use crate::MatchOperator;
use crate::ValueType;
use crate::expression::{Aggregate, Aggregation, Binary, BinaryOperator, Call, Cardinality};
use crate::expression::{Kind, LabelChoice};

use super::walk::as_selector;

/// Whether some element of its value can have this label.
pub(super) fn can_have(expression: &Expression, label: &str) -> bool {
    match &expression.kind {
        Kind::Number(_) | Kind::Text(_) => false,
        Kind::Selector(_) | Kind::Range(_) => true,
        Kind::Subquery(subquery) => can_have(&subquery.inner, label),
        Kind::Negate(inner) => can_have(inner, label),
        Kind::Call(call) => call_can_have(call, label),
        Kind::Aggregate(aggregate) => aggregate_can_have(aggregate, label),
        Kind::Binary(binary) => binary_can_have(binary, label),
    }
}

fn call_can_have(call: &Call, label: &str) -> bool {
    let argument = |at: usize| call.arguments.get(at).is_some_and(|one| can_have(one, label));
    match call.function.name {
        "absent" | "absent_over_time" => asked_of_absent(call, label),
        "scalar" | "vector" | "time" | "pi" => false,
        "info" => true,
        "label_replace" | "label_join" => is_text(call.arguments.get(1), label) || argument(0),
        "histogram_quantile" => label != "le" && argument(1),
        // Of the calendar's functions, those without an argument are of the instant.
        _ => (0..call.arguments.len()).any(argument),
    }
}

/// The answer of `absent` has the labels that its selector asks for by equality, once each.
pub(super) fn asked_of_absent(call: &Call, label: &str) -> bool {
    let Some(selector) = call.arguments.first().and_then(as_selector) else {
        return false;
    };
    let mut of_label = selector.selector.matchers().iter().filter(|one| one.name() == label);
    match (of_label.next(), of_label.next()) {
        (Some(only), None) => only.operator() == MatchOperator::Equal && !only.value().is_empty(),
        _ => false,
    }
}

fn is_text(expression: Option<&Expression>, text: &str) -> bool {
    matches!(expression.map(|one| &one.kind), Some(Kind::Text(found)) if found == text)
}

fn aggregate_can_have(aggregate: &Aggregate, label: &str) -> bool {
    let inner = can_have(&aggregate.inner, label);
    let picks_elements = matches!(
        aggregate.operation,
        Aggregation::TopK | Aggregation::BottomK | Aggregation::LimitK | Aggregation::LimitRatio
    );
    let is_made = aggregate.operation == Aggregation::CountValues
        && is_text(aggregate.parameter.as_ref(), label);
    is_made || (inner && (picks_elements || names(&aggregate.grouping, label)))
}

/// Whether a choice of labels leaves this one.
fn names(choice: &LabelChoice, label: &str) -> bool {
    match choice {
        LabelChoice::Only(labels) => labels.iter().any(|one| one == label),
        LabelChoice::AllBut(labels) => !labels.iter().any(|one| one == label),
    }
}

fn binary_can_have(binary: &Binary, label: &str) -> bool {
    let left = can_have(&binary.left, label);
    let right = can_have(&binary.right, label);
    match binary.operator {
        BinaryOperator::And | BinaryOperator::Unless => return left,
        BinaryOperator::Or => return left || right,
        _ => {}
    }
    let is_scalar = |side: &Expression| side.value_type() == ValueType::Scalar;
    if is_scalar(&binary.left) || is_scalar(&binary.right) {
        return left || right;
    }
    let copies = |labels: &[String]| labels.iter().any(|one| one == label);
    match &binary.cardinality {
        // Both sides agree in every label that is left.
        Cardinality::OneToOne => left && names(&binary.matching, label),
        Cardinality::ManyToOne(labels) => left || copies(labels),
        Cardinality::OneToMany(labels) => right || copies(labels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str) -> bool {
        can_have(&Expression::parse(text).unwrap(), "pod")
    }

    #[test]
    fn labels_that_are_left() {
        for text in [
            "x",
            "rate(x[5m]) > 5",
            "sum by (pod) (x)",
            "sum without (job) (x)",
            "topk by (job) (3, x)",
            "x / on (pod) y",
            "x * on (job) group_left (pod) sum by (job, pod) (y)",
            "sum(x) or y",
            "absent(x{pod=\"a\"})",
            "label_replace(sum(x), \"pod\", \"$1\", \"job\", \"(.*)\")",
            "histogram_quantile(0.9, sum by (le, pod) (x))",
            "5 < x",
        ] {
            assert!(has(text), "{text}");
        }
    }

    #[test]
    fn labels_that_are_gone() {
        for text in [
            "sum(x)",
            "sum by (job) (x) > 5",
            "sum without (pod) (x)",
            "x / on (job) y",
            "x / ignoring (pod) y",
            "sum(x) and on () y",
            "absent(x{pod=~\"a\"})",
            "absent(sum(x))",
            "vector(1)",
            "count_values(\"value\", x)",
        ] {
            assert!(!has(text), "{text}");
        }
    }
}
