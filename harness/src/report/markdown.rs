//! The report as Markdown, for a release ticket, a comment on a pull request, or the
//! summary of a job: the verdict first, then each scenario with what does not hold, its
//! objectives and its load.
//!
//! It is written for the GitHub dialect of `CommonMark` (tables) and stays readable as
//! text. Names and reasons come out as they are: what Markdown or HTML would take for
//! its own is escaped.

mod escape;

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{cells, words};
use crate::archive::{RulesRecord, RunRecord, ScenarioRecord, SloRecord};
use crate::gate::Outcome;
use crate::slo::Verdict;
use escape::{code, escaped, line};

/// Bytes that are kept free for the sentence about what was cut.
const ROOM_FOR_SENTENCE: usize = 400;

/// The whole report, in the order of the record.
pub fn markdown(record: &RunRecord, outcome: Outcome) -> String {
    let document = Document::of(record, outcome, Order::AsRun);
    let lines: Vec<&str> = document.lines.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n") + "\n"
}

/// The report in at most `limit_bytes`, the worst first: what does not fit is cut off
/// at a line, and a last sentence says how much that was. `None` where not even the
/// verdict fits.
pub fn cut_markdown(record: &RunRecord, outcome: Outcome, limit_bytes: usize) -> Option<String> {
    Document::of(record, outcome, Order::WorstFirst).cut(limit_bytes)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsRun,
    WorstFirst,
}

/// What a line is about, for the sentence about what was cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Frame,
    Reason,
    Objective,
}

struct Line {
    about: About,
    text: String,
}

struct Document {
    lines: Vec<Line>,
    order: Order,
}

impl Document {
    fn of(record: &RunRecord, outcome: Outcome, order: Order) -> Self {
        let mut document = Self { lines: Vec::new(), order };
        document.title(record, outcome);
        let mut scenarios: Vec<&ScenarioRecord> = record.scenarios.iter().collect();
        if order == Order::WorstFirst {
            scenarios.sort_by_key(|scenario| Reverse(scenario.verdict));
        }
        for scenario in scenarios {
            document.scenario(scenario);
        }
        if let Some(rules) = &record.rules {
            document.rules(rules);
        }
        document.frame(format!(
            "{} {}, started {}",
            line(&record.tool.name),
            escaped(&record.tool.version),
            escaped(&record.started_at)
        ));
        document
    }

    fn push(&mut self, about: About, text: String) {
        self.lines.push(Line { about, text });
    }

    fn frame(&mut self, text: impl Into<String>) {
        self.push(About::Frame, text.into());
    }

    fn title(&mut self, record: &RunRecord, outcome: Outcome) {
        self.frame(format!("## {}: {}", word(outcome.verdict), escaped(&words::tally(record))));
        self.frame("");
        self.frame(line(&words::ending(outcome)));
        self.frame("");
    }

    fn scenario(&mut self, scenario: &ScenarioRecord) {
        self.frame(format!("### {}: {}", escaped(&scenario.name), word(scenario.verdict)));
        self.frame("");
        if let Some(description) = &scenario.description {
            self.frame(format!("{}  ", line(description)));
        }
        self.frame(line(&words::target(scenario)));
        self.frame("");
        self.reasons(scenario);
        self.objectives(scenario);
        self.load(scenario);
    }

    fn reasons(&mut self, scenario: &ScenarioRecord) {
        let reasons = words::reasons(scenario);
        for reason in &reasons {
            let subject = reason.subject();
            let subject =
                subject.map_or_else(String::new, |text| format!("**{}**: ", escaped(&text)));
            let place =
                reason.place().map_or_else(String::new, |place| format!(" ({})", code(&place)));
            let mark = words::mark(reason.verdict);
            let text = escaped(&reason.text);
            let lookup = words::lookup(&reason.codes);
            let lookup = lookup.map_or_else(String::new, |lookup| format!("; {}", code(&lookup)));
            self.push(About::Reason, format!("- {mark} {subject}{text}{place}{lookup}"));
        }
        if !reasons.is_empty() {
            self.frame("");
        }
    }

    fn objectives(&mut self, scenario: &ScenarioRecord) {
        if scenario.slos.is_empty() {
            return;
        }
        let mut slos: Vec<&SloRecord> = scenario.slos.iter().collect();
        if self.order == Order::WorstFirst {
            slos.sort_by_key(|slo| Reverse(slo.verdict));
        }
        self.header(cells::OBJECTIVE, cells::is_number_of_objective);
        for slo in slos {
            let rows: Vec<String> = cells::objective_rows(slo).iter().map(row).collect();
            self.push(About::Objective, rows.join("\n"));
        }
        self.frame("");
    }

    fn load(&mut self, scenario: &ScenarioRecord) {
        let rows = cells::requests(scenario);
        if rows.is_empty() {
            self.frame(cells::NOTHING_SENT);
            self.frame("");
            return;
        }
        self.header(cells::REQUEST, cells::is_number_of_request);
        for cells in &rows {
            self.frame(row(cells));
        }
        self.frame("");
        for note in cells::notes(scenario) {
            self.frame(format!("{}  ", line(&note)));
        }
        self.frame("");
    }

    fn rules(&mut self, rules: &RulesRecord) {
        self.frame(format!("### rules: {}", word(rules.verdict)));
        self.frame("");
        self.frame(words::rule_counts(rules));
        self.frame("");
        let untold = rules.results.iter().filter(|result| result.verdict != Verdict::Pass);
        for result in untold {
            let text = escaped(&words::rule_sentence(result));
            self.push(About::Reason, format!("- {} {text}", words::mark(result.verdict)));
        }
        self.frame("");
    }

    fn header<const N: usize>(&mut self, names: [&str; N], is_number: fn(usize) -> bool) {
        self.frame(row(&names.map(str::to_owned)));
        let rule = |at| if is_number(at) { "---:" } else { "---" };
        let rules: Vec<&str> = (0..N).map(rule).collect();
        self.frame(format!("| {} |", rules.join(" | ")));
    }

    fn cut(&self, limit_bytes: usize) -> Option<String> {
        let size: usize = self.lines.iter().map(|line| line.text.len() + 1).sum();
        let room = if size <= limit_bytes {
            limit_bytes
        } else {
            limit_bytes.checked_sub(ROOM_FOR_SENTENCE)?
        };
        let mut text = String::new();
        let mut lines = self.lines.iter();
        while let Some(next) = lines.as_slice().first()
            && text.len() + next.text.len() < room
        {
            text += &next.text;
            text.push('\n');
            lines.next();
        }
        let left = lines.as_slice();
        let is_verdict_in = left.len() < self.lines.len();
        if !left.is_empty() {
            text += &cut_sentence(left);
        }
        is_verdict_in.then_some(text)
    }
}

/// Says what is missing. It begins with a line of its own, so that it is no row of the
/// table that it may stand behind.
fn cut_sentence(left: &[Line]) -> String {
    let count = |about| left.iter().filter(|line| line.about == about).count();
    let mut sentence = String::from("\n**Cut here**");
    let _ = writeln!(
        sentence,
        ": {} objectives, {} reasons and what follows them are left out, because there is no \
         room for more in a job summary. Failures come first; the other reports have everything.",
        count(About::Objective),
        count(About::Reason),
    );
    sentence
}

fn row<const N: usize>(cells: &[String; N]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell.trim())).collect();
    format!("| {} |", cells.join(" | "))
}

fn word(verdict: Verdict) -> String {
    format!("{} {}", words::mark(verdict), verdict.word().to_uppercase())
}
