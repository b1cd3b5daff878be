//! Why a rule that did not fire could not have fired: it would have needed more time than
//! was recorded, series that nobody exported, or values that there cannot be.
//!
//! A rule without such a reason could have fired, and has stayed quiet.

use slogate_promql::rules::RuleKind;
use slogate_promql::{
    Asks, Expression, Options, QuantileAbove, Recorded, RecordedTimes, Selector, SelectorInfo,
    SeriesSource, format_duration_ms, format_number,
};

use super::history::{AlertHistory, RuleHistory};
use super::made::{OF_ALERTS, alert_name};
use crate::exposition::FamilyKind;
use crate::series::SeriesStore;
use crate::slo::Window;
use crate::slo::scraped::missing;

/// How many recording rules may feed each other: more is a circle.
const MOST_STEPS: usize = 16;

/// Why a rule could not have fired by the end of a window; `None` if it could.
pub(super) fn why_not(
    rule: &RuleHistory,
    history: &AlertHistory,
    series: &SeriesStore,
    window: Window,
) -> Option<String> {
    let expression = &rule.rule.expression;
    too_short(rule, history, window)
        .or_else(|| not_evaluated(rule, window))
        .or_else(|| missing_series(expression, history, series, MOST_STEPS))
        .or_else(|| dead_comparison(&rule.whole))
        .or_else(|| below_zero(&rule.whole, series))
        .or_else(|| too_old(&rule.whole, history, series, window))
        .or_else(|| contradiction(&rule.whole))
        .or_else(|| above_all_buckets(&rule.whole, series))
        .or_else(|| no_value(rule, window))
}

/// A window and `for` that are longer than what was recorded before the window's end.
fn too_short(rule: &RuleHistory, history: &AlertHistory, window: Window) -> Option<String> {
    let RuleKind::Alerting(alerting) = &rule.rule.kind else { return None };
    let recorded_ms = window.closed_ms - history.first_ms;
    let reach = match reach_ms(&rule.rule.expression, history, MOST_STEPS) {
        Ok(reach_ms) => reach_ms,
        Err(selector) => {
            return Some(format!("`{selector}` is fixed by `@`, so it need not be about this run"));
        }
    };
    let needed_ms = reach.saturating_add(alerting.for_ms);
    let text = |ms: i64| format_duration_ms(ms);
    (needed_ms > recorded_ms).then(|| {
        let parts = match (reach, alerting.for_ms) {
            (0, for_ms) => format!("its `for` of {}", text(for_ms)),
            (reach, 0) => format!("its window of {}", text(reach)),
            (reach, for_ms) => format!("its window of {} and its `for` of {}", text(reach), text(for_ms)),
        };
        let verb = if reach > 0 && alerting.for_ms > 0 { "are" } else { "is" };
        format!(
            "{parts} {verb} longer than the {:.1} s that were recorded; load for longer, or leave it out \
             with `except`",
            recorded_ms as f64 / 1_000.0
        )
    })
}

/// How far back an expression looks, through the recording rules that feed it; the
/// selector whose time is fixed, otherwise.
fn reach_ms(expression: &Expression, history: &AlertHistory, steps: usize) -> Result<i64, String> {
    let mut farthest = 0;
    for selector in expression.selectors() {
        if selector.fixed_instant {
            return Err(selector.selector.to_string());
        }
        let own = selector.range_ms.unwrap_or(0).saturating_add(selector.offset_ms.max(0));
        let mut behind = 0;
        for rule in recorded_by(&selector, history, steps) {
            behind = behind.max(reach_ms(&rule.rule.expression, history, steps - 1)?);
        }
        farthest = farthest.max(own.saturating_add(behind));
    }
    Ok(farthest)
}

/// The recording rules that make what a selector reads; none after too many steps.
fn recorded_by<'h>(
    selector: &'h SelectorInfo,
    history: &'h AlertHistory,
    steps: usize,
) -> impl Iterator<Item = &'h RuleHistory> {
    history.recording(selector.metric_name().filter(|_| steps > 0))
}

fn not_evaluated(rule: &RuleHistory, window: Window) -> Option<String> {
    (rule.evaluations(window) == 0).then(|| {
        "it was not evaluated in this window: the `interval` of its group is longer".to_owned()
    })
}

/// A selector that found nothing in the whole run, neither scraped nor made by a rule.
fn missing_series(
    expression: &Expression,
    history: &AlertHistory,
    series: &SeriesStore,
    steps: usize,
) -> Option<String> {
    let selectors = expression.selectors();
    let mut sought = selectors.iter().filter(|one| one.asks != Asks::Absence);
    sought.find_map(|one| {
        let mut made = history.recorded.series(one.metric_name());
        if made.any(|made| one.selector.matches(made.labels)) {
            return None;
        }
        if one.metric_name().is_some_and(|name| OF_ALERTS.contains(&name)) {
            return unknown_alert(&one.selector, history);
        }
        let rules: Vec<_> = recorded_by(one, history, steps).collect();
        let of_rule =
            |rule: &&RuleHistory| missing_series(&rule.rule.expression, history, series, steps - 1);
        match rules.iter().find_map(of_rule) {
            Some(missing) => Some(missing),
            None if rules.is_empty() => missing(series, &one.selector).map(|doubt| doubt.reason),
            // What a rule does not let through is not there; whether it could be is asked later.
            None if history.recorded.series(one.metric_name()).next().is_none() => None,
            None => Some(format!(
                "no series that was recorded is `{}`; correct its labels, or those of the rule",
                one.selector
            )),
        }
    })
}

/// An alert that is asked for in `ALERTS` and that there is not.
fn unknown_alert(selector: &Selector, history: &AlertHistory) -> Option<String> {
    let name = alert_name(selector)?;
    let is_known = history.alerts().any(|rule| rule.rule.name == name);
    (!is_known).then(|| format!("there is no alert `{name}` in these rules for `{selector}`"))
}

/// Two limits that exclude each other.
fn contradiction(expression: &Expression) -> Option<String> {
    let (first, second) = expression.contradiction()?;
    Some(format!("no value is both `{first}` and `{second}`; correct one of them"))
}

fn dead_comparison(expression: &Expression) -> Option<String> {
    let comparison = expression.impossible_comparison()?;
    Some(format!("no value that there can be meets `{comparison}`; correct the threshold"))
}

/// A comparison that what is declared to be a counter cannot meet.
fn below_zero(expression: &Expression, series: &SeriesStore) -> Option<String> {
    let is_counter = |selector: &Selector| is_counter(selector, series);
    let recorded = Recorded { times: None, is_counter: &is_counter };
    let comparison = expression.impossible_comparison_in(&recorded)?;
    Some(format!(
        "no value of a counter, which is never below 0, meets `{comparison}`; correct the threshold"
    ))
}

/// Whether a selector selects only what counts up from 0, as its family is declared.
fn is_counter(selector: &Selector, series: &SeriesStore) -> bool {
    let Some(name) = selector.metric_name() else { return false };
    let counts = || name.ends_with("_bucket") || name.ends_with("_count");
    match series.family_of(name).map(|(_, family)| family.kind) {
        Some(FamilyKind::Counter) => true,
        Some(FamilyKind::Histogram | FamilyKind::Summary) => counts(),
        _ => false,
    }
}

/// A comparison of the age of samples with more than what was recorded: only a longer run has
/// samples so old.
fn too_old(
    expression: &Expression,
    history: &AlertHistory,
    series: &SeriesStore,
    window: Window,
) -> Option<String> {
    let seconds = |ms: i64| ms as f64 / 1_000.0;
    let oldest_ms = series.iter().filter_map(|one| Some(one.samples.first()?.t_ms)).min();
    let times = RecordedTimes {
        oldest: seconds(oldest_ms.unwrap_or(history.first_ms).min(history.first_ms)),
        newest: seconds(window.closed_ms),
        lookback: seconds(Options::default().lookback_ms),
    };
    let is_counter = |selector: &Selector| is_counter(selector, series);
    let recorded = Recorded { times: Some(times), is_counter: &is_counter };
    let comparison = expression.impossible_comparison_in(&recorded)?;
    Some(format!(
        "no sample of the {:.1} s that were recorded is old enough for `{comparison}`; load for \
         longer, or leave it out with `except`",
        times.newest - times.oldest
    ))
}

/// A quantile is never above the highest finite bound of its buckets, however slow
/// everything is (`docs/querying/functions.md`, `histogram_quantile`).
fn above_all_buckets(expression: &Expression, series: &SeriesStore) -> Option<String> {
    let QuantileAbove { bound, or_equal, buckets } = expression.quantile_above()?;
    let highest = buckets.iter().filter_map(|one| highest_bound(one, series));
    let highest = highest.max_by(f64::total_cmp)?;
    let is_dead = if or_equal { bound > highest } else { bound >= highest };
    is_dead.then(|| {
        format!(
            "the highest finite bucket ends at {}, so no quantile is above {}; compare with a lower \
             number, or give the histogram more buckets",
            format_number(highest),
            format_number(bound)
        )
    })
}

fn highest_bound(buckets: &SelectorInfo, series: &SeriesStore) -> Option<f64> {
    let selected = series.series(buckets.metric_name());
    let selected = selected.filter(|one| buckets.selector.matches(one.labels));
    let bounds = selected.filter_map(|one| one.labels.get("le")?.parse::<f64>().ok());
    bounds.filter(|bound| bound.is_finite()).max_by(f64::total_cmp)
}

/// A rule that never had two numbers to compare: nothing was observed, two sides never met, or
/// `unless` took everything away.
fn no_value(rule: &RuleHistory, window: Window) -> Option<String> {
    (rule.values(window) == 0).then(|| {
        "what it compares had no value at any evaluation; were there samples to work on, and do the \
         labels of both sides of `and`, `unless` and comparisons fit?"
            .to_owned()
    })
}
