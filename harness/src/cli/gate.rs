//! `slogate gate`: every scenario of a folder and every rule test, one verdict.

use std::path::PathBuf;

use super::arguments::GateArguments;
use super::files::Reading;
use super::output::say;
use super::perform::{Destinations, perform};
use super::{Failure, rules};
use crate::gate::{ExitCode, RuleResult};

/// Where scenarios are when nobody says anything.
const DEFAULT_FOLDER: &str = "scenarios";

/// Reads everything, tests the rules, and runs all scenarios.
pub(super) fn gate(arguments: &GateArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let destinations = Destinations::of(load)?;
    let paths = if arguments.paths.is_empty() {
        vec![PathBuf::from(DEFAULT_FOLDER)]
    } else {
        arguments.paths.clone()
    };
    let reading = Reading::new(&load.variables, load.target.as_deref())?;
    let scenarios = reading.scenarios(&paths)?;
    let rule_files = rules::files(&arguments.rules)?;
    let results = tested(&rule_files, arguments)?;
    perform(&scenarios, results, load, &destinations)
}

/// What the rules came to; nothing if there are none.
fn tested(
    files: &[PathBuf],
    arguments: &GateArguments,
) -> Result<Option<Vec<RuleResult>>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let engines = rules::engines(arguments.engine.into())?;
    if let Some(note) = rules::alone(arguments.engine.into(), &engines)
        && !arguments.load.reporting.quiet
    {
        say(note);
    }
    Ok(Some(rules::test(files, &engines)?))
}
