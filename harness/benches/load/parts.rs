//! Which parts of a benchmark are measured: all of them, or those whose name a word of the
//! command line is in.

use std::error::Error;
use std::process::ExitCode;

use super::table::Table;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Measures something and adds its lines.
pub(crate) type Part = fn(&mut Table) -> Result<(), Failure>;

/// The flag that makes a missed bar an error.
const ENFORCE: &str = "--enforce";
/// Exit code for arguments that mean nothing.
const EXIT_USAGE: u8 = 2;

/// Measures the parts, by name, that the arguments pick.
pub(crate) fn measure(parts: &[(&str, Part)], arguments: &[String]) -> Result<ExitCode, Failure> {
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    let is_known =
        |argument: &str| argument == ENFORCE || names.iter().any(|name| name.contains(argument));
    if let Some(unknown) = arguments.iter().find(|argument| !is_known(argument)) {
        eprintln!("`{unknown}` is no part: there are {}, and {ENFORCE}", names.join(", "));
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| *argument != ENFORCE).collect();
    let mut table = Table::begin();
    for (name, measure) in parts {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            measure(&mut table)?;
        }
    }
    Ok(table.end(words.len() < arguments.len()))
}
