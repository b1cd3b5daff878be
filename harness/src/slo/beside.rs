//! Numbers that are shown beside an objective: how much counters grew over its window,
//! exactly as `counter:` counts it. They decide nothing.

use super::counter;
use super::{Evidence, Observed};
use crate::scenario::Objective;

/// A number that is shown and not judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownBeside {
    /// What it is called.
    pub name: String,
    /// The counter's selector.
    pub expression: String,
    /// How much it grew.
    pub observed: Observed,
    /// Why nothing was measured, if nothing was.
    pub reason: Option<String>,
}

/// Measures what is to be shown beside an objective.
pub(super) fn measure(objective: &Objective, evidence: &Evidence<'_>) -> Vec<ShownBeside> {
    let during = objective.during.as_deref();
    let one = |beside: &crate::scenario::Beside| {
        let measured = counter::measure(&beside.selector, during, evidence);
        let (observed, reason) = match measured {
            Ok(growths) => (Observed::of(growths.total(1.0)), None),
            Err(reason) => (Observed::Nothing, Some(reason)),
        };
        let (name, expression) = (beside.name.clone(), beside.selector.clone());
        ShownBeside { name, expression, observed, reason }
    };
    objective.beside.iter().map(one).collect()
}

/// The same where nothing could be measured.
pub(super) fn not_measured(objective: &Objective, reason: &str) -> Vec<ShownBeside> {
    let one = |beside: &crate::scenario::Beside| ShownBeside {
        name: beside.name.clone(),
        expression: beside.selector.clone(),
        observed: Observed::Nothing,
        reason: Some(reason.to_owned()),
    };
    objective.beside.iter().map(one).collect()
}
