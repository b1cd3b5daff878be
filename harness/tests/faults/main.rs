//! Every fault on purpose turns something of this repository red: an objective of a
//! scenario, an alert, or the scenario itself. Without one, all of it is green.
//!
//! [`rows`] says what; docs/faults.md is made from it, with `SLOGATE_BLESS=1`, and each
//! row is held against a run of the built gate. What is red besides is nobody's
//! business: a machine that is busy may be slow as well.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod rows;
mod run;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use rows::{ROWS, Row};
use run::{Run, path, text};

const PAGE: &str = "docs/faults.md";
const BEGIN: &str = "<!-- rows: made by harness/tests/faults; SLOGATE_BLESS=1 renews them -->\n";
const END: &str = "<!-- end of rows -->";
/// A busy machine may starve a run so that it shows nothing; then it is run again.
const ATTEMPTS: usize = 3;

/// One after the other: they would have each other's CPU.
#[test]
fn every_fault_turns_red_what_its_row_says_and_nothing_does_without_one() {
    let control = control();
    for row in ROWS {
        for id in row.objectives {
            assert!(control.verdicts.contains_key(*id), "no objective {id} in {control:?}");
        }
    }
    let problems: Vec<_> = ROWS.iter().filter_map(green).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

/// Without a fault everything passes, and no alert fires.
#[expect(clippy::print_stderr, reason = "a control that says nothing must not look like one")]
fn control() -> Run {
    for _ in 0..ATTEMPTS {
        let run = Run::with(&[]);
        assert!(run.firing.is_empty(), "{}", run.shown());
        if run.code == Some(0) {
            return run;
        }
        // A miss on a starved machine is a doubt; any other is one of the service.
        let is_in_doubt = run.code == Some(3) && run.is_starved;
        assert!(is_in_doubt, "the control must pass\n{}", run.shown());
    }
    eprintln!("the machine was starved each time: the control could not be judged");
    Run::with(&[])
}

/// What of a row stayed green, after all attempts.
fn green(row: &Row) -> Option<String> {
    let mut problem = None;
    for _ in 0..ATTEMPTS {
        problem = green_once(row);
        if problem.is_none() {
            break;
        }
    }
    problem
}

fn green_once(row: &Row) -> Option<String> {
    let run = Run::with(&[row.fault]);
    let is_green = |id: &&&str| run.verdicts.get(**id).is_none_or(|verdict| verdict == "pass");
    let green: Vec<_> = row.objectives.iter().filter(is_green).collect();
    let quiet: Vec<_> = row.alerts.iter().filter(|alert| !run.firing.contains(**alert)).collect();
    let is_said = run.reasons.iter().any(|reason| reason.starts_with(row.reason));
    let is_told = row.reason.is_empty() || is_said;
    // Exit 3 is a miss that a starved machine explains, or one that is a doubt by itself.
    let is_red = matches!(run.code, Some(1 | 3));
    (!green.is_empty() || !quiet.is_empty() || !is_told || !is_red).then(|| {
        format!(
            "{}: green {green:?}, quiet {quiet:?}, exit {:?}\n{}",
            row.fault,
            run.code,
            run.shown()
        )
    })
}

#[test]
fn every_kind_of_fault_has_a_row() {
    let output = Command::new(env!("CARGO_BIN_EXE_slogate")).args(["exporter", "--help"]).output();
    let help = String::from_utf8(output.unwrap().stdout).unwrap();
    let list = help.split("--fault <RULE>").nth(1).unwrap().split("Filters:").next().unwrap();
    let first_word = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let usages: Vec<_> =
        list.lines().skip(1).filter_map(first_word).filter(|word| is_usage(word)).collect();
    assert!(usages.len() >= 12, "{usages:?} in {list}");
    for usage in usages {
        let kind = usage.split([':', '[']).next().unwrap();
        let arguments = usage.replace("[:STATUS]", "").matches(':').count();
        let has_row = ROWS.iter().any(|row| {
            let rule = row.fault.split(',').next().unwrap();
            let given = rule.matches(':').count();
            rule.split(':').next() == Some(kind) && (given == arguments || usage.contains("[:"))
        });
        assert!(has_row, "no row for `{usage}`");
    }
}

/// `latency:DURATION`, `stuck-queue`: small letters, then arguments in capitals.
fn is_usage(word: &str) -> bool {
    let kind = word.split(':').next().unwrap();
    word == "stuck-queue"
        || word.contains(':') && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[test]
fn the_page_has_the_rows() {
    let page = text(PAGE);
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table());
    if std::env::var_os("SLOGATE_BLESS").is_some() {
        fs::write(path(PAGE), fresh).unwrap();
    } else {
        assert_eq!(page, fresh, "run `SLOGATE_BLESS=1 cargo test -p slogate --test faults`");
    }
}

fn table() -> String {
    let mut table = String::from(
        "| fault | objectives that do not pass | alerts that fire | else |\n|---|---|---|---|\n",
    );
    for row in ROWS {
        let (objectives, alerts) = (spans(row.objectives), spans(row.alerts));
        writeln!(table, "| `{}` | {objectives} | {alerts} | {} |", row.fault, row.reason).unwrap();
    }
    table
}

fn spans(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
