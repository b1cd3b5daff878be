//! `target-counter-agg-rule`: a counter is shown by how much it grows.

use slogate_promql::Surrounded;

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let is_bare = |one: &Surrounded| {
        let is_counter = one.selector.metric_name().is_some_and(|name| name.ends_with("_total"));
        let grows = matches!(one.taken_by, Some("rate" | "irate" | "increase"));
        is_counter && !(grows && one.range_ms.is_some())
    };
    let found = looked.expressions().filter_map(|(query, expression)| {
        let bare = expression.surrounded_selectors().into_iter().find(is_bare)?.selector;
        let why =
            format!("`{bare}` is what was counted since the process started, and falls with it");
        let instead = format!("write `rate({bare}[$__rate_interval])` or `increase(…)`");
        Some(Found::new(kind, why, instead).in_query(query))
    });
    found.collect()
}
