//! Tests that prove nothing: they expect nothing, of an alert or an expression that reads no
//! series of their group. promtool passes them, and so does this engine.
//!
//! Left alone is what can have a value without series, such as `absent(…)`, and a series that is
//! there under its name and has other labels: that a matcher leaves it out is worth a test.

use std::collections::BTreeSet;

use super::{Subject, TestFile, TestGroup};
use crate::expression::Kind;
use crate::rules::{Rule, RuleFile, RuleKind};
use crate::{Expression, Place};

/// Prometheus' own series of alerts, which nobody invents.
const OF_ALERTS: &[&str] = &["ALERTS", "ALERTS_FOR_STATE"];
/// Functions that have a value where there is no series.
const OF_NOTHING: &[&str] = &["absent", "absent_over_time", "vector"];

/// A test, or a group of tests, that proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// Where it stands.
    pub place: Place,
    /// Why it proves nothing.
    pub reason: IdleReason,
}

/// Why a test proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdleReason {
    /// The group, by its name if it has one, holds no test.
    NoTest(Option<String>),
    /// Nothing is expected, and none of these metrics is there.
    ReadsNothing {
        /// What is tested.
        subject: Subject,
        /// The metrics that it reads, sorted.
        missing: Vec<String>,
    },
}

impl std::fmt::Display for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reason {
            IdleReason::NoTest(Some(name)) => write!(f, "the group `{name}` holds no test"),
            IdleReason::NoTest(None) => f.write_str("the group holds no test"),
            IdleReason::ReadsNothing { subject, missing } => {
                let (subject, nothing) = match subject {
                    Subject::Alert(name) => (name, "to be quiet"),
                    Subject::Expression(text) | Subject::Rule(text) => (text, "to have no sample"),
                };
                let missing = missing.join("`, `");
                write!(
                    f,
                    "`{subject}` is expected {nothing}, and the group has no series for it to read \
                     (`{missing}`), so this proves nothing"
                )
            }
        }
    }
}

/// What proves nothing in the chosen groups of a file, in its order.
pub fn idle(file: &TestFile, rules: &[RuleFile], only: Option<&regex::Regex>) -> Vec<Idle> {
    let chosen = |group: &&TestGroup| {
        only.is_none_or(|only| only.is_match(group.name.as_deref().unwrap_or_default()))
    };
    let mut found: Vec<Idle> =
        file.tests.iter().filter(chosen).flat_map(|group| of_group(group, rules)).collect();
    found.sort_by_key(|one| one.place);
    found
}

fn of_group(group: &TestGroup, rules: &[RuleFile]) -> Vec<Idle> {
    if group.alert_tests.is_empty() && group.expression_tests.is_empty() {
        return vec![Idle { place: group.place, reason: IdleReason::NoTest(group.name.clone()) }];
    }
    let evidence = Evidence::new(group, rules);
    let mut found = Vec::new();
    for test in group.alert_tests.iter().filter(|test| test.expected.is_empty()) {
        let of_name = all_rules(rules).filter(|rule| rule.name == test.alert);
        let missing: Option<Vec<_>> =
            of_name.map(|rule| evidence.missing(&rule.expression)).collect();
        let subject = Subject::Alert(test.alert.clone());
        found.extend(Idle::reading(subject, missing.unwrap_or_default().concat(), test.place));
    }
    for test in group.expression_tests.iter().filter(|test| test.expected.is_empty()) {
        let missing = evidence.missing(&test.expression).unwrap_or_default();
        let subject = Subject::Expression(test.text.clone());
        found.extend(Idle::reading(subject, missing, test.place));
    }
    found
}

impl Idle {
    fn reading(subject: Subject, mut missing: Vec<String>, place: Place) -> Option<Self> {
        missing.sort();
        missing.dedup();
        let is_idle = !missing.is_empty();
        is_idle.then_some(Self { place, reason: IdleReason::ReadsNothing { subject, missing } })
    }
}

fn all_rules(rules: &[RuleFile]) -> impl Iterator<Item = &Rule> {
    rules.iter().flat_map(|file| &file.groups).flat_map(|group| &group.rules)
}

/// What a group of tests gives its rules to read.
pub(super) struct Evidence<'t> {
    /// Metrics that have a sample.
    given: BTreeSet<&'t str>,
    /// Which record others.
    rules: &'t [RuleFile],
}

impl<'t> Evidence<'t> {
    pub(super) fn new(group: &'t TestGroup, rules: &'t [RuleFile]) -> Self {
        let has_sample = group.input_series.iter().filter(|(_, values)| {
            values.iter().any(|value| {
                value.as_ref().is_some_and(|one| !one.number().is_some_and(crate::is_stale))
            })
        });
        let given = has_sample.filter_map(|(labels, _)| labels.get(crate::METRIC_NAME));
        Self { given: given.collect(), rules }
    }

    /// The metrics that an expression reads; nothing where one of them is there, or where it
    /// needs none.
    pub(super) fn missing(&self, expression: &Expression) -> Option<Vec<String>> {
        let mut missing = BTreeSet::new();
        let reads = self.reads(expression, &mut missing);
        (!reads && !missing.is_empty()).then(|| missing.into_iter().collect())
    }

    /// Whether an expression may have something to read; metrics that are looked for are noted.
    fn reads(&self, expression: &Expression, looked: &mut BTreeSet<String>) -> bool {
        if is_of_nothing(expression) {
            return true;
        }
        let selectors = expression.selectors();
        selectors.is_empty()
            || selectors.iter().any(|one| match one.metric_name() {
                None => true,
                Some(name) => self.has(name, looked),
            })
    }

    fn has(&self, name: &str, looked: &mut BTreeSet<String>) -> bool {
        if self.given.contains(name) || OF_ALERTS.contains(&name) {
            return true;
        }
        if !looked.insert(name.to_owned()) {
            return false;
        }
        let records = |rule: &&Rule| rule.name == name && matches!(rule.kind, RuleKind::Recording);
        all_rules(self.rules).filter(records).any(|rule| self.reads(&rule.expression, looked))
    }
}

fn is_of_nothing(expression: &Expression) -> bool {
    let is_one =
        matches!(&expression.kind, Kind::Call(call) if OF_NOTHING.contains(&call.function.name));
    is_one || expression.parts().into_iter().any(is_of_nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "
groups:
  - name: g
    rules:
      - { record: 'q:sum', expr: sum(queue_depth) }
      - { alert: Full, expr: 'queue_depth > 10' }
      - { alert: Sum, expr: 'q:sum > 10' }
      - { alert: Gone, expr: absent(queue_depth), for: 5m }
";

    fn found(tests: &str) -> Vec<String> {
        let rules = RuleFile::parse(RULES, "rules.yml").unwrap();
        let tests = TestFile::parse(&format!("tests: [{{{tests}}}]"), "tests.yml").unwrap();
        idle(&tests, &[rules], None).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_expectation_of_nothing_that_reads_nothing_is_idle() {
        let misspelt = "input_series: [{series: queue_dept, values: 1x5}], ";
        let told = found(&format!(
            "{misspelt} alert_rule_test: [{{alertname: Full}}, {{alertname: Sum}}], \
             promql_expr_test: [{{expr: 'q:sum'}}, {{expr: 'q:sumx'}}]"
        ));
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].contains("`Full` is expected to be quiet"), "{told:?}");
        assert!(told[1].contains("(`q:sum`, `queue_depth`)"), "{told:?}");
        assert!(told[3].contains("`q:sumx` is expected to have no sample"), "{told:?}");
    }

    #[test]
    fn what_reads_something_or_needs_nothing_is_none() {
        for tests in [
            "input_series: [{series: 'queue_depth{a=\"b\"}', values: 1}], alert_rule_test: \
             [{alertname: Full}, {alertname: Sum}], promql_expr_test: [{expr: 'q:sum > 5'}]",
            "alert_rule_test: [{alertname: Gone, eval_time: 1m}, {alertname: Other}]",
            "promql_expr_test: [{expr: '{job=\"a\"}'}, {expr: 'vector(1) > 2'}, {expr: ALERTS}]",
            "promql_expr_test: [{expr: x, exp_samples: [{value: 1}]}]",
        ] {
            assert_eq!(found(tests), [] as [&str; 0], "{tests}");
        }
    }

    #[test]
    fn a_group_without_tests_and_a_series_without_samples_are_nothing() {
        assert_eq!(found("name: empty"), ["the group `empty` holds no test"]);
        let gap = "input_series: [{series: queue_depth, values: '_x5 stale'}]";
        assert_eq!(found(&format!("{gap}, alert_rule_test: [{{alertname: Full}}]")).len(), 1);
    }
}
