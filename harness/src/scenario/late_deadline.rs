//! Whether `within` of an alert that must fire asks for anything.
//!
//! It is counted from the beginning of the phase, or of the load; a time that is longer than
//! these are never runs out. That is only a warning: the alert must fire all the same.

use std::time::Duration;

use super::alerts::AlertExpectation;
use super::late_abort::length;
use super::model::{Objective, ObjectiveKind, Phase};

/// `within`, and how long the load is that it is counted in, if it never runs out; not known of
/// a load that ends by a number of requests.
pub(super) fn never_runs_out(objective: &Objective, phases: &[Phase]) -> Option<[Duration; 2]> {
    let ObjectiveKind::Alert(alert) = &objective.kind else { return None };
    let AlertExpectation::Fires { within: Some(within), .. } = &alert.expected else {
        return None;
    };
    let is_meant = |phase: &&Phase| {
        phase.measured && objective.during.as_deref().is_none_or(|name| phase.goes_by(name))
    };
    let load: Duration =
        phases.iter().filter(is_meant).map(|phase| length(&phase.load)).sum::<Option<_>>()?;
    (*within > load).then_some([*within, load])
}
