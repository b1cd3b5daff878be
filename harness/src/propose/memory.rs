//! What the process takes of the machine's memory.

use slogate_promql::{METRIC_NAME, SeriesSource as _, is_stale};

use super::seen::Seen;
use super::{Proposal, round};
use crate::units::{Unit, format_quantity};

/// The resident memory; Prometheus' own client libraries expose it on Linux.
const RESIDENT: &str = "process_resident_memory_bytes";
/// How much it may grow under load, as a first guess.
const HEADROOM: f64 = 2.0;
/// The least bound, bytes: small processes grow by more than themselves.
const LEAST_BYTES: f64 = 50e6;

/// A bound on how far the resident memory grows.
pub(super) fn propose(seen: &Seen<'_>) -> Option<Proposal> {
    let resident = seen.series.series(Some(RESIDENT)).filter_map(|one| {
        debug_assert_eq!(one.labels.get(METRIC_NAME), Some(RESIDENT));
        one.samples.iter().rfind(|sample| !is_stale(sample.value)).map(|sample| sample.value)
    });
    let now = resident.filter(|bytes| bytes.is_finite() && *bytes > 0.0).reduce(f64::max)?;
    let bound = round::bytes(round::up((now * HEADROOM).max(LEAST_BYTES)));
    let reason = format!(
        "Guess: it was {} in the look; this is {HEADROOM} times that, rounded up.",
        format_quantity(now, Unit::Bytes)
    );
    let entry = format!(
        "{{ id: memory, promql: 'max_over_time({RESIDENT}[$run])', unit: bytes, is: '< {bound}' }}"
    );
    Some(Proposal::in_force(reason, entry))
}
