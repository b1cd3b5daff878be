//! `panel-datasource-rule`: a panel asks the data source that was chosen.

use super::super::found::Found;
use super::super::model::Source;
use super::super::variables::references;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let mut found = Vec::new();
    for (index, panel) in looked.drawn_panels() {
        // A panel of several sources names none itself.
        let own = Some(&panel.source).filter(|source| source.uid != "-- Mixed --");
        let of_queries = panel.targets.iter().map(|target| &target.source);
        let named = of_queries.filter(|source| **source != Source::default());
        let fixed = own.into_iter().chain(named).find(|source| !is_chosen(looked, source));
        if let Some(source) = fixed {
            let uid = if source.uid.is_empty() { "the default one" } else { &source.uid };
            let why = format!("it asks the data source {uid}, whichever somebody has chosen");
            let instead = "choose `${datasource}`, the variable of the dashboard";
            found.push(Found::new(kind, why, instead).in_panel(index, panel.at));
        }
    }
    found
}

/// Whether it is a variable of the dashboard, or Grafana's own arithmetic.
fn is_chosen(looked: &Looked<'_>, source: &Source) -> bool {
    let named = references(&source.uid).first().map(|reference| reference.name);
    let variable = named.and_then(|name| looked.board.variable(name));
    source.uid == "__expr__"
        || source.kind == "__expr__"
        || source.uid == "-- Dashboard --"
        || variable.is_some_and(|variable| variable.kind == "datasource")
}
