//! What alert rules did over a recorded run: every group evaluated at its interval, from
//! the first scrape to the closing one, recording rules feeding later ones.
//!
//! The last evaluation is at the closing scrape, so that nothing of the run lies behind
//! it; the others lie whole intervals before it.

use std::collections::BTreeMap;

use slogate_promql::rules::{
    ActiveAlert, Group, GroupState, Overlay, Rule, RuleContext, RuleKind, evaluate_group,
};
use slogate_promql::{
    Datum, Expression, Labels, MemorySeries, Options, SeriesSource, Value, instant,
};

use super::made::Made;
use crate::scenario::AlertRules;
use crate::series::SeriesStore;
use crate::slo::{Doubt, Window, codes};

/// Evaluations of rules in one run, at most: half an hour of twenty rules ten times a
/// second. Far more would take longer than the run itself.
const MOST_EVALUATIONS: i64 = 500_000;

/// What every rule of some files did over a run.
#[derive(Clone, Debug)]
pub(super) struct AlertHistory {
    /// The first evaluation that there could be, milliseconds since the epoch.
    pub(super) first_ms: i64,
    pub(super) rules: Vec<RuleHistory>,
    /// The series that the rules made.
    pub(super) recorded: MemorySeries,
}

/// What one rule did.
#[derive(Clone, Debug)]
pub(super) struct RuleHistory {
    pub(super) file: String,
    pub(super) group: String,
    pub(super) rule: Rule,
    /// Its expression down to what was scraped, through the recording rules before it.
    pub(super) whole: Expression,
    /// For which labels its condition held at the first scrape.
    pub(super) held_at_first: Vec<Labels>,
    /// When it was evaluated, milliseconds since the epoch.
    pub(super) evaluated_ms: Vec<i64>,
    /// At which of these there was a value to compare.
    pub(super) valued_ms: Vec<i64>,
    /// What went wrong, and when.
    pub(super) failures: Vec<(i64, String)>,
    /// Its alerts, in the order in which they became active; none of a recording rule.
    pub(super) activities: Vec<AlertActivity>,
}

/// One alert from its first to its last evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertActivity {
    /// Its labels, `alertname` included.
    pub labels: Labels,
    /// Its annotations, expanded when it began to fire, or last while it was pending.
    pub annotations: Labels,
    /// The value then; not finite where it was none.
    pub value: f64,
    /// When it became pending, milliseconds since the epoch.
    pub active_at_ms: i64,
    /// When it began to fire.
    pub fired_at_ms: Option<i64>,
    /// The last evaluation at which it was there.
    pub last_ms: i64,
    /// Whether it was still there at the last evaluation of all.
    pub is_open: bool,
}

impl AlertHistory {
    /// Evaluates all groups from the first scrape until `closed_ms`.
    pub(super) fn of(
        rules: &AlertRules,
        series: &SeriesStore,
        closed_ms: i64,
    ) -> Result<Self, Doubt> {
        let scrapes = series.scrapes().iter().filter(|scrape| scrape.outcome.is_ok());
        let first_ms = scrapes.map(|scrape| scrape.at_ms).min().unwrap_or(closed_ms);
        let made = Made::of(rules);
        let mut groups = groups(rules, &made, (series, first_ms));
        let every_ms = i64::try_from(rules.every.as_millis()).unwrap_or(i64::MAX).max(1);
        let plan = plan(&groups, every_ms, (first_ms, closed_ms))?;
        let mut store = Overlay::new(series);
        for (at_ms, group) in plan {
            groups[group].evaluate(&mut store, at_ms);
        }
        let rules = groups.into_iter().flat_map(|group| group.rules).collect();
        Ok(Self { first_ms, rules, recorded: store.added().clone() })
    }

    /// The alerting rules, in the order of the files.
    pub(super) fn alerts(&self) -> impl Iterator<Item = &RuleHistory> {
        self.rules.iter().filter(|one| matches!(one.rule.kind, RuleKind::Alerting(_)))
    }

    /// The recording rules that make this metric.
    pub(super) fn recording(&self, metric: Option<&str>) -> impl Iterator<Item = &RuleHistory> {
        let is_it = move |one: &&RuleHistory| {
            matches!(one.rule.kind, RuleKind::Recording) && Some(one.rule.name.as_str()) == metric
        };
        self.rules.iter().filter(is_it)
    }
}

impl RuleHistory {
    /// How often it was evaluated in a window.
    pub(super) fn evaluations(&self, window: Window) -> usize {
        within(&self.evaluated_ms, window)
    }

    /// How often there was a value to compare.
    pub(super) fn values(&self, window: Window) -> usize {
        within(&self.valued_ms, window)
    }

    /// Whether an alert was there from the first evaluation on, and its condition held at the
    /// first scrape already.
    pub(super) fn held_from_first(&self, activity: &AlertActivity) -> bool {
        let is_first = self.evaluated_ms.first().is_some_and(|at| activity.active_at_ms <= *at);
        let is_of = |held: &Labels| {
            held.iter().all(|(name, value)| activity.labels.get(name) == Some(value))
        };
        is_first && self.held_at_first.iter().any(is_of)
    }

    /// What went wrong first in a window.
    pub(super) fn failure(&self, window: Window) -> Option<&str> {
        let is_within = |at_ms: i64| (window.opened_ms..=window.closed_ms).contains(&at_ms);
        self.failures.iter().find(|(at_ms, _)| is_within(*at_ms)).map(|(_, why)| why.as_str())
    }
}

fn within(times: &[i64], window: Window) -> usize {
    times.iter().filter(|at| (window.opened_ms..=window.closed_ms).contains(*at)).count()
}

/// One group with all that it remembers.
struct GroupHistory<'r> {
    group: &'r Group,
    state: GroupState,
    rules: Vec<RuleHistory>,
    /// What each rule compares.
    compared: Vec<Expression>,
    /// Where each open alert of each rule is in its list.
    open: Vec<BTreeMap<Labels, usize>>,
}

fn groups<'r>(
    rules: &'r AlertRules,
    made: &Made<'r>,
    first: (&SeriesStore, i64),
) -> Vec<GroupHistory<'r>> {
    let all = rules.files.iter().flat_map(|file| {
        let name = &file.rules.name;
        file.rules.groups.iter().map(move |group| GroupHistory::new(name, group, made, first))
    });
    all.collect()
}

/// When which group is evaluated: in the order of time, and of the files at one time.
fn plan(
    groups: &[GroupHistory<'_>],
    every_ms: i64,
    (first_ms, closed_ms): (i64, i64),
) -> Result<Vec<(i64, usize)>, Doubt> {
    let interval = |group: &Group| group.interval_ms.filter(|own| *own > 0).unwrap_or(every_ms);
    let evaluations = groups.iter().map(|one| {
        let times = (closed_ms - first_ms) / interval(one.group) + 1;
        times.saturating_mul(i64::try_from(one.rules.len()).unwrap_or(i64::MAX))
    });
    let all = evaluations.fold(0, i64::saturating_add);
    if all > MOST_EVALUATIONS {
        return Err(Doubt::new(
            codes::RULE_FAILURE,
            format!(
                "the rules would be evaluated {all} times over this run, and {MOST_EVALUATIONS} is the \
                 most; give `alerts` a longer `every`"
            ),
        ));
    }
    let mut plan = Vec::new();
    for (at, one) in groups.iter().enumerate() {
        let interval_ms = interval(one.group);
        let count = (closed_ms - first_ms) / interval_ms;
        plan.extend((0..=count).map(|back| (closed_ms - back * interval_ms, at)));
    }
    plan.sort_unstable();
    Ok(plan)
}

impl<'r> GroupHistory<'r> {
    fn new(
        file: &str,
        group: &'r Group,
        made: &Made<'_>,
        (series, first_ms): (&SeriesStore, i64),
    ) -> Self {
        let rule = |rule: &Rule| RuleHistory {
            file: file.to_owned(),
            group: group.name.clone(),
            rule: rule.clone(),
            whole: made.whole(&rule.expression),
            held_at_first: held_for(&made.scraped(&rule.expression), series, first_ms),
            evaluated_ms: Vec::new(),
            valued_ms: Vec::new(),
            failures: Vec::new(),
            activities: Vec::new(),
        };
        Self {
            group,
            state: GroupState::default(),
            rules: group.rules.iter().map(rule).collect(),
            compared: group.rules.iter().map(|rule| made.compared(&rule.expression)).collect(),
            open: vec![BTreeMap::new(); group.rules.len()],
        }
    }

    fn evaluate(&mut self, store: &mut Overlay<'_>, at_ms: i64) {
        let context = RuleContext::default();
        let failures = evaluate_group(self.group, &mut self.state, store, at_ms, &context);
        for at in 0..self.rules.len() {
            let rule = &mut self.rules[at];
            rule.evaluated_ms.push(at_ms);
            let failed = failures.iter().find(|failure| failure.rule == rule.rule.name);
            rule.failures.extend(failed.map(|failure| (at_ms, failure.message.clone())));
            note(&mut rule.activities, &mut self.open[at], self.state.alerts(at), at_ms);
            let is_active = !self.open[at].is_empty();
            let queried_ms = at_ms - self.group.query_offset_ms;
            if is_active || has_value(&self.compared[at], &*store, queried_ms) {
                self.rules[at].valued_ms.push(at_ms);
            }
        }
    }
}

/// The labels, without the metric's name, of the elements of an expression at an instant.
fn held_for(expression: &Expression, source: &dyn SeriesSource, at_ms: i64) -> Vec<Labels> {
    match instant(expression, source, at_ms, &Options::default()) {
        Ok(Value::Vector(elements)) => {
            elements.into_iter().map(|one| one.labels.without_name()).collect()
        }
        Ok(Value::Scalar(_)) => vec![Labels::default()],
        _ => Vec::new(),
    }
}

/// Whether an expression has a number at an instant; NaN compares with nothing.
fn has_value(expression: &Expression, source: &dyn SeriesSource, at_ms: i64) -> bool {
    match instant(expression, source, at_ms, &Options::default()) {
        Ok(Value::Vector(elements)) => {
            let number = |datum: &Datum| datum.number().is_none_or(|value| !value.is_nan());
            elements.iter().any(|element| number(&element.value))
        }
        Ok(Value::Scalar(value)) => !value.is_nan(),
        _ => false,
    }
}

/// Brings a rule's activities up to date with the alerts of an evaluation.
fn note<'s>(
    activities: &mut Vec<AlertActivity>,
    open: &mut BTreeMap<Labels, usize>,
    alerts: impl Iterator<Item = &'s ActiveAlert>,
    at_ms: i64,
) {
    let before = std::mem::take(open);
    for alert in alerts {
        let known = before.get(&alert.labels).copied();
        let known = known.filter(|at| activities[*at].active_at_ms == alert.active_at_ms);
        let at = known.unwrap_or(activities.len());
        match activities.get_mut(at) {
            Some(activity) => activity.goes_on(alert, at_ms),
            None => activities.push(AlertActivity::of(alert, at_ms)),
        }
        open.insert(alert.labels.clone(), at);
    }
    for at in before.into_values() {
        activities[at].is_open &= activities[at].last_ms == at_ms;
    }
}

impl AlertActivity {
    fn of(alert: &ActiveAlert, at_ms: i64) -> Self {
        Self {
            labels: alert.labels.clone(),
            annotations: alert.annotations.clone(),
            value: alert.value.number().unwrap_or(f64::NAN),
            active_at_ms: alert.active_at_ms,
            fired_at_ms: alert.fired_at_ms,
            last_ms: at_ms,
            is_open: true,
        }
    }

    /// What it said when it began to fire is what a notification would have said.
    fn goes_on(&mut self, alert: &ActiveAlert, at_ms: i64) {
        if self.fired_at_ms.is_none() {
            *self = Self::of(alert, at_ms);
        }
        self.last_ms = at_ms;
    }

    /// Whether it fired at an evaluation in a window.
    pub(super) fn fires_in(&self, window: Window) -> bool {
        self.fired_at_ms.is_some_and(|fired| fired <= window.closed_ms)
            && self.last_ms >= window.opened_ms
    }

    /// Whether it was pending at the last evaluation in a window, at `last_ms`.
    pub(super) fn is_pending_at(&self, last_ms: i64) -> bool {
        self.active_at_ms <= last_ms
            && self.last_ms >= last_ms
            && self.fired_at_ms.is_none_or(|fired| fired > last_ms)
    }
}
