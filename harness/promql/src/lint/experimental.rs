//! Functions and aggregations that Prometheus 3 reads only where a flag allows them; without it
//! the whole file is refused. This engine has them all.

use super::walk::every;
use super::{Found, Severity, Subject};
use crate::expression::{Aggregation, Kind};

/// The flag's name.
const FLAG: &str = "promql-experimental-functions";

/// Those that are marked as experimental (`promql/parser/functions.go`). What has no entry there
/// in some release of Prometheus 3 is not known to it at all.
const FUNCTIONS: &[&str] = &[
    "double_exponential_smoothing",
    "end",
    "first_over_time",
    "histogram_quantiles",
    "info",
    "mad_over_time",
    "max_of",
    "min_of",
    "range",
    "sort_by_label",
    "sort_by_label_desc",
    "start",
    "step",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
];

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    let mut names: Vec<&str> =
        every(&subject.rule.expression).into_iter().filter_map(|one| name_of(&one.kind)).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(of_name).collect()
}

fn name_of(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Call(call) => FUNCTIONS.iter().find(|name| **name == call.function.name).copied(),
        Kind::Aggregate(aggregate) => match aggregate.operation {
            Aggregation::LimitK => Some("limitk"),
            Aggregation::LimitRatio => Some("limit_ratio"),
            _ => None,
        },
        _ => None,
    }
}

fn of_name(name: &str) -> Found {
    let why = format!(
        "Prometheus 3 reads `{name}` only with `--enable-feature={FLAG}`, and without it refuses \
         the file"
    );
    let instead = format!(
        "start Prometheus with that flag and promtool with the same, or do without `{name}`"
    );
    Found::new(Severity::Warning, why, instead)
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::lint::tests::of_alert;

    #[test]
    fn what_needs_the_flag_is_told_once() {
        for expression in [
            "mad_over_time(x[5m]) + mad_over_time(y[5m]) > 1",
            "limitk(2, a) > 1",
            "limit_ratio(0.5, a) > 1",
            "info(a) > 1",
        ] {
            let found = of_alert(expression);
            assert_eq!(found.len(), 1, "{expression}: {found:?}");
            assert!(found[0].starts_with("experimental-function warning"), "{found:?}");
        }
        assert!(of_alert("last_over_time(x[5m]) > 1 and topk(2, x) > 2").is_empty());
    }

    #[test]
    fn each_is_a_function_of_this_engine() {
        assert!(FUNCTIONS.iter().all(|name| crate::functions::find(name).is_some()));
    }
}
