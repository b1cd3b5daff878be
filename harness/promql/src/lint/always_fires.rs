//! An alert that asks nothing of a value: it fires as long as its series exist.
//!
//! Left alone is what may be meant: a condition anywhere inside, `absent`, set operations and
//! joins, an alert of a constant (a watchdog), `ALERTS`, recorded series (who knows what they leave out),
//! and a plain selector with matchers, as of a state that has a series only while it lasts.

use super::walk::{calls, every};
use super::{Found, Severity, Subject};
use crate::expression::{Binary, BinaryOperator, Cardinality, Kind, LabelChoice};
use crate::{Expression, ValueType};

/// Prometheus' own series of alerts, which are there only while an alert is.
const OF_ALERTS: &[&str] = &["ALERTS", "ALERTS_FOR_STATE"];

/// Functions whose answer is never below zero, and is zero most of the time.
const OF_CHANGE: &[&str] = &["rate", "irate", "increase", "changes", "resets"];

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let expression = &subject.rule.expression;
    // What is no vector never evaluates at all; `never-fires` says so.
    let is_evaluated = !matches!(expression.value_type(), ValueType::Matrix | ValueType::Text);
    if !subject.is_alert() || !is_evaluated {
        return Vec::new();
    }
    if let Some(found) = of_limit(expression) {
        return vec![found];
    }
    if may_be_meant(expression) {
        return Vec::new();
    }
    let is_bool = matches!(&expression.kind, Kind::Binary(binary) if binary.returns_bool);
    let (why, instead) = if is_bool {
        (
            "a comparison with `bool` is 0 or 1 and never nothing, so this fires either way",
            "leave `bool` out",
        )
    } else {
        (
            "nothing is asked of the value, so this fires as long as the series exist, whatever \
             they say",
            "compare the value with a limit, as `… > 5` does",
        )
    };
    vec![Found::new(Severity::Warning, why, instead)]
}

/// A rate of a counter, or a count of what happened, that is compared with a limit which it never
/// fails to meet: `rate(x[5m]) >= 0`.
fn of_limit(expression: &Expression) -> Option<Found> {
    let Kind::Binary(binary) = &expression.kind else {
        return None;
    };
    let is_limit = binary.operator.is_comparison() && !binary.returns_bool;
    let is_rate = calls(&binary.left).any(|call| OF_CHANGE.contains(&call.function.name));
    let mut orders = binary.left.bounds().orders(binary.right.bounds());
    let always = is_limit
        && is_rate
        && !is_conditional(&binary.left)
        && orders.all(|order| binary.operator.holds(order));
    always.then(|| {
        let (operator, limit) = (binary.operator.spelling(), &binary.right);
        let why = format!(
            "`{operator} {limit}` holds for every value that this can have, so it fires as long \
             as the series exist"
        );
        Found::new(Severity::Warning, why, "choose a limit that the value can fail to meet")
    })
}

fn may_be_meant(expression: &Expression) -> bool {
    let selectors = expression.selectors();
    let is_elsewhere = selectors.iter().any(|one| {
        one.metric_name().is_none_or(|name| name.contains(':') || OF_ALERTS.contains(&name))
    });
    selectors.is_empty() || is_elsewhere || is_conditional(expression) || is_a_state(expression)
}

fn is_conditional(expression: &Expression) -> bool {
    let filters = |one: &&Expression| match &one.kind {
        Kind::Binary(binary) => {
            let is_comparison = binary.operator.is_comparison() && !binary.returns_bool;
            is_comparison || is_matched(binary)
        }
        _ => false,
    };
    let asks_absence =
        calls(expression).any(|call| matches!(call.function.name, "absent" | "absent_over_time"));
    asks_absence || every(expression).iter().any(filters)
}

/// Whether an element needs a partner that somebody chose: a set operation, or a join.
fn is_matched(binary: &Binary) -> bool {
    let is_set = matches!(
        binary.operator,
        BinaryOperator::And | BinaryOperator::Or | BinaryOperator::Unless
    );
    let is_plain = binary.cardinality == Cardinality::OneToOne
        && binary.matching == LabelChoice::AllBut(Vec::new());
    is_set || !is_plain
}

/// `reason{reason="CrashLoopBackOff"}`; `up` is there whether it is 1 or 0.
fn is_a_state(expression: &Expression) -> bool {
    match &expression.kind {
        Kind::Selector(instant) => {
            let is_up = instant.selector.metric_name() == Some("up");
            !is_up && !instant.selector.matchers().is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::of_alert;

    #[test]
    fn a_limit_that_is_always_met_always_fires() {
        for expression in ["rate(a_total[5m]) >= 0", "sum(increase(a_total[5m])) > -1"] {
            let found = of_alert(expression);
            assert!(found[0].starts_with("always-fires warning"), "{expression}: {found:?}");
        }
        for expression in ["rate(a_total[5m]) > 0", "sum(rate(a_total[5m]) > 1) >= 0"] {
            assert!(of_alert(expression).is_empty(), "{expression}");
        }
    }

    #[test]
    fn a_value_that_is_not_asked_about_always_fires() {
        for expression in
            ["up{job=\"a\"}", "queue_depth", "sum(rate(a_total[5m]))", "queue_depth > bool 5"]
        {
            let found = of_alert(expression);
            assert!(found[0].starts_with("always-fires warning"), "{expression}: {found:?}");
        }
    }

    #[test]
    fn what_may_be_meant_is_left_alone() {
        for expression in [
            "sum(up == 0)",
            "waiting_reason{reason=\"CrashLoopBackOff\"}",
            "job:errors:firing",
            "a unless b",
            "a * on (pod) group_left waiting",
            "{job=\"a\"}",
            "vector(1)",
        ] {
            assert!(of_alert(expression).is_empty(), "{expression}");
        }
    }
}
