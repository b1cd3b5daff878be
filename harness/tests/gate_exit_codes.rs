//! The page about exit codes is the enum, written out.

mod verdict_support;

use slogate::gate::ExitCode;

#[test]
fn the_committed_page_is_fresh() {
    verdict_support::assert_matches_file("../docs/exit-codes.md", &ExitCode::page());
}
