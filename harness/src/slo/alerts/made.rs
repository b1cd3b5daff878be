//! What rules are made of: the expressions of recording rules in place of what they record.

use slogate_promql::rules::{Rule, RuleKind};
use slogate_promql::{Expression, MatchOperator, Matcher, Selector};

use crate::scenario::AlertRules;

/// The series that Prometheus writes of its alerts.
pub(super) const OF_ALERTS: [&str; 2] = ["ALERTS", "ALERTS_FOR_STATE"];

/// All rules of some files, as a source of series.
pub(super) struct Made<'r> {
    rules: Vec<&'r Rule>,
}

impl<'r> Made<'r> {
    pub(super) fn of(rules: &'r AlertRules) -> Self {
        let groups = rules.files.iter().flat_map(|file| &file.rules.groups);
        Self { rules: groups.flat_map(|group| &group.rules).collect() }
    }

    /// An expression with what recording rules record in place of their metrics, whatever
    /// labels are asked for: what no value of all of it can be, no value of a part is.
    pub(super) fn whole(&self, expression: &Expression) -> Expression {
        expression
            .expanded(&|selector| self.recording(selector).map(|rule| rule.expression.clone()))
    }

    /// What an expression compares, down to what was scraped: a rule that filters, or an alert
    /// that is quiet, makes no series, and what reads it is not to blame for that.
    pub(super) fn compared(&self, expression: &Expression) -> Expression {
        self.scraped(expression).comparing()
    }

    /// An expression down to what was scraped, with the labels that rules give.
    pub(super) fn scraped(&self, expression: &Expression) -> Expression {
        expression.expanded(&|selector| {
            let is_plain = selector.matchers().is_empty();
            let recording = self.recording(selector).filter(|_| is_plain);
            recording.or_else(|| self.alerting(selector)).and_then(with_labels)
        })
    }

    /// The one recording rule that makes what a selector selects.
    fn recording(&self, selector: &Selector) -> Option<&'r Rule> {
        let name = selector.metric_name()?;
        let is_it = |rule: &&&Rule| matches!(rule.kind, RuleKind::Recording) && rule.name == name;
        only(self.rules.iter().filter(is_it).copied())
    }

    /// The one alert that `ALERTS{alertname="…"}` selects.
    fn alerting(&self, selector: &Selector) -> Option<&'r Rule> {
        let name = alert_name(selector)?;
        let is_it = |rule: &&&Rule| matches!(rule.kind, RuleKind::Alerting(_)) && rule.name == name;
        only(self.rules.iter().filter(is_it).copied())
    }
}

/// The alert that a selector of `ALERTS` asks for.
pub(super) fn alert_name(selector: &Selector) -> Option<&str> {
    let of_alerts = selector.metric_name().is_some_and(|name| OF_ALERTS.contains(&name));
    let matchers = selector.matchers().iter().filter(|_| of_alerts);
    let mut named =
        matchers.filter(|one| one.name() == "alertname" && one.operator() == MatchOperator::Equal);
    named.next().map(Matcher::value)
}

/// What a rule makes, with its labels as far as they are known beforehand.
fn with_labels(rule: &Rule) -> Option<Expression> {
    let name = matches!(rule.kind, RuleKind::Alerting(_)).then_some(("alertname", &*rule.name));
    let labels = rule.labels.iter().map(|(name, value)| (name.as_str(), value.source()));
    let mut text = rule.expression.to_string();
    for (label, value) in labels.chain(name) {
        text = format!("label_replace({text}, {label:?}, {value:?}, \"\", \"\")");
    }
    Expression::parse(&text).ok()
}

/// The only one there is.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
