//! `template-on-time-change-reload-rule`: values of a variable are asked for again when the time
//! that is shown changes.

use super::super::found::Found;
use super::{Kind, Looked};

/// What `refresh` is then.
const ON_TIME_CHANGE: f64 = 2.0;

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let queried = looked.board.variables.iter().filter(|variable| variable.kind == "query");
    let late = queried.filter(|variable| variable.refresh < ON_TIME_CHANGE);
    let found = late.map(|variable| {
        let (name, refresh) = (&variable.name, variable.refresh);
        let why = format!(
            "the values of `{name}` are not asked for again when the time changes (`refresh` is \
             {refresh}), so those of another time are offered"
        );
        Found::new(kind, why, "set `refresh` to 2").in_variable(variable)
    });
    found.collect()
}
