//! Names in queries that stand for nothing: variables that the dashboard does not have, names of
//! Grafana's that it does not know, and formats of either.

use std::collections::BTreeSet;

use slogate_promql::lint::Severity;

use super::codes;
use super::format::{FORMATS, format_name};
use super::found::Found;
use super::globals::{Global, global, global_names};
use super::model::Dashboard;
use super::variables::{Reference, references};
use crate::scenario::closest;

/// The first such name of a text that is PromQL or asks Prometheus for values; its offset is
/// that in the text. A name that leaves the text as it can be read is less sure a mistake.
pub(super) fn unknown_name(board: &Dashboard, text: &str, can_be_read: bool) -> Option<Found> {
    references(text).iter().find_map(|reference| {
        let found = unknown(board, reference, can_be_read)?;
        Some(Found { offset: Some(reference.start), ..found })
    })
}

fn unknown(board: &Dashboard, reference: &Reference<'_>, can_be_read: bool) -> Option<Found> {
    if reference.is_group() {
        return None;
    }
    let name = reference.name;
    if board.variable(name).is_some() {
        return unknown_format(reference);
    }
    match global(name, reference.field) {
        Some(Global::Elsewhere) => {
            let why = format!(
                "`${name}` is for links, texts or other data sources, and stands for nothing in PromQL"
            );
            let kind = (codes::UNKNOWN_VARIABLE, Severity::Error);
            Some(Found::new(kind, why, "write `$__range`, `$__from` or `$__to`, or take it out"))
        }
        Some(_) => unknown_format(reference),
        None if reference.is_global() => Some(unknown_global(name, can_be_read)),
        None => Some(unknown_variable(board, name)),
    }
}

/// Grafana sends the name of a variable that the dashboard does not have as it stands there.
fn unknown_variable(board: &Dashboard, name: &str) -> Found {
    let why = format!("the dashboard has no variable `{name}`, so its name is sent as it is");
    Found::new((codes::UNKNOWN_VARIABLE, Severity::Error), why, meant(board, name))
}

/// A new Grafana may know a name that is not known here.
fn unknown_global(name: &str, can_be_read: bool) -> Found {
    let why = format!("Grafana's documentation has no `${name}`, so the name is sent as it is");
    let instead = match closest(name, global_names()) {
        Some(meant) => format!("did you mean `${meant}`?"),
        None => "write a name that is in it, or add a variable".to_owned(),
    };
    let level = if can_be_read { Severity::Warning } else { Severity::Error };
    Found::new((codes::UNKNOWN_VARIABLE, level), why, instead)
}

fn unknown_format(reference: &Reference<'_>) -> Option<Found> {
    let format = format_name(reference.format?);
    if FORMATS.contains(&format) {
        return None;
    }
    let name = reference.name;
    let why =
        format!("Grafana knows no format `{format}`, and writes ${name} as `glob` does: {{a,b}}");
    let instead = match closest(format, FORMATS) {
        Some(meant) => format!("did you mean `${{{name}:{meant}}}`?"),
        None => format!("write `${{{name}:regex}}`, or another format"),
    };
    Some(Found::new((codes::UNKNOWN_VARIABLE, Severity::Warning), why, instead))
}

/// Panels and rows that are repeated for a variable that there is not; each variable once.
pub(super) fn unknown_repeats(board: &Dashboard) -> Vec<Found> {
    let mut told = BTreeSet::new();
    let panels = board.panels.iter().enumerate();
    let repeated =
        panels.filter_map(|(index, panel)| Some((index, panel, panel.repeat.as_deref()?)));
    let unknown = repeated.filter(|(_, _, name)| board.variable(name).is_none());
    let first = unknown.filter(|(_, _, name)| told.insert((*name).to_owned()));
    let found = first.map(|(index, panel, name)| {
        let why = format!(
            "it or its row is repeated for each value of `{name}`, and the dashboard has no such \
             variable, so it is shown once"
        );
        let kind = (codes::UNKNOWN_VARIABLE, Severity::Warning);
        let instead = format!("take `repeat` out, or mend its name: {}", meant(board, name));
        Found::new(kind, why, instead).in_panel(index, panel.at)
    });
    found.collect()
}

/// The variable that was probably meant, or those that there are.
fn meant(board: &Dashboard, name: &str) -> String {
    let names: Vec<&str> = board.variables.iter().map(|one| one.name.as_str()).collect();
    match closest(name, names.iter().copied()) {
        Some(meant) => format!("did you mean `${meant}`?"),
        None if names.is_empty() => "add the variable; the dashboard has none".to_owned(),
        None => format!("it has {}", names.join(", ")),
    }
}
