//! `docs/reports.md` shows what comes out: its excerpts are made here.

use std::path::Path;

use crate::support::{self, assert_matches_file};
use slogate::gate::OnInconclusive;
use slogate::report::{TableOptions, Workspace, annotations, junit, markdown, table};

const PAGE: &str = "../docs/reports.md";

/// The page with the text between the marks of this name replaced.
fn with_excerpt(page: &str, name: &str, language: &str, excerpt: &str) -> String {
    let made_by = "made by harness/tests/verdict/reports_page.rs; SLOGATE_BLESS=1 renews it";
    let begin = format!("<!-- {name}: {made_by} -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let (before, rest) = page.split_once(&begin).unwrap();
    let (_, after) = rest.split_once(&end).unwrap();
    format!("{before}{begin}```{language}\n{excerpt}```\n{end}{after}")
}

/// The lines from the first that contains `from` to the first after it with `to`.
fn lines(text: &str, from: &str, to: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.contains(from)).unwrap();
    let length = lines[first..].iter().position(|line| line.contains(to)).unwrap();
    lines[first..=first + length].join("\n") + "\n"
}

#[test]
fn the_excerpts_are_what_comes_out() {
    let record = support::failing_run();
    let outcome = record.outcome(OnInconclusive::Fail);
    let workspace = Workspace { root: "/repo".into(), here: "/repo".into() };
    let table = table(&record, outcome, TableOptions::default());
    let junit = junit(&record, outcome).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let mut page = std::fs::read_to_string(file).unwrap();
    let markdown = markdown(&record, outcome);
    let title = lines(&markdown, "## ", "exit 1")
        + "\n"
        + &lines(&markdown, "### 10k-faults", "no-failures | 10");
    let annotations = annotations(&record, &workspace)[1].clone() + "\n";
    let failure = lines(&junit, "name=\"10k-faults\"", "slogate explain success-ratio");
    let drawn = lines(&table, "10k-faults FAIL", "scenarios/10k.yaml:21");
    let excerpts = [
        ("table", "text", &drawn),
        ("junit", "xml", &failure),
        ("markdown", "markdown", &title),
        ("github", "text", &annotations),
    ];
    for (name, language, excerpt) in excerpts {
        page = with_excerpt(&page, name, language, excerpt);
    }
    assert_matches_file(PAGE, &page);
}
