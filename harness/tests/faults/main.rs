//! Every fault on purpose turns something of this repository red: an objective of a
//! scenario, an alert, or the scenario itself. Without one, all of it is green.
//!
//! [`rows`] says what; docs/faults.md is made from it, with `SLOGATE_BLESS=1`, and each
//! row is held against a run of the built gate. Not everything may be red: at least one
//! objective that the row does not name still passes.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod noticed;
mod rows;
mod run;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::process::Command;

use noticed::{control, unnoticed};
use rows::ROWS;
use run::{path, text};
use support::page::{assert_fresh, with_between_marks};

const PAGE: &str = "docs/faults.md";
const BEGIN: &str = "<!-- rows: made by harness/tests/faults; SLOGATE_BLESS=1 renews them -->\n";
const END: &str = "<!-- end of rows -->";

/// One after the other: they would have each other's CPU.
#[test]
fn every_fault_turns_red_what_its_row_says_and_nothing_does_without_one() {
    let control = control();
    for row in ROWS {
        let doubted = row.doubted.iter().map(|(id, _)| id);
        for id in row.missed.iter().chain(doubted) {
            assert!(control.objectives.contains_key(*id), "no objective {id} in {control:?}");
        }
    }
    let problems: Vec<_> = ROWS.iter().filter_map(unnoticed).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
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
    assert_fresh(&path(PAGE), &with_between_marks(&page, BEGIN, END, &table()));
}

fn table() -> String {
    let mut table = String::from(
        "| fault | missed | no longer judged, and why | alerts that fire | else |\n\
         |---|---|---|---|---|\n",
    );
    for row in ROWS {
        let (missed, alerts) = (spans(row.missed), spans(row.alerts));
        let doubted = row.doubted.iter().map(|(id, code)| format!("`{id}`: `{code}`"));
        let doubted = doubted.collect::<Vec<_>>().join(", ");
        let (fault, reason) = (row.fault, row.reason);
        writeln!(table, "| `{fault}` | {missed} | {doubted} | {alerts} | {reason} |").unwrap();
    }
    table
}

fn spans(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
