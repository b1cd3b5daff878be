//! Rule: a gauge is not judged across scrapes that failed.
//!
//! Scrapes fail when a service is busiest, which is when its gauges are highest. What
//! a gauge was at a failed scrape nobody saw, so it cannot pass on the others; a
//! value that was seen beyond the target is a miss all the same.

use crate::slo::{Ruling, Verdict};

/// The share of scrapes that may fail: a single lost one in a long run says nothing.
pub const FAILED_SHARE: f64 = 0.01;

/// Scrapes of a stretch of time, by how they ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// Scrapes that were read.
    pub good: u64,
    /// Scrapes that failed.
    pub failed: u64,
}

/// Rules again, knowing how many scrapes failed.
pub fn rule(ruling: Ruling, attempts: Attempts) -> Ruling {
    let all = attempts.good + attempts.failed;
    if ruling.verdict != Verdict::Pass || attempts.failed as f64 <= all as f64 * FAILED_SHARE {
        return ruling;
    }
    Ruling::inconclusive(format!(
        "{} of {all} scrapes failed, and what the gauge was then nobody saw; see why they failed, \
         or give the scrape more room (measured: {})",
        attempts.failed, ruling.reason
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrapes_that_failed_take_a_pass_away() {
        let ruled = rule(Ruling::pass("m"), Attempts { good: 20, failed: 23 });
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.contains("23 of 43"), "{}", ruled.reason);
    }

    #[test]
    fn one_in_a_hundred_may_fail() {
        let lost = Attempts { good: 99, failed: 1 };
        assert_eq!(rule(Ruling::pass("m"), lost), Ruling::pass("m"));
    }

    #[test]
    fn a_miss_that_was_seen_stays_one() {
        let ruled = rule(Ruling::fail("m"), Attempts { good: 1, failed: 9 });
        assert_eq!(ruled, Ruling::fail("m"));
    }
}
