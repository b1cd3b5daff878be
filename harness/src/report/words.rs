//! What every report says in words: why something is not a pass, what was loaded, and
//! what everything together came to. A sentence is spelled here once and only wrapped,
//! escaped or coloured elsewhere.

use crate::archive::{RulesRecord, RunRecord, ScenarioRecord, SloRecord};
use crate::gate::{Condition, ExitCode, Outcome, RuleResult};
use crate::scenario::COMMAND_LINE;
use crate::slo::Verdict;

/// One character for a verdict.
pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Inconclusive => "?",
    }
}

/// Behind these a line may break: they end a word, or a part of a name.
pub(super) const ENDS_OF_WORDS: [char; 7] = [' ', '-', '_', '.', '/', ',', ':'];

/// Text that targets and files had a part in, without characters that command a
/// terminal or that XML has no way to write.
pub(super) fn printable(text: &str) -> String {
    let is_unprintable = |c: char| {
        (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    text.replace(is_unprintable, "\u{fffd}")
}

/// A text of somebody else's in one line that no terminal takes for anything but text.
pub fn one_line(text: &str) -> String {
    printable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why something is not a pass: a condition, or objectives that share a reason.
pub(super) struct Reason<'a> {
    pub(super) verdict: Verdict,
    /// The objectives; none for what happened to the scenario as a whole.
    pub(super) slos: Vec<&'a SloRecord>,
    /// The reason alone.
    pub(super) text: String,
    /// Its codes, for `slogate explain`; none in records of before there were codes.
    pub(super) codes: Vec<String>,
}

impl Reason<'_> {
    /// Ids of the objectives, and the element that a single one is about.
    pub(super) fn subject(&self) -> Option<String> {
        match self.slos.as_slice() {
            [] => None,
            [only] => {
                let element = only.element.as_ref();
                let element = element.map_or_else(String::new, |labels| format!(" for {labels}"));
                Some(printable(&format!("{}{element}", only.id)))
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|slo| slo.id.as_str()).collect();
                Some(printable(&ids.join(", ")))
            }
        }
    }

    /// `file:line` of a single objective.
    pub(super) fn place(&self) -> Option<String> {
        match self.slos.as_slice() {
            [only] => Some(place(only)),
            _ => None,
        }
    }

    /// A sentence that can be pasted into a ticket.
    pub(super) fn sentence(&self) -> String {
        let subject = self.subject().map_or_else(String::new, |subject| format!("{subject}: "));
        let place = self.place().map_or_else(String::new, |place| format!(" ({place})"));
        format!("{subject}{}{place}", self.text)
    }
}

/// `file:line` of an objective, or the flag that set it.
pub(super) fn place(slo: &SloRecord) -> String {
    if slo.file == COMMAND_LINE {
        return "--slo".to_owned();
    }
    printable(&format!("{}:{}", slo.file, slo.line))
}

/// What decided besides objectives, then failures, then doubts. Objectives of a scenario
/// that was not run repeat why it was not, which is told once.
pub(super) fn reasons(scenario: &ScenarioRecord) -> Vec<Reason<'_>> {
    let mut reasons: Vec<Reason<'_>> =
        (0..scenario.reasons.len()).map(|at| besides_objectives(scenario, at)).collect();
    let is_told = |slo: &&SloRecord| scenario.reasons.contains(&slo.reason);
    for verdict in [Verdict::Fail, Verdict::Inconclusive] {
        let of_verdict = scenario.slos.iter().filter(|slo| slo.verdict == verdict);
        let mut untold: Vec<&SloRecord> = of_verdict.filter(|slo| !is_told(slo)).collect();
        while let Some(first) = untold.first().copied() {
            let (same, other): (Vec<&SloRecord>, Vec<&SloRecord>) =
                untold.into_iter().partition(|slo| slo.reason == first.reason);
            let codes = first.codes.clone();
            reasons.push(Reason { verdict, slos: same, text: printable(&first.reason), codes });
            untold = other;
        }
    }
    reasons
}

/// One of a scenario's own reasons. One without a condition says that nothing was judged.
fn besides_objectives(scenario: &ScenarioRecord, at: usize) -> Reason<'_> {
    let condition = scenario.conditions.get(at);
    Reason {
        verdict: condition.map_or(Verdict::Inconclusive, Condition::verdict),
        slos: Vec::new(),
        text: scenario.reasons.get(at).map(|reason| printable(reason)).unwrap_or_default(),
        codes: condition.map(Condition::codes).unwrap_or_default(),
    }
}

/// `slogate explain sample-size`: how to look up one reason.
pub(super) fn lookup<'c>(codes: impl IntoIterator<Item = &'c String>) -> Option<String> {
    let codes = each_once(codes.into_iter());
    (!codes.is_empty()).then(|| printable(&format!("slogate explain {}", codes.join(" "))))
}

/// The codes of everything that is not a pass, and of scrapes that failed, each once, in the
/// order in which it is told.
pub(super) fn codes(record: &RunRecord) -> Vec<&str> {
    let of_scenarios = record.scenarios.iter().flat_map(|scenario| {
        let slos = |verdict| scenario.slos.iter().filter(move |slo| slo.verdict == verdict);
        let slos = slos(Verdict::Fail).chain(slos(Verdict::Inconclusive));
        let scrapes = scenario.scrapes.iter().flat_map(|scrapes| &scrapes.codes);
        let judged = slos.flat_map(|slo| &slo.codes);
        scenario.codes.iter().chain(judged).chain(scrapes)
    });
    let rules = record.rules.iter().flat_map(|rules| &rules.results);
    each_once(of_scenarios.chain(rules.flat_map(|result| &result.codes)))
}

fn each_once<'c>(codes: impl Iterator<Item = &'c String>) -> Vec<&'c str> {
    let mut once: Vec<&str> = Vec::new();
    for code in codes {
        if !once.contains(&code.as_str()) {
            once.push(code);
        }
    }
    once
}

/// `explain: slogate explain sample-size restart`: how to look up what is not a pass.
pub(super) fn explanation(record: &RunRecord) -> Option<String> {
    how_to_look_up(&codes(record))
}

/// The same of rules alone.
pub fn explanation_of_rules(results: &[RuleResult]) -> Option<String> {
    how_to_look_up(&each_once(results.iter().flat_map(|result| &result.codes)))
}

fn how_to_look_up(codes: &[&str]) -> Option<String> {
    (!codes.is_empty()).then(|| printable(&format!("explain: slogate explain {}", codes.join(" "))))
}

/// What the rules came to: `3 passed, 0 failed`.
pub(super) fn rule_counts(rules: &RulesRecord) -> String {
    let doubts = match rules.inconclusive {
        0 => String::new(),
        count => format!(", {count} inconclusive"),
    };
    format!("{} passed, {} failed{doubts}", rules.passed, rules.failed)
}

/// Why a rule check or test does not pass.
pub(super) fn rule_sentence(result: &RuleResult) -> String {
    let RuleResult { file, name, engine, detail, .. } = result;
    printable(&format!("{file}: {name} ({engine}): {detail}"))
}

/// What was loaded, and whether it was the bundled service or another that was started.
pub(super) fn target(scenario: &ScenarioRecord) -> String {
    let told = |address: &&String| scenario.target.contains(address.as_str());
    let address = scenario.address.as_ref().filter(|address| !told(address));
    let address = address.map_or_else(String::new, |address| format!(" at {address}"));
    let started = match &scenario.started_program {
        _ if scenario.bundled_service => ", the bundled service, started for this run".to_owned(),
        Some(program) => format!(", started for this run with `{program}`"),
        None => String::new(),
    };
    printable(&format!("target {}{address}{started}", scenario.target))
}

/// How many scenarios, by what they came to: `1 of 5 scenarios failed (10k)`.
pub(super) fn tally(record: &RunRecord) -> String {
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
            let list = named.join(", ");
            parts.push(format!("{} of {total} scenarios {what} ({list})", named.len()));
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
    parts.join(", ")
}

/// Whether doubt was all there was, and somebody accepted it beforehand.
pub(super) fn is_accepted(outcome: Outcome) -> bool {
    outcome.verdict == Verdict::Inconclusive && outcome.exit_code == ExitCode::Pass
}

/// `exit 1: a gate failed: …`
pub(super) fn ending(outcome: Outcome) -> String {
    let meaning = if is_accepted(outcome) { ACCEPTED } else { outcome.exit_code.meaning() };
    format!("exit {}: {meaning}", outcome.exit_code.number())
}

/// What `--on-inconclusive warn` made of the verdict.
pub(super) const ACCEPTED: &str = "inconclusive, and accepted by --on-inconclusive warn";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_or_breaks_xml_is_replaced() {
        assert_eq!(printable("a\u{1b}[31mb\u{0}c\u{ffff}d\u{9b}\n"), "a�[31mb�c�d�\n");
        assert_eq!(one_line("two\r\n  lines"), "two� lines");
    }
}
