//! The table of Prometheus' scripts in docs/promql.md: how many evaluations of each pass, and
//! why the others do not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What came of one script.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) known: usize,
    pub(crate) failed: usize,
    /// Evaluations that need what this engine does not have, by what that is.
    pub(crate) unsupported: BTreeMap<String, usize>,
    /// Why listed evaluations do not pass.
    pub(crate) reasons: BTreeSet<String>,
}

impl Tally {
    fn unsupported(&self) -> usize {
        self.unsupported.values().sum()
    }

    fn all(&self) -> usize {
        self.passed + self.known + self.failed + self.unsupported()
    }

    fn why(&self) -> String {
        let unsupported = self.unsupported.iter().map(|(what, count)| format!("{what} ({count})"));
        let known = self.reasons.iter().map(|reason| format!("{reason} ({})", self.known));
        known.chain(unsupported).collect::<Vec<_>>().join("; ")
    }

    fn row(&self, title: &str, why: &str) -> String {
        let Self { passed, known, failed, .. } = self;
        let (all, refused) = (self.all(), self.unsupported());
        // What fails without being listed fails the test, and must not look like a pass here.
        format!("| {title} | {all} | {passed} | {} | {refused} | {why} |\n", known + failed)
    }
}

/// Script by script, and all of them.
pub(crate) fn table(tallies: &BTreeMap<String, Tally>) -> String {
    let mut table = "| script | evaluations | pass | known not to | refused | why |\n\
                     |---|---|---|---|---|---|\n"
        .to_owned();
    let mut total = Tally::default();
    for (script, tally) in tallies {
        table.push_str(&tally.row(&format!("`{script}`"), &tally.why()));
        total.passed += tally.passed;
        total.known += tally.known;
        total.failed += tally.failed;
        for (what, count) in &tally.unsupported {
            *total.unsupported.entry(what.clone()).or_default() += count;
        }
    }
    table.push_str(&total.row("all", ""));
    let _ = write!(table, "\n{}", refusals(&total));
    table
}

fn refusals(total: &Tally) -> String {
    let mut table = "| refused | evaluations |\n|---|---|\n".to_owned();
    let mut whats = total.unsupported.iter().collect::<Vec<_>>();
    whats.sort_by_key(|(what, count)| (std::cmp::Reverse(**count), (*what).clone()));
    for (what, count) in whats {
        let _ = writeln!(table, "| {what} | {count} |");
    }
    table
}

/// Syntax that the parser does not know, by a piece of it; the first that fits.
const SYNTAX: &[(&str, &str)] = &[
    ("anchored", "`anchored` ranges"),
    ("smoothed", "`smoothed` ranges"),
    ("</", "trimming histograms (`</`, `>/`)"),
    (">/", "trimming histograms (`</`, `>/`)"),
    ("info(", "matchers of `info` that an absent label passes"),
];

/// What an expression needs that its parser does not know.
pub(crate) fn unknown_syntax(expression: &str) -> &'static str {
    let known = SYNTAX.iter().find(|(piece, _)| expression.contains(piece));
    known.map_or("arithmetic in durations", |(_, what)| what)
}
