//! `panel-no-targets-rule`: a panel that draws asks for something.

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let silent = looked
        .drawn_panels()
        .filter(|(_, panel)| panel.targets.is_empty() && panel.library.is_none());
    let found = silent.map(|(index, panel)| {
        let why = "it asks for nothing, so it stays empty";
        Found::new(kind, why, "add a query, or take the panel out").in_panel(index, panel.at)
    });
    found.collect()
}
