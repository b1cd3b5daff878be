//! Rule: a target that often closes kept connections instead of answering is not judged by
//! the answers to what was sent again.
//!
//! One idempotent request on a connection that the target closed in that very moment is sent
//! once more: a race that nobody can win, and that is rare. A target that drops every second
//! request looks the same to each of them. Beyond a small share it is no race, and what is
//! measured of requests passes nothing.

use crate::code::Code;
use crate::load::LoadResult;
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["sent-again", include_str!("../codes/sent-again.md")]);

/// The largest share of requests that races explain.
const MOST_OF_RACES: f64 = 0.05;
/// So few say nothing about a share.
const FEW: u64 = 5;

/// Requests that were sent again on a fresh connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentAgain {
    /// How many.
    pub again: u64,
    /// Of so many that were sent.
    pub sent: u64,
}

/// Those of the measured phases, if they are more than races explain.
pub fn find(load: &LoadResult) -> Option<SentAgain> {
    let again = load.measured_requests().map(|request| request.retried).sum();
    let sent = load.measured_requests().map(|request| request.sent).sum();
    let are_many = again >= FEW && again as f64 > MOST_OF_RACES * sent as f64;
    are_many.then_some(SentAgain { again, sent })
}

/// Rules again, knowing that so many were sent again.
pub fn rule(ruling: Ruling, SentAgain { again, sent }: SentAgain) -> Ruling {
    let measured = ruling.reason.clone();
    ruling.unless_missed(CODE, || {
        format!(
            "{again} of {sent} requests were sent again, because the target closed their connection \
             without an answer; look for what closes them, or count each as a failure with \
             `http: {{ keep_alive: false }}` (measured: {measured})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::RequestResult;
    use crate::slo::Verdict;
    use crate::slo::fixtures::{answered, steady};

    fn again(retried: u64, sent: usize) -> Option<SentAgain> {
        let request = RequestResult { retried, ..answered("get", vec![5; sent]) };
        find(&steady(vec![request]))
    }

    #[test]
    fn a_share_that_races_explain_changes_nothing() {
        assert_eq!(again(5, 100), None);
        assert_eq!(again(4, 10), None, "too few to be a share");
        assert_eq!(again(6, 100), Some(SentAgain { again: 6, sent: 100 }));
    }

    #[test]
    fn a_pass_is_doubted_and_a_miss_stands() {
        let many = again(50, 100).unwrap();
        assert_eq!(rule(Ruling::pass("100% meets >= 95%"), many).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m"), many), Ruling::fail(CODE, "m"));
    }
}
