//! What had to hold, what was observed, and why it does not pass.

use comfy_table::Cell;

use super::style::{Style, align_right, show, wrapped};
use crate::archive::{ScenarioRecord, SloRecord, UncertaintyRecord};
use crate::gate::Condition;
use crate::slo::Verdict;
use crate::units::{Unit, format_quantity};

/// The objectives of a scenario, and a sentence for each that does not pass.
pub(super) fn section(scenario: &ScenarioRecord, style: Style) -> String {
    let mut section = String::from("\n");
    if !scenario.slos.is_empty() {
        section += &rows(&scenario.slos, style);
    }
    let reasons = reasons(scenario, style);
    if !reasons.is_empty() {
        section += "\n";
        section += &reasons;
    }
    section
}

fn rows(slos: &[SloRecord], style: Style) -> String {
    let header = ["", "objective", "observed", "target", "margin", "between", "n", "source"];
    let mut table = style.table(&header, 1);
    for slo in slos {
        let unit = Unit::from(slo.unit);
        table.add_row([
            Cell::new(Style::mark(slo.verdict)),
            // A long id is broken where its words end.
            Cell::new(&slo.id).set_delimiter(if slo.id.contains(' ') { ' ' } else { '-' }),
            Cell::new(show(slo.observed, slo.unit)),
            Cell::new(&slo.target),
            or_dash(slo.margin.map(|margin| format_quantity(margin, unit))),
            or_dash(slo.uncertainty.map(|range| between(range, unit))),
            or_dash(slo.samples),
            Cell::new(&slo.source),
        ]);
    }
    if let Some(mark) = table.column_mut(0) {
        mark.set_padding((0, 1));
    }
    align_right(&mut table, 2..7);
    style.drawn(&table)
}

fn or_dash(value: Option<impl ToString>) -> Cell {
    value.map_or_else(|| Cell::new("-"), |value| Cell::new(value.to_string()))
}

/// `11.2–14.1 ms`, or `38 ms–` without an upper end.
fn between(range: UncertaintyRecord, unit: Unit) -> String {
    let end = |value: Option<f64>| value.map(|value| format_quantity(value, unit));
    match (end(range.low), end(range.high)) {
        (Some(low), Some(high)) => {
            let same_unit = low.split_once(' ').zip(high.split_once(' '));
            match same_unit {
                Some(((number, one), (_, other))) if one == other => format!("{number}–{high}"),
                _ => format!("{low}–{high}"),
            }
        }
        (Some(low), None) => format!("{low}–∞"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "-".into(),
    }
}

/// What decided besides objectives, then failures, then doubts.
fn reasons(scenario: &ScenarioRecord, style: Style) -> String {
    let mut text = String::new();
    for (reason, condition) in scenario.reasons.iter().zip(
        scenario
            .conditions
            .iter()
            .map(Condition::verdict)
            .chain(std::iter::repeat(Verdict::Inconclusive)),
    ) {
        text += &sentence(condition, reason, style);
    }
    for verdict in [Verdict::Fail, Verdict::Inconclusive] {
        let mut untold: Vec<&SloRecord> =
            scenario.slos.iter().filter(|slo| slo.verdict == verdict).collect();
        while let Some(first) = untold.first().copied() {
            let (same, other): (Vec<&SloRecord>, Vec<&SloRecord>) =
                untold.into_iter().partition(|slo| slo.reason == first.reason);
            text += &sentence(verdict, &shared_reason(&same), style);
            untold = other;
        }
    }
    text
}

/// One sentence for all objectives that share a reason.
fn shared_reason(slos: &[&SloRecord]) -> String {
    match slos {
        [only] => slo_reason(only),
        several => {
            let ids: Vec<&str> = several.iter().map(|slo| slo.id.as_str()).collect();
            let reason = several.first().map_or("", |slo| slo.reason.as_str());
            format!("{}: {reason}", ids.join(", "))
        }
    }
}

fn slo_reason(slo: &SloRecord) -> String {
    let element = slo.element.as_ref().map_or_else(String::new, |labels| format!(" for {labels}"));
    format!("{}{element}: {} ({}:{})", slo.id, slo.reason, slo.file, slo.line)
}

fn sentence(verdict: Verdict, text: &str, style: Style) -> String {
    let plain = wrapped(&format!("{} {text}", Style::mark(verdict)), 2, style);
    let rest = plain.strip_prefix(Style::mark(verdict)).unwrap_or(&plain);
    style.painted_mark(verdict) + rest
}
