//! What every alert rule did over the whole measured run, for reports: also those that
//! nothing was asked of.

use slogate_promql::rules::Rule;

use super::ending::{AlertEnding, ended};
use super::history::{AlertActivity, AlertHistory, RuleHistory};
use super::seen_window;
use crate::slo::{Evidence, Window};

/// One alert rule over a run.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedAlert {
    /// The alert's name.
    pub alert: String,
    /// The group that it is in.
    pub group: String,
    /// The file, and the line in it, from 1.
    pub place: (String, usize),
    /// Labels that the rule sets, as they are written.
    pub labels: Vec<(String, String)>,
    /// How it ended.
    pub ending: AlertEnding,
    /// Why it could not have fired; or what went wrong when it was evaluated.
    pub why: Option<String>,
    /// How often it was evaluated.
    pub evaluations: usize,
    /// The alerts that fired or were pending at the end, in the order in which they began.
    pub activities: Vec<AlertActivity>,
}

/// What every alert rule of a scenario did; nothing of a scenario without `alerts`.
pub fn watched_alerts(evidence: &Evidence<'_>) -> Vec<WatchedAlert> {
    let Some(rules) = &evidence.alerts.rules else { return Vec::new() };
    let window = evidence.window(None);
    match window.and_then(|window| Ok((window, evidence.alerts.history(evidence)?))) {
        Ok((window, history)) => {
            history.alerts().map(|rule| watched(rule, history, window, evidence)).collect()
        }
        Err(doubt) => {
            let fired = fired_all_the_same(evidence);
            let unknown = rules.alerts().map(|(file, group, rule)| WatchedAlert {
                why: Some(doubt.reason.clone()),
                ..unwatched(rule, file, group)
            });
            let or_fired = |one: WatchedAlert| {
                fired.iter().find(|seen| seen.place == one.place).cloned().unwrap_or(one)
            };
            unknown.map(or_fired).collect()
        }
    }
}

/// What fired where there is no window to judge in.
fn fired_all_the_same(evidence: &Evidence<'_>) -> Vec<WatchedAlert> {
    let (Some(window), Ok(history)) = (seen_window(evidence), evidence.alerts.history(evidence))
    else {
        return Vec::new();
    };
    let all = history.alerts().map(|rule| watched(rule, history, window, evidence));
    all.filter(|one| one.ending == AlertEnding::Fired).collect()
}

fn watched(
    rule: &RuleHistory,
    history: &AlertHistory,
    window: Window,
    evidence: &Evidence<'_>,
) -> WatchedAlert {
    let end = ended(rule, history, evidence.series, window, |_| true);
    WatchedAlert {
        ending: end.ending,
        why: rule.failure(window).map(str::to_owned).or(end.why),
        evaluations: rule.evaluations(window),
        activities: end.activities.into_iter().cloned().collect(),
        ..unwatched(&rule.rule, &rule.file, &rule.group)
    }
}

/// A rule of which nothing was seen.
fn unwatched(rule: &Rule, file: &str, group: &str) -> WatchedAlert {
    let labels = rule.labels.iter().map(|(name, value)| (name.clone(), value.source().to_owned()));
    WatchedAlert {
        alert: rule.name.clone(),
        group: group.to_owned(),
        place: (file.to_owned(), rule.place.line),
        labels: labels.collect(),
        ending: AlertEnding::CouldNotHaveFired,
        why: None,
        evaluations: 0,
        activities: Vec::new(),
    }
}
