//! `panel-units-rule`: numbers have a unit that Grafana knows.

use super::super::found::Found;
use super::units::UNITS;
use super::{Kind, Looked};
use crate::scenario::closest;

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let numbers = looked.drawn_panels().filter(|(_, panel)| !panel.shows_texts);
    let found = numbers.filter_map(|(index, panel)| {
        let unit = panel.unit.as_str();
        let why = if unit.is_empty() {
            "its numbers have no unit".to_owned()
        } else if is_known(unit) {
            return None;
        } else {
            format!("Grafana knows no unit `{unit}`, and shows it as it is")
        };
        let instead = match closest(unit, UNITS.iter().copied()).filter(|_| !unit.is_empty()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "set `fieldConfig.defaults.unit`: `s`, `bytes`, `percentunit`, `reqps`, or \
                     `short` for plain numbers"
                .to_owned(),
        };
        Some(Found::new(kind, why, instead).in_panel(index, panel.at))
    });
    found.collect()
}

/// Listed units, and those that somebody makes of a text of his own: `suffix:req`, `si:W`.
fn is_known(unit: &str) -> bool {
    const OWN: [&str; 7] = ["suffix:", "prefix:", "si:", "count:", "currency:", "time:", "bool:"];
    UNITS.contains(&unit) || OWN.iter().any(|own| unit.starts_with(own))
}
