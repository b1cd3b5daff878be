//! `template-job-rule` and `template-instance-rule`: what Prometheus scrapes is chosen by the
//! labels that it gives everything.

use slogate_promql::lint::Severity;

use super::super::found::Found;
use super::super::model::Variable;
use super::{Kind, Looked};

pub(super) fn find_job(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    find(looked, kind, ("job", "Job"))
}

pub(super) fn find_instance(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    find(looked, kind, ("instance", "Instance"))
}

fn find(looked: &Looked<'_>, kind: Kind, (name, label): (&str, &str)) -> Vec<Found> {
    if !looked.is_of_prometheus() {
        return Vec::new();
    }
    match looked.board.variable(name) {
        None => vec![Found::new(
            kind,
            format!("no variable chooses the label `{name}`, which everything that is scraped has"),
            format!(
                "add a variable `{name}` of the type `query` with several values and \"All\" \
                 (`.+`), `label_values(METRIC, {name})`"
            ),
        )],
        Some(variable) => mistakes(variable, label, kind),
    }
}

fn mistakes(variable: &Variable, label: &str, (code, level): Kind) -> Vec<Found> {
    const SOURCES: [&str; 4] =
        ["$datasource", "${datasource}", "$prometheus_datasource", "${prometheus_datasource}"];
    let Variable { name, all_value, kind, .. } = variable;
    let source = variable.source.uid.as_str();
    let called = format!("label it `{label}`");
    let checks = [
        (
            SOURCES.contains(&source),
            level,
            format!("asks the data source `{source}`"),
            "choose `${datasource}`",
        ),
        (kind == "query", level, format!("is of the type `{kind}`"), "make it a `query`"),
        (
            variable.label == label,
            Severity::Info,
            match variable.label.as_str() {
                "" => "has no label".to_owned(),
                label => format!("has the label `{label}`"),
            },
            &called,
        ),
        (variable.multi, level, "takes one value only".to_owned(), "set `multi`"),
        (
            all_value == ".+",
            level,
            format!("has `{all_value}` for \"All\""),
            "set `allValue` to `.+`: series that have the label",
        ),
    ];
    let wrong = checks.into_iter().filter(|(holds, ..)| !holds);
    wrong
        .map(|(_, level, why, instead)| {
            Found::new((code, level), format!("the variable `{name}` {why}"), instead)
                .in_variable(variable)
        })
        .collect()
}
