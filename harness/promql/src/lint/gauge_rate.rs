//! A rate of what is declared to be a gauge: each fall of it is taken for a restart.
//!
//! Only a declared type is believed; a name says too little.

use super::exported::MetricType;
use super::walk::{as_selector, calls};
use super::{Found, Severity, Subject};
use crate::expression::Call;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    calls(&subject.rule.expression).filter_map(|call| of_call(subject, call)).collect()
}

fn of_call(subject: &Subject<'_>, call: &Call) -> Option<Found> {
    let exported = subject.known.exported?;
    let function = call.function.name;
    let instead = match function {
        "rate" | "irate" => "deriv",
        "increase" => "delta",
        _ => return None,
    };
    let name = as_selector(call.arguments.first()?)?.selector.metric_name()?;
    if exported.type_of(name) != Some(MetricType::Gauge) {
        return None;
    }
    let why = format!(
        "`{name}` is declared a gauge, and `{function}` takes each fall of it for a restart of a \
         counter"
    );
    Some(Found::new(Severity::Warning, why, format!("write `{instead}({name}[…])`")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Exported;
    use crate::lint::tests::found;

    #[test]
    fn only_a_declared_gauge_is_told() {
        let mut exported = Exported::default();
        exported.declare("depth", MetricType::Gauge);
        let rule = |metric: &str| format!("{{record: a:b, expr: 'rate({metric}[5m])'}}");
        let gauge_rates = |metric: &str| {
            let all = found(&rule(metric), Some(&exported));
            all.iter().filter(|one| one.starts_with("gauge-rate warning")).count()
        };
        assert_eq!((gauge_rates("depth"), gauge_rates("jobs")), (1, 0));
        assert!(found(&rule("depth"), None).is_empty());
    }
}
