//! `slogate schema`: the JSON Schemas, as they are committed in `docs/schema`.

use super::Failure;
use super::arguments::{SchemaArguments, SchemaChoice};
use super::output::to_standard_output;
use super::workflow_commands::Notation;
use crate::gate::ExitCode;
use crate::{report, scenario};

/// Prints one schema.
pub(super) fn schema(arguments: &SchemaArguments) -> Result<ExitCode, Failure> {
    let text = match arguments.of {
        SchemaChoice::Scenario => scenario_schema()?,
        SchemaChoice::Report => report::schema().map_err(Failure::internal)?,
    };
    to_standard_output(&text, Notation::Json)?;
    Ok(ExitCode::Pass)
}

fn scenario_schema() -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&scenario::schema()).map_err(Failure::internal)?;
    Ok(text + "\n")
}
