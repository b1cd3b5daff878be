//! A saved run judged once more from its evidence.

use std::collections::BTreeSet;
use std::path::Path;

use super::alerts::alert_records;
use super::build::slo_record;
use super::record::{RunRecord, ScenarioRecord};
use super::{ArchiveError, layout, read, read_evidence, verify};
use crate::gate::{Condition, OnInconclusive, why_not_judged};
use crate::scenario::Objective;
use crate::slo::{Verdict, judge, not_judged, watched_alerts};

/// Reads a saved run and judges every scenario that was loaded again, by the rules of
/// this version. What happened besides (a signal, a restart) stands as it was
/// recorded. A run whose files are not those that were saved is refused.
pub fn read_and_judge(run: &Path) -> Result<RunRecord, ArchiveError> {
    judge_all(run, None)
}

/// The same by other objectives than the scenarios' own; one that is about a phase which a
/// scenario of the run does not have is refused.
pub fn read_and_judge_by(run: &Path, objectives: &[Objective]) -> Result<RunRecord, ArchiveError> {
    judge_all(run, Some(objectives))
}

fn judge_all(run: &Path, others: Option<&[Objective]>) -> Result<RunRecord, ArchiveError> {
    let mut record = read(run)?;
    verify(run)?;
    refuse_unknown_phases(&record, others.unwrap_or_default())?;
    for at in 0..record.scenarios.len() {
        let judged = judged_again(run, &record, at, others)?;
        record.scenarios[at] = judged;
    }
    record.verdict = record.outcome(OnInconclusive::Fail).verdict;
    Ok(record)
}

/// What a scenario file is told of before the load: a phase that is not there.
fn refuse_unknown_phases(record: &RunRecord, objectives: &[Objective]) -> Result<(), ArchiveError> {
    for (objective, phase) in objectives.iter().filter_map(|one| Some((one, one.during.as_ref()?)))
    {
        let lacks =
            |scenario: &&ScenarioRecord| !measured_phases(scenario).contains(phase.as_str());
        if let Some(scenario) = record.scenarios.iter().find(lacks) {
            return Err(ArchiveError::UnknownPhase {
                objective: objective.id.clone(),
                phase: phase.clone(),
                scenario: scenario.name.clone(),
                known: measured_phases(scenario).into_iter().map(str::to_owned).collect(),
            });
        }
    }
    Ok(())
}

/// Names that `during` may have: of measured phases, and what repeated ones have in common.
fn measured_phases(scenario: &ScenarioRecord) -> BTreeSet<&str> {
    let measured = scenario.phases.iter().filter(|phase| phase.measured);
    measured
        .flat_map(|phase| [Some(phase.name.as_str()), phase.group.as_deref()])
        .flatten()
        .collect()
}

fn judged_again(
    run: &Path,
    record: &RunRecord,
    at: usize,
    others: Option<&[Objective]>,
) -> Result<ScenarioRecord, ArchiveError> {
    let mut scenario = record.scenarios[at].clone();
    if others.is_some() {
        // Whoever brings objectives asks for more than load.
        scenario.conditions.retain(|condition| *condition != Condition::LoadOnly);
        scenario.notes.push("judged by other objectives than its own".to_owned());
    }
    // Without a generator nothing was sent, and there is nothing to judge it by.
    if scenario.generator.is_none() || scenario.conditions.iter().any(Condition::is_silence) {
        if let Some(others) = others {
            let why = why_not_judged(&scenario.conditions);
            let judged = others.iter().map(|one| (one, not_judged(one, why.clone())));
            scenario.slos = judged.map(|(one, judged)| slo_record(one, &judged)).collect();
        }
        return match scenario.standing().verdict {
            Verdict::Pass => Err(ArchiveError::Malformed {
                path: run.join(layout::RUN),
                problem: format!("scenario `{}` passes in it and was never loaded", scenario.name),
            }),
            _ => Ok(standing_again(scenario)),
        };
    }
    let mut saved = read_evidence(run, record, at)?;
    if let Some(others) = others {
        saved.objectives = others.to_vec();
    }
    let evidence = saved.evidence();
    let judged: Vec<_> = saved.objectives.iter().map(|one| judge(one, &evidence)).collect();
    scenario.slos =
        saved.objectives.iter().zip(&judged).map(|(one, judged)| slo_record(one, judged)).collect();
    scenario.alerts = alert_records(&watched_alerts(&evidence), &scenario.slos);
    Ok(standing_again(scenario))
}

fn standing_again(mut scenario: ScenarioRecord) -> ScenarioRecord {
    scenario.decide_again();
    scenario
}

impl ScenarioRecord {
    /// Decides anew over its objectives and conditions.
    pub fn decide_again(&mut self) {
        let standing = self.standing();
        self.verdict = standing.verdict;
        self.codes = standing.codes;
        self.reasons = standing.reasons;
    }
}
