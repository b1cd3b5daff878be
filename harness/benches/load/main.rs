//! How fast and how true the load generator is: `cargo bench -p slogate --bench load`.
//!
//! The target is a server of a few lines in a process pinned to core 0; each generator in
//! turn runs on core 1. slogate and the peers that are installed (wrk, oha, hey, ab, h2load)
//! take turns, so that neighbours disturb all of them, and the median of the rounds counts:
//! only figures of one invocation compare. Everything is recorded and every status is looked
//! at. Each line shows its bar; `-- --enforce` ends with 1 where one is missed, and any other
//! word (`-- stall`) picks the parts whose name it is in. What picks nothing ends with 2.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark talks on the terminal")]

mod bodies;
mod child;
mod generator;
mod memory;
mod parts;
mod peers;
mod schedule;
mod stall;
mod table;
mod target;
mod throughput;

use std::process::ExitCode;

use parts::{Failure, Part};

/// Parts of the benchmark by name.
const PARTS: &[(&str, Part)] = &[
    ("throughput", throughput::measure),
    ("memory", memory::measure),
    ("schedule", schedule::measure),
    ("stall", stall::measure),
    ("bodies", bodies::measure),
];

fn main() -> Result<ExitCode, Failure> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let Some((role, rest)) = child::role(&arguments) {
        return match role {
            child::TARGET => target::serve(rest),
            child::GENERATOR => generator::send(rest),
            _ => bodies::upload(rest),
        }
        .map(|()| ExitCode::SUCCESS);
    }
    parts::measure(PARTS, &arguments)
}
