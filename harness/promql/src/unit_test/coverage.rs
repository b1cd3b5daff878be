//! Which rules no unit test holds to anything: an alert that no test expects to fire, or that
//! none expects to be quiet, and a recorded series that no test reads.
//!
//! It says that somebody looked at a rule from both sides, not that they looked closely: how
//! closely is what mutants tell. An alert that reads nothing is quiet without being looked at.

use super::idle::Evidence;
use super::{AlertTest, TestFile, TestGroup};
use crate::rules::{Rule, RuleFile, RuleKind};
use crate::{Labels, Place};

/// A rule that lacks a kind of test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The rule's name.
    pub rule: String,
    /// Where the rule stands.
    pub place: Place,
    /// What no test expects.
    pub missing: Missing,
}

/// What no test expects of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// That the alert fires.
    Firing,
    /// That the alert does not fire.
    Quiet,
    /// A sample of the recorded series.
    Sample,
}

impl std::fmt::Display for Uncovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rule = &self.rule;
        match self.missing {
            Missing::Firing => write!(f, "no test expects `{rule}` to fire"),
            Missing::Quiet => write!(f, "no test expects `{rule}` to be quiet"),
            Missing::Sample => write!(f, "no test expects a sample of `{rule}`"),
        }
    }
}

/// A file of tests with all the rules that it names.
pub type TestsWithRules<'s> = (&'s TestFile, &'s [RuleFile]);

/// What the tests of a rule file leave open, in the order of the file.
pub fn uncovered(file: &RuleFile, tests: &[TestsWithRules<'_>]) -> Vec<Uncovered> {
    let rules = file.groups.iter().flat_map(|group| &group.rules);
    let of_rule = |rule: &Rule| {
        let missing = match rule.kind {
            RuleKind::Alerting(_) => missing_of_alert(rule, tests),
            RuleKind::Recording => missing_of_record(rule, tests),
        };
        let found = missing.into_iter();
        let (rule, place) = (rule.name.clone(), rule.place);
        found.map(|missing| Uncovered { rule: rule.clone(), place, missing }).collect::<Vec<_>>()
    };
    rules.flat_map(of_rule).collect()
}

fn missing_of_alert(rule: &Rule, tests: &[TestsWithRules<'_>]) -> Vec<Missing> {
    let fires = |test: &AlertTest| test.expected.iter().any(|one| can_be_of(rule, &one.labels));
    let (mut is_firing, mut is_quiet) = (false, false);
    for (group, rules) in groups(tests) {
        let of_name = group.alert_tests.iter().filter(|test| test.alert == rule.name);
        let (firing, quiet): (Vec<_>, Vec<_>) = of_name.partition(|test| fires(test));
        is_firing |= !firing.is_empty();
        let reads = || Evidence::new(group, rules).missing(&rule.expression).is_none();
        is_quiet |= !quiet.is_empty() && reads();
    }
    let open = [(is_firing, Missing::Firing), (is_quiet, Missing::Quiet)];
    open.into_iter().filter(|(is_tested, _)| !is_tested).map(|(_, missing)| missing).collect()
}

fn groups<'s>(
    tests: &'s [TestsWithRules<'s>],
) -> impl Iterator<Item = (&'s TestGroup, &'s [RuleFile])> {
    tests.iter().flat_map(|(file, rules)| file.tests.iter().map(|group| (group, *rules)))
}

/// Whether an alert with these labels can be this rule's: another rule of its name may differ
/// in a label that is set, such as `severity`.
fn can_be_of(rule: &Rule, labels: &Labels) -> bool {
    let fixed = rule.labels.iter().filter(|(_, template)| !template.source().contains("{{"));
    fixed
        .into_iter()
        .all(|(name, template)| labels.get(name).unwrap_or_default() == template.source())
}

fn missing_of_record(rule: &Rule, tests: &[TestsWithRules<'_>]) -> Vec<Missing> {
    let reads = groups(tests).flat_map(|(group, _)| &group.expression_tests);
    let is_read = reads.filter(|test| !test.expected.is_empty()).any(|test| {
        let selectors = test.expression.selectors();
        selectors.iter().any(|found| found.metric_name() == Some(rule.name.as_str()))
    });
    if is_read { Vec::new() } else { vec![Missing::Sample] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "
groups:
  - name: g
    rules:
      - { record: a:rate, expr: 'rate(a_total[5m])' }
      - { alert: High, expr: 'x > 1', labels: { severity: warning, team: '{{ $labels.team }}' } }
      - { alert: High, expr: 'x > 9', labels: { severity: critical } }
";

    fn left_open(tests: &str) -> Vec<String> {
        let rules = RuleFile::parse(RULES, "rules.yml").unwrap();
        let tests = TestFile::parse(&format!("tests: [{{{tests}}}]"), "tests.yml").unwrap();
        let found = uncovered(&rules, &[(&tests, std::slice::from_ref(&rules))]);
        found.iter().map(|one| format!("{} {one}", one.place.line)).collect()
    }

    #[test]
    fn rules_of_one_name_are_told_by_their_labels() {
        let fires = "{exp_labels: {severity: warning, team: a}}";
        let tests = format!(
            "input_series: [{{series: x, values: 1}}], \
             alert_rule_test: [{{alertname: High}}, {{alertname: High, exp_alerts: [{fires}]}}], \
             promql_expr_test: [{{expr: 'a:rate > 0', exp_samples: [{{value: 1}}]}}]"
        );
        assert_eq!(left_open(&tests), ["7 no test expects `High` to fire"]);
    }

    #[test]
    fn an_expectation_of_nothing_reads_no_recorded_series() {
        let found = left_open("promql_expr_test: [{expr: 'a:rate'}]");
        assert_eq!(found[0], "5 no test expects a sample of `a:rate`");
        assert_eq!(found.len(), 5, "{found:?}");
    }

    #[test]
    fn an_alert_that_reads_nothing_is_not_tested_to_be_quiet() {
        let quiet = "alert_rule_test: [{alertname: High}]";
        let series = |name: &str| format!("input_series: [{{series: {name}, values: 1}}], {quiet}");
        let is_open = |tests: &str| left_open(tests).iter().any(|one| one.ends_with("be quiet"));
        assert!(is_open(quiet) && is_open(&series("y")) && !is_open(&series("x")));
    }

    #[test]
    fn an_alert_that_is_only_expected_to_fire_may_fire_always() {
        let fires = "{exp_labels: {severity: critical}}";
        let found = left_open(&format!(
            "input_series: [{{series: x, values: 1}}], alert_rule_test: [{{alertname: High, exp_alerts: [{fires}]}}]"
        ));
        assert_eq!(
            found[1..],
            ["6 no test expects `High` to fire", "7 no test expects `High` to be quiet",]
        );
    }
}
