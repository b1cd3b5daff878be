//! The page about the command line, out of what clap knows.

use std::fmt::Write as _;

use clap::{Command, CommandFactory, Parser as _};

use super::arguments::Arguments;

/// Columns of the page's help texts: those of the widest terminal that help is made for.
const COLUMNS: usize = 100;

/// `docs/command-line.md`: the help of every verb.
pub fn reference() -> String {
    let mut page = String::from(
        "# The command line\n\n\
         <!-- Generated from harness/src/cli/arguments.rs; `SLOGATE_BLESS=1 cargo test` renews it. -->\n\n\
         Data goes to standard output, talk to standard error. [exit-codes.md](exit-codes.md) has the \
         exit codes.\n",
    );
    let mut program = Arguments::command().term_width(COLUMNS);
    program.build();
    add(&mut page, &program);
    page
}

/// Whether slogate takes these arguments, without doing what they say: pages and pipelines are
/// held against it. An error is what somebody would be told who gives them.
///
/// # Errors
/// If a verb or flag is unknown, or a value cannot be read.
pub fn understands(arguments: &[String]) -> Result<(), String> {
    let words = std::iter::once("slogate").chain(arguments.iter().map(String::as_str));
    match Arguments::try_parse_from(words) {
        Err(error) if error.exit_code() != 0 => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn add(page: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    // What a variable is set to is this machine's affair.
    let mut shown = command.clone().term_width(COLUMNS).mut_args(|flag| flag.hide_env_values(true));
    let help = shown.render_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## `{name}`\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
    let verbs = command.get_subcommands();
    for verb in verbs.filter(|verb| !verb.is_hide_set() && verb.get_name() != "help") {
        add(page, verb);
    }
}
