//! Programs and data of others that agree or do not: promtool, nginx, a JUnit reader.
//!
//! What is missing skips its test, loudly, and fails it when the environment variable
//! `SLOGATE_REQUIRE` (names with commas between) names it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Whether a program can be started.
pub(crate) fn has(program: &str) -> bool {
    is_there(program, starts(program.as_ref()))
}

/// Whether a program of this name or path can be started. It is asked for its version,
/// and no harm is done by one that does not know that flag.
pub(crate) fn starts(program: &Path) -> bool {
    let answered = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    answered.is_ok()
}

/// The folder of the Prometheus project's conformance data, if it is there.
pub(crate) fn conformance_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("SLOGATE_CONFORMANCE_DATA").map_or(beside, PathBuf::from);
    is_there("conformance-data", folder.is_dir()).then_some(folder)
}

/// Says that a component is missing, or fails where it is required.
#[expect(clippy::print_stderr, reason = "a skip is said on stderr")]
pub(crate) fn is_there(component: &str, found: bool) -> bool {
    let required = std::env::var("SLOGATE_REQUIRE").unwrap_or_default();
    let is_required = required.split(',').any(|name| name.trim() == component);
    assert!(found || !is_required, "{component} is required and missing");
    if !found {
        eprintln!("skipped: {component} is not here");
    }
    found
}

/// Whether Python is here with a package of this name.
pub(crate) fn has_python_package(package: &str) -> bool {
    let import = Command::new("python3")
        .args(["-c", &format!("import {package}")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    is_there(package, import.is_ok_and(|status| status.success()))
}
