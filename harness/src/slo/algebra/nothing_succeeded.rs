//! Rule: a request that never once did what was expected of it loaded nobody.
//!
//! With a wrong path every answer is 404, the service has nothing to do, and its queue
//! stays empty, its failures 0 and its memory small. So where all requests, or all of
//! one name, failed, the load that was asked for was not applied, and nothing passes.
//! Where other requests succeeded, what asks about failures may. One or two requests that failed say less than that:
//! one that works half of the time fails five times in a row in less than one run of
//! twenty.

use crate::code::Code;
use crate::load::{LoadResult, RequestResult};
use crate::slo::Ruling;

/// The code of this rule.
pub const CODE: Code =
    Code::new(&["nothing-succeeded", include_str!("../codes/nothing-succeeded.md")]);

/// Failures in a row that chance does not explain for a request that works at all.
pub const LEAST_FAILURES: u64 = 5;

/// Requests of which none ended as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fruitless {
    /// Their name.
    pub request: String,
    /// How many there were.
    pub failed: u64,
}

/// The first request by name of which none ended as expected, if there were enough of
/// it; of any number, if nothing else succeeded either.
pub fn find(load: &LoadResult) -> Option<Fruitless> {
    let requests: Vec<&RequestResult> = load.measured_requests().collect();
    let least = if something_succeeded(load) { LEAST_FAILURES } else { 1 };
    requests.iter().find_map(|one| {
        let same = || requests.iter().filter(|other| other.name == one.name);
        let ended =
            |request: &&&RequestResult| request.intended - request.abandoned.min(request.intended);
        let failed: u64 = same().map(|request| ended(&request)).sum();
        let fruitless = failed >= least && same().all(|request| request.succeeded == 0);
        fruitless.then(|| Fruitless { request: one.name.clone(), failed })
    })
}

/// Whether any measured request ended as expected.
pub fn something_succeeded(load: &LoadResult) -> bool {
    load.measured_requests().any(|request| request.succeeded > 0)
}

/// Rules again, knowing that a request never succeeded.
pub fn rule(ruling: Ruling, fruitless: &Fruitless) -> Ruling {
    let measured = ruling.reason.clone();
    let Fruitless { request, failed } = fruitless;
    ruling.unless_missed(CODE, || {
        format!(
            "none of {failed} requests `{request}` ended as expected, so the load that was asked \
             for was not applied; see their failures, or say what to `expect` (measured: {measured})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{answered, steady, with_failures};

    fn failed(name: &str, count: u64) -> RequestResult {
        with_failures(answered(name, []), count)
    }

    #[test]
    fn a_request_that_never_works_takes_every_pass_away() {
        let load = steady(vec![answered("cart", [5; 100]), failed("order", 5)]);
        let fruitless = find(&load).unwrap();
        assert_eq!(fruitless, Fruitless { request: "order".into(), failed: 5 });
        let ruling = rule(Ruling::pass("0 meets == 0"), &fruitless);
        assert_eq!(ruling.verdict, crate::slo::Verdict::Inconclusive);
        assert_eq!(rule(Ruling::fail(CODE, "m"), &fruitless), Ruling::fail(CODE, "m"));
    }

    #[test]
    fn four_failures_of_a_rare_request_may_be_chance() {
        assert_eq!(find(&steady(vec![answered("cart", [5; 100]), failed("order", 4)])), None);
    }

    #[test]
    fn one_failure_is_enough_where_nothing_else_was_sent() {
        assert!(find(&steady(vec![failed("order", 1)])).is_some());
    }

    #[test]
    fn what_was_not_meant_to_be_sent_did_not_fail() {
        assert_eq!(find(&steady(vec![failed("order", 0)])), None);
        assert_eq!(find(&steady(vec![answered("cart", [5; 9]), failed("order", 0)])), None);
    }
}
