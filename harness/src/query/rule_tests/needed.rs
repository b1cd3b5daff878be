//! Which rules are tested, and which of the recorded series they read.

use std::collections::BTreeSet;

use slogate_promql::rules::{Rule, RuleKind};
use slogate_promql::{Asks, Labels, METRIC_NAME, SelectorInfo, SeriesRef};

use super::{RuleTestError, RuleTestRequest};
use crate::scenario::closest;
use crate::series::SeriesStore;
use crate::slo::{Doubt, missing_series};

/// What a unit test needs of a run.
pub(super) struct Needed<'a> {
    /// Names of the alerts that are tested.
    pub(super) alerts: BTreeSet<&'a str>,
    /// Names of the metrics that are tested: what the alerts read of rules, or all.
    pub(super) records: BTreeSet<&'a str>,
    /// Everything that those rules select.
    pub(super) selectors: Vec<SelectorInfo>,
    /// The recorded series among it.
    pub(super) series: Vec<SeriesRef<'a>>,
    /// What is selected and was not recorded.
    pub(super) doubts: Vec<Doubt>,
    /// Rules that ask for the time itself.
    asking_for_time: Vec<&'a str>,
}

impl<'a> Needed<'a> {
    pub(super) fn of(
        request: &RuleTestRequest<'a>,
        store: &'a SeriesStore,
    ) -> Result<Self, RuleTestError> {
        let every = request.files.iter().flat_map(|(_, file)| &file.groups);
        let every: Vec<&Rule> = every.flat_map(|group| &group.rules).collect();
        if every.is_empty() {
            return Err(RuleTestError::NoRules);
        }
        refuse_unknown(request.alerts, &every)?;
        let chosen = chosen(request.alerts, &every);
        let recorded: BTreeSet<&str> =
            every.iter().filter(|rule| !is_alert(rule)).map(|rule| rule.name.as_str()).collect();
        let named = |alerts: bool| {
            let of_kind = chosen.iter().filter(|rule| is_alert(rule) == alerts);
            of_kind.map(|rule| rule.name.as_str()).collect()
        };
        let selectors: Vec<SelectorInfo> =
            chosen.iter().flat_map(|rule| rule.expression.selectors()).collect();
        let asking_for_time = chosen.iter().filter(|rule| rule.expression.asks_for_time());
        let mut needed = Self {
            alerts: named(true),
            records: named(false),
            series: Vec::new(),
            doubts: Vec::new(),
            asking_for_time: asking_for_time.map(|rule| rule.name.as_str()).collect(),
            selectors,
        };
        needed.look(store, &recorded);
        if needed.series.is_empty() {
            let reasons: Vec<&str> = needed.doubts.iter().map(|one| one.reason.as_str()).collect();
            return Err(RuleTestError::NoSeries(reasons.join("; ")));
        }
        Ok(needed)
    }

    /// What rules record is made again by the test, and is no input of it.
    fn look(&mut self, store: &'a SeriesStore, recorded: &BTreeSet<&str>) {
        let is_made = |labels: &Labels| {
            let name = labels.metric_name().unwrap_or_default();
            recorded.contains(name) || RULES_OWN.contains(&name)
        };
        let wanted = |one: &SeriesRef<'_>| {
            let mut selectors = self.selectors.iter();
            selectors.any(|selected| selected.selector.matches(one.labels))
        };
        self.series = store.iter().filter(|one| !is_made(one.labels) && wanted(one)).collect();
        for selected in self.selectors.iter().filter(|one| one.asks != Asks::Absence) {
            let named = selected.metric_name();
            let made = named.is_some_and(|name| is_made(&Labels::new([(METRIC_NAME, name)])));
            let doubt = missing_series(store, &selected.selector).filter(|_| !made);
            self.doubts.extend(doubt.filter(|doubt| !self.doubts.contains(doubt)));
        }
    }

    /// What a unit test cannot have as the run had it.
    pub(super) fn notes(&self) -> Vec<String> {
        let about_time = |rule: &&str| {
            format!(
                "{rule} asks for the time, which begins at 0 in a unit test and did not in the run"
            )
        };
        self.asking_for_time.iter().map(about_time).collect()
    }
}

/// Series that alerting rules make.
const RULES_OWN: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

fn is_alert(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Alerting(_))
}

fn refuse_unknown(wanted: &[String], every: &[&Rule]) -> Result<(), RuleTestError> {
    let alerts = || every.iter().filter(|rule| is_alert(rule)).map(|rule| rule.name.as_str());
    let Some(alert) = wanted.iter().find(|wanted| !alerts().any(|name| name == wanted.as_str()))
    else {
        return Ok(());
    };
    let names: BTreeSet<&str> = alerts().collect();
    let list = names.iter().copied().collect::<Vec<_>>().join(", ");
    let known = match closest(alert, names.iter().copied()) {
        _ if names.is_empty() => "they have none".to_owned(),
        Some(meant) => format!("did you mean `{meant}`? They have {list}"),
        None => format!("they have {list}"),
    };
    Err(RuleTestError::UnknownAlert { alert: alert.clone(), known })
}

/// The wanted alerts, and the recording rules that they read, whichever way; all rules where
/// nobody said which.
fn chosen<'r>(wanted: &[String], every: &[&'r Rule]) -> Vec<&'r Rule> {
    if wanted.is_empty() {
        return every.to_vec();
    }
    let mut chosen: Vec<bool> =
        every.iter().map(|rule| is_alert(rule) && wanted.contains(&rule.name)).collect();
    loop {
        let selectors: Vec<SelectorInfo> = every
            .iter()
            .zip(&chosen)
            .filter(|(_, is_chosen)| **is_chosen)
            .flat_map(|(rule, _)| rule.expression.selectors())
            .collect();
        let is_read = |rule: &Rule| {
            let named = selectors.iter().filter_map(SelectorInfo::metric_name);
            let unnamed = selectors.iter().any(|one| one.metric_name().is_none());
            !is_alert(rule) && (unnamed || named.into_iter().any(|name| name == rule.name))
        };
        let more: Vec<usize> =
            (0..every.len()).filter(|at| !chosen[*at] && is_read(every[*at])).collect();
        if more.is_empty() {
            break;
        }
        for at in more {
            chosen[at] = true;
        }
    }
    let rules = every.iter().zip(chosen).filter(|(_, is_chosen)| *is_chosen);
    rules.map(|(rule, _)| *rule).collect()
}
