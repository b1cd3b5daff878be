//! How fast PromQL is evaluated here and by a real Prometheus, and how much memory an hour of
//! series takes: `cargo bench -p slogate --bench promql`.
//!
//! Both evaluate the same range queries over the same hour, each in a process that is pinned
//! to core 1 and may use one core, and they take turns, so that neighbours disturb both: only
//! figures of one invocation compare. Prometheus is version 3 where `SLOGATE_PROMETHEUS_3` and
//! `SLOGATE_PROMTOOL_3` name its programs, and else what is installed. Each line shows its
//! bar; `-- --enforce` ends with 1 where one is missed, and any other word (`-- memory`) picks
//! the parts whose name it is in. What picks nothing ends with 2.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks on the terminal")]

mod evaluator;
mod hour;
mod memory;
mod process;
mod prometheus;
mod queries;
mod speed;
#[path = "../load/table.rs"]
mod table;

use std::error::Error;
use std::process::ExitCode;

use table::Table;

type Failure = Box<dyn Error + Send + Sync>;

/// Measures something and adds its lines.
type Part = fn(&mut Table) -> Result<(), Failure>;

/// The flag that makes a missed bar an error.
const ENFORCE: &str = "--enforce";
/// Exit code for arguments that mean nothing.
const EXIT_USAGE: u8 = 2;
/// Parts of the benchmark by name.
const PARTS: &[(&str, Part)] = &[("speed", speed::measure), ("memory", memory::measure)];

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().map(String::as_str) {
        Some(process::EVALUATOR) => return evaluator::serve().map(|()| ExitCode::SUCCESS),
        Some(process::HOUR) => return memory::hold().map(|()| ExitCode::SUCCESS),
        _ => {}
    }
    if let Some(unknown) = arguments.iter().find(|argument| !is_known(argument)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("`{unknown}` is no part: there are {}, and {ENFORCE}", names.join(", "));
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    let words: Vec<&String> = arguments.iter().filter(|argument| *argument != ENFORCE).collect();
    let mut table = Table::begin();
    for (name, measure) in PARTS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            measure(&mut table)?;
        }
    }
    Ok(table.end(words.len() < arguments.len()))
}

fn is_known(argument: &str) -> bool {
    argument == ENFORCE || PARTS.iter().any(|(name, _)| name.contains(argument))
}
