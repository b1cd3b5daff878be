//! `beside:` — numbers that are shown with an objective and judge nothing.
//!
//! A share of successes reads differently where half of all requests were refused before
//! they counted. Such a number belongs beside it, without a target that it could only
//! meet: an objective that nothing can miss would be green on nothing.

use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::model::Beside;
use super::objective::{MetricsFrom, Surroundings};
use super::objective_kind::selector;
use super::tree::{Node, Value};

/// The counters under `beside`, in the order of the file; none without the key.
pub(super) fn beside(
    fields: &Fields,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Vec<Beside>> {
    let (Some(key), Some(node)) = (fields.key("beside"), fields.get("beside")) else {
        return Some(Vec::new());
    };
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from names to counters", cx)
            .help("for example `beside: { rejected: 'requests_total{status=\"rejected\"}' }`");
        return None;
    };
    if around.is_some_and(|around| around.metrics == MetricsFrom::Nowhere) {
        cx.error(
            codes::NEEDS_METRICS,
            key.span,
            "`beside` needs the target's metrics, but `metrics` is none",
        )
        .help("add `metrics: { path: /metrics, every: 1s }`");
        return None;
    }
    let shown: Vec<_> = entries.iter().map(|(name, counter)| one(name, counter, cx)).collect();
    shown.into_iter().collect()
}

fn one(name: &Node, counter: &Node, cx: &mut Context) -> Option<Beside> {
    let selector = selector(counter, cx);
    let name = fields::valid_name(name, fields::scalar_text(name, cx)?, cx);
    Some(Beside { name: name?, selector: selector? })
}
