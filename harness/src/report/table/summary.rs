//! The rules, and the last line: what everything together came to.

use super::style::{Style, wrapped};
use crate::archive::{RulesRecord, RunRecord};
use crate::gate::{ExitCode, Outcome};
use crate::slo::Verdict;

/// The rule checks and tests in one line, and what each that does not pass said.
pub(super) fn rules(rules: &RulesRecord, style: Style) -> String {
    let mut text = format!("{} {}\n", style.bold("rules"), style.word(rules.verdict));
    let doubts = match rules.inconclusive {
        0 => String::new(),
        count => format!(", {count} inconclusive"),
    };
    let counts = format!("{} passed, {} failed{doubts}", rules.passed, rules.failed);
    text += &wrapped(&counts, 0, style);
    for result in rules.results.iter().filter(|result| result.verdict != Verdict::Pass) {
        let line = format!(
            "{} {}: {} ({}): {}",
            Style::mark(result.verdict),
            result.file,
            result.name,
            result.engine,
            result.detail
        );
        text += &wrapped(&line, 2, style);
    }
    text
}

/// `FAIL: 1 of 5 scenarios failed (10k). Exit 1: a gate failed: …`
pub(super) fn last_line(record: &RunRecord, outcome: Outcome, style: Style) -> String {
    let mut parts = Vec::new();
    for (verdict, what) in [(Verdict::Fail, "failed"), (Verdict::Inconclusive, "inconclusive")] {
        let named: Vec<&str> = record
            .scenarios
            .iter()
            .filter(|scenario| scenario.verdict == verdict)
            .map(|scenario| scenario.name.as_str())
            .collect();
        if !named.is_empty() {
            let total = record.scenarios.len();
            parts.push(format!(
                "{} of {total} scenarios {what} ({})",
                named.len(),
                named.join(", ")
            ));
        }
    }
    if parts.is_empty() && !record.scenarios.is_empty() {
        parts.push(format!("{} of {0} scenarios passed", record.scenarios.len()));
    }
    if let Some(rules) = record.rules.as_ref().filter(|rules| rules.verdict != Verdict::Pass) {
        parts.push(format!("rules {}", rules.verdict));
    }
    if parts.is_empty() {
        parts.push("nothing was judged".into());
    }
    let word = outcome.verdict.word().to_uppercase();
    let line = format!("{word}: {}; {}", parts.join(", "), ending(outcome));
    let plain = wrapped(&line, 0, style);
    let rest = plain.strip_prefix(&word).unwrap_or(&plain);
    style.word(outcome.verdict) + rest
}

fn ending(outcome: Outcome) -> String {
    let accepted = outcome.verdict == Verdict::Inconclusive && outcome.exit_code == ExitCode::Pass;
    let meaning = if accepted {
        "inconclusive, and accepted by --on-inconclusive warn"
    } else {
        outcome.exit_code.meaning()
    };
    format!("exit {}: {meaning}", outcome.exit_code.number())
}
