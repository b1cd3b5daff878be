//! Rule: a run that ended before its time can be missed, and cannot be passed.

use crate::load::{LoadResult, StopReason};
use crate::slo::{PlannedPhase, Ruling};

/// Why the run is not the run that was planned, if it is not.
pub fn find(load: &LoadResult, planned: &[PlannedPhase]) -> Option<String> {
    match &load.stopped_early {
        Some(StopReason::Cancelled) => return Some("the run was stopped early".into()),
        Some(StopReason::NoResponse { last_error }) => {
            return Some(format!("the target never answered: {last_error}"));
        }
        None => {}
    }
    let reached = |name: &str| load.phases.iter().any(|phase| phase.name == name);
    let missing = planned.iter().find(|phase| phase.measured && !reached(&phase.name))?;
    Some(format!("phase `{}` was not reached", missing.name))
}

/// Rules again, knowing why the run ended early.
pub fn rule(ruling: Ruling, why: &str) -> Ruling {
    let measured = ruling.reason.clone();
    ruling.unless_missed(|| format!("{why}; what is left is no proof (measured: {measured})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{load_of, phase};

    fn planned(name: &str) -> PlannedPhase {
        PlannedPhase { name: name.into(), group: None, measured: true }
    }

    #[test]
    fn a_run_that_was_cancelled_passes_nothing() {
        let mut load = load_of(vec![phase("steady")]);
        load.stopped_early = Some(StopReason::Cancelled);
        let why = find(&load, &[planned("steady")]).unwrap();
        assert_eq!(
            rule(Ruling::pass("m"), &why),
            Ruling::inconclusive(
                "the run was stopped early; what is left is no proof (measured: m)"
            )
        );
        assert_eq!(rule(Ruling::fail("m"), &why), Ruling::fail("m"));
    }

    #[test]
    fn a_planned_phase_that_was_not_reached_is_noticed() {
        let load = load_of(vec![phase("steady")]);
        let why = find(&load, &[planned("steady"), planned("peak")]);
        assert_eq!(why.as_deref(), Some("phase `peak` was not reached"));
        assert_eq!(find(&load, &[planned("steady")]), None);
    }
}
