//! Rule: an extreme or average of a gauge is judged only from ten scrapes on.
//!
//! A gauge is seen only when it is scraped: its true maximum lies between the
//! scrapes. A value that was seen beyond the target is a miss all the same, for
//! more scrapes can only show more.

use crate::code::Code;
use crate::scenario::Threshold;
use crate::slo::algebra::threshold::{is_lower, is_upper};
use crate::slo::{Ruling, Verdict};

/// The code of this rule.
pub const CODE: Code = Code::new(&["gauge-scrapes", include_str!("../codes/gauge-scrapes.md")]);

/// Scrapes that an extreme or average of a gauge must rest on.
pub const LEAST_SCRAPES: u64 = 10;

/// What is added to a reason that rests on the gauge's value at the closing scrape.
/// A plain selector asks for just that, as in "the queue is empty at the end", so
/// its verdict stands; what the gauge was during the run it does not say.
pub const AT_ONE_SCRAPE: &str = " (at one scrape, the closing one)";

/// What more scrapes could do to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// A maximum: only raise it.
    Maximum,
    /// A minimum: only lower it.
    Minimum,
    /// Anything else: move it either way.
    Neither,
}

/// Whether a miss by this value would be a miss however many scrapes there were.
pub fn is_certain_miss(extreme: Extreme, target: &Threshold) -> bool {
    match extreme {
        Extreme::Maximum => is_upper(target),
        Extreme::Minimum => is_lower(target),
        Extreme::Neither => false,
    }
}

/// Rules again, knowing how many scrapes saw the gauge.
pub fn rule(ruling: &Ruling, scrapes: u64, extreme: Extreme, target: &Threshold) -> Ruling {
    let stands = ruling.verdict == Verdict::Fail && is_certain_miss(extreme, target);
    if scrapes >= LEAST_SCRAPES || stands {
        let reason = format!("{} (seen by {scrapes} scrapes)", ruling.reason);
        return Ruling { reason, ..ruling.clone() };
    }
    Ruling::inconclusive(
        CODE,
        format!(
            "the gauge was seen by {scrapes} scrapes and needs {LEAST_SCRAPES}; scrape more often or \
         load for longer (measured: {})",
            ruling.reason
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Comparator;
    use crate::slo::fixtures::at;

    fn maximum(ruling: &Ruling, scrapes: u64) -> Ruling {
        rule(ruling, scrapes, Extreme::Maximum, &at(Comparator::LessOrEqual, 5.0))
    }

    #[test]
    fn nine_scrapes_are_no_proof_of_a_maximum() {
        assert_eq!(maximum(&Ruling::pass("m"), 9).verdict, Verdict::Inconclusive);
        assert_eq!(maximum(&Ruling::pass("m"), 10), Ruling::pass("m (seen by 10 scrapes)"));
    }

    #[test]
    fn a_maximum_seen_beyond_its_target_is_a_miss_after_one_scrape() {
        assert_eq!(maximum(&Ruling::fail(CODE, "m"), 1).verdict, Verdict::Fail);
    }

    #[test]
    fn an_average_of_few_scrapes_is_neither_met_nor_missed() {
        let target = at(Comparator::LessOrEqual, 5.0);
        let ruled = rule(&Ruling::fail(CODE, "m"), 9, Extreme::Neither, &target);
        assert_eq!(ruled.verdict, Verdict::Inconclusive);
    }
}
