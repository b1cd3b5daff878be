//! `slogate run FILE…` and `slogate run URL`: load, judge, report.

use std::path::PathBuf;

use super::Failure;
use super::arguments::RunArguments;
use super::files::Reading;
use super::output::{say, to_standard_output};
use super::perform::{Destinations, perform};
use super::url_scenario;
use crate::gate::ExitCode;

/// Runs the files' scenarios one after the other, or the one that flags write.
pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let is_url = |given: &&String| given.contains("://");
    let Some(url) = arguments.files.iter().find(is_url) else { return run_files(arguments) };
    if arguments.files.len() > 1 {
        return Err(Failure::usage(format!(
            "`{url}` beside other arguments; `run` takes one URL, or files"
        )));
    }
    if arguments.load.target.is_some() {
        return Err(Failure::usage("--target beside a URL: the URL is the target already"));
    }
    run_url(url, arguments)
}

fn run_url(url: &str, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let written = url_scenario::write(url, &arguments.url)?;
    let reading = Reading::new(&load.variables, None).map_err(Failure::usage)?;
    let scenario = written.read(&reading.variables, &reading.options)?;
    if arguments.url.print_scenario {
        to_standard_output(&written.as_file()).map_err(Failure::internal)?;
        return Ok(ExitCode::Pass);
    }
    let destinations = Destinations::of(load)?;
    if arguments.url.slo.is_empty() && !load.reporting.quiet {
        say("note: without --slo nothing is judged, so this ends inconclusive (exit 3)");
    }
    perform(&[scenario], None, load, &destinations)
}

fn run_files(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let files: Vec<PathBuf> = arguments.files.iter().map(PathBuf::from).collect();
    if let Some(flag) = arguments.url.first_given() {
        return Err(Failure::usage(format!(
            "{flag} is for `run http://…`; `{}` is a file, which says this itself",
            arguments.files.first().map_or("", String::as_str)
        )));
    }
    let destinations = Destinations::of(load)?;
    let reading = Reading::new(&load.variables, load.target.as_deref()).map_err(Failure::usage)?;
    let scenarios = reading.scenarios(&files).map_err(Failure::usage)?;
    perform(&scenarios, None, load, &destinations)
}
