//! Rule: a rate or an average over more time than the load took is not the load's.
//!
//! A window lies between two scrapes. Where somebody else scrapes, every 15 s perhaps,
//! it begins and ends up to an interval beside the load, and what happened in one minute
//! is divided by one and a half: an upper target is met that the load missed. The load's
//! own rate lies between the measured one and that times range over load, for no more
//! was counted while it ran than in all of the range. A verdict that is the same all
//! over what the value may have been stands; any other is in doubt.

use crate::code::Code;
use slogate_promql::Dilution;

use crate::scenario::{Comparator, Threshold};
use crate::slo::{Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["wide-window", include_str!("../codes/wide-window.md")]);

/// By how much a range may be longer than the load in it, as a share of that load. It is
/// of the size of what a rate's extrapolation and a scrape's own duration move anyway;
/// a window that slogate opens and closes itself is within a few milliseconds.
pub const WIDER_BY: f64 = 0.05;

/// A range and the load that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Length of the range, milliseconds.
    pub range_ms: i64,
    /// How much of it the load took that is judged, milliseconds.
    pub load_ms: i64,
    /// What was beside that load.
    pub beside: Beside,
}

/// What was in a range beside the load that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing was sent.
    Idle,
    /// Another phase was under way.
    OtherLoad,
}

impl Covered {
    /// Whether the range is so much longer than the load in it that it matters.
    pub fn is_wide(self) -> bool {
        self.range_ms as f64 > self.load_ms as f64 * (1.0 + WIDER_BY)
    }

    /// The least and the most that the value may have been over the load alone.
    fn of_load(self, value: f64, dilution: Dilution) -> (f64, f64) {
        let anything = (f64::NEG_INFINITY, f64::INFINITY);
        match (dilution, self.beside) {
            (Dilution::Untouched, _) => (value, value),
            (Dilution::Scaled(_), beside) if value >= 0.0 && self.load_ms > 0 => {
                let least = if beside == Beside::Idle { value } else { 0.0 };
                (least, value * self.range_ms as f64 / self.load_ms as f64)
            }
            (Dilution::Scaled(_) | Dilution::Lowered, Beside::Idle) => (value, f64::INFINITY),
            (Dilution::Raised, Beside::Idle) => (f64::NEG_INFINITY, value),
            (Dilution::Moved, Beside::Idle) | (_, Beside::OtherLoad) => anything,
        }
    }
}

/// A value of an expression, in its base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diluted {
    /// As it was measured.
    pub value: f64,
    /// What it measures.
    pub unit: Unit,
    /// What time beside the load does to it.
    pub dilution: Dilution,
}

/// Rules again, knowing how much of the range was load.
pub fn rule(ruling: Ruling, diluted: Diluted, covered: Covered, target: &Threshold) -> Ruling {
    if ruling.verdict == Verdict::Inconclusive || !covered.is_wide() {
        return ruling;
    }
    let of_load = covered.of_load(diluted.value, diluted.dilution);
    if is_same_all_over(of_load, target) {
        return ruling;
    }
    let seconds = |ms: i64| format_quantity(ms as f64 / 1e3, Unit::Seconds);
    let (range, load) = (seconds(covered.range_ms), seconds(covered.load_ms));
    let instead = match diluted.dilution {
        Dilution::Moved => "or judge an extreme",
        _ => "or use `increase` or `counter:`",
    };
    Ruling::inconclusive(
        CODE,
        format!(
            "it is over {range} and only {load} of that are the load it is about, so it {}; load for \
         longer, scrape at a shorter interval, {instead} (measured: {})",
            told(of_load, diluted.unit),
            ruling.reason
        ),
    )
}

/// Whether a target is met by every value from `low` to `high`, or by none of them.
fn is_same_all_over((low, high): (f64, f64), target: &Threshold) -> bool {
    let at = |value: f64| target.comparator.holds(value, target.bound);
    match target.comparator {
        Comparator::Equal | Comparator::NotEqual if low < high => {
            target.bound < low || target.bound > high
        }
        _ => at(low) == at(high),
    }
}

fn told((low, high): (f64, f64), unit: Unit) -> String {
    let show = |value| format_quantity(value, unit);
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("may have been up to {} under it", show(high)),
        (true, false) => "was higher under it".into(),
        (false, true) => "was lower under it".into(),
        (false, false) => "may have been another one under it".into(),
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::Spread;

    use super::*;
    use crate::slo::algebra::threshold;
    use crate::slo::fixtures::at;

    const SCALED: Dilution = Dilution::Scaled(Spread { range_ms: 90_000, offset_ms: 0 });
    /// A minute of load, seen by an interval of 15 s at either end.
    const WIDE: Covered = Covered { range_ms: 90_000, load_ms: 60_000, beside: Beside::Idle };

    fn ruled(
        (value, dilution): (f64, Dilution),
        covered: Covered,
        (comparator, bound): (Comparator, f64),
    ) -> Verdict {
        let (target, unit) = (at(comparator, bound), Unit::Plain);
        let measured = threshold::rule(value, unit, &target);
        rule(measured, Diluted { value, unit, dilution }, covered, &target).verdict
    }

    #[test]
    fn an_upper_target_that_the_load_itself_may_have_missed_is_in_doubt() {
        // 20/s over 90 s are up to 30/s over 60 s.
        for (bound, verdict) in
            [(15.0, Verdict::Fail), (25.0, Verdict::Inconclusive), (31.0, Verdict::Pass)]
        {
            let target = (Comparator::Less, bound);
            assert_eq!(ruled((20.0, SCALED), WIDE, target), verdict, "{bound}");
        }
    }

    #[test]
    fn a_lower_target_that_the_load_itself_may_have_met_is_in_doubt() {
        for (bound, verdict) in
            [(15.0, Verdict::Pass), (25.0, Verdict::Inconclusive), (31.0, Verdict::Fail)]
        {
            let target = (Comparator::GreaterOrEqual, bound);
            assert_eq!(ruled((20.0, SCALED), WIDE, target), verdict, "{bound}");
        }
    }

    #[test]
    fn equality_is_in_doubt_wherever_the_load_may_have_been_equal() {
        let equal = |bound| ruled((20.0, SCALED), WIDE, (Comparator::Equal, bound));
        assert_eq!((equal(20.0), equal(25.0)), (Verdict::Inconclusive, Verdict::Inconclusive));
        assert_eq!((equal(15.0), equal(31.0)), (Verdict::Fail, Verdict::Fail));
        let none = ruled((0.0, SCALED), WIDE, (Comparator::Equal, 0.0));
        assert_eq!(none, Verdict::Pass, "nothing in all of the range is nothing under load");
        assert_eq!(
            ruled((20.0, SCALED), WIDE, (Comparator::NotEqual, 25.0)),
            Verdict::Inconclusive
        );
    }

    #[test]
    fn without_proportion_only_the_direction_is_known() {
        let lowered =
            |comparator, bound| ruled((20.0, Dilution::Lowered), WIDE, (comparator, bound));
        assert_eq!(lowered(Comparator::Less, 1e9), Verdict::Inconclusive);
        assert_eq!(lowered(Comparator::Less, 15.0), Verdict::Fail);
        assert_eq!(lowered(Comparator::Greater, 15.0), Verdict::Pass);
        assert_eq!(lowered(Comparator::Greater, 25.0), Verdict::Inconclusive);
        let raised = |comparator, bound| ruled((20.0, Dilution::Raised), WIDE, (comparator, bound));
        assert_eq!(raised(Comparator::Less, 25.0), Verdict::Pass);
        assert_eq!(raised(Comparator::Greater, 15.0), Verdict::Inconclusive);
    }

    #[test]
    fn an_average_is_neither_met_nor_missed() {
        for comparator in [Comparator::Less, Comparator::Greater, Comparator::Equal] {
            let verdict = ruled((20.0, Dilution::Moved), WIDE, (comparator, 30.0));
            assert_eq!(verdict, Verdict::Inconclusive, "{comparator:?}");
        }
        assert_eq!(
            ruled((20.0, Dilution::Untouched), WIDE, (Comparator::Less, 25.0)),
            Verdict::Pass
        );
    }

    #[test]
    fn beside_another_load_a_rate_may_be_that_loads() {
        let covered = Covered { beside: Beside::OtherLoad, ..WIDE };
        let verdict = |comparator, bound| ruled((20.0, SCALED), covered, (comparator, bound));
        assert_eq!(verdict(Comparator::Less, 31.0), Verdict::Pass);
        assert_eq!(verdict(Comparator::Less, 15.0), Verdict::Inconclusive);
        assert_eq!(verdict(Comparator::Greater, 15.0), Verdict::Inconclusive);
        assert_eq!(verdict(Comparator::Greater, 31.0), Verdict::Fail);
    }

    #[test]
    fn a_twentieth_is_nothing_and_no_load_at_all_is_everything() {
        let covered = |range_ms| Covered { range_ms, load_ms: 60_000, beside: Beside::Idle };
        assert!(!covered(63_000).is_wide() && covered(63_001).is_wide());
        let none = Covered { load_ms: 0, ..WIDE };
        assert_eq!(ruled((20.0, SCALED), none, (Comparator::Less, 1e9)), Verdict::Inconclusive);
    }
}
