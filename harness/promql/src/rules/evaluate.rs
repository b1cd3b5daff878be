//! Evaluation of a group at one instant: rules in order, each seeing what those
//! before it have just written.

use std::collections::{BTreeMap, BTreeSet};

use super::alerts::{ActiveAlert, identity, samples, update};
use super::{Alerting, Group, Rule, RuleKind, RuleStore};
use crate::{
    Datum, Element, Expression, Labels, METRIC_NAME, Options, SeriesSource, Template, TemplateData,
    Value, instant, stale_marker,
};

/// What a group remembers from one evaluation to the next.
#[derive(Clone, Debug, Default)]
pub struct GroupState {
    rules: Vec<RuleState>,
}

#[derive(Clone, Debug, Default)]
struct RuleState {
    /// Series that the last evaluation wrote; those that vanish get a stale marker.
    written: BTreeSet<Labels>,
    alerts: BTreeMap<Labels, ActiveAlert>,
}

/// What evaluations of rules may be told.
#[derive(Clone, Debug, Default)]
pub struct RuleContext {
    /// For the expressions.
    pub options: Options,
    /// For templates only.
    pub external_labels: Labels,
    /// For templates only.
    pub external_url: String,
}

/// A rule that could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (rule `{rule}` of group `{group}`)")]
pub struct RuleFailure {
    /// The group's name.
    pub group: String,
    /// The rule's name.
    pub rule: String,
    /// When it was evaluated, milliseconds.
    pub at_ms: i64,
    /// What went wrong.
    pub message: String,
}

impl GroupState {
    /// The pending and firing alerts of a rule, by the rule's index in its group.
    pub fn alerts(&self, rule: usize) -> impl Iterator<Item = &ActiveAlert> {
        self.rules.get(rule).into_iter().flat_map(|state| state.alerts.values())
    }
}

/// Evaluates a group at an instant, milliseconds since the epoch. A rule that
/// fails writes nothing; the others go on.
pub fn evaluate_group(
    group: &Group,
    state: &mut GroupState,
    store: &mut dyn RuleStore,
    at_ms: i64,
    context: &RuleContext,
) -> Vec<RuleFailure> {
    state.rules.resize_with(group.rules.len(), RuleState::default);
    let mut failures = Vec::new();
    for (rule, state) in group.rules.iter().zip(&mut state.rules) {
        let instant = RuleInstant { at_ms, queried_ms: at_ms - group.query_offset_ms, context };
        match instant.evaluate(rule, group.limit, state, &*store) {
            Ok(samples) => write(store, state, samples, instant.queried_ms),
            Err(message) => failures.push(RuleFailure {
                group: group.name.clone(),
                rule: rule.name.clone(),
                at_ms,
                message,
            }),
        }
    }
    failures
}

/// Appends what a rule made, and ends the series that it no longer makes.
fn write(store: &mut dyn RuleStore, state: &mut RuleState, samples: Samples, at_ms: i64) {
    let mut written = BTreeSet::new();
    for (labels, datum) in samples {
        store.append(&labels, at_ms, &datum);
        written.insert(labels);
    }
    for gone in state.written.difference(&written) {
        store.append(gone, at_ms, &Datum::Number(stale_marker()));
    }
    state.written = written;
}

/// One rule at one instant.
struct RuleInstant<'c> {
    at_ms: i64,
    /// The instant that expressions see: earlier by the group's `query_offset`.
    queried_ms: i64,
    context: &'c RuleContext,
}

type Samples = Vec<(Labels, Datum)>;

impl RuleInstant<'_> {
    fn evaluate(
        &self,
        rule: &Rule,
        limit: usize,
        state: &mut RuleState,
        source: &dyn SeriesSource,
    ) -> Result<Samples, String> {
        let elements = self.query(&rule.expression, source)?;
        match &rule.kind {
            RuleKind::Recording => Self::record(rule, limit, elements),
            RuleKind::Alerting(alerting) => {
                let found = self.found(rule, alerting, elements, source)?;
                update(&mut state.alerts, found, alerting, self.at_ms);
                if limit > 0 && state.alerts.len() > limit {
                    let count = state.alerts.len();
                    state.alerts.clear();
                    return Err(format!("exceeded limit of {limit} with {count} alerts"));
                }
                let alerts = state.alerts.values();
                Ok(alerts.flat_map(samples).collect())
            }
        }
    }

    /// An expression's elements; a scalar is one element without labels.
    fn query(
        &self,
        expression: &Expression,
        source: &dyn SeriesSource,
    ) -> Result<Vec<Element>, String> {
        match instant(expression, source, self.queried_ms, &self.context.options) {
            Ok(Value::Vector(elements)) => Ok(elements),
            Ok(Value::Scalar(value)) => Ok(vec![Element::of_number(Labels::default(), value)]),
            Ok(_) => Err("the rule's result is not a vector or scalar".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn record(rule: &Rule, limit: usize, elements: Vec<Element>) -> Result<Samples, String> {
        if limit > 0 && elements.len() > limit {
            return Err(format!("exceeded limit of {limit} with {} series", elements.len()));
        }
        let mut recorded = BTreeMap::new();
        for element in elements {
            let own = rule.labels.iter().map(|(name, value)| (name.as_str(), value.source()));
            let labels = element.labels.iter().chain([(METRIC_NAME, rule.name.as_str())]);
            let labels = Labels::new(labels.chain(own));
            if recorded.insert(labels, element.value).is_some() {
                return Err(same_labels("rule"));
            }
        }
        Ok(recorded.into_iter().collect())
    }

    /// The alerts that an evaluation finds, as if each had just appeared.
    fn found(
        &self,
        rule: &Rule,
        alerting: &Alerting,
        elements: Vec<Element>,
        source: &dyn SeriesSource,
    ) -> Result<BTreeMap<Labels, ActiveAlert>, String> {
        let mut found = BTreeMap::new();
        for element in elements {
            let expand = |template: &Template| self.expand(template, &element, source);
            let own = expanded(&rule.labels, expand);
            let labels = identity(&element.labels, &rule.name, &own);
            let annotations = Labels::annotations(expanded(&alerting.annotations, expand));
            let alert =
                ActiveAlert::new(labels.clone(), annotations, element.value.clone(), self.at_ms);
            if found.insert(labels, alert).is_some() {
                return Err(same_labels("alert"));
            }
        }
        Ok(found)
    }

    /// A template that fails to expand becomes its own error message, as in Prometheus.
    fn expand(&self, template: &Template, element: &Element, source: &dyn SeriesSource) -> String {
        let query = |text: &str| {
            let expression = Expression::parse(text).map_err(|error| error.to_string())?;
            self.query(&expression, source)
        };
        let data = TemplateData {
            labels: &element.labels,
            value: element.value.clone(),
            external_labels: &self.context.external_labels,
            external_url: &self.context.external_url,
            at_ms: self.at_ms,
            query: &query,
        };
        template
            .expand(&data)
            .unwrap_or_else(|error| format!("<error expanding template: {error}>"))
    }
}

fn expanded(
    templates: &[(String, Template)],
    expand: impl Fn(&Template) -> String,
) -> Vec<(String, String)> {
    templates.iter().map(|(name, template)| (name.clone(), expand(template))).collect()
}

fn same_labels(kind: &str) -> String {
    format!("vector contains metrics with the same labelset after applying {kind} labels")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{AlertState, RuleFile};
    use crate::{MemorySeries, Sample};

    fn group(rule: &str) -> Group {
        let text = format!("groups: [{{name: g, rules: [{rule}]}}]");
        RuleFile::parse(&text, "test").unwrap().groups.remove(0)
    }

    /// Evaluates once a minute over `values`, and gives the alert states in each.
    fn states(rule: &str, values: &[f64]) -> Vec<Vec<AlertState>> {
        let group = group(rule);
        let mut state = GroupState::default();
        let mut store = MemorySeries::default();
        let labels = Labels::new([(METRIC_NAME, "x")]);
        let step = |(at, value): (usize, &f64)| {
            let at_ms = i64::try_from(at).unwrap() * 60_000;
            store.append(&labels, Sample { t_ms: at_ms, value: *value });
            let failures =
                evaluate_group(&group, &mut state, &mut store, at_ms, &RuleContext::default());
            assert_eq!(failures, []);
            state.alerts(0).map(|alert| alert.state).collect()
        };
        values.iter().enumerate().map(step).collect()
    }

    #[test]
    fn an_alert_is_pending_before_it_fires() {
        use AlertState::{Firing, Pending};
        let found = states("{alert: A, expr: 'x > 1', for: 2m}", &[2.0, 2.0, 2.0, 0.0, 2.0]);
        assert_eq!(found, [vec![Pending], vec![Pending], vec![Firing], vec![], vec![Pending]]);
    }

    #[test]
    fn an_alert_can_go_on_firing_for_a_while() {
        use AlertState::Firing;
        let found = states("{alert: A, expr: 'x > 1', keep_firing_for: 2m}", &[2.0, 0.0, 0.0, 0.0]);
        assert_eq!(found, [vec![Firing], vec![Firing], vec![Firing], vec![]]);
    }

    #[test]
    fn a_recorded_series_that_vanishes_goes_stale() {
        let group = group("{record: y, expr: 'x > 1', labels: {a: b}}");
        let mut state = GroupState::default();
        let mut store = MemorySeries::default();
        let x = Labels::new([(METRIC_NAME, "x")]);
        for (t_ms, value) in [(0, 2.0), (60_000, 0.0)] {
            store.append(&x, Sample { t_ms, value });
            evaluate_group(&group, &mut state, &mut store, t_ms, &RuleContext::default());
        }
        let samples = store.samples(&Labels::new([(METRIC_NAME, "y"), ("a", "b")]));
        assert_eq!(samples[0], Sample { t_ms: 0, value: 2.0 });
        assert!(crate::is_stale(samples[1].value));
    }

    #[test]
    fn a_rule_that_makes_the_same_series_twice_fails() {
        let group = group("{record: y, expr: 'x', labels: {a: b}}");
        let mut store = MemorySeries::default();
        for value in ["1", "2"] {
            let labels = Labels::new([(METRIC_NAME, "x"), ("a", value)]);
            store.append(&labels, Sample { t_ms: 0, value: 1.0 });
        }
        let context = RuleContext::default();
        let failures = evaluate_group(&group, &mut GroupState::default(), &mut store, 0, &context);
        assert!(failures[0].message.contains("same labelset"), "{failures:?}");
    }
}
