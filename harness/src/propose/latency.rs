//! What the client waits.

use super::load::LoadProposal;
use super::seen::Seen;
use super::{Proposal, round};
use crate::units::{Unit, format_quantity};

/// How much longer than in a quiet look a service may take under load, as a first guess.
pub(super) const HEADROOM: f64 = 4.0;
/// The least target, seconds: below it, a busy machine's own pauses are seen, and not the service.
pub(super) const LEAST_SECONDS: f64 = 0.2;

/// The 95th percentile of the latency.
pub(super) fn propose(seen: &Seen<'_>, load: &LoadProposal) -> Proposal {
    let Some(measured) = seen.p95_seconds else {
        return Proposal::comment(
            "So many requests of the look failed that nothing is known of how long they take.",
            "'p95(latency) < 1s'",
        );
    };
    let target = round::seconds(round::up((measured * HEADROOM).max(LEAST_SECONDS)));
    let reason = format!(
        "Guess: the p95 of the look was {}; this is {HEADROOM} times that, rounded up, and no less than {}. \
         Write what your users need. It takes {} requests to pass.",
        format_quantity(measured, Unit::Seconds),
        round::seconds(LEAST_SECONDS),
        load.needed_for_percentile(),
    );
    Proposal::in_force(reason, format!("'p95(latency) < {target}'"))
}
