//! A counter that is judged by its value: what it counted since its process started.
//!
//! Only what a name or a declared type makes certain is told: `…_total` and `…_bucket`, and
//! `…_sum` with the `…_count` of the same name. A counter of which an earlier value is
//! subtracted, whose changes are looked at, or that only must be there, is left alone.

use super::exported::MetricType;
use super::walk::every;
use super::{Found, Severity, Subject};
use crate::Expression;
use crate::expression::{Aggregation, Binary, BinaryOperator, InstantSelector, Kind};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let expression = &subject.rule.expression;
    let mut read = Vec::new();
    values(expression, &mut read);
    let mut names: Vec<&str> = read.iter().filter_map(|one| one.selector.metric_name()).collect();
    names.sort_unstable();
    names.dedup();
    let severity = if subject.is_alert() { Severity::Warning } else { Severity::Info };
    let all = names.clone();
    names.retain(|name| is_counter(subject, name, &all) && !has_earlier_value(expression, name));
    let found = |name: &&str| {
        let why = format!(
            "`{name}` is a counter, and its value is what it counted since its process started, \
             not what happens now"
        );
        Found::new(severity, why, format!("write how much it grew: `increase({name}[5m])`"))
    };
    names.iter().map(found).collect()
}

/// Selectors whose values reach the value of the expression as they are.
fn values<'e>(expression: &'e Expression, found: &mut Vec<&'e InstantSelector>) {
    match &expression.kind {
        Kind::Selector(instant) => found.push(instant),
        Kind::Number(_) | Kind::Text(_) | Kind::Range(_) | Kind::Subquery(_) => {}
        Kind::Negate(inner) => values(inner, found),
        Kind::Call(call) => {
            let asks_otherwise = matches!(call.function.name, "timestamp" | "absent" | "info");
            if !asks_otherwise {
                call.arguments.iter().for_each(|argument| values(argument, found));
            }
        }
        Kind::Aggregate(aggregate) => {
            let counts = [Aggregation::Count, Aggregation::Group, Aggregation::CountValues];
            if !counts.contains(&aggregate.operation) {
                values(&aggregate.inner, found);
            }
        }
        Kind::Binary(binary) => values_of_sides(binary, found),
    }
}

/// The right side of a filter only must be there, and a counter that is compared with 0 by
/// equality may be meant: that nothing was counted yet.
fn values_of_sides<'e>(binary: &'e Binary, found: &mut Vec<&'e InstantSelector>) {
    match binary.operator {
        BinaryOperator::Equal | BinaryOperator::NotEqual => {}
        BinaryOperator::And | BinaryOperator::Unless => values(&binary.left, found),
        _ => {
            values(&binary.left, found);
            values(&binary.right, found);
        }
    }
}

/// A declared type is believed before a name; and a name only where everything that is read is
/// a counter by its name, because a `…_total` beside a gauge is most likely the whole of it.
fn is_counter(subject: &Subject<'_>, name: &str, all: &[&str]) -> bool {
    match subject.known.exported.and_then(|exported| exported.type_of(name)) {
        Some(kind) => kind == MetricType::Counter,
        None => all.iter().all(|one| is_counter_by_name(one, all)),
    }
}

fn is_counter_by_name(name: &str, all: &[&str]) -> bool {
    if name.contains(':') {
        return false;
    }
    let pair = [("_sum", "_count"), ("_count", "_sum")];
    let has_pair = pair.iter().any(|(own, other)| {
        let base = name.strip_suffix(own);
        base.is_some_and(|base| all.contains(&format!("{base}{other}").as_str()))
    });
    name.ends_with("_total") || name.ends_with("_bucket") || has_pair
}

/// Whether an earlier value of the same metric is there too, to be subtracted or compared.
fn has_earlier_value(expression: &Expression, name: &str) -> bool {
    every(expression).into_iter().any(|one| match &one.kind {
        Kind::Selector(instant) => {
            !instant.time.is_plain() && instant.selector.metric_name() == Some(name)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, of_alert};
    use crate::lint::{Exported, MetricType};

    fn is_found(expression: &str) -> bool {
        of_alert(expression).iter().any(|one| one.starts_with("counter-value"))
    }

    #[test]
    fn counters_that_are_judged_by_their_value() {
        for expression in [
            "errors_total > 5",
            "sum by (job) (errors_total) > 5",
            "errors_total / requests_total > 0.1",
            "latency_seconds_sum / latency_seconds_count > 2",
            "histogram_quantile(0.9, sum by (le) (latency_bucket)) > 1",
        ] {
            assert!(is_found(expression), "{expression}");
        }
    }

    #[test]
    fn counters_that_are_asked_for_something_else() {
        for expression in [
            "rate(errors_total[5m]) > 5",
            "errors_total - errors_total offset 5m > 5",
            "errors_total == 0",
            "timestamp(errors_total) < 5",
            "count(errors_total) > 5",
            "absent(errors_total)",
            "up == 0 and errors_total",
            "max_over_time(rate(errors_total[1m])[5m:1m]) > 5",
            "running_count > 5",
            "job:errors_total > 5",
            "disk_used / disk_total > 0.9",
        ] {
            assert!(!is_found(expression), "{expression}");
        }
    }

    #[test]
    fn a_declared_type_is_believed_more_than_a_name() {
        let mut exported = Exported::default();
        exported.declare("memory_total", MetricType::Gauge);
        exported.declare("hits", MetricType::Counter);
        let of = |expression: &str| {
            found(&format!("{{alert: A, expr: '{expression}'}}"), Some(&exported))
        };
        let is_found =
            |expression: &str| of(expression).iter().any(|one| one.starts_with("counter-value"));
        assert!(!is_found("memory_total > 5"));
        assert!(is_found("hits > 5"));
    }
}
