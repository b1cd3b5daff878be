//! Whether more scrapes could only move an expression's value one way.

use slogate_promql::Expression;

use crate::slo::algebra::gauge_scrapes::Extreme;

/// A maximum over time, alone or under `max`, can only rise with more scrapes; a
/// minimum only fall. Everything else is taken to move either way.
pub(super) fn of(expression: &Expression) -> Extreme {
    let text = expression.to_string();
    if is_only(&text, "max") {
        Extreme::Maximum
    } else if is_only(&text, "min") {
        Extreme::Minimum
    } else {
        Extreme::Neither
    }
}

/// Whether the canonical text is `NAME_over_time(selector[range])`, perhaps
/// inside the aggregation `NAME`, and nothing more.
fn is_only(text: &str, name: &str) -> bool {
    let inner = match text.strip_prefix(name) {
        Some(rest) if !rest.starts_with('_') => {
            let Some(open) = aggregated(rest) else {
                return false;
            };
            open
        }
        _ => text,
    };
    let call = inner.strip_prefix(name).and_then(|rest| rest.strip_prefix("_over_time("));
    call.and_then(|rest| rest.strip_suffix(')'))
        .is_some_and(|range| range.ends_with(']') && !range.contains('(') && !range.contains(':'))
}

/// What is inside ` by (…) (…)` or `(…)`.
fn aggregated(rest: &str) -> Option<&str> {
    let body = match rest.strip_prefix(' ') {
        Some(grouping) => &grouping[grouping.find(") (")? + 2..],
        None => rest,
    };
    body.strip_prefix('(')?.strip_suffix(')')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extreme(text: &str) -> Extreme {
        of(&Expression::parse(text).unwrap())
    }

    #[test]
    fn a_maximum_over_time_can_only_rise() {
        for text in [
            "max_over_time(depth[5m])",
            "max(max_over_time(depth{a=\"b\"}[5m]))",
            "max by (instance) (max_over_time(depth[5m]))",
        ] {
            assert_eq!(extreme(text), Extreme::Maximum, "{text}");
        }
        assert_eq!(extreme("min_over_time(ready[5m])"), Extreme::Minimum);
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
            assert_eq!(extreme(text), Extreme::Neither, "{text}");
        }
    }
}
