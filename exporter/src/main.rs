//! The `exporter` binary: reads its options and hands over to the library.

use clap::Parser;

/// Reference export service: CSV and PDF exports, nine Prometheus metrics, admission control.
#[derive(Parser)]
#[command(name = "exporter", version)]
struct Program {
    #[command(flatten)]
    command: exporter::CommandLine,
}

fn main() -> std::process::ExitCode {
    exporter::run_command(Program::parse().command)
}
