//! Why a query has nothing to draw, as far as the run can tell.

use slogate_promql::{Asks, Expression, SelectorInfo, SeriesSource, is_stale};

use super::Run;
use super::query::Answered;

/// A sentence without its stop.
pub(super) fn reason(expression: &Expression, answered: &Answered, run: Run<'_>) -> String {
    if !answered.doubts.is_empty() {
        let reasons: Vec<&str> =
            answered.doubts.iter().map(|doubt| doubt.reason.as_str()).collect();
        return reasons.join("; ");
    }
    if answered.nan + answered.infinite > 0 {
        return no_number(expression, answered);
    }
    let selectors = expression.selectors();
    let sought = selectors.iter().filter(|one| one.asks != Asks::Absence);
    let unseen = sought.into_iter().find(|one| most_samples(one, run) == 0);
    if let Some(unseen) = unseen {
        return format!("no sample of {} in the window of the run", unseen.selector);
    }
    let alone = selectors.iter().find(|one| {
        matches!(one.asks, Asks::Growth | Asks::Movement) && most_samples(one, run) == 1
    });
    if let Some(alone) = alone {
        return format!("{} has one sample, and a rate needs two", alone.selector);
    }
    "its series are there, and yet the expression has no value".to_owned()
}

fn no_number(expression: &Expression, answered: &Answered) -> String {
    let text = expression.to_string();
    let divides = text.contains(" / ") || text.contains(" % ");
    let is_quantile = text.contains("histogram_quantile(") || text.contains("quantile");
    match (answered.nan > 0, divides, is_quantile) {
        (true, true, _) => "it divides by zero: every number is NaN or infinite".to_owned(),
        (true, false, true) => {
            "every number is NaN: a quantile of no observation, for nothing was counted".to_owned()
        }
        (true, false, false) => "every number is NaN".to_owned(),
        (false, true, _) => "it divides by zero: every number is infinite".to_owned(),
        (false, false, _) => "every number is infinite".to_owned(),
    }
}

/// Samples that the series with most of them has in the window of the run.
fn most_samples(one: &SelectorInfo, run: Run<'_>) -> usize {
    let window = run.window.opened_ms..=run.window.closed_ms;
    let name = one.metric_name();
    let selected = run.series.series(name).filter(|series| one.selector.matches(series.labels));
    let counts = selected.map(|series| {
        let numbers = series.samples.iter().filter(|sample| !is_stale(sample.value));
        let numbers = numbers.filter(|sample| window.contains(&sample.t_ms)).count();
        numbers + series.histograms.iter().filter(|one| window.contains(&one.t_ms)).count()
    });
    counts.max().unwrap_or(0)
}
