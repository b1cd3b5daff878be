//! What may have hidden that an alert fired: series that went away, restarts that are
//! allowed, and failures that look fast.

use slogate_promql::Asks;

use super::history::RuleHistory;
use crate::slo::algebra::{allowed_restart, fast_failures, gone_series};
use crate::slo::promql::fast_failures_of;
use crate::slo::scraped::{ScrapeEnds, restarted};
use crate::slo::{Doubt, Evidence, Ruling, Window};

/// Series that were gone in the end, or lost something in a restart that is allowed.
pub(super) fn hidden(
    rules: &[&RuleHistory],
    window: Window,
    evidence: &Evidence<'_>,
) -> Option<Doubt> {
    let series = evidence.series;
    let ends = ScrapeEnds::find(series, window);
    let restarts = evidence.allowed_restarts();
    let selectors = rules.iter().flat_map(|rule| rule.rule.expression.selectors());
    let mut sought = selectors.filter(|one| one.asks != Asks::Absence);
    sought.find_map(|one| {
        let restarted = restarted(series, &one.selector, &restarts);
        let gone = gone_series::doubt(&ends.gone(series, &one.selector));
        gone.or_else(|| restarted.map(allowed_restart::doubt))
    })
}

/// The generator's own histogram has a request that failed as fast as it failed.
pub(super) fn flattered(ruling: Ruling, rules: &[&RuleHistory], evidence: &Evidence<'_>) -> Ruling {
    let selectors = rules.iter().flat_map(|rule| rule.rule.expression.selectors());
    let selectors: Vec<_> = selectors.collect();
    fast_failures::rule(ruling, fast_failures_of(&selectors, evidence))
}
