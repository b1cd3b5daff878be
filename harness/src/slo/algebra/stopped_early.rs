//! Rule: a run that ended before its time passes nothing, and misses what the rest could not mend.
//!
//! Whoever stops a run after 40 of 100 requests has not shown that the target
//! answers fewer than 100. A failure that happened has happened, though, and a
//! percentile or ratio that is ruled a miss is one beyond chance.

use crate::code::Code;
use crate::load::{LoadResult, StopReason};
use crate::scenario::{Comparator, Threshold};
use crate::slo::{Observed, PlannedPhase, Ruling, Verdict};
use crate::units::{Unit, format_quantity};

/// The code of this rule.
pub const CODE: Code = Code::new(&["stopped-early", include_str!("../codes/stopped-early.md")]);

/// What the rest of the run could do to a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestOfRun {
    /// A count, a sum or a maximum: only raise it.
    Raises,
    /// A minimum: only lower it.
    Lowers,
    /// A rate: move it either way.
    Moves,
    /// A percentile, mean or ratio: nothing that its own rules did not weigh.
    Confirms,
}

/// Why the run is not the run that was planned, if it is not.
pub fn find(load: &LoadResult, planned: &[PlannedPhase]) -> Option<String> {
    match &load.stopped_early {
        Some(StopReason::Cancelled) => return Some("the run was stopped early".into()),
        Some(StopReason::Aborted { objective, missed_for, .. }) => {
            let for_so_long = format_quantity(missed_for.as_secs_f64(), Unit::Seconds);
            return Some(format!(
                "the load was ended because `{objective}` was missed for {for_so_long}"
            ));
        }
        Some(StopReason::NoResponse { last_error }) => {
            return Some(format!("the target never answered: {last_error}"));
        }
        None => {}
    }
    let reached = |name: &str| load.phases.iter().any(|phase| phase.name == name);
    let missing = planned.iter().find(|phase| phase.measured && !reached(&phase.name))?;
    Some(format!("phase `{}` was not reached", missing.name))
}

/// Rules again, knowing why the run ended early and what its rest could have done.
pub fn rule(
    ruling: Ruling,
    why: &str,
    (observed, rest): (Observed, RestOfRun),
    targets: &[Threshold],
) -> Ruling {
    let stands = match ruling.verdict {
        Verdict::Inconclusive => true,
        Verdict::Fail => targets.iter().any(|target| is_certain_miss(observed, rest, target)),
        Verdict::Pass => false,
    };
    if stands {
        return ruling;
    }
    Ruling::inconclusive(
        CODE,
        format!("{why}; what is left is no proof (measured: {})", ruling.reason),
    )
}

fn is_certain_miss(observed: Observed, rest: RestOfRun, target: &Threshold) -> bool {
    match (rest, observed.number()) {
        (RestOfRun::Moves, _) | (RestOfRun::Lowers, None) => false,
        // What failed stays without a duration.
        (RestOfRun::Confirms, _) | (RestOfRun::Raises, None) => true,
        (RestOfRun::Lowers, Some(value)) => match target.comparator {
            Comparator::Greater => value <= target.bound,
            Comparator::GreaterOrEqual | Comparator::Equal => value < target.bound,
            Comparator::Less | Comparator::LessOrEqual | Comparator::NotEqual => false,
        },
        (RestOfRun::Raises, Some(value)) => match target.comparator {
            Comparator::Less => value >= target.bound,
            Comparator::LessOrEqual | Comparator::Equal => value > target.bound,
            Comparator::Greater | Comparator::GreaterOrEqual | Comparator::NotEqual => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{at, load_of, phase};

    fn planned(name: &str) -> PlannedPhase {
        PlannedPhase { name: name.into(), group: None, measured: true }
    }

    fn ruled(ruling: Ruling, value: f64, rest: RestOfRun, target: (Comparator, f64)) -> Ruling {
        let observed = (Observed::Number(value), rest);
        rule(ruling, "stopped", observed, &[at(target.0, target.1)])
    }

    #[test]
    fn a_run_that_was_cancelled_passes_nothing() {
        let mut load = load_of(vec![phase("steady")]);
        load.stopped_early = Some(StopReason::Cancelled);
        let why = find(&load, &[planned("steady")]).unwrap();
        let observed = (Observed::Number(0.5), RestOfRun::Confirms);
        assert_eq!(
            rule(Ruling::pass("m"), &why, observed, &[at(Comparator::Less, 1.0)]),
            Ruling::inconclusive(
                CODE,
                "the run was stopped early; what is left is no proof (measured: m)"
            )
        );
    }

    #[test]
    fn too_little_so_far_is_no_miss_and_too_much_is() {
        let miss = || Ruling::fail(CODE, "m");
        for (comparator, value) in [
            (Comparator::GreaterOrEqual, 40.0),
            (Comparator::Greater, 100.0),
            (Comparator::Equal, 40.0),
            (Comparator::NotEqual, 100.0),
        ] {
            let ruled = ruled(miss(), value, RestOfRun::Raises, (comparator, 100.0));
            assert_eq!(ruled.verdict, Verdict::Inconclusive, "{value} {comparator:?} 100");
        }
        for (comparator, value) in [
            (Comparator::LessOrEqual, 101.0),
            (Comparator::Less, 100.0),
            (Comparator::Equal, 101.0),
        ] {
            let ruled = ruled(miss(), value, RestOfRun::Raises, (comparator, 100.0));
            assert_eq!(ruled, miss(), "{value} {comparator:?} 100");
        }
    }

    #[test]
    fn a_minimum_that_was_too_low_stays_so_and_one_that_is_too_high_may_fall() {
        let verdict = |value, comparator| {
            ruled(Ruling::fail(CODE, "m"), value, RestOfRun::Lowers, (comparator, 3.0)).verdict
        };
        for (value, comparator) in [
            (2.0, Comparator::GreaterOrEqual),
            (3.0, Comparator::Greater),
            (2.0, Comparator::Equal),
        ] {
            assert_eq!(verdict(value, comparator), Verdict::Fail, "{value} {comparator:?} 3");
        }
        for (value, comparator) in
            [(4.0, Comparator::Less), (4.0, Comparator::LessOrEqual), (4.0, Comparator::Equal)]
        {
            assert_eq!(
                verdict(value, comparator),
                Verdict::Inconclusive,
                "{value} {comparator:?} 3"
            );
        }
    }

    #[test]
    fn a_rate_may_still_change_and_a_percentile_beyond_chance_does_not() {
        let at_least = (Comparator::GreaterOrEqual, 30.0);
        let rate = ruled(Ruling::fail(CODE, "m"), 20.0, RestOfRun::Moves, at_least);
        assert_eq!(rate.verdict, Verdict::Inconclusive);
        let ratio = ruled(Ruling::fail(CODE, "m"), 20.0, RestOfRun::Confirms, at_least);
        assert_eq!(ratio, Ruling::fail(CODE, "m"));
    }

    #[test]
    fn a_failure_that_happened_has_happened() {
        let observed = (Observed::Unbounded, RestOfRun::Raises);
        let ruled =
            rule(Ruling::fail(CODE, "m"), "stopped", observed, &[at(Comparator::Less, 30.0)]);
        assert_eq!(ruled, Ruling::fail(CODE, "m"));
    }

    #[test]
    fn a_planned_phase_that_was_not_reached_is_noticed() {
        let load = load_of(vec![phase("steady")]);
        let why = find(&load, &[planned("steady"), planned("peak")]);
        assert_eq!(why.as_deref(), Some("phase `peak` was not reached"));
        assert_eq!(find(&load, &[planned("steady")]), None);
    }
}
