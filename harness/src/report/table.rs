//! The report for a terminal: a few tables, the reasons, and one last line.
//!
//! It reads well at 80 columns and without colour: verdicts are marks and words
//! first, colours are added. What does not pass is told below its table as a
//! sentence that can be pasted into a ticket.

mod objectives;
mod requests;
mod style;
mod summary;

use crate::archive::{RunRecord, ScenarioRecord};
use crate::gate::Outcome;
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
        sections.push(summary::rules(rules, style));
    }
    sections.push(summary::last_line(record, outcome, style));
    sections.join("\n")
}

fn scenario_section(scenario: &ScenarioRecord, style: Style) -> String {
    let mut section = format!("{} {}\n", style.bold(&scenario.name), style.word(scenario.verdict));
    if let Some(description) = &scenario.description {
        section += &wrapped(description, 0, style);
    }
    section += &wrapped(&target_line(scenario), 0, style);
    section += &requests::section(scenario, style);
    section += &objectives::section(scenario, style);
    section
}

fn target_line(scenario: &ScenarioRecord) -> String {
    let told = |address: &&String| scenario.target.contains(address.as_str());
    let address = scenario.address.as_ref().filter(|address| !told(address));
    let address = address.map_or_else(String::new, |address| format!(" at {address}"));
    let bundled =
        if scenario.bundled_service { ", the bundled service, started for this run" } else { "" };
    format!("target {}{address}{bundled}", scenario.target)
}
