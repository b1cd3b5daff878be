//! Rule: where restarts are allowed, what the counters of a process that restarted lost
//! is not known.
//!
//! What was counted between the last scrape before a restart and the restart itself is
//! lost, and so is what was in flight. Too much of something stays too much; everything
//! else that rests on counters of that instance is in doubt.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::series::InstanceChange;
use crate::slo::algebra::threshold::is_upper;
use crate::slo::{Doubt, Ruling};

/// The code of this rule.
pub const CODE: Code = Code::new(&["allowed-restart", include_str!("../codes/allowed-restart.md")]);

/// Rules again, knowing that an instance whose counters are judged restarted.
pub fn rule(ruling: Ruling, restarted: &InstanceChange, target: &Threshold) -> Ruling {
    let none_wanted = target.comparator == Comparator::Equal && target.bound == 0.0;
    if is_upper(target) || none_wanted {
        ruling.unless_missed(CODE, || doubt(restarted).reason)
    } else {
        doubt(restarted).into()
    }
}

/// The doubt about everything that rests on the counters of an instance that restarted.
pub fn doubt(restarted: &InstanceChange) -> Doubt {
    Doubt::new(
        CODE,
        format!("{restarted}, which is allowed, but what its counters lost is not known"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::ChangeKind;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    fn ruled(ruling: Ruling, comparator: Comparator) -> Ruling {
        let kind = ChangeKind::StartTimeChanged { before: 100.0, after: 230.5 };
        let restarted = InstanceChange { instance: "a".into(), at_ms: 1, kind };
        rule(ruling, &restarted, &at(comparator, 0.0))
    }

    #[test]
    fn nothing_passes_on_counters_that_lost_something() {
        for comparator in [Comparator::Equal, Comparator::LessOrEqual, Comparator::Greater] {
            let ruling = ruled(Ruling::pass("m"), comparator);
            assert_eq!(ruling.verdict, Verdict::Inconclusive);
            assert!(ruling.reason.starts_with("`a` restarted"), "{}", ruling.reason);
        }
    }

    #[test]
    fn too_much_stays_too_much_and_too_little_may_have_been_more() {
        assert_eq!(ruled(Ruling::fail(CODE, "m"), Comparator::Equal), Ruling::fail(CODE, "m"));
        assert_eq!(
            ruled(Ruling::fail(CODE, "m"), Comparator::Greater).verdict,
            Verdict::Inconclusive
        );
    }
}
