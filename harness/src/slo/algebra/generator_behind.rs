//! Rule: what was not sent proves nothing about who should have received it.
//!
//! When the generator itself failed to dispatch more than 1 % of the intended
//! requests in time, the load that was asked for was not applied. No objective
//! passes then, and a miss counts only where more load could not have mended it: too
//! much of something that the target itself counted, or so many slow and failed
//! requests that it would be a miss if every late one had been a good one.

use crate::code::Code;
use crate::load::LoadResult;
use crate::scenario::{Comparator, Threshold};
use crate::slo::{Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code =
    Code::new(&["generator-behind", include_str!("../codes/generator-behind.md")]);

/// The share of the intended requests that must have been dispatched in time.
pub const DISPATCHED_SHARE: f64 = 0.99;

/// How far the generator was behind, if it was too far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behind {
    /// Requests that the generator did not dispatch in time.
    pub missed: u64,
    /// Requests that were meant to be sent.
    pub intended: u64,
}

/// Whether the generator was too far behind to have applied the load.
pub fn find(load: &LoadResult) -> Option<Behind> {
    let intended: u64 = load.measured_requests().map(|request| request.intended).sum();
    let missed = load.generator.missed_by_generator;
    let allowed = intended as f64 * (1.0 - DISPATCHED_SHARE);
    // A tolerance far below one request keeps 1 of 100 on the good side.
    (missed as f64 > allowed + 1e-9).then_some(Behind { missed, intended })
}

/// What a miss is about, so that it can be told whether more load could have mended it.
#[derive(Clone, Debug, PartialEq)]
pub enum Miss<'a> {
    /// The generator's own numbers: the requests that speak against each missed target.
    Requests(Vec<Exceptions>),
    /// Numbers of the target's, against these targets.
    Target(&'a [Threshold]),
}

/// Requests that speak against a target: slow, failed or dropped ones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exceptions {
    /// How many there were.
    pub found: u64,
    /// How many the target allows.
    pub allowed: f64,
}

impl Miss<'_> {
    /// Whether it would be a miss whatever the requests that came too late had done.
    fn stands(&self, missed: u64) -> bool {
        match self {
            // Each request that the generator was late with is taken for a good one.
            Self::Requests(exceptions) => exceptions
                .iter()
                .any(|one| one.found.saturating_sub(missed) as f64 > one.allowed + 1e-9),
            Self::Target(targets) => targets.iter().all(|target| match target.comparator {
                Comparator::Less | Comparator::LessOrEqual => true,
                Comparator::Equal => target.bound == 0.0,
                Comparator::Greater | Comparator::GreaterOrEqual | Comparator::NotEqual => false,
            }),
        }
    }
}

/// Rules again, knowing that the generator was behind.
pub fn rule(ruling: Ruling, behind: Behind, miss: &Miss<'_>) -> Ruling {
    if ruling.verdict == Verdict::Inconclusive
        || (ruling.verdict == Verdict::Fail && miss.stands(behind.missed))
    {
        return ruling;
    }
    let dispatched = 1.0 - behind.missed as f64 / behind.intended.max(1) as f64;
    Ruling::inconclusive(
        CODE,
        format!(
            "the generator dispatched only {} of {} requests in time, 99% are needed; lower the \
         rate, give it more CPU, or share the rate among machines (measured: {})",
            format_quantity(dispatched.max(0.0), Unit::Ratio),
            behind.intended,
            ruling.reason
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{answered, at, steady};

    fn behind_by(missed: u64) -> Option<Behind> {
        let mut load = steady(vec![answered("get", (0..100).map(|_| 5))]);
        load.generator.missed_by_generator = missed;
        find(&load)
    }

    #[test]
    fn one_request_of_a_hundred_may_be_missed() {
        assert_eq!(behind_by(1), None);
        assert_eq!(behind_by(2), Some(Behind { missed: 2, intended: 100 }));
    }

    #[test]
    fn no_pass_and_no_client_miss_survives_a_generator_that_was_behind() {
        let behind = Behind { missed: 20, intended: 100 };
        let few = Miss::Requests(vec![Exceptions { found: 25, allowed: 5.0 }]);
        for ruling in [Ruling::pass("m"), Ruling::fail(CODE, "m")] {
            let ruled = rule(ruling, behind, &few);
            assert_eq!(ruled.verdict, Verdict::Inconclusive);
            assert!(ruled.reason.contains("only 80% of 100 requests in time"), "{}", ruled.reason);
        }
    }

    #[test]
    fn a_miss_that_no_missing_request_could_have_mended_stands() {
        let behind = Behind { missed: 20, intended: 100 };
        let many = Miss::Requests(vec![Exceptions { found: 26, allowed: 5.0 }]);
        assert_eq!(rule(Ruling::fail(CODE, "m"), behind, &many), Ruling::fail(CODE, "m"));
        assert_eq!(rule(Ruling::pass("m"), behind, &many).verdict, Verdict::Inconclusive);
        let unknown = Miss::Requests(Vec::new());
        assert_eq!(rule(Ruling::fail(CODE, "m"), behind, &unknown).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn failures_that_the_target_counted_itself_stay_failures() {
        let behind = Behind { missed: 20, intended: 100 };
        let none = [at(Comparator::Equal, 0.0)];
        let ruled = rule(Ruling::fail(CODE, "m"), behind, &Miss::Target(&none));
        assert_eq!(ruled, Ruling::fail(CODE, "m"));
        let enough = [at(Comparator::Greater, 0.0)];
        let ruled = rule(Ruling::fail(CODE, "m"), behind, &Miss::Target(&enough));
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
    }
}
