//! The page about exit codes is the enum, written out.

use slogate::gate::ExitCode;

#[test]
fn the_committed_page_is_fresh() {
    crate::support::assert_matches_file("../docs/exit-codes.md", &ExitCode::page());
}
