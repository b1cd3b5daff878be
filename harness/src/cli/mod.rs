//! The command line: verbs, standard streams, exit codes.
//!
//! Only this module knows clap, and only this module knows the exporter crate,
//! because one verb runs it.

mod arguments;
mod assert;
mod check;
mod codes;
mod completions;
mod dashboards;
mod explain;
mod files;
mod findings;
mod gate;
mod github;
mod init;
mod log;
mod man;
mod mutation_results;
mod output;
mod perform;
mod progress;
mod query;
mod reference;
mod report;
mod reports;
mod rule_checks;
mod rule_evidence;
mod rule_results;
mod rule_tests;
mod rules;
mod rules_record;
mod run;
mod runtime;
mod scenario_text;
mod schema;
mod terminal;
mod tls_arguments;
mod url_scenario;
mod verification;
mod workflow_commands;

use std::fmt::Display;

use clap::Parser;
use clap::error::ErrorKind;

use crate::archive::ArchiveError;
use crate::code::Code;
use crate::gate::ExitCode;
use crate::gate::codes::INTERNAL_ERROR;
use crate::rules::RulesError;
use arguments::{Arguments, Verb};
pub use explain::{codes, codes_page};
use files::FilesError;
use github::GitHubError;
use output::{OutputError, error, say};
pub use reference::{reference, understands};

/// Reads the command line, does what it says, and gives the process's exit code.
pub fn main() -> std::process::ExitCode {
    let verb = match Arguments::try_parse() {
        Ok(arguments) => arguments.verb,
        Err(error) => return not_understood(&error),
    };
    if !matches!(verb, Verb::Exporter(_)) {
        log::start();
    }
    let result = match verb {
        Verb::Exporter(command) => return exporter::run_command(*command),
        Verb::Init(arguments) => init::init(&arguments),
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Gate(arguments) => gate::gate(&arguments),
        Verb::Assert(arguments) => assert::assert(&arguments),
        Verb::Check(arguments) => check::check(&arguments),
        Verb::Rules(verb) => rules::rules(&verb),
        Verb::Report(arguments) => report::report(&arguments),
        Verb::Query(arguments) => query::query(&arguments),
        Verb::Explain(arguments) => explain::explain(&arguments),
        Verb::Schema(arguments) => schema::schema(&arguments),
        Verb::Completions(arguments) => completions::completions(&arguments),
        Verb::Man(arguments) => man::man(&arguments),
    };
    let code = result.unwrap_or_else(|failure| {
        say(&failure.message);
        failure.exit_code
    });
    code.number().into()
}

/// What clap says where there is nothing to do: help that was asked for, or what is wrong.
fn not_understood(error: &clap::Error) -> std::process::ExitCode {
    // If even that fails, nobody listens.
    drop(error.print());
    if !error.use_stderr() {
        return ExitCode::Pass.number().into();
    }
    if error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        say(&format!("explain: slogate explain {}", codes::USAGE));
    }
    ExitCode::Usage.number().into()
}

/// Why a verb could not do its work, and what the process ends with.
struct Failure {
    exit_code: ExitCode,
    /// As it is shown: each error on a line of its own, with its code.
    message: String,
}

impl Failure {
    /// The command line or a file is wrong; nothing was sent.
    fn usage(code: Code, text: impl Display) -> Self {
        Self { exit_code: ExitCode::Usage, message: error(code, text) }
    }

    /// slogate could not do its part.
    fn internal(text: impl Display) -> Self {
        let message = error(INTERNAL_ERROR, text);
        Self { exit_code: ExitCode::Internal, message }
    }

    /// Problems that have been shown, each with its code: how many, and what did not happen.
    fn problems(count: usize, consequence: &str) -> Self {
        let problems = if count == 1 { "problem" } else { "problems" };
        let message = format!("slogate: {count} {problems} found; {consequence}");
        Self { exit_code: ExitCode::Usage, message }
    }
}

impl From<OutputError> for Failure {
    fn from(found: OutputError) -> Self {
        let exit_code = match found {
            OutputError::StandardOutput(_) => ExitCode::Internal,
            _ => ExitCode::Usage,
        };
        Self { exit_code, message: error(found.code(), found) }
    }
}

impl From<FilesError> for Failure {
    fn from(found: FilesError) -> Self {
        Self::usage(found.code(), found)
    }
}

impl From<GitHubError> for Failure {
    fn from(found: GitHubError) -> Self {
        Self::usage(found.code(), found)
    }
}

impl From<ArchiveError> for Failure {
    fn from(found: ArchiveError) -> Self {
        Self { exit_code: found.exit_code(), message: error(found.code(), found) }
    }
}

/// Bad files, and a promtool that is not there, are the caller's; one that hangs or breaks
/// is not.
impl From<RulesError> for Failure {
    fn from(found: RulesError) -> Self {
        let exit_code = match found {
            RulesError::Promtool { .. } | RulesError::PromtoolBroken { .. } => ExitCode::Internal,
            _ => ExitCode::Usage,
        };
        Self { exit_code, message: rules::shown(&found) }
    }
}
