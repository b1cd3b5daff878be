//! `target-histogram-rule`: buckets are read as the histogram that they are. The linter says so
//! of heatmaps too, which draw buckets and nothing else; here they are left alone.

use slogate_promql::Surrounded;

use super::super::found::Found;
use super::{Kind, Looked};

pub(super) fn find(looked: &Looked<'_>, kind: Kind) -> Vec<Found> {
    let is_bare = |one: &Surrounded| {
        let has_buckets = one.selector.metric_name().is_some_and(|name| name.ends_with("_bucket"));
        has_buckets && !one.calls.contains(&"histogram_quantile")
    };
    let expressions = looked.expressions();
    let found = expressions.filter(|(query, _)| query.panel.kind != "heatmap").filter_map(
        |(query, expression)| {
            let bare = expression.surrounded_selectors().into_iter().find(is_bare)?.selector;
            let why = format!("`{bare}` counts everything up to each bound, which is no latency");
            let instead =
                "write `histogram_quantile(0.95, sum by (le) (rate(…[$__rate_interval])))`";
            Some(Found::new(kind, why, instead).in_query(query))
        },
    );
    found.collect()
}
