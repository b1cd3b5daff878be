//! One scenario of a saved run, with its series and its windows.

use std::path::Path;

use super::QueryError;
use crate::archive::{RunRecord, SavedEvidence, read, read_evidence, verify};
use crate::series::SeriesStore;
use crate::slo::{Doubt, ExpressionWindows};

/// A scenario of a saved run that can be asked.
#[derive(Clone, Debug)]
pub struct RecordedScenario {
    /// Its name.
    pub name: String,
    evidence: SavedEvidence,
}

impl RecordedScenario {
    /// Reads a scenario of a saved run: the one of this name, or the only one. A run whose files
    /// are not those that were saved is refused.
    pub fn open(run: &Path, scenario: Option<&str>) -> Result<Self, QueryError> {
        let record = read(run)?;
        verify(run)?;
        let at = place(&record, scenario)?;
        let name = record.scenarios[at].name.clone();
        Ok(Self { name, evidence: read_evidence(run, &record, at)? })
    }

    /// Everything that was observed.
    pub fn series(&self) -> &SeriesStore {
        &self.evidence.series
    }

    /// Where objectives are evaluated, about the run or a phase of it; a doubt where the run
    /// has no such window.
    pub fn windows(
        &self,
        phase: Option<&str>,
    ) -> Result<Result<ExpressionWindows, Doubt>, QueryError> {
        if let Some(phase) = phase {
            self.refuse_unknown(phase)?;
        }
        Ok(ExpressionWindows::of(phase, &self.evidence.evidence()))
    }

    fn refuse_unknown(&self, phase: &str) -> Result<(), QueryError> {
        let measured = || self.evidence.planned.iter().filter(|one| one.measured);
        if measured().any(|one| one.goes_by(phase)) {
            return Ok(());
        }
        Err(QueryError::UnknownPhase {
            phase: phase.to_owned(),
            scenario: self.name.clone(),
            known: measured().map(|one| one.name.clone()).collect(),
        })
    }
}

/// Where in the record the scenario is that is meant.
fn place(record: &RunRecord, wanted: Option<&str>) -> Result<usize, QueryError> {
    let names = || record.scenarios.iter().map(|scenario| scenario.name.clone()).collect();
    match wanted {
        Some(wanted) => {
            let found = record.scenarios.iter().position(|scenario| scenario.name == wanted);
            found.ok_or_else(|| QueryError::UnknownScenario {
                scenario: wanted.to_owned(),
                known: names(),
            })
        }
        None if record.scenarios.len() == 1 => Ok(0),
        None => Err(QueryError::UnnamedScenario { known: names() }),
    }
}
