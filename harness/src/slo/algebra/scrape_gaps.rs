//! Rule: a gauge is not judged across scrapes that failed.
//!
//! Scrapes fail when a service is busiest, which is when its gauges are highest. What
//! a gauge was at a failed scrape nobody saw, so it cannot pass on the others; a
//! value that was seen beyond the target is a miss all the same.

use crate::code::Code;
use crate::slo::{Ruling, Verdict};

/// The code of this rule.
pub const CODE: Code = Code::new(&["scrape-gap", include_str!("../codes/scrape-gap.md")]);

/// The share of scrapes that may fail: a single lost one in a long run says nothing.
pub const FAILED_SHARE: f64 = 0.01;

/// Scrapes of a stretch of time, by how they ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Scrapes that were read.
    pub good: u64,
    /// Scrapes that failed.
    pub failed: u64,
    /// Of which instance, where there are several.
    pub instance: Option<String>,
}

impl Attempts {
    /// How many of all failed, from 0 to 1; 0 where nothing was tried.
    pub fn failed_share(&self) -> f64 {
        self.failed as f64 / (self.good + self.failed).max(1) as f64
    }
}

/// Rules again, knowing how many scrapes failed.
pub fn rule(ruling: Ruling, attempts: &Attempts) -> Ruling {
    if ruling.verdict != Verdict::Pass || attempts.failed_share() <= FAILED_SHARE {
        return ruling;
    }
    let all = attempts.good + attempts.failed;
    let instance = attempts.instance.as_ref().map(|instance| format!(" of {instance}"));
    let instance = instance.unwrap_or_default();
    Ruling::inconclusive(
        CODE,
        format!(
            "{} of {all} scrapes{instance} failed, and what the gauge was then nobody saw; see why they failed, \
         or give the scrape more room (measured: {})",
            attempts.failed, ruling.reason
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(good: u64, failed: u64) -> Attempts {
        Attempts { good, failed, instance: None }
    }

    #[test]
    fn the_instance_that_failed_is_named_among_several() {
        let of_one = Attempts { instance: Some("b".into()), ..attempts(1, 1) };
        let ruled = rule(Ruling::pass("m"), &of_one);
        assert!(ruled.reason.starts_with("1 of 2 scrapes of b failed"), "{}", ruled.reason);
    }

    #[test]
    fn scrapes_that_failed_take_a_pass_away() {
        let ruled = rule(Ruling::pass("m"), &attempts(20, 23));
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
        assert!(ruled.reason.contains("23 of 43"), "{}", ruled.reason);
    }

    #[test]
    fn one_in_a_hundred_may_fail() {
        assert_eq!(rule(Ruling::pass("m"), &attempts(99, 1)), Ruling::pass("m"));
    }

    #[test]
    fn a_miss_that_was_seen_stays_one() {
        let ruled = rule(Ruling::fail(CODE, "m"), &attempts(1, 9));
        assert_eq!(ruled, Ruling::fail(CODE, "m"));
    }
}
