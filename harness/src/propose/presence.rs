//! Metrics that must not vanish.

use super::Proposal;
use super::reconcile::likelihood;
use super::seen::Seen;
use crate::slo::Selection;

/// Metrics that are held to be there at most: those of the requests, not all there are.
const MOST: usize = 5;

/// Presence of the metrics that moved with the requests.
pub(super) fn propose(seen: &Seen<'_>) -> Vec<Proposal> {
    let mut moved: Vec<&Selection> = seen.counted_answers().collect();
    if moved.is_empty() {
        moved = seen.selections.iter().filter(|one| one.by > 0.0).collect();
    }
    moved.sort_by_key(|one| likelihood(one));
    let mut metrics: Vec<&str> = Vec::new();
    for one in moved {
        if !metrics.contains(&one.metric.as_str()) {
            metrics.push(&one.metric);
        }
    }
    metrics.truncate(MOST);
    let mut reason = Some(
        "These moved with the requests of the look. One that is renamed or gone is a miss, where an \
         objective on its value could only be inconclusive.",
    );
    let of_metric = |metric: &&str| {
        Proposal::in_force(reason.take().unwrap_or_default(), format!("series {metric} present"))
    };
    metrics.iter().map(of_metric).collect()
}
