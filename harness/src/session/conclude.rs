//! From evidence to verdict: which conditions hold, and every objective judged.

use crate::gate::{Condition, Signal};
use crate::load::StopReason;
use crate::scenario::{Objective, Objectives, Scenario};
use crate::slo::{
    Evidence, allowed_restarts, judge, judge_instances, not_judged, reconciliation_note, starvation,
};

use crate::units::{Unit, format_quantity};

use super::ScenarioRun;

/// Adds the conditions that the evidence shows, and judges the objectives. An
/// objective of a run that never got to the load is shown as not judged.
pub(super) fn conclude(scenario: &Scenario, signal: Option<Signal>, run: &mut ScenarioRun) {
    if let Some(signal) = signal {
        run.conditions.push(Condition::Interrupted { signal });
    }
    let stopped = run.load.as_ref().and_then(|load| load.stopped_early.as_ref());
    match stopped {
        Some(StopReason::NoResponse { last_error }) => {
            run.conditions.push(Condition::NoResponse { reason: last_error.clone() });
        }
        Some(StopReason::Aborted { objective, missed_for, measured }) => {
            let for_so_long = format_quantity(missed_for.as_secs_f64(), Unit::Seconds);
            let reason = format!("`{objective}` was missed for {for_so_long}: {measured}");
            run.conditions.push(Condition::Aborted { reason });
        }
        Some(StopReason::Cancelled) | None => {}
    }
    match &scenario.objectives {
        Objectives::LoadOnly => run.conditions.push(Condition::LoadOnly),
        Objectives::Judged(objectives) => judge_objectives(scenario, objectives, run),
    }
}

fn judge_objectives(scenario: &Scenario, objectives: &[Objective], run: &mut ScenarioRun) {
    let (Some(load), false) = (&run.load, run.found_nobody()) else {
        let reason = run.conditions.first().map_or_else(String::new, Condition::reason);
        run.objectives = objectives.iter().map(|one| not_judged(one, &reason)).collect();
        return;
    };
    let evidence = Evidence::of(scenario, load, &run.series);
    if let Some(excuse) = excuse_of_abort(objectives, &evidence) {
        run.conditions.iter_mut().for_each(|condition| doubt_abort(condition, &excuse));
    }
    let changes = judge_instances(&evidence).into_iter().map(Condition::from);
    run.conditions.extend(changes);
    run.notes.extend(allowed_restarts(&evidence));
    run.objectives = objectives.iter().map(|one| judge(one, &evidence)).collect();
    let note = reconciliation_note(&run.objectives, &evidence);
    run.notes.extend(note);
}

/// Why the objective that ended the load may have been missed by others' doing. That is
/// asked when it is judged while load runs, too; by now more is known of the machine.
fn excuse_of_abort(objectives: &[Objective], evidence: &Evidence<'_>) -> Option<String> {
    let Some(StopReason::Aborted { objective, .. }) = &evidence.load.stopped_early else {
        return None;
    };
    let ended_by = objectives.iter().find(|one| one.id == *objective)?;
    starvation(ended_by, evidence)
}

fn doubt_abort(condition: &mut Condition, excuse: &str) {
    if let Condition::Aborted { reason } = condition {
        *condition = Condition::AbortInDoubt { reason: format!("{reason}; {excuse}") };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abort_in_doubt_is_no_fail_and_says_why() {
        let mut condition = Condition::Aborted { reason: "`p95` was missed for 1 s".into() };
        doubt_abort(&mut condition, "others had the CPU");
        assert_eq!(condition.reason(), "aborted: `p95` was missed for 1 s; others had the CPU");
        assert_eq!(condition.verdict(), crate::slo::Verdict::Inconclusive);
    }
}
