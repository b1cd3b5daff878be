//! `target-job-rule` and `target-instance-rule`: every series is one of those that were chosen.

use slogate_promql::{MatchOperator, Selector};

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find_job(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    find(looked, kind, "job")
}

pub(super) fn find_instance(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    find(looked, kind, "instance")
}

fn find(looked: &Looked<'_>, kind: Kind, label: &str) -> Vec<Found> {
    if !looked.is_of_prometheus() {
        return Vec::new();
    }
    let found = looked.expressions().filter_map(|(query, expression)| {
        let selectors = expression.surrounded_selectors();
        let free = selectors.into_iter().find(|one| !is_chosen(&one.selector, label))?;
        let why = match looked.board.variable(label) {
            Some(_) => {
                format!("`{}` is not held to the {label} that somebody chose", free.selector)
            }
            None => format!("`{}` is of every {label}, and nobody can choose one", free.selector),
        };
        let instead = match looked.board.variable(label) {
            Some(_) => format!("add the matcher `{label}=~\"${label}\"`"),
            None => format!("add the variable `{label}`, and the matcher `{label}=~\"${label}\"`"),
        };
        Some(Found::new(kind, why, instead).in_query(query))
    });
    found.collect()
}

fn is_chosen(selector: &Selector, label: &str) -> bool {
    let variable = format!("${label}");
    selector.matchers().iter().any(|matcher| {
        let is_pattern = matcher.operator() == MatchOperator::Matches;
        matcher.name() == label && is_pattern && matcher.value() == variable
    })
}
