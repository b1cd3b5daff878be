//! Labels that a dashboard names beside its queries: in legends, and as values to choose from.

use std::collections::BTreeSet;

use slogate_promql::lint::Severity;
use slogate_promql::{MatchOperator, Matcher, SeriesSource};

use super::super::codes;
use super::super::found::Found;
use super::super::model::{Dashboard, Variable};
use super::super::queries::Query;
use super::Run;
use super::options::{Options, of_variable};
use super::query::Answered;
use super::values::few;
use crate::scenario::closest;

/// A legend whose labels some series does not have: Grafana writes the label's name there.
pub(super) fn missing_in_legend(query: &Query<'_>, answered: &Answered) -> Option<Found> {
    let series = &answered.series;
    let named = in_legend(&query.target.legend);
    let missing =
        named.into_iter().find(|label| series.iter().any(|one| one.get(label).is_none()))?;
    let without = series.iter().filter(|one| one.get(missing).is_none()).count();
    let all = series.len();
    let (level, who) = match (without, all) {
        (1, 1) => (Severity::Warning, "its series has no such label".to_owned()),
        (without, all) if without == all => {
            (Severity::Warning, format!("none of its {all} series has such a label"))
        }
        _ => (Severity::Info, format!("{without} of its {all} series have no such label")),
    };
    let why = format!("its legend names `{missing}`, and {who}");
    let known: BTreeSet<&str> =
        series.iter().flat_map(|one| one.iter().map(|(name, _)| name)).collect();
    let instead = match closest(missing, known.iter().copied()) {
        Some(meant) => format!("did you mean `{{{{{meant}}}}}`?"),
        None if known.is_empty() => "its series have no labels; write a text".to_owned(),
        None => format!("its labels are {}", known.into_iter().collect::<Vec<_>>().join(", ")),
    };
    Some(Found::new((codes::LEGEND_LABEL, level), why, instead).in_query(query))
}

/// The labels of `{{format}} of {{instance}}`.
fn in_legend(legend: &str) -> Vec<&str> {
    let rest = legend.split("{{").skip(1);
    let inside = rest.filter_map(|rest| rest.split_once("}}")).map(|(label, _)| label.trim());
    inside.filter(|label| !label.is_empty()).collect()
}

/// Values of a list in the file that no series has, where a query matches a label by them.
pub(super) fn unknown_choices(
    board: &Dashboard,
    queries: &[Query<'_>],
    run: Run<'_>,
) -> Vec<Found> {
    let listed = board.variables.iter().filter(|variable| variable.kind == "custom");
    listed.filter_map(|variable| unknown_choice(variable, queries, run)).collect()
}

fn unknown_choice(variable: &Variable, queries: &[Query<'_>], run: Run<'_>) -> Option<Found> {
    let Options::Listed(options) = of_variable(variable, &variable.query, run) else { return None };
    let name = format!("${}", variable.name);
    let is_by_it = |matcher: &&Matcher| {
        let plain = matches!(matcher.operator(), MatchOperator::Equal | MatchOperator::Matches);
        plain && matcher.value() == name
    };
    for expression in queries.iter().filter_map(|query| query.parsed.as_ref()?.as_ref().ok()) {
        for selected in expression.selectors() {
            let Some(matcher) = selected.selector.matchers().iter().find(is_by_it) else {
                continue;
            };
            let series = run.series.series(selected.metric_name());
            let values: BTreeSet<String> = series
                .filter_map(|one| one.labels.get(matcher.name()))
                .map(str::to_owned)
                .collect();
            let mut listed = options.iter().map(|option| &option.value);
            let absent = listed.find(|option| is_plain(option) && !values.contains(*option));
            if let Some(absent) = absent.filter(|_| !values.is_empty()) {
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                return Some(not_a_value(variable, absent, matcher.name(), &values));
            }
        }
    }
    None
}

/// Whether a value is meant as it is, and not as a pattern.
fn is_plain(value: &str) -> bool {
    value.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '/' | ' '))
}

fn not_a_value(variable: &Variable, absent: &str, label: &str, values: &[&str]) -> Found {
    let why = format!(
        "`{absent}` of the variable `{}` is no value that the label `{label}` has in this run",
        variable.name
    );
    let instead = match closest(absent, values.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the label has {}", few(values)),
    };
    let found = Found::new((codes::VARIABLE_VALUE, Severity::Warning), why, instead);
    Found { at: variable.query_at, ..found.in_variable(variable) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_legend_are_found() {
        assert_eq!(in_legend("{{ format }}, {{instance}} {{"), ["format", "instance"]);
        assert_eq!(in_legend("plain {{}} text"), [] as [&str; 0]);
    }
}
