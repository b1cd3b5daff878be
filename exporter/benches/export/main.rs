//! Speed and memory of exports, as ratios from one run: `cargo bench -p exporter`.
//!
//! Whatever is measured and its yardstick take turns, so that neighbours disturb
//! both. What costs processor time is measured in processor time. Each line shows
//! its bar; `-- --enforce` ends with 1 where one is missed, and any other word
//! (`-- csv`) picks the parts whose name it is in.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
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
    let wanted: Vec<&String> =
        arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let mut table = Table::begin();
    for (name, measure) in PARTS {
        if wanted.is_empty() || wanted.iter().any(|word| name.contains(word.as_str())) {
            measure(&mut table);
        }
    }
    let enforce = arguments.iter().any(|argument| argument == "--enforce");
    table.end(enforce)
}
