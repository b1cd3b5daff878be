//! Our engine beside a real Prometheus: the same random series in both, the same generated
//! queries to both, at instants and over ranges. Label sets must be equal, values within 1e-9,
//! and what one of them refuses the other must refuse.
//!
//! The seeds are fixed. `SLOGATE_DIFFERENTIAL_SEED` is another first seed,
//! `SLOGATE_DIFFERENTIAL_SEEDS` how many follow one another, `SLOGATE_DIFFERENTIAL_QUERIES` how
//! many queries each has; `SLOGATE_DIFFERENTIAL_EXPRESSION` asks one expression instead, over
//! the series of a seed. A failure names all of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod annotations;
mod compare;
mod data;
mod dialect;
mod grammar;
mod random;
mod remote_write;
mod run;
mod summary;
#[path = "../support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use dialect::{Dialect, LEFT_OUT_OF_SECOND, LEFT_OUT_OF_THIRD};
use run::Run;
use summary::Summary;
use support::generations::{Tool, prometheuses};
use support::page::{assert_fresh, with_between_marks};

/// Two seeds: one has its samples on the edges of windows, the other beside them.
const SEEDS: u64 = 2;
const FIRST_SEED: u64 = 7;
/// Queries of a seed.
const QUERIES: u32 = 200;
/// Differences that are shown in full.
const SHOWN: usize = 25;

#[test]
fn generated_queries_have_the_answers_of_a_real_prometheus_3() {
    ask(Dialect::Third);
}

#[test]
fn generated_queries_have_the_answers_of_prometheus_2_where_both_mean_the_same() {
    ask(Dialect::Second);
}

fn ask(dialect: Dialect) {
    for tool in prometheuses().filter(|tool| Dialect::of(tool.major()) == dialect) {
        let summary = asked(&tool);
        let (table, unsteady) = (summary.table(), summary.unsteady);
        say(&format!("Prometheus {}, {unsteady} answered in two ways\n\n{table}", tool.version));
        let shown = summary.differences.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
        let count = summary.differences.len();
        assert!(count == 0, "{count} differences with Prometheus {}\n{shown}", tool.version);
        if !is_chosen() {
            assert!(summary.says_something(), "too little was compared");
            assert_page_is_fresh(dialect, &summary);
        }
    }
}

/// Both tests write one page.
static PAGE: Mutex<()> = Mutex::new(());

/// docs/promql.md shows what came of the fixed seeds.
fn assert_page_is_fresh(dialect: Dialect, summary: &Summary) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/promql.md");
    let (generation, mark, left_out) = match dialect {
        Dialect::Second => ("Prometheus 2.42", "second", LEFT_OUT_OF_SECOND),
        Dialect::Third => ("Prometheus 3.5", "third", LEFT_OUT_OF_THIRD),
    };
    let begin =
        format!("<!-- {mark}: made by harness/tests/differential; SLOGATE_BLESS=1 renews it -->\n");
    let mut made = format!(
        "{generation}, {SEEDS} seeds:\n\n{}\n| not asked of {generation} | because |\n|---|---|\n",
        summary.table()
    );
    for (what, why) in left_out {
        let _ = writeln!(made, "| {what} | {why} |");
    }
    let _writing = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = std::fs::read_to_string(&path).unwrap();
    let end = format!("<!-- end of {mark} -->\n");
    assert_fresh(&path, &with_between_marks(&page, &begin, &end, &made));
}

fn asked(tool: &Tool) -> Summary {
    let mut summary = Summary::default();
    let first = number("SLOGATE_DIFFERENTIAL_SEED", FIRST_SEED);
    for seed in first..first + number("SLOGATE_DIFFERENTIAL_SEEDS", SEEDS) {
        let run = Run::start(tool, seed);
        summary.add(match std::env::var("SLOGATE_DIFFERENTIAL_EXPRESSION") {
            Ok(expression) => run.ask_one(&expression),
            Err(_) => run.ask_generated(number("SLOGATE_DIFFERENTIAL_QUERIES", QUERIES)),
        });
    }
    summary
}

/// Whether somebody chose what is asked: then there is no page to hold it against.
fn is_chosen() -> bool {
    let chooses = |(name, _): (std::ffi::OsString, _)| {
        name.to_string_lossy().starts_with("SLOGATE_DIFFERENTIAL_")
    };
    std::env::vars_os().any(chooses)
}

fn number<N: FromStr>(variable: &str, default: N) -> N {
    let Ok(text) = std::env::var(variable) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{variable} is `{text}`, and must be a whole number"))
}

#[expect(clippy::print_stderr, reason = "the summary of a run is for who runs it")]
fn say(text: &str) {
    eprintln!("{text}");
}
