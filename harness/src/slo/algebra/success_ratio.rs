//! Rule: a success ratio passes only if the run proves it, by the exact binomial.
//!
//! A pass says that a service below the target would have done so well in less
//! than one run of twenty; this is the one-sided 95 % Clopper-Pearson bound, and
//! needs 59 requests without a failure for 95 %, 299 for 99 %, 2,995 for 99.9 %.
//! A ratio below its target is a fail when the run was long enough that a perfect
//! service would have passed, or when the miss is beyond chance by the same 5 %.
//! What is left, met but not proven or missed by a handful, is inconclusive.
//!
//! `== …`, `>= 100%` and `<= 0%` are not estimates: no sample proves them about a
//! service. They are read as what they can be, a statement about this run, and
//! need one request.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::slo::Ruling;
use crate::slo::algebra::sample_size::smallest_sample;
use crate::slo::algebra::threshold;
use crate::slo::binomial::{ERROR_PROBABILITY, at_least, at_most};
use crate::units::Unit;

/// The code of this rule.
pub const CODE: Code = Code::new(&["success-ratio", include_str!("../codes/success-ratio.md")]);

/// Rules `succeeded` of `intended`, which is at least 1.
pub fn rule(succeeded: u64, intended: u64, target: &Threshold) -> Ruling {
    let ratio = succeeded as f64 / intended as f64;
    let measured = threshold::rule(ratio, Unit::Ratio, target);
    let counted = format!("{succeeded} of {intended}: {}", measured.reason);
    if is_about_this_run_only(target) {
        return Ruling { reason: counted, ..measured };
    }
    let side = Side::of(succeeded, intended, target);
    let met = target.comparator.holds(ratio, target.bound);
    if met && side.chance_if_missed <= ERROR_PROBABILITY {
        Ruling::pass(counted)
    } else if !met && (side.could_have_passed || side.chance_if_met <= ERROR_PROBABILITY) {
        Ruling::fail(CODE, counted)
    } else {
        Ruling::inconclusive(CODE, unproven(&counted, &side, target))
    }
}

/// Rules again a share whose parts cannot be told apart, knowing of how many events it
/// is a share: it passes only where so many events without an exception would prove it.
pub fn rule_few_events(ruling: Ruling, events: u64, target: &Threshold) -> Ruling {
    if is_about_this_run_only(target) {
        return ruling;
    }
    let bound = if threshold::is_lower(target) { target.bound } else { 1.0 - target.bound };
    let Some(needed) = smallest_sample(bound).filter(|needed| events < *needed) else {
        return ruling;
    };
    let measured = ruling.reason.clone();
    ruling.unless_missed(CODE, || {
        format!(
            "it is a share of {events} events, and {} takes at least {needed} without an exception \
             (measured: {measured})",
            target.text
        )
    })
}

/// What the binomial says about a target from one side.
struct Side {
    /// The chance of at least so good a run if the target were just missed.
    chance_if_missed: f64,
    /// The chance of at most so good a run if the target were just met.
    chance_if_met: f64,
    /// Whether a perfect run of this length would have passed.
    could_have_passed: bool,
    /// The length of a perfect run that passes.
    needed: Option<u64>,
}

impl Side {
    fn of(succeeded: u64, intended: u64, target: &Threshold) -> Self {
        let many = at_least(succeeded, intended, target.bound);
        let few = at_most(succeeded, intended, target.bound);
        let lower = threshold::is_lower(target);
        let needed = smallest_sample(if lower { target.bound } else { 1.0 - target.bound });
        Self {
            chance_if_missed: if lower { many } else { few },
            chance_if_met: if lower { few } else { many },
            could_have_passed: needed.is_some_and(|needed| intended >= needed),
            needed,
        }
    }
}

fn is_about_this_run_only(target: &Threshold) -> bool {
    matches!(target.comparator, Comparator::Equal | Comparator::NotEqual)
        || target.bound <= 0.0
        || target.bound >= 1.0
}

fn unproven(counted: &str, side: &Side, target: &Threshold) -> String {
    let needed = side.needed.map_or_else(String::new, |needed| {
        format!("; {} takes at least {needed} requests without an exception", target.text)
    });
    format!("{counted}, but so few requests do not prove it either way{needed}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    fn at_least_share(succeeded: u64, intended: u64, bound: f64) -> Verdict {
        rule(succeeded, intended, &at(Comparator::GreaterOrEqual, bound)).verdict
    }

    #[test]
    fn a_run_without_failures_must_be_long_enough() {
        for (bound, needed) in [(0.95, 59), (0.99, 299), (0.999, 2_995)] {
            assert_eq!(at_least_share(needed, needed, bound), Verdict::Pass);
            assert_eq!(at_least_share(needed - 1, needed - 1, bound), Verdict::Inconclusive);
        }
    }

    #[test]
    fn each_failure_makes_the_needed_run_longer() {
        // 93 is the smallest n with P(X ≥ n − 1 | n, 0.95) ≤ 5 %.
        assert_eq!(at_least_share(92, 93, 0.95), Verdict::Pass);
        assert_eq!(at_least_share(91, 92, 0.95), Verdict::Inconclusive);
    }

    #[test]
    fn a_ratio_below_its_target_fails_where_a_pass_was_possible() {
        assert_eq!(at_least_share(94, 100, 0.95), Verdict::Fail);
    }

    #[test]
    fn one_failure_of_ten_proves_nothing_about_95_percent() {
        assert_eq!(at_least_share(9, 10, 0.95), Verdict::Inconclusive);
    }

    #[test]
    fn a_short_run_of_failures_is_a_miss() {
        assert_eq!(at_least_share(0, 2, 0.95), Verdict::Fail);
        assert_eq!(at_least_share(6, 10, 0.95), Verdict::Fail);
    }

    #[test]
    fn a_hundred_percent_is_about_this_run() {
        assert_eq!(at_least_share(12, 12, 1.0), Verdict::Pass);
        assert_eq!(at_least_share(11, 12, 1.0), Verdict::Fail);
        assert_eq!(rule(12, 12, &at(Comparator::Equal, 1.0)).verdict, Verdict::Pass);
    }

    #[test]
    fn an_upper_target_is_the_mirror_image() {
        let at_most_share =
            |succeeded, intended| rule(succeeded, intended, &at(Comparator::Less, 0.05)).verdict;
        assert_eq!(at_most_share(0, 59), Verdict::Pass);
        assert_eq!(at_most_share(0, 58), Verdict::Inconclusive);
        assert_eq!(at_most_share(30, 59), Verdict::Fail);
    }

    #[test]
    fn a_share_of_few_events_keeps_no_pass_and_every_miss() {
        let target = at(Comparator::GreaterOrEqual, 0.95);
        let ruled = |ruling, events| rule_few_events(ruling, events, &target).verdict;
        assert_eq!(ruled(Ruling::pass("m"), 58), Verdict::Inconclusive);
        assert_eq!(ruled(Ruling::pass("m"), 59), Verdict::Pass);
        assert_eq!(ruled(Ruling::fail(CODE, "m"), 3), Verdict::Fail);
    }

    #[test]
    fn says_what_would_prove_it() {
        assert_eq!(
            rule(20, 20, &at(Comparator::GreaterOrEqual, 0.95)).reason,
            "20 of 20: 100% meets >= 0.95 with 5% to spare, but so few requests do not prove it \
             either way; >= 0.95 takes at least 59 requests without an exception"
        );
    }
}
