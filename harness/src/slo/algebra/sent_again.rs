//! Rule: a target that often closes kept connections instead of answering is not judged by
//! the answers to what was sent again.
//!
//! One idempotent request on a connection that the target closed in that very moment is sent
//! once more: a race that nobody can win, and that is rare. A target that drops every second
//! request looks the same to each of them. Beyond a small share it is no race, and what is
//! measured of requests passes nothing.

use std::collections::BTreeSet;

use crate::code::Code;
use crate::load::{LoadResult, RequestResult};
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["sent-again", include_str!("../codes/sent-again.md")]);

/// The largest share of requests that races explain.
const MOST_OF_RACES: f64 = 0.05;
/// So few say nothing about a share.
const FEW: u64 = 5;

/// Requests of one name, or all, of which many were sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAgain {
    /// Their name; all without one.
    pub request: Option<String>,
    /// How many were sent again.
    pub again: u64,
    /// Of so many that were sent.
    pub sent: u64,
}

impl SentAgain {
    fn of<'r>(name: Option<&str>, requests: impl Iterator<Item = &'r RequestResult>) -> Self {
        let none = Self { request: name.map(str::to_owned), again: 0, sent: 0 };
        requests.fold(none, |sum, request| Self {
            again: sum.again + request.retried,
            sent: sum.sent + request.sent,
            ..sum
        })
    }

    fn are_many(&self) -> bool {
        self.again >= FEW && self.again as f64 > MOST_OF_RACES * self.sent as f64
    }
}

/// Those of the measured phases, if they are more than races explain: of any name, or of all.
pub fn find(load: &LoadResult) -> Option<SentAgain> {
    let names: BTreeSet<&str> = load.measured_requests().map(|one| one.name.as_str()).collect();
    let of_name = |name: &str| {
        SentAgain::of(Some(name), load.measured_requests().filter(|one| one.name == name))
    };
    let all = SentAgain::of(None, load.measured_requests());
    names.into_iter().map(of_name).chain([all]).find(SentAgain::are_many)
}

/// Rules again, knowing that so many were sent again.
pub fn rule(ruling: Ruling, SentAgain { request, again, sent }: &SentAgain) -> Ruling {
    let measured = ruling.reason.clone();
    let name = request.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    ruling.unless_missed(CODE, || {
        format!(
            "{again} of {sent} requests{name} were sent again, because the target ended their \
             connection without an answer, or refused them; look for why, or count each as a \
             failure with `http: {{ version: 1.1, keep_alive: false }}` (measured: {measured})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let many = SentAgain { request: Some("get".into()), again: 6, sent: 100 };
        assert_eq!(again(6, 100), Some(many));
    }

    #[test]
    fn a_share_is_one_of_a_name_or_of_all() {
        let of =
            |name: &str, retried, sent| RequestResult { retried, ..answered(name, vec![5; sent]) };
        let many = find(&steady(vec![of("a", 0, 1000), of("b", 10, 20)])).unwrap();
        assert_eq!((many.request.as_deref(), many.again), (Some("b"), 10));
        let many = find(&steady(vec![of("a", 3, 20), of("b", 3, 20)])).unwrap();
        assert_eq!((many.request, many.again), (None, 6));
    }

    #[test]
    fn a_pass_is_doubted_and_a_miss_stands() {
        let many = again(50, 100).unwrap();
        assert_eq!(rule(Ruling::pass("100% meets >= 95%"), &many).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m"), &many), Ruling::fail(CODE, "m"));
    }
}
