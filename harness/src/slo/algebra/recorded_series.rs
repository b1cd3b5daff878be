//! Rule: what a recording rule computed is not judged as if it were about this run.
//!
//! `job:latency_seconds:p95` was computed by somebody's Prometheus, over five minutes or
//! an hour that nobody here knows of and that began before the load. Colons in a
//! metric's name are kept for recording rules, so that they can be told. How often such
//! a series is there may be asked, and `window: includes_before_run` says that its own
//! time is meant.

use crate::code::Code;
use crate::slo::Doubt;
use slogate_promql::Asks;

/// The code of this rule.
pub const CODE: Code = Code::new(&["recorded-series", include_str!("../codes/recorded-series.md")]);

/// The sign that is in the names of recorded series and in no others.
const RECORDED_SIGN: char = ':';

/// The doubt about a metric that is asked for this, if a rule recorded it.
pub fn doubt(metric: &str, asks: Asks) -> Option<Doubt> {
    let is_about_values = !matches!(asks, Asks::Presence | Asks::Absence);
    (is_about_values && metric.contains(RECORDED_SIGN)).then(|| {
        Doubt::new(CODE, format!(
            "`{metric}` was recorded by a rule, and over which time is not known; judge what it is \
             computed from, or say `window: includes_before_run` in a `promql` objective"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_colon_is_that_of_a_recorded_series() {
        for asks in [Asks::Value, Asks::Growth, Asks::Movement] {
            let doubt = doubt("job:latency_seconds:p95", asks).unwrap().reason;
            assert!(doubt.contains("over which time is not known"), "{doubt}");
        }
        assert_eq!(doubt("latency_seconds_sum", Asks::Growth), None);
    }

    #[test]
    fn whether_it_is_there_may_be_asked() {
        assert_eq!(doubt("job:latency_seconds:p95", Asks::Presence), None);
        assert_eq!(doubt("job:latency_seconds:p95", Asks::Absence), None);
    }
}
