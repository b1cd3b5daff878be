//! The JSON report and its schema.

use crate::archive::RunRecord;
use crate::gate::Outcome;

/// The record of a run as indented JSON with a line break at the end; `outcome` is what the
/// process ends with.
pub fn json(record: &RunRecord, outcome: Outcome) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&record.ended(outcome)).map(|text| text + "\n")
}

/// The JSON Schema of the report, `docs/schema/report.json`.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(RunRecord);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
