//! Rule: a load of which a part was never sent is not the load that was asked for.
//!
//! A request of little weight in a short run, and a step behind so much thinking that every
//! flow was cut off before it, have no failures and no latencies: whatever is judged of all
//! requests holds without them. So where a request of the scenario was not sent once in any
//! measured phase, nothing passes. What a failed step kept from being sent is told by that step's failures first, and a
//! run that was ended early by its end.

use crate::code::Code;
use crate::load::{LoadResult, RequestResult};
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code = Code::new(&["never-sent", include_str!("../codes/never-sent.md")]);

/// The name of the first request that was not sent once, dropped or not, where the load came to
/// its end.
pub fn find(load: &LoadResult) -> Option<&str> {
    if load.stopped_early.is_some() {
        return None;
    }
    let requests: Vec<&RequestResult> = load.measured_requests().collect();
    let is_unsent = |name: &str| {
        requests.iter().filter(|other| other.name == name).all(|request| request.sent == 0)
    };
    requests.iter().map(|request| request.name.as_str()).find(|name| is_unsent(name))
}

/// Rules again, knowing that a request was never sent.
pub fn rule(ruling: Ruling, request: &str) -> Ruling {
    let measured = ruling.reason.clone();
    ruling.unless_missed(CODE, || {
        format!(
            "request `{request}` was never sent, so the load that was asked for was not applied; \
             send more, give it more weight, or remove it (measured: {measured})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{PhaseResult, StopReason};
    use crate::slo::Verdict;
    use crate::slo::fixtures::{answered, load_of, phase, steady};

    #[test]
    fn a_request_that_was_not_sent_once_takes_every_pass_away() {
        let load = steady(vec![answered("cart", [5; 100]), answered("pay", [])]);
        let unsent = find(&load).unwrap();
        assert_eq!(unsent, "pay");
        assert_eq!(rule(Ruling::pass("0 meets == 0"), unsent).verdict, Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m"), unsent), Ruling::fail(CODE, "m"));
    }

    #[test]
    fn once_in_any_measured_phase_is_enough() {
        let phase_of = |name: &str, requests| PhaseResult { requests, ..phase(name) };
        let first = phase_of("a", vec![answered("cart", [5]), answered("pay", [])]);
        let second = phase_of("b", vec![answered("cart", []), answered("pay", [5])]);
        assert_eq!(find(&load_of(vec![first, second])), None);
    }

    #[test]
    fn one_that_was_meant_and_never_sent_was_not_sent() {
        let dropped = RequestResult { intended: 4, dropped: 4, failed: 4, ..answered("pay", []) };
        let load = steady(vec![answered("cart", [5; 9]), dropped]);
        assert_eq!(find(&load), Some("pay"));
    }

    #[test]
    fn a_run_that_was_ended_early_says_so_itself() {
        let mut load = steady(vec![answered("pay", [])]);
        load.stopped_early = Some(StopReason::Cancelled);
        assert_eq!(find(&load), None);
    }
}
