//! promtool and Prometheus of both generations against what slogate writes and serves: saved
//! runs, and the reference service's exposition.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod assertions;
mod blocks;
mod exposition;
#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

/// A file of this repository.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
