//! The target's own count of what was sent to it.

use super::seen::{Seen, is_of_route};
use super::{Proposal, yaml};
use crate::series::FamilyKind;
use crate::slo::Selection;

/// Metrics that a remark names at most.
const NAMED: usize = 3;

/// A counter that grew by exactly the answers that came, if there is one.
pub(super) fn propose(seen: &Seen<'_>) -> Vec<Proposal> {
    if seen.selections.is_empty() || seen.answers == 0 {
        return Vec::new();
    }
    let Some(best) = best(seen) else { return vec![none_agrees(seen)] };
    let selector = best.selector();
    if seen.may_have_counted_scrapes() {
        let reason = format!(
            "It grew by exactly the {} answers of the look, and there were as many scrapes: it may count \
             those. If it counts requests, take it in.",
            seen.answers
        );
        return vec![Proposal::comment(reason, entry(&selector))];
    }
    let reason = format!(
        "It grew by exactly the {} answers of the look. Held to that, these are certainly the metrics of \
         what is loaded, and it counts nothing twice and misses nothing. It fails where somebody else sends \
         requests meanwhile.",
        seen.answers
    );
    vec![Proposal::in_force(reason, entry(&selector))]
}

/// The likeliest counter of the requests that were sent.
pub(super) fn best<'s>(seen: &'s Seen<'_>) -> Option<&'s Selection> {
    seen.counted_answers().min_by_key(|one| likelihood(one))
}

/// Smaller is likelier: a counter before the count of a histogram, one route before a whole
/// metric before any other label, and a name of requests before any other name.
pub(super) fn likelihood(one: &Selection) -> (bool, u8, bool, String) {
    let part = match (&one.label, is_of_route(one)) {
        (_, true) => 0,
        (None, _) => 1,
        (Some(_), _) => 2,
    };
    let selector = one.selector();
    (one.kind != FamilyKind::Counter, part, !one.metric.contains("request"), selector)
}

fn entry(selector: &str) -> String {
    let counter = yaml::in_flow(selector);
    format!("{{ id: agree, reconcile: {{ client: count(responses), counter: {counter} }} }}")
}

fn none_agrees(seen: &Seen<'_>) -> Proposal {
    let mut moved: Vec<&Selection> =
        seen.selections.iter().filter(|one| one.label.is_none() && one.by > 0.0).collect();
    moved.sort_by_key(|one| likelihood(one));
    let named: Vec<String> =
        moved.iter().take(NAMED).map(|one| format!("{} grew by {}", one.metric, one.by)).collect();
    let what_moved = if named.is_empty() { "none moved".to_owned() } else { named.join(", ") };
    Proposal::comment(
        format!(
            "No counter grew by exactly the {} answers of the look ({what_moved}). If one counts these \
             requests, name it here, with the labels that leave everything else out.",
            seen.answers
        ),
        entry("NAME_OF_A_COUNTER{route=\"/\"}"),
    )
}
