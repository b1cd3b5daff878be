//! From evidence to verdict: which conditions hold, and every objective judged.

use std::collections::BTreeSet;

use crate::gate::{Condition, Signal, why_not_judged};
use crate::load::{LoadResult, RequestResult, StopReason};
use crate::scenario::{Objective, ObjectiveKind, Objectives, Scenario};
use crate::slo::{
    AlertEnding, Evidence, WatchedAlert, allowed_restarts, judge, judge_instances, not_judged,
    reconciliation_note, starvation, watched_alerts,
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
        Some(StopReason::Aborted { objective, missed_for, measured, .. }) => {
            let for_so_long = format_quantity(missed_for.as_secs_f64(), Unit::Seconds);
            let reason = format!("`{objective}` was missed for {for_so_long}: {measured}");
            run.conditions.push(Condition::Aborted { reason });
        }
        Some(StopReason::Cancelled) | None => {}
    }
    run.notes.extend(run.load.as_ref().and_then(hidden_failures));
    run.notes.extend(run.load.iter().flat_map(unmet_expectations));
    match &scenario.objectives {
        Objectives::LoadOnly => run.conditions.push(Condition::LoadOnly),
        Objectives::Judged(objectives) => judge_objectives(scenario, objectives, run),
    }
}

/// What `retry` keeps out of every number of failures.
fn hidden_failures(load: &LoadResult) -> Option<String> {
    let sum = |count: fn(&RequestResult) -> u64| load.measured_requests().map(count).sum::<u64>();
    let (repeats, repeated) = (sum(|one| one.repeats), sum(|one| one.repeated));
    (repeats > 0).then(|| {
        format!(
            "`retry` repeated {repeats} failed attempts of {repeated} requests: they are in the \
             latency and in no number of failures; `count(repeats) == 0` would judge them"
        )
    })
}

/// What the first answer to each request lacked that was not as expected.
fn unmet_expectations(load: &LoadResult) -> Vec<String> {
    let mut told = BTreeSet::new();
    let first = |one: &&RequestResult| one.unmet.is_some() && told.insert(one.name.clone());
    let note = |one: &RequestResult| {
        let unmet = one.unmet.as_deref().unwrap_or_default();
        format!("request `{}`, the first answer that was not as expected: {unmet}", one.name)
    };
    load.measured_requests().filter(first).map(note).collect()
}

fn judge_objectives(scenario: &Scenario, objectives: &[Objective], run: &mut ScenarioRun) {
    let (Some(load), false) = (&run.load, run.found_nobody()) else {
        let why = why_not_judged(&run.conditions);
        run.objectives = objectives.iter().map(|one| not_judged(one, why.clone())).collect();
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
    let alerts = watched_alerts(&evidence);
    run.notes.extend(note);
    run.notes.extend(alerts.iter().filter_map(|alert| unasked(alert, objectives)));
    run.alerts = alerts;
}

/// An alert that fired and that nothing was asked of.
fn unasked(alert: &WatchedAlert, objectives: &[Objective]) -> Option<String> {
    let is_asked = objectives.iter().any(|one| match &one.kind {
        ObjectiveKind::Alert(asked) => asked.alert == alert.alert,
        _ => false,
    });
    let first = alert.activities.first().filter(|_| alert.ending == AlertEnding::Fired)?;
    (!is_asked)
        .then(|| format!("the alert `{}` fired, and is not judged: {}", alert.alert, first.labels))
}

/// Why the objective that ended the load may have been missed by others' doing. Whether
/// waiting explains the miss is told by what was missed then: by now the closing scrape
/// may have failed, and a queue may be empty. Of the machine more is known by now.
fn excuse_of_abort(objectives: &[Objective], evidence: &Evidence<'_>) -> Option<String> {
    let Some(StopReason::Aborted { objective, waiting_explains: true, .. }) =
        &evidence.load.stopped_early
    else {
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
    use std::time::Duration;

    use super::*;
    use crate::scenario::Comparator;
    use crate::series::{FamilyKind, ScrapeMoment, ScrapeRecord, SeriesStore};

    use crate::slo::fixtures::{
        add_machine, add_series, answered, evidence_of, objective, scrape, scrapes_every, steady,
        store_of,
    };

    /// A queue that is empty again after the load, on a machine whose CPU others had.
    fn starved(scrapes: Vec<ScrapeRecord>) -> SeriesStore {
        let last = scrapes.len() - 1;
        let mut store = store_of(scrapes);
        add_machine(&mut store, 0.02, Some(0.5), 1.2);
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |at| {
            Some(if at < last { 9.0 } else { 0.0 })
        });
        store
    }

    /// The excuse for an abort by that queue's depth.
    fn excuse(series: &SeriesStore, waiting_explains: bool) -> Option<String> {
        let mut load = steady(vec![answered("csv", [5; 100])]);
        load.stopped_early = Some(StopReason::Aborted {
            objective: "objective".into(),
            missed_for: Duration::from_secs(1),
            measured: "9 misses <= 5 by 4".into(),
            waiting_explains,
        });
        let (expression, unit) = ("max(depth)".into(), Unit::Plain);
        let kind =
            ObjectiveKind::Promql { expression, unit, scale: 1.0, includes_before_run: false };
        let objective = objective(kind, &[(Comparator::LessOrEqual, 5.0)]);
        excuse_of_abort(&[objective], &evidence_of(&load, series))
    }

    #[test]
    fn an_abort_is_excused_by_what_was_missed_then_and_not_by_what_is_left() {
        let closed = scrapes_every(250, 1_000, 5_000);
        let mut timed_out = scrapes_every(250, 1_000, 4_750);
        timed_out.last_mut().unwrap().moment = ScrapeMoment::Scheduled;
        let failed = Err("timed out".into());
        timed_out.push(ScrapeRecord { outcome: failed, ..scrape(5_000, ScrapeMoment::Closing) });
        for scrapes in [closed, timed_out] {
            let series = starved(scrapes);
            let excused = excuse(&series, true).unwrap();
            assert!(excused.starts_with("other processes took 59%"), "{excused}");
            assert_eq!(excuse(&series, false), None, "a wrong answer is nobody's doing");
        }
    }

    #[test]
    fn an_abort_is_not_excused_on_a_machine_that_had_cpu_left() {
        let mut series = store_of(scrapes_every(250, 1_000, 5_000));
        add_machine(&mut series, 1.5, Some(0.2), 0.0);
        assert_eq!(excuse(&series, true), None);
    }

    #[test]
    fn an_abort_in_doubt_is_no_fail_and_says_why() {
        let mut condition = Condition::Aborted { reason: "`p95` was missed for 1 s".into() };
        doubt_abort(&mut condition, "others had the CPU");
        assert_eq!(condition.reason(), "aborted: `p95` was missed for 1 s; others had the CPU");
        assert_eq!(condition.verdict(), crate::slo::Verdict::Inconclusive);
    }
}
