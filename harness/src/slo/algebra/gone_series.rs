//! Rule: a series that the closing scrape no longer has proves nothing about the end.
//!
//! What a vanished counter or gauge did after its last sample is not known. It can
//! only have added: too much of something stays a miss, everything else is in doubt.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::slo::algebra::threshold::is_upper;
use crate::slo::{Doubt, Ruling};

/// The code of this rule.
pub const CODE: Code = Code::new(&["gone-series", include_str!("../codes/gone-series.md")]);

/// The doubt about series that were gone at the closing scrape, if there are any.
pub fn doubt(gone: &[String]) -> Option<Doubt> {
    let first = gone.first()?;
    let others = match gone.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    Some(Doubt::new(
        CODE,
        format!("{first}{others} disappeared before the closing scrape, so its end is not known"),
    ))
}

/// Rules again, knowing which series were gone at the closing scrape.
pub fn rule(ruling: Ruling, gone: &[String], target: &Threshold) -> Ruling {
    let Some(doubt) = doubt(gone) else {
        return ruling;
    };
    let none_wanted = target.comparator == Comparator::Equal && target.bound == 0.0;
    if is_upper(target) || none_wanted {
        ruling.unless_missed(CODE, || doubt.reason)
    } else {
        doubt.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    fn ruled(ruling: Ruling, comparator: Comparator) -> Ruling {
        rule(ruling, &["a".into(), "b".into()], &at(comparator, 0.0))
    }

    #[test]
    fn a_series_that_is_gone_at_the_end_takes_a_pass_away() {
        assert_eq!(
            ruled(Ruling::pass("m"), Comparator::Equal),
            Ruling::inconclusive(
                CODE,
                "a and 1 more disappeared before the closing scrape, so its end is not known"
            )
        );
        let all_there = rule(Ruling::pass("m"), &[], &at(Comparator::Equal, 0.0));
        assert_eq!(all_there, Ruling::pass("m"));
    }

    #[test]
    fn too_much_of_something_stays_too_much() {
        assert_eq!(ruled(Ruling::fail(CODE, "m"), Comparator::Equal), Ruling::fail(CODE, "m"));
        assert_eq!(
            ruled(Ruling::fail(CODE, "m"), Comparator::LessOrEqual),
            Ruling::fail(CODE, "m")
        );
    }

    #[test]
    fn too_little_of_something_may_have_come_later() {
        let ruling = ruled(Ruling::fail(CODE, "m"), Comparator::Greater);
        assert_eq!(ruling.verdict, Verdict::Inconclusive);
    }
}
