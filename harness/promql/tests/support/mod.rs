//! What integration tests share: where the conformance data is, and whether its
//! absence is a failure.

#![expect(
    clippy::print_stderr,
    reason = "a skipped test must say so; the lint only knows test functions"
)]

use std::path::{Path, PathBuf};

/// The folder of conformance data; `None`, said on stderr, where it is absent
/// and not required.
pub(crate) fn conformance_data() -> Option<PathBuf> {
    let beside_repository = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder =
        std::env::var_os("SLOGATE_CONFORMANCE_DATA").map_or_else(beside_repository, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let shown = folder.display();
    assert!(!required("conformance-data"), "conformance-data is required, {shown} is not there");
    eprintln!("skipped: no conformance data at {shown}");
    None
}

/// Whether `SLOGATE_REQUIRE` names a component.
pub(crate) fn required(component: &str) -> bool {
    std::env::var("SLOGATE_REQUIRE")
        .is_ok_and(|list| list.split(',').any(|name| name.trim() == component))
}
