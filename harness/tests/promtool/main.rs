//! promtool and Prometheus of both generations against what slogate writes, reads and says:
//! saved runs, the reference service's exposition, rule files and their tests.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod assertions;
mod blocks;
mod disagreement;
mod engines;
mod exposition;
mod parity;
mod queries;
mod recorded;
mod saved;
#[path = "../support/mod.rs"]
mod support;
mod templates;
mod verification;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::Workspace;

/// A program of this project's tests that stands in for promtool: see its first lines.
fn stand_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/promtool/stand_in.sh")
}

/// A file of this repository.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// slogate where this program, or none, is all that the PATH has of promtool.
fn with_promtool(workspace: &Workspace, program: Option<&Path>, arguments: &[&str]) -> Command {
    let folder = workspace.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let link = folder.join("promtool");
    if let Some(program) = program
        && !link.exists()
    {
        std::os::unix::fs::symlink(program, link).unwrap();
    }
    let mut command = workspace.command(arguments);
    command.env("PATH", folder);
    command
}
