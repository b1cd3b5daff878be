//! `slogate run FILE…` and `slogate run URL`: load, judge, report.

use std::path::{Path, PathBuf};

use super::arguments::RunArguments;
use super::files::Reading;
use super::output::{say, to_standard_output};
use super::perform::{Destinations, perform};
use super::url_scenario;
use super::workflow_commands::Notation;
use super::{Failure, codes};
use crate::gate::ExitCode;
use crate::scenario::{self, Origin};

/// Runs the files' scenarios one after the other, or the one that flags write.
pub(super) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let is_url = |given: &&String| given.contains("://");
    let Some(url) = arguments.files.iter().find(is_url) else { return run_files(arguments) };
    if arguments.files.len() > 1 {
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            format!("`{url}` beside other arguments; `run` takes one URL, or files"),
        ));
    }
    if arguments.load.target.is_some() {
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            "--target beside a URL: the URL is the target already",
        ));
    }
    run_url(url, arguments)
}

fn run_url(url: &str, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let written = url_scenario::write(url, &arguments.url)?;
    let reading = Reading::new(&load.variables, None)?;
    let scenario = written.read(&reading.variables, &reading.options)?;
    if arguments.url.print_scenario {
        let text = written.as_file().map_err(Failure::internal)?;
        to_standard_output(&text, Notation::Json)?;
        return Ok(ExitCode::Pass);
    }
    let destinations = Destinations::of(load)?;
    if arguments.url.slo.is_empty() && !load.reporting.quiet {
        say("note: without --slo nothing is judged, so this ends inconclusive (exit 3)");
    }
    perform(&[scenario], None, load, &destinations)
}

/// Whether what was given is a URL without its beginning: a host with a port, and no file.
fn is_host(given: &str) -> bool {
    let authority = given.split(['/', '?', '#']).next().unwrap_or_default();
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    let has_port = port.is_some_and(|port| port.parse::<u16>().is_ok());
    (has_port || authority == "localhost")
        && Origin::parse_with_rest(&format!("http://{given}")).is_ok()
        && !Path::new(given).exists()
}

fn run_files(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let load = &arguments.load;
    let files: Vec<PathBuf> = arguments.files.iter().map(PathBuf::from).collect();
    if let Some(host) = arguments.files.iter().find(|given| is_host(given)) {
        return Err(Failure::usage(
            scenario::codes::INVALID_URL,
            format!("`{host}` is no file and no URL; did you mean `http://{host}`?"),
        ));
    }
    if let Some(flag) = arguments.url.first_given() {
        let file = arguments.files.first().map_or("", String::as_str);
        return Err(Failure::usage(
            codes::CONFLICTING_FLAGS,
            format!("{flag} is for `run http://…`; `{file}` is a file, which says this itself"),
        ));
    }
    let destinations = Destinations::of(load)?;
    let reading = Reading::new(&load.variables, load.target.as_deref())?;
    let scenarios = reading.scenarios(&files)?;
    perform(&scenarios, None, load, &destinations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_its_beginning_is_told_from_a_file() {
        for host in ["localhost:8080", "localhost", "10.0.0.1:80/a?b=c", "[::1]:80", "api:9000/x"] {
            assert!(is_host(host), "{host}");
        }
        for file in ["10k.yaml", "scenarios/10k.yaml", "a:b.yaml", "src", "u:p@host:80", ""] {
            assert!(!is_host(file), "{file}");
        }
    }
}
