//! Rule: a counter that is born during the run has grown by more than `increase()` tells.
//!
//! `increase()` and `rate()` compare samples of one series. A child that appears
//! with its first failure in it and stays there has not grown between any two, so
//! an exporter that creates its children late would be green on every one of its
//! first failures. Where more growth would turn the verdict, nothing passes then;
//! `counter:` counts such a series from 0.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::slo::algebra::threshold::{is_lower, is_upper};
use crate::slo::{Doubt, Ruling};

/// The code of this rule.
pub const CODE: Code = Code::new(&["born-series", include_str!("../codes/born-series.md")]);

/// Series that an expression's ranges saw being born, each with its first value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Born {
    /// Those whose growth makes the expression larger.
    pub raising: Vec<(String, f64)>,
    /// Those whose growth makes it smaller, as in a divisor.
    pub lowering: Vec<(String, f64)>,
}

/// Rules again, knowing which series were born during the range.
pub fn rule(ruling: Ruling, born: &Born, target: &Threshold) -> Ruling {
    let equal = target.comparator == Comparator::Equal;
    let raising = born.raising.first().filter(|_| equal || is_upper(target));
    let lowering = born.lowering.first().filter(|_| equal || is_lower(target));
    match raising.or(lowering) {
        Some(first) => ruling.unless_missed(CODE, || doubt(first).reason),
        None => ruling,
    }
}

/// The doubt about a series and the value it was born with.
pub fn doubt((series, value): &(String, f64)) -> Doubt {
    Doubt::new(
        CODE,
        format!(
            "{series} was born during the run with value {value}, which `increase` and `rate` do not \
         see; use `counter:`, or warm up until it exists"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    fn ruled(born: &Born, comparator: Comparator) -> Verdict {
        rule(Ruling::pass("m"), born, &at(comparator, 0.0)).verdict
    }

    #[test]
    fn growth_that_nobody_saw_takes_away_a_pass_that_it_would_turn() {
        let born = Born { raising: vec![("a".into(), 3.0)], ..Born::default() };
        for comparator in [Comparator::Less, Comparator::LessOrEqual, Comparator::Equal] {
            assert_eq!(ruled(&born, comparator), Verdict::Inconclusive);
        }
        for comparator in [Comparator::Greater, Comparator::GreaterOrEqual] {
            assert_eq!(ruled(&born, comparator), Verdict::Pass);
        }
    }

    #[test]
    fn growth_of_a_divisor_turns_the_other_way() {
        let born = Born { lowering: vec![("a".into(), 3.0)], ..Born::default() };
        assert_eq!(ruled(&born, Comparator::GreaterOrEqual), Verdict::Inconclusive);
        assert_eq!(ruled(&born, Comparator::Less), Verdict::Pass);
    }

    #[test]
    fn a_miss_stays_a_miss() {
        let born = Born { raising: vec![("a".into(), 3.0)], ..Born::default() };
        let ruling = rule(Ruling::fail(CODE, "m"), &born, &at(Comparator::Equal, 0.0));
        assert_eq!(ruling, Ruling::fail(CODE, "m"));
    }
}
