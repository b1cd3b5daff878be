//! `load:` — phases, one after the other.

mod closed;
mod open;

pub(super) use closed::think_time;

use super::codes;
use super::context::Context;
use super::fields::Fields;
use super::keys;
use super::model::{Phase, PhaseLoad};
use super::source::Span;
use super::tree::Node;

/// The most repetitions of one phase; each becomes a phase with results of its own.
const MOST_REPETITIONS: u64 = 1_000;

/// Lowers all phases; repeated ones are written out.
pub(super) fn phases(file: &Fields, cx: &mut Context) -> Option<Vec<Phase>> {
    let items = file.list("load", cx)?;
    let mut entries = Vec::new();
    for item in items {
        if let Some(entry) = entry(item, cx) {
            entries.push(entry);
        }
    }
    check_measure(&entries, items.len(), cx);
    let complete = entries.len() == items.len();
    let mut phases: Vec<Phase> = Vec::new();
    for entry in entries {
        for phase in entry.written_out() {
            add_unique(phase, entry.at, &mut phases, cx);
        }
    }
    complete.then_some(phases)
}

/// One entry of `load`, before repetition.
struct Entry {
    at: Span,
    phase: Phase,
    repeat: Option<u64>,
}

impl Entry {
    fn written_out(&self) -> Vec<Phase> {
        let Some(times) = self.repeat else {
            return vec![self.phase.clone()];
        };
        let nth = |number: u64| Phase {
            name: format!("{}-{number}", self.phase.name),
            group: Some(self.phase.name.clone()),
            ..self.phase.clone()
        };
        (1..=times).map(nth).collect()
    }
}

fn add_unique(phase: Phase, at: Span, phases: &mut Vec<Phase>, cx: &mut Context) {
    let clashes = |other: &&Phase| {
        let same_group = other.group.is_some() && other.group == phase.group;
        other.goes_by(&phase.name)
            || (!same_group && phase.goes_by(&other.name))
            || (!same_group && other.group.as_ref().is_some_and(|group| phase.goes_by(group)))
    };
    if let Some(other) = phases.iter().find(clashes) {
        let message = format!("duplicate phase name `{}`", phase.name);
        let help = format!("`{}` is taken; every phase needs its own name", other.name);
        cx.error(codes::DUPLICATE_NAME, at, message).help(help);
    } else {
        phases.push(phase);
    }
}

fn entry(node: &Node, cx: &mut Context) -> Option<Entry> {
    let fields = Fields::of(node, &keys::PHASE, cx)?;
    let name = fields.name("name", cx);
    let load = load(&fields, cx);
    let measured = !fields.has("measure") || fields.boolean("measure", cx)?;
    let repeat = if fields.has("repeat") {
        Some(fields.whole("repeat", 1..=MOST_REPETITIONS, cx)?)
    } else {
        None
    };
    let at = fields.get("name").map_or(fields.at, |name| name.span);
    if let (false, Some(key)) = (measured, fields.key("repeat")) {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`repeat` beside `measure: false`")
            .help("only measured phases repeat; give the warm-up more iterations instead");
    }
    let phase = Phase { name: name?, group: None, load: load?, measured };
    Some(Entry { at, phase, repeat })
}

fn load(fields: &Fields, cx: &mut Context) -> Option<PhaseLoad> {
    match (fields.get("rate"), fields.has("users")) {
        (Some(rate), false) => open::open(rate, fields, cx),
        (None, true) => closed::closed(fields, cx),
        // Neither or both: `Fields` has reported it.
        _ => None,
    }
}

/// Only the first and the last phase may be left out of verdicts, and not all.
fn check_measure(entries: &[Entry], written: usize, cx: &mut Context) {
    if entries.len() != written {
        return;
    }
    for entry in entries.iter().skip(1).rev().skip(1).filter(|entry| !entry.phase.measured) {
        cx.error(
            codes::UNMEASURED_PHASE,
            entry.at,
            format!("`measure: false` in the middle: phase `{}`", entry.phase.name),
        )
        .help("only the first phase (warm-up) and the last (cool-down) can be left out");
    }
    if let [first, ..] = entries
        && entries.iter().all(|entry| !entry.phase.measured)
    {
        cx.error(
            codes::UNMEASURED_PHASE,
            first.at,
            "no phase is measured, so that nothing could be judged",
        )
        .help("remove `measure: false` from at least one phase");
    }
}
