//! `slogate run FILE…`: load, judge, report.

use super::Failure;
use super::arguments::RunArguments;
use super::files::Reading;
use super::perform::{Destinations, perform};
use crate::gate::ExitCode;

/// Runs the files' scenarios, one after the other.
pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let destinations = Destinations::of(load)?;
    let reading = Reading::new(&load.variables, load.target.as_deref()).map_err(Failure::usage)?;
    let scenarios = reading.scenarios(&arguments.files).map_err(Failure::usage)?;
    perform(&scenarios, None, load, &destinations)
}
