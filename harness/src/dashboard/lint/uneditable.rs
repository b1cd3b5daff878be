//! `uneditable-dashboard-rule`: a dashboard that is kept in a file is not changed in Grafana.

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let why = "it can be changed in Grafana, and this file would not know";
    let found = Found::new(kind, why, "set `\"editable\": false`");
    if looked.board.editable { vec![found] } else { Vec::new() }
}
