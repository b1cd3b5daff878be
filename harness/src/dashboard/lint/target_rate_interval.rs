//! `target-rate-interval-rule`: the range of a rate follows what is on the screen.

use slogate_promql::Surrounded;

use super::super::found::Found;
use super::super::queries::RATE_INTERVAL_MS;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let is_fixed = |one: &Surrounded| {
        let is_rate = matches!(one.taken_by, Some("rate" | "irate"));
        is_rate && one.range_ms.is_some_and(|range_ms| range_ms != RATE_INTERVAL_MS)
    };
    let found = looked.expressions().filter_map(|(query, expression)| {
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
