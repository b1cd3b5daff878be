//! A range that holds fewer than two samples, from which nothing can be told.
//!
//! Two scrape intervals are the least that always hold two samples (`docs/querying/functions.md`);
//! four survive a scrape that fails.

use super::walk::calls;
use super::{Found, Severity, Subject};
use crate::expression::{Call, Kind};
use crate::format_duration_ms;

/// Functions that need two samples.
const NEED_TWO: &[&str] = &[
    "rate",
    "increase",
    "irate",
    "delta",
    "idelta",
    "deriv",
    "changes",
    "resets",
    "predict_linear",
];

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    calls(&subject.rule.expression).filter_map(|call| of_call(subject, call)).collect()
}

fn of_call(subject: &Subject<'_>, call: &Call) -> Option<Found> {
    let name = call.function.name;
    if !NEED_TWO.contains(&name) {
        return None;
    }
    let (range_ms, step_ms, every) = match &call.arguments.first()?.kind {
        Kind::Range(range) => (range.range_ms, subject.known.scrape_interval_ms, "scrape"),
        Kind::Subquery(subquery) => (subquery.range_ms, subquery.step_ms?, "step"),
        _ => return None,
    };
    if range_ms >= step_ms.saturating_mul(2) {
        return None;
    }
    let [range, step, better] =
        [range_ms, step_ms, step_ms.saturating_mul(4)].map(format_duration_ms);
    let why = format!(
        "`{name}` needs two samples, and a range of {range} with a {every} every {step} often \
         holds fewer"
    );
    let other = if every == "scrape" { ", or say `--scrape-interval`" } else { "" };
    Some(Found::new(Severity::Warning, why, format!("write a range of {better} or more{other}")))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::of_alert;

    #[test]
    fn a_range_holds_two_scrapes() {
        let short = of_alert("rate(a_total[20s]) > 5");
        assert_eq!(short.len(), 1, "{short:?}");
        assert!(short[0].starts_with("rate-window warning: `rate` needs two"), "{short:?}");
        assert!(of_alert("rate(a_total[30s]) > 5").is_empty());
        assert!(of_alert("max_over_time(a[20s]) > 5").is_empty());
    }

    #[test]
    fn a_subquery_has_steps_of_its_own() {
        assert_eq!(of_alert("deriv(sum(a)[1m:1m]) > 5").len(), 1);
        assert!(of_alert("deriv(sum(a)[5m:1m]) > 5").is_empty());
        assert!(of_alert("deriv(sum(a)[1m:]) > 5").is_empty());
    }
}
