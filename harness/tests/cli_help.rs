//! The page about the command line is the help of every verb, written out.

use std::fs;
use std::path::Path;

#[test]
fn the_committed_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/command-line.md");
    let page = slogate::cli::reference();
    if std::env::var_os("SLOGATE_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, page, "{} is stale; SLOGATE_BLESS=1 renews it", path.display());
}

#[test]
fn every_verb_has_its_section() {
    let page = slogate::cli::reference();
    let verbs = [
        "init",
        "run",
        "gate",
        "assert",
        "check",
        "rules test",
        "rules record",
        "report",
        "query",
        "explain",
        "exporter",
        "schema",
        "completions",
        "man",
    ];
    for verb in verbs {
        assert!(page.contains(&format!("## `slogate {verb}`")), "{verb}");
    }
    assert!(page.contains("bash-completion/completions") && page.contains("man/man1"));
    assert!(page.contains("--wait-for") && page.contains("--since-start"));
}
