//! What is not of this project and that tests are held against: `promtool`, `qpdf`,
//! `pdftotext`, `wrk`, a disk that can be mounted.
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
    is_there(program, found)
}

/// Whether something is there that was looked for by its own means.
pub(crate) fn is_there(name: &str, found: bool) -> bool {
    let required = std::env::var("SLOGATE_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|required| required.trim() == name);
    assert!(found || !is_required, "{name} is required and missing");
    if !found {
        eprintln!("skipped: {name} is not here");
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
