//! `target-rate-interval-rule`: the range of a rate follows what is on the screen.

use slogate_promql::Surrounded;

use super::super::found::Found;
use super::super::queries::RATE_INTERVAL_MS;
use super::{Kind, Looked};

/// Panels of which the linter, over its versions, says so (`panelHasQueries`).
const KINDS: [&str; 7] =
    ["singlestat", "graph", "table", "gauge", "stat", "state-timeline", "timeseries"];

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    // Without a variable for a Prometheus the linter says nothing: that is another rule's finding.
    if !looked.is_of_prometheus() {
        return Vec::new();
    }
    let is_fixed = |one: &Surrounded| {
        let is_rate = matches!(one.taken_by, Some("rate" | "irate"));
        is_rate && one.range_ms.is_some_and(|range_ms| range_ms != RATE_INTERVAL_MS)
    };
    let drawn =
        looked.expressions().filter(|(query, _)| KINDS.contains(&query.panel.kind.as_str()));
    let found = drawn.filter_map(|(query, expression)| {
        let fixed = expression.surrounded_selectors().into_iter().find(is_fixed)?;
        let why = format!(
            "the rate of `{}` has a range of its own: zoomed out, what happened between two points \
             is not shown, and a range under two scrapes has no rate",
            fixed.selector
        );
        Some(Found::new(kind, why, "write `[$__rate_interval]`").in_query(query))
    });
    found.collect()
}
