//! `target-promql-rule`: every query is PromQL, and names variables that there are.

use slogate_promql::ParseError;
use slogate_promql::lint::Severity;

use super::super::found::Found;
use super::super::queries::Query;
use super::super::unknown::unknown_name;
use super::{Kind, Looked};
use crate::scenario::place_in_expression;

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    looked.of_prometheus().filter_map(|query| mistake(looked, query, kind)).collect()
}

fn mistake(looked: &Looked<'_>, query: &Query<'_>, kind: Kind) -> Option<Found> {
    let Some(parsed) = &query.parsed else { return nothing_asked(looked, query, kind) };
    if let Some(unknown) = unknown_name(looked.board, &query.target.expr, parsed.is_ok()) {
        return Some(unknown.in_query(query));
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
