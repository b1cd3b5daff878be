//! `slogate gate`: every scenario of a folder and every rule test, one verdict.

use std::path::PathBuf;

use super::arguments::GateArguments;
use super::files::Reading;
use super::perform::{Destinations, perform};
use super::{Failure, rules};
use crate::gate::ExitCode;
use crate::rules::Engine;

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
    let reading = Reading::new(&load.variables, load.target.as_deref()).map_err(Failure::usage)?;
    let scenarios = reading.scenarios(&paths).map_err(Failure::usage)?;
    let rule_files = rules::files(&arguments.rules).map_err(rules::failure)?;
    let results = if rule_files.is_empty() {
        None
    } else {
        Some(rules::test(&rule_files, Engine::Auto).map_err(rules::failure)?)
    };
    perform(&scenarios, results, load, &destinations)
}
