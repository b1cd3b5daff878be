//! Rule: the generator's own histogram of durations does not flatter failures.
//!
//! `slogate_request_duration_seconds` has a failed request in the bucket of how fast it
//! failed, and one that was dropped in none. A service that answers 500 in a
//! millisecond would have a fine p95. So an expression over it that does not choose an
//! `outcome` passes only where no request failed; `p95(latency)` ranks failures above
//! everything.

use crate::slo::Ruling;

/// The beginning of the names of that histogram's series.
const OWN_DURATIONS: &str = "slogate_request_duration_seconds";
/// The label that tells good answers from failures.
pub const OUTCOME: &str = "outcome";

/// Whether a selector reads the durations of good and failed requests alike.
pub fn mixes_outcomes<'a>(metric: Option<&str>, mut labels: impl Iterator<Item = &'a str>) -> bool {
    metric.is_some_and(|name| name.starts_with(OWN_DURATIONS))
        && labels.all(|label| label != OUTCOME)
}

/// Rules again, knowing how many measured requests failed or were dropped.
pub fn rule(ruling: Ruling, failed: u64) -> Ruling {
    if failed == 0 {
        return ruling;
    }
    ruling.unless_missed(|| {
        format!(
            "{failed} requests failed, and `{OWN_DURATIONS}` has them as fast as they failed; use \
             `p95(latency)`, or choose an outcome: `{{outcome=\"ok\"}}`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;

    #[test]
    fn only_an_outcome_keeps_good_and_failed_apart() {
        let bucket = Some("slogate_request_duration_seconds_bucket");
        assert!(mixes_outcomes(bucket, ["request"].into_iter()));
        assert!(!mixes_outcomes(bucket, ["request", "outcome"].into_iter()));
        assert!(!mixes_outcomes(Some("slogate_lag_seconds_bucket"), [].into_iter()));
    }

    #[test]
    fn a_failure_takes_the_pass_away() {
        assert_eq!(rule(Ruling::pass("m"), 0), Ruling::pass("m"));
        assert_eq!(rule(Ruling::pass("m"), 1).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail("m"), 1), Ruling::fail("m"));
    }
}
