//! `template-unused-rule`: a variable that is asked for is used.

use std::collections::BTreeSet;

use super::super::found::Found;
use super::super::variables::references;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let used = used(looked);
    let queried = looked.board.variables.iter().filter(|variable| variable.kind == "query");
    let unused = queried.filter(|variable| !used.contains(variable.name.as_str()));
    let found = unused.map(|variable| {
        let why =
            format!("no query uses the variable `{}`: choosing changes nothing", variable.name);
        Found::new(kind, why, "use it in a matcher, or take it out").in_variable(variable)
    });
    found.collect()
}

/// Names of variables in queries of panels, annotations and other variables, and those that
/// repeat a panel.
fn used<'b>(looked: &Looked<'b>) -> BTreeSet<&'b str> {
    let board = looked.board;
    let of_panels = board.panels.iter().flat_map(|panel| &panel.targets);
    let of_queries = of_panels.chain(&board.annotations).flat_map(|one| references(&one.expr));
    let of_others = board.variables.iter().flat_map(|variable| {
        let named = references(&variable.query).into_iter();
        named.filter(move |reference| reference.name != variable.name)
    });
    let repeating = board.panels.iter().filter_map(|panel| panel.repeat.as_deref());
    of_queries.chain(of_others).map(|reference| reference.name).chain(repeating).collect()
}
