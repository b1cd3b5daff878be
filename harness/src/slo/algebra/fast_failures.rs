//! Rule: the generator's own histogram of durations does not flatter failures.
//!
//! `slogate_request_duration_seconds` has a failed request in the bucket of how fast it
//! failed, and one that was dropped in none. A service that answers 500 in a
//! millisecond would have a fine p95. So an expression over it that does not choose an
//! `outcome` passes only where no request failed; `p95(latency)` ranks failures above
//! everything.

use crate::code::Code;
use slogate_promql::Selector;

use crate::scenario::Outcome;
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["fast-failures", include_str!("../codes/fast-failures.md")]);

/// The beginning of the names of that histogram's series.
const OWN_DURATIONS: &str = "slogate_request_duration_seconds";
/// The label that tells good answers from failures.
const OUTCOME: &str = "outcome";

/// Whether a selector reads the durations of good and failed requests alike. A matcher
/// that lets both outcomes through (`outcome=~".+"`) chooses none.
pub fn mixes_outcomes(selector: &Selector) -> bool {
    reads_own_durations(selector) && lets_both_outcomes_through(selector)
}

/// Whether a selector reads that histogram.
fn reads_own_durations(selector: &Selector) -> bool {
    selector.metric_name().is_some_and(|name| name.starts_with(OWN_DURATIONS))
}

/// Whether a selector reads how long requests took by that histogram, and not how many
/// they were.
pub fn reads_own_times(selector: &Selector) -> bool {
    let series = selector.metric_name().and_then(|name| name.strip_prefix(OWN_DURATIONS));
    matches!(series, Some("_bucket" | "_sum"))
}

fn lets_both_outcomes_through(selector: &Selector) -> bool {
    let of_outcome = || selector.matchers().iter().filter(|one| one.name() == OUTCOME);
    let lets_through = |outcome: Outcome| of_outcome().all(|one| one.matches_value(outcome.word()));
    lets_through(Outcome::Ok) && lets_through(Outcome::Failed)
}

/// Rules again, knowing how many measured requests failed or were dropped.
pub fn rule(ruling: Ruling, failed: u64) -> Ruling {
    if failed == 0 {
        return ruling;
    }
    ruling.unless_missed(CODE, || {
        format!(
            "{failed} requests failed, and `{OWN_DURATIONS}` has them as fast as they failed; use \
             `p95(latency)`, or choose an outcome: `{{outcome=\"ok\"}}`"
        )
    })
}

#[cfg(test)]
mod tests {
    use slogate_promql::parse_selector;

    use super::*;
    use crate::slo::Verdict;

    #[test]
    fn only_an_outcome_keeps_good_and_failed_apart() {
        let mixes = |labels: &str| {
            let text = format!("slogate_request_duration_seconds_bucket{labels}");
            mixes_outcomes(&parse_selector(&text).unwrap())
        };
        assert!(mixes("") && mixes(r#"{request="csv"}"#));
        assert!(!mixes(r#"{request="csv",outcome="ok"}"#) && !mixes(r#"{outcome!="failed"}"#));
        assert!(mixes(r#"{outcome=~".+"}"#) && mixes(r#"{outcome!=""}"#));
        assert!(!mixes_outcomes(&parse_selector("slogate_lag_seconds_bucket").unwrap()));
    }

    #[test]
    fn how_many_requests_there_were_is_no_time() {
        let reads = |series: &str| {
            let text = format!("slogate_request_duration_seconds{series}");
            reads_own_times(&parse_selector(&text).unwrap())
        };
        assert!(reads("_bucket") && reads("_sum{outcome=\"ok\"}"));
        assert!(!reads("_count") && !reads(""));
    }

    #[test]
    fn a_failure_takes_the_pass_away() {
        assert_eq!(rule(Ruling::pass("m"), 0), Ruling::pass("m"));
        assert_eq!(rule(Ruling::pass("m"), 1).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m"), 1), Ruling::fail(CODE, "m"));
    }
}
