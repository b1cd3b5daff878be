//! `target-promql-rule`: every query is PromQL, and names variables that there are.

use slogate_promql::ParseError;
use slogate_promql::lint::Severity;

use super::super::codes;
use super::super::found::Found;
use super::super::queries::Query;
use super::super::variables::{Reference, references};
use super::{Kind, Looked};
use crate::scenario::{closest, place_in_expression};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    looked.of_prometheus().filter_map(|query| mistake(looked, query, kind)).collect()
}

fn mistake(looked: &Looked<'_>, query: &Query<'_>, kind: Kind) -> Option<Found> {
    let Some(parsed) = &query.parsed else { return nothing_asked(looked, query, kind) };
    if let Some(unknown) = unknown_variable(looked, query) {
        return Some(unknown);
    }
    let error = parsed.as_ref().err()?;
    let (message, level, instead) = match error {
        ParseError::Syntax { message, .. } => {
            (message.clone(), kind.1, "mend the expression; what stands there cannot be read")
        }
        ParseError::Unsupported { construct, .. } => (
            format!("{construct} is not supported here, so this query is not evaluated"),
            Severity::Info,
            "nothing, if your Prometheus knows it",
        ),
        ParseError::NotASelector { .. } => (error.to_string(), kind.1, "mend the expression"),
    };
    let why = format!("{message}, in `{}`", query.target.expr);
    let (offset, _) = place_in_expression(&query.target.expr, error);
    let found = Found::new((kind.0, level), why, instead).in_query(query);
    Some(Found { offset: Some(offset), ..found })
}

/// A query without an expression takes the answer of another panel, or is a mistake.
fn nothing_asked(looked: &Looked<'_>, query: &Query<'_>, kind: Kind) -> Option<Found> {
    let panels = &looked.board.panels;
    let taken = query.target.panel_id;
    if taken.is_some_and(|id| panels.iter().any(|panel| panel.id == Some(id))) {
        return None;
    }
    let why = taken.map_or("the query has no expression".to_owned(), |id| {
        format!("it takes the answer of panel {id}, and there is none")
    });
    let kind = (kind.0, Severity::Warning);
    Some(Found::new(kind, why, "write an expression, or take the query out").in_query(query))
}

/// A variable that the dashboard does not have: Grafana sends its name as it stands there.
fn unknown_variable(looked: &Looked<'_>, query: &Query<'_>) -> Option<Found> {
    let board = looked.board;
    let is_unknown = |one: &&Reference<'_>| {
        !one.is_group() && !one.is_global() && board.variable(one.name).is_none()
    };
    let references = references(&query.target.expr);
    let unknown = references.iter().find(is_unknown)?;
    let why =
        format!("the dashboard has no variable `{}`, so its name is sent as it is", unknown.name);
    let names = board.variables.iter().map(|variable| variable.name.as_str());
    let instead = match closest(unknown.name, names.clone()) {
        Some(meant) => format!("did you mean `${meant}`?"),
        None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
    };
    let found =
        Found::new((codes::UNKNOWN_VARIABLE, Severity::Error), why, instead).in_query(query);
    Some(Found { offset: Some(unknown.start), ..found })
}
