//! The command line: verbs, standard streams, exit codes.
//!
//! Only this module knows clap, and only this module knows the exporter crate,
//! because one verb runs it.

mod arguments;
mod assert;
mod check;
mod completions;
mod explain;
mod files;
mod gate;
mod github;
mod init;
mod log;
mod man;
mod output;
mod perform;
mod progress;
mod reference;
mod report;
mod reports;
mod rule_results;
mod rules;
mod run;
mod runtime;
mod scenario_text;
mod schema;
mod url_scenario;
mod workflow_commands;

use clap::Parser;

use crate::gate::ExitCode;
use arguments::{Arguments, Verb};
pub use explain::{codes, codes_page};
use output::say;
pub use reference::{reference, understands};

/// Reads the command line, does what it says, and gives the process's exit code.
pub fn main() -> std::process::ExitCode {
    let verb = Arguments::parse().verb;
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
        Verb::Explain(arguments) => explain::explain(&arguments),
        Verb::Schema(arguments) => schema::schema(&arguments),
        Verb::Completions(arguments) => completions::completions(&arguments),
        Verb::Man(arguments) => man::man(&arguments),
    };
    let code = result.unwrap_or_else(|failure| {
        say(&format!("slogate: {}", failure.message));
        failure.code
    });
    code.number().into()
}

/// Why a verb could not do its work, and what the process ends with.
struct Failure {
    code: ExitCode,
    message: String,
}

impl Failure {
    /// The command line or a file is wrong; nothing was sent.
    fn usage(error: impl std::fmt::Display) -> Self {
        Self { code: ExitCode::Usage, message: error.to_string() }
    }

    /// slogate could not do its part.
    fn internal(error: impl std::fmt::Display) -> Self {
        Self { code: ExitCode::Internal, message: error.to_string() }
    }
}
