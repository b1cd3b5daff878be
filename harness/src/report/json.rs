//! The JSON report and its schema.

use crate::archive::RunRecord;

/// The record of a run as indented JSON with a line break at the end.
pub fn json(record: &RunRecord) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(record).map(|text| text + "\n")
}

/// The JSON Schema of the report, `docs/schema/report.json`.
pub fn schema() -> Result<String, serde_json::Error> {
    let schema = schemars::schema_for!(RunRecord);
    serde_json::to_string_pretty(&schema).map(|text| text + "\n")
}
