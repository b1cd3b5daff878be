//! A quantile that is written as a number outside of 0 to 1: `histogram_quantile(99, …)`.
//!
//! Prometheus answers with `-Inf` below 0 and `+Inf` above 1, whatever was measured, and says so
//! in a warning that no rule shows (`promql/quantile.go`).

use super::walk::every;
use super::{Found, Severity, Subject};
use crate::Expression;
use crate::expression::{Aggregation, Call, Kind};
use crate::format_number;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    every(&subject.rule.expression).into_iter().flat_map(of_part).collect()
}

fn of_part(part: &Expression) -> Vec<Found> {
    let (name, quantiles) = match &part.kind {
        Kind::Call(call) => (call.function.name, quantiles_of(call)),
        Kind::Aggregate(aggregate) if aggregate.operation == Aggregation::Quantile => {
            ("quantile", aggregate.parameter.as_slice())
        }
        _ => return Vec::new(),
    };
    quantiles.iter().filter_map(|quantile| of_quantile(name, quantile)).collect()
}

fn quantiles_of(call: &Call) -> &[Expression] {
    match call.function.name {
        "histogram_quantile" | "quantile_over_time" => call.arguments.get(..1),
        "histogram_quantiles" => call.arguments.get(2..),
        _ => None,
    }
    .unwrap_or_default()
}

fn of_quantile(name: &str, quantile: &Expression) -> Option<Found> {
    let value = quantile.bounds().constant()?;
    if (0.0..=1.0).contains(&value) {
        return None;
    }
    let answer = format_number(if value > 1.0 { f64::INFINITY } else { f64::NEG_INFINITY });
    let why = format!(
        "`{name}` takes a quantile from 0 to 1, and of {} its answer is {answer} whatever was \
         measured",
        format_number(value)
    );
    let instead = if (1.0..=100.0).contains(&value) {
        format!("write the percentile as a share: {}", format_number(value / 100.0))
    } else {
        "write a quantile from 0 to 1, as 0.95".to_owned()
    };
    Some(Found::new(Severity::Error, why, instead))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, of_alert};

    #[test]
    fn a_quantile_is_a_share() {
        for (expression, told) in [
            ("histogram_quantile(99, rate(b_bucket[5m])) > 1", "of 99 its answer is +Inf"),
            ("sum(quantile_over_time(99.9, a[5m])) > 1", "of 99.9 its answer is +Inf"),
            ("quantile by (job) (95, a) > 1", "of 95 its answer is +Inf"),
            ("histogram_quantile(-0.5, rate(b_bucket[5m])) < 1", "of -0.5 its answer is -Inf"),
            ("histogram_quantile(9 * 11, rate(b_bucket[5m])) > 1", "of 99 its answer is +Inf"),
        ] {
            let all = of_alert(expression);
            let named: Vec<_> =
                all.iter().filter(|one| one.starts_with("invalid-quantile error: ")).collect();
            assert!(matches!(named[..], [one] if one.contains(told)), "{expression}: {all:?}");
        }
    }

    #[test]
    fn each_of_several_quantiles_is_looked_at() {
        let rule = "{record: r, expr: 'histogram_quantiles(b, \"q\", 0.5, 95, 99)'}";
        let named = |one: &&String| one.starts_with("invalid-quantile");
        assert_eq!(found(rule, None).iter().filter(named).count(), 2);
    }

    #[test]
    fn the_ends_and_what_is_measured_are_left_alone() {
        for expression in [
            "histogram_quantile(0, rate(b_bucket[5m])) > 1",
            "histogram_quantile(1, rate(b_bucket[5m])) > 1",
            "quantile(0.95, a) > 1",
            "quantile_over_time(scalar(share), a[5m]) > 1",
            "quantile(NaN, a) > 1",
            "topk(5, a) > 1",
        ] {
            assert!(of_alert(expression).is_empty(), "{expression}");
        }
    }
}
