//! `slogate completions`: what a shell needs to complete verbs, flags and their values.

use clap::CommandFactory;

use super::Failure;
use super::arguments::{Arguments, CompletionsArguments};
use super::output::own_text_to_standard_output;
use crate::gate::ExitCode;

/// Prints the script for one shell.
pub(super) fn completions(arguments: &CompletionsArguments) -> Result<ExitCode, Failure> {
    let mut program = Arguments::command();
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, name, &mut script);
    let script = String::from_utf8(script).map_err(Failure::internal)?;
    own_text_to_standard_output(&script)?;
    Ok(ExitCode::Pass)
}
