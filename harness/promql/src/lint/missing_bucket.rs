//! A `histogram_quantile` of buckets without `le`, the label that says which bucket one is.
//!
//! Native histograms need no `le`; that a histogram is none is known from a name in `…_bucket`.

use super::keeps::can_have;
use super::walk::calls;
use super::{Found, Severity, Subject};
use crate::expression::Call;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Found> {
    calls(&subject.rule.expression).filter_map(of_call).collect()
}

fn of_call(call: &Call) -> Option<Found> {
    let buckets = call.arguments.get(1).filter(|_| call.function.name == "histogram_quantile")?;
    let selectors = buckets.selectors();
    let is_classic =
        selectors.iter().any(|one| one.metric_name().is_some_and(|name| name.ends_with("_bucket")));
    if !is_classic || can_have(buckets, "le") {
        return None;
    }
    Some(Found::new(
        Severity::Error,
        "`histogram_quantile` finds no bucket without the label `le`, which is aggregated away \
         here, and has no value",
        "keep the label: `sum by (le) (…)`",
    ))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::of_alert;

    #[test]
    fn buckets_need_their_bounds() {
        let found = of_alert("histogram_quantile(0.9, sum by (job) (rate(b_bucket[5m]))) > 1");
        assert!(found[0].starts_with("missing-bucket error"), "{found:?}");
        for expression in [
            "histogram_quantile(0.9, sum by (job, le) (rate(b_bucket[5m]))) > 1",
            "histogram_quantile(0.9, sum by (job) (rate(b[5m]))) > 1",
            "histogram_quantile(0.9, rate(b_bucket[5m])) > 1",
        ] {
            assert!(of_alert(expression).is_empty(), "{expression}");
        }
    }
}
