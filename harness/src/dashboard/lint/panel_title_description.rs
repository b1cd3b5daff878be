//! `panel-title-description-rule`: a panel says what it shows.

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let found = looked.drawn_panels().filter_map(|(index, panel)| {
        let missing = match (panel.title.is_empty(), panel.description.is_empty()) {
            (false, false) => return None,
            (true, true) => "title and no description",
            (true, false) => "title",
            (false, true) => "description",
        };
        let why = format!("it has no {missing}: who sees it at night must guess what it means");
        let instead = "say what is shown, what is normal, and what to do";
        Some(Found::new(kind, why, instead).in_panel(index, panel.at))
    });
    found.collect()
}
