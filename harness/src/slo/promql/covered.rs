//! How much of an expression's ranges was the load that it is about.

use super::Prepared;
use super::ranged::Ranged;
use crate::load::PhaseResult;
use crate::scenario::names_window;
use crate::slo::Evidence;
use crate::slo::algebra::wide_window::{Beside, Covered, WIDER_BY};
use crate::slo::scraped::Stretch;

/// The range that holds the least load for its length; `None` without ranges.
pub(super) fn widest(
    prepared: &Prepared<'_>,
    during: Option<&str>,
    ranges: &[Ranged],
    evidence: &Evidence<'_>,
) -> Option<Covered> {
    // `$run` in an objective of a phase is about the run until then.
    let during = during.filter(|_| !names_window(prepared.query.text, "$run"));
    let measured = || evidence.load.measured_phases();
    let named = |phase: &&PhaseResult| during.is_none_or(|name| goes_by(phase, name, evidence));
    let (own, all) = (Load::of(measured().filter(named))?, Load::of(measured())?);
    let covered = ranges.iter().map(|range| covered(range.stretch, own, all));
    covered.reduce(|one, other| {
        let is_wider =
            other.range_ms.saturating_mul(one.load_ms) > one.range_ms.saturating_mul(other.load_ms);
        if is_wider { other } else { one }
    })
}

/// Whether a phase is the one that an objective names.
pub(super) fn goes_by(phase: &PhaseResult, name: &str, evidence: &Evidence<'_>) -> bool {
    let planned = evidence.planned.iter().filter(|planned| planned.goes_by(name));
    planned.into_iter().any(|planned| planned.name == phase.name)
}

fn covered(stretch: Stretch, own: Load, all: Load) -> Covered {
    let load_ms = own.within(stretch);
    let other_ms = all.within(stretch) - load_ms;
    let is_beside_other = other_ms as f64 > load_ms as f64 * WIDER_BY;
    Covered {
        range_ms: stretch.until_ms - stretch.after_ms,
        load_ms,
        beside: if is_beside_other { Beside::OtherLoad } else { Beside::Idle },
    }
}

/// From the first intended start of some phases to their last response.
#[derive(Clone, Copy)]
struct Load {
    first_ms: i64,
    last_ms: i64,
}

impl Load {
    fn of<'p>(phases: impl Iterator<Item = &'p PhaseResult>) -> Option<Self> {
        let spans = phases.map(|phase| Self {
            first_ms: phase.first_intended_ms,
            last_ms: phase.last_response_ms,
        });
        spans.reduce(|one, other| Self {
            first_ms: one.first_ms.min(other.first_ms),
            last_ms: one.last_ms.max(other.last_ms),
        })
    }

    /// How much of a stretch of time it took.
    fn within(self, stretch: Stretch) -> i64 {
        (self.last_ms.min(stretch.until_ms) - self.first_ms.max(stretch.after_ms)).max(0)
    }
}
