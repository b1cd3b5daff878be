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
#[path = "../load/parts.rs"]
mod parts;
mod process;
mod prometheus;
mod queries;
mod speed;
#[path = "../load/table.rs"]
mod table;

use std::process::ExitCode;

use parts::{Failure, Part};

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
    parts::measure(PARTS, &arguments)
}
