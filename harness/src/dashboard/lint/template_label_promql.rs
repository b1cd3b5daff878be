//! `template-label-promql-rule`: the query of a variable is one of the data source's functions
//! with an argument that can be read.

use slogate_promql::{Expression, parse_selector};

use super::super::found::Found;
use super::super::lookup::Lookup;
use super::super::model::Variable;
use super::super::queries::{Asked, asked, looked_at};
use super::super::unknown::unknown_name;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let queried = looked.board.variables.iter().filter(|one| is_of_prometheus(looked, one));
    queried.filter_map(|variable| mistake(looked, variable, kind)).collect()
}

fn is_of_prometheus(looked: &Looked<'_>, variable: &Variable) -> bool {
    let as_target = super::super::model::Target {
        expr: variable.query.clone(),
        source: variable.source.clone(),
        ..Default::default()
    };
    let asked = asked(looked.board, &variable.source, &as_target);
    variable.kind == "query" && !variable.query.is_empty() && asked == Asked::Prometheus
}

fn mistake(looked: &Looked<'_>, variable: &Variable, kind: Kind) -> Option<Found> {
    if let Some(unknown) = unknown_name(looked.board, &variable.query, true) {
        return Some(Found { at: variable.query_at, ..unknown.in_variable(variable) });
    }
    let text = looked_at(looked.board, &variable.query);
    let why = match Lookup::read(&text) {
        Ok(
            Lookup::LabelValues { selector: Some(selector), .. }
            | Lookup::LabelNames(Some(selector)),
        ) => parse_selector(&selector).err()?.to_string(),
        Ok(Lookup::QueryResult(expression)) => Expression::parse(&expression).err()?.to_string(),
        Ok(_) => return None,
        Err(reason) => reason,
    };
    let instead = "write `label_values(METRIC, LABEL)`, `label_names()`, `metrics(PATTERN)` or \
                   `query_result(EXPRESSION)`";
    let found = Found::new(kind, format!("the query of `{}`: {why}", variable.name), instead);
    Some(Found { at: variable.query_at, ..found.in_variable(variable) })
}
