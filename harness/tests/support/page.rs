//! Pages and files that tests make: each is what is committed, or is written anew with
//! `SLOGATE_BLESS=1`.

use std::fs;
use std::path::Path;

/// Whether files are to be written instead of compared.
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("SLOGATE_BLESS").is_some()
}

/// The committed file must be what was made.
#[track_caller]
pub(crate) fn assert_fresh(path: &Path, made: &str) {
    if is_blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, made).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(committed, made, "{} is stale; SLOGATE_BLESS=1 renews it", path.display());
}

/// What stands before two marks, between and after them.
#[track_caller]
pub(crate) fn between_marks<'a>(page: &'a str, begin: &str, end: &str) -> [&'a str; 3] {
    let (before, rest) = page.split_once(begin).unwrap_or_else(|| panic!("no {begin}"));
    let (between, after) = rest.split_once(end).unwrap_or_else(|| panic!("no {end}"));
    [before, between, after]
}

/// The page with this between the two marks.
#[track_caller]
pub(crate) fn with_between_marks(page: &str, begin: &str, end: &str, made: &str) -> String {
    let [before, _, after] = between_marks(page, begin, end);
    format!("{before}{begin}{made}{end}{after}")
}
