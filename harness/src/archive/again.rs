//! A saved run judged once more from its evidence.

use std::path::Path;

use super::build::slo_record;
use super::record::{RunRecord, ScenarioRecord};
use super::{ArchiveError, layout, read, read_evidence, verify};
use crate::gate::{Condition, OnInconclusive};
use crate::slo::Verdict;

/// Reads a saved run and judges every scenario that was loaded again, by the rules of
/// this version. What happened besides (a signal, a restart) stands as it was
/// recorded. A run whose files are not those that were saved is refused.
pub fn read_and_judge(run: &Path) -> Result<RunRecord, ArchiveError> {
    let mut record = read(run)?;
    verify(run)?;
    for at in 0..record.scenarios.len() {
        let judged = judged_again(run, &record, at)?;
        record.scenarios[at] = judged;
    }
    record.verdict = record.outcome(OnInconclusive::Fail).verdict;
    Ok(record)
}

fn judged_again(run: &Path, record: &RunRecord, at: usize) -> Result<ScenarioRecord, ArchiveError> {
    let mut scenario = record.scenarios[at].clone();
    // Without a generator nothing was sent, and there is nothing to judge it by.
    if scenario.generator.is_none() || scenario.conditions.iter().any(Condition::is_silence) {
        return match scenario.standing().verdict {
            Verdict::Pass => Err(ArchiveError::Malformed {
                path: run.join(layout::RUN),
                problem: format!("scenario `{}` passes in it and was never loaded", scenario.name),
            }),
            _ => Ok(scenario),
        };
    }
    let evidence = read_evidence(run, record, at)?;
    let judged = evidence.judge_again();
    scenario.slos = evidence
        .objectives
        .iter()
        .zip(&judged)
        .map(|(one, judged)| slo_record(one, judged))
        .collect();
    let standing = scenario.standing();
    scenario.verdict = standing.verdict;
    scenario.reasons = standing.reasons;
    Ok(scenario)
}
