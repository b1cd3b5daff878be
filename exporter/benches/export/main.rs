//! Speed and memory of exports, as ratios from one run: `cargo bench -p exporter`.
//!
//! Whatever is measured and its yardstick take turns, so that neighbours disturb
//! both. What costs processor time is measured in processor time. Each line shows
//! its bar; `-- --enforce` ends with 1 where one is missed, and any other word
//! (`-- csv`) picks the parts whose name it is in. What picks nothing ends with 2.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    reason = "a benchmark prints its result, and stops where it cannot go on"
)]

mod client;
mod clock;
mod csv;
mod documents;
mod health;
mod memory;
mod pdf;
mod process;
mod receiver;
mod small;
mod table;
mod typesetter;

use std::process::ExitCode;

use table::Table;

/// Measures something and adds its lines.
type Part = fn(&mut Table);

/// The flag that makes a missed bar an error.
const ENFORCE: &str = "--enforce";
/// Exit code for arguments that mean nothing.
const EXIT_USAGE: u8 = 2;
/// Parts of the benchmark by name.
const PARTS: &[(&str, Part)] = &[
    ("csv", csv::measure),
    ("pdf", pdf::measure),
    ("memory", memory::measure),
    ("small", small::measure),
    ("health", health::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == receiver::FLAG) {
        return receiver::serve();
    }
    if let Some(unknown) = arguments.iter().find(|argument| !is_known(argument)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("`{unknown}` is no part: there are {}, and {ENFORCE}", names.join(", "));
        return ExitCode::from(EXIT_USAGE);
    }
    let words: Vec<&String> =
        arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut table = Table::begin();
    for (name, measure) in PARTS {
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            measure(&mut table);
        }
    }
    table.end(arguments.iter().any(|argument| argument == ENFORCE))
}

/// Whether an argument is a flag, or picks a part. Cargo adds `--bench` by itself.
fn is_known(argument: &str) -> bool {
    match argument {
        ENFORCE | "--bench" => true,
        word => PARTS.iter().any(|(name, _)| name.contains(word)),
    }
}
