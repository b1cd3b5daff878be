//! The report for a terminal: a few tables, the reasons, and one last line.
//!
//! It reads well at 80 columns and without colour: verdicts are marks and words
//! first, colours are added. What does not pass is told below its table as a
//! sentence that can be pasted into a ticket.

mod columns;
pub(super) mod style;

use super::{cells, words};
use crate::archive::{RulesRecord, RunRecord, ScenarioRecord};
use crate::gate::Outcome;
use crate::slo::Verdict;
use style::{Style, wrapped};

/// How the tables are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of the terminal; 80 where nobody knows.
    pub width: usize,
    /// Whether colours may be used.
    pub colour: bool,
}

impl Default for TableOptions {
    fn default() -> Self {
        Self { width: 80, colour: false }
    }
}

/// The whole report; `outcome` is what the process ends with.
pub fn table(record: &RunRecord, outcome: Outcome, options: TableOptions) -> String {
    let style = Style::new(options);
    let mut sections: Vec<String> =
        record.scenarios.iter().map(|scenario| scenario_section(scenario, style)).collect();
    if let Some(rules) = &record.rules {
        sections.push(rules_section(rules, style));
    }
    sections.extend(words::explanation(record).map(|line| wrapped(&line, 2, style)));
    sections.push(last_line(record, outcome, style));
    sections.join("\n")
}

fn scenario_section(scenario: &ScenarioRecord, style: Style) -> String {
    let mut section = format!(
        "{} {}\n",
        style.bold(&words::printable(&scenario.name)),
        style.word(scenario.verdict)
    );
    if let Some(description) = &scenario.description {
        section += &wrapped(description, 0, style);
    }
    section += &wrapped(&words::target(scenario), 0, style);
    section.push('\n');
    section += &requests(scenario, style);
    section += &objectives(scenario, style);
    section += &reasons(scenario, style);
    section
}

fn requests(scenario: &ScenarioRecord, style: Style) -> String {
    let rows = cells::requests(scenario);
    if rows.is_empty() {
        return format!("{}\n", cells::NOTHING_SENT);
    }
    let mut section =
        style.table(cells::REQUEST, rows, &cells::WRAPPING_OF_REQUEST, cells::is_number_of_request);
    for note in cells::notes(scenario) {
        section += &wrapped(&note, 2, style);
    }
    section
}

fn objectives(scenario: &ScenarioRecord, style: Style) -> String {
    let mut section = String::from("\n");
    if !scenario.slos.is_empty() {
        let rows = scenario.slos.iter().flat_map(cells::objective_rows).collect();
        section += &style.table(
            cells::OBJECTIVE,
            rows,
            &cells::WRAPPING_OF_OBJECTIVE,
            cells::is_number_of_objective,
        );
    }
    section
}

fn reasons(scenario: &ScenarioRecord, style: Style) -> String {
    let reasons = words::reasons(scenario);
    let gap = if reasons.is_empty() { "" } else { "\n" };
    let sentences = reasons.iter().map(|one| style.sentence(one.verdict, &one.sentence()));
    gap.to_owned() + &sentences.collect::<String>()
}

/// The rule checks and tests in one line, and what each that does not pass said.
fn rules_section(rules: &RulesRecord, style: Style) -> String {
    let mut section = format!("{} {}\n", style.bold("rules"), style.word(rules.verdict));
    section += &wrapped(&words::rule_counts(rules), 0, style);
    for result in rules.results.iter().filter(|result| result.verdict != Verdict::Pass) {
        section += &style.sentence(result.verdict, &words::rule_sentence(result));
    }
    section
}

/// `FAIL: 1 of 5 scenarios failed (10k); exit 1: a gate failed: …`
fn last_line(record: &RunRecord, outcome: Outcome, style: Style) -> String {
    let word = outcome.verdict.word().to_uppercase();
    let line = format!("{word}: {}; {}", words::tally(record), words::ending(outcome));
    let plain = wrapped(&line, 0, style);
    let rest = plain.strip_prefix(&word).unwrap_or(&plain);
    style.word(outcome.verdict) + rest
}
