//! Rule: a number that is known exactly is compared with its target, and that is all.
//!
//! Counts, maxima, spans and the growth of counters say something about this run
//! and nothing beyond it; for them one comparison is the proof.

use crate::code::Code;
use crate::scenario::{Comparator, Threshold};
use crate::slo::Ruling;
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["threshold", include_str!("../codes/threshold.md")]);

/// How much room is left between a value and its target, in the base unit:
/// negative for a miss. `!=` has no distance.
pub fn margin(value: f64, threshold: &Threshold) -> Option<f64> {
    match threshold.comparator {
        Comparator::Less | Comparator::LessOrEqual => Some(threshold.bound - value),
        Comparator::Greater | Comparator::GreaterOrEqual => Some(value - threshold.bound),
        // Written so that a hit is 0 and not -0.
        Comparator::Equal => Some(0.0 - (value - threshold.bound).abs()),
        Comparator::NotEqual => None,
    }
}

/// Whether large values miss this target.
pub fn is_upper(threshold: &Threshold) -> bool {
    matches!(threshold.comparator, Comparator::Less | Comparator::LessOrEqual)
}

/// Whether small values miss this target.
pub fn is_lower(threshold: &Threshold) -> bool {
    matches!(threshold.comparator, Comparator::Greater | Comparator::GreaterOrEqual)
}

/// Rules an exact number.
pub fn rule(value: f64, unit: Unit, threshold: &Threshold) -> Ruling {
    let text = sentence(value, unit, threshold);
    if threshold.comparator.holds(value, threshold.bound) {
        Ruling::pass(text)
    } else {
        Ruling::fail(CODE, text)
    }
}

/// Rules a value that is larger than anything that could be measured.
pub fn rule_unbounded(why: &str, threshold: &Threshold) -> Ruling {
    let text = format!("{why}, so it has no upper end; the target is {}", threshold.text);
    match threshold.comparator {
        Comparator::Less | Comparator::LessOrEqual | Comparator::Equal => Ruling::fail(CODE, text),
        // Larger than anything measured is not a measurement: `> 1s` is no proof of work done.
        Comparator::Greater | Comparator::GreaterOrEqual | Comparator::NotEqual => {
            Ruling::inconclusive(CODE, text)
        }
    }
}

/// `1.23 s misses < 1s by 230 ms` or `770 ms meets < 1s with 230 ms to spare`.
pub fn sentence(value: f64, unit: Unit, threshold: &Threshold) -> String {
    let shown = format_quantity(value, unit);
    let target = &threshold.text;
    let distance = margin(value, threshold).filter(|room| *room != 0.0);
    let distance = distance.map(|room| format_quantity(room.abs(), unit));
    match (threshold.comparator.holds(value, threshold.bound), distance) {
        (true, Some(distance)) => format!("{shown} meets {target} with {distance} to spare"),
        (true, None) => format!("{shown} meets {target}"),
        (false, Some(distance)) => format!("{shown} misses {target} by {distance}"),
        (false, None) => format!("{shown} misses {target}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;
    use crate::slo::fixtures::at;

    #[test]
    fn says_by_how_much_a_target_is_met_or_missed() {
        let target = at(Comparator::Less, 1.0);
        let met = rule(0.77, Unit::Seconds, &target);
        assert_eq!(met, Ruling::pass("770 ms meets < 1 with 230 ms to spare"));
        let missed = rule(1.23, Unit::Seconds, &target);
        assert_eq!(missed, Ruling::fail(CODE, "1.23 s misses < 1 by 230 ms"));
    }

    #[test]
    fn a_value_on_the_bound_has_no_distance() {
        assert_eq!(rule(1.0, Unit::Plain, &at(Comparator::Less, 1.0)).reason, "1 misses < 1");
        assert_eq!(rule(0.0, Unit::Plain, &at(Comparator::Equal, 0.0)).reason, "0 meets == 0");
    }

    #[test]
    fn a_margin_is_negative_for_a_miss_on_either_side() {
        assert_eq!(margin(3.0, &at(Comparator::LessOrEqual, 2.0)), Some(-1.0));
        assert_eq!(margin(1.0, &at(Comparator::Greater, 2.0)), Some(-1.0));
        assert_eq!(margin(5.0, &at(Comparator::Equal, 2.0)), Some(-3.0));
        assert_eq!(margin(5.0, &at(Comparator::NotEqual, 2.0)), None);
    }

    #[test]
    fn what_has_no_upper_end_misses_an_upper_target_and_proves_no_lower_one() {
        let verdict = |comparator| rule_unbounded("a request failed", &at(comparator, 1.0)).verdict;
        assert_eq!(verdict(Comparator::Less), Verdict::Fail);
        assert_eq!(verdict(Comparator::GreaterOrEqual), Verdict::Inconclusive);
    }
}
