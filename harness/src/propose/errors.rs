//! Counters of what must not happen.

use std::collections::BTreeMap;

use super::reconcile;
use super::seen::Seen;
use super::{Proposal, yaml};
use crate::series::FamilyKind;

/// Counters of failures that are proposed at most; a service may have dozens.
const MOST: usize = 3;
/// Counters that a remark names at most.
const NAMED: usize = 5;
/// Parts of names that say that something went wrong.
const FAILURES: [&str; 4] = ["error", "fail", "exception", "panic"];
/// Labels whose values are statuses of answers.
const STATUS_LABELS: [&str; 6] =
    ["code", "status", "status_code", "http_status", "response_code", "http_response_status_code"];

/// Counters of failures that did not move in the look.
pub(super) fn propose(seen: &Seen<'_>) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = server_errors(seen).into_iter().collect();
    proposals.extend(named_after_failures(seen));
    proposals
}

/// Answers 5xx, where the counter of the requests tells statuses apart.
fn server_errors(seen: &Seen<'_>) -> Option<Proposal> {
    let requests = &reconcile::best(seen)?.metric;
    let statuses: Vec<(&str, &str, f64)> = seen
        .selections
        .iter()
        .filter(|one| one.metric == *requests)
        .filter_map(|one| {
            let (label, value) = one.label.as_ref()?;
            STATUS_LABELS.contains(&label.as_str()).then_some((
                label.as_str(),
                value.as_str(),
                one.by,
            ))
        })
        .filter(|(_, value, _)| is_status(value))
        .collect();
    let (label, ..) = *statuses.first()?;
    let selector = format!("{requests}{{{label}=~\"5..\"}}");
    let entry = format!("{{ id: no-5xx, counter: {}, is: '== 0' }}", yaml::in_flow(&selector));
    let mut failed = statuses.iter().filter(|(_, value, _)| value.starts_with('5')).peekable();
    if failed.peek().is_none() {
        return Some(Proposal::comment(
            "No answer 5xx has been counted yet, so that no such series is there, and asking for it would be \
             inconclusive. If your service shows it at 0 from the start, take this in.",
            entry,
        ));
    }
    if failed.any(|(.., by)| *by > 0.0) {
        return Some(Proposal::comment("Answers 5xx were counted in the look.", entry));
    }
    Some(Proposal::in_force("None was counted in the look, and none should be under load.", entry))
}

/// `404`, `5xx`.
fn is_status(value: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || c == 'x';
    value.len() == 3
        && value.starts_with(|c: char| ('1'..='5').contains(&c))
        && value.chars().all(is_part)
}

fn named_after_failures(seen: &Seen<'_>) -> Vec<Proposal> {
    let mut grown: BTreeMap<&str, f64> = BTreeMap::new();
    let whole = seen.selections.iter().filter(|one| one.label.is_none());
    for one in whole.filter(|one| one.kind == FamilyKind::Counter && says_failure(&one.metric)) {
        grown.insert(&one.metric, one.by);
    }
    let (moved, still): (Vec<_>, Vec<_>) = grown.into_iter().partition(|(_, by)| *by > 0.0);
    let still: Vec<&str> = still.into_iter().map(|(metric, _)| metric).collect();
    let requests = reconcile::best(seen).map(|one| one.metric.as_str());
    let (near, far): (Vec<&str>, Vec<&str>) = if still.len() <= MOST {
        (still, Vec::new())
    } else {
        still.into_iter().partition(|metric| is_near(metric, requests))
    };
    let (taken, left) = near.split_at(near.len().min(MOST));
    let mut proposals: Vec<Proposal> = taken.iter().copied().map(stays_at_zero).collect();
    let left: Vec<&str> = left.iter().copied().chain(far).collect();
    proposals.extend(remark_on_others(&left));
    proposals.extend(moved.into_iter().map(|(metric, by)| {
        Proposal::comment(
            format!("Named after failures, and it grew by {by} in the look."),
            entry_of(metric),
        )
    }));
    proposals
}

fn says_failure(metric: &str) -> bool {
    FAILURES.iter().any(|part| metric.contains(part))
}

/// Whether a counter is about requests, or named like the counter of the requests in its
/// first two words.
fn is_near(metric: &str, requests: Option<&str>) -> bool {
    let beginning = |name: &str| name.split('_').take(2).map(str::to_owned).collect::<Vec<_>>();
    metric.contains("request")
        || metric.contains("http")
        || requests.is_some_and(|requests| beginning(requests) == beginning(metric))
}

fn stays_at_zero(metric: &str) -> Proposal {
    let reason = "Named after failures, and it did not move in the look.";
    Proposal::in_force(reason, entry_of(metric))
}

fn entry_of(metric: &str) -> String {
    let name = metric.strip_suffix("_total").unwrap_or(metric).replace([':', '_'], "-");
    format!("{{ id: no-{name}, counter: {}, is: '== 0' }}", yaml::in_flow(metric))
}

fn remark_on_others(metrics: &[&str]) -> Option<Proposal> {
    if metrics.is_empty() {
        return None;
    }
    let mut named = metrics.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if metrics.len() > NAMED {
        named.push_str(", …");
    }
    let count = metrics.len();
    Some(Proposal::remark(format!(
        "{count} more counters are named after failures and did not move: {named}."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_from_other_codes() {
        assert!(is_status("404") && is_status("5xx"));
        assert!(!is_status("OK") && !is_status("9001") && !is_status("tx1"));
    }

    #[test]
    fn a_counter_near_the_requests_is_named_like_theirs() {
        assert!(is_near("shop_orders_failed_total", Some("shop_orders_total")));
        assert!(!is_near("shop_mails_failed_total", Some("shop_orders_total")));
        assert!(is_near("shop_http_errors_total", None));
    }
}
