//! Programs of others that agree or do not: `promtool`, `qpdf`, `pdftotext`.
//!
//! A missing one skips its test, loudly, and fails it when the environment
//! variable `SLOGATE_REQUIRE` (names with commas between) names it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

/// Whether the program is there.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    let required = std::env::var("SLOGATE_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|name| name.trim() == program);
    assert!(found || !is_required, "{program} is required and missing");
    if !found {
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Runs it with this on its standard input.
pub(crate) fn run(program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}
