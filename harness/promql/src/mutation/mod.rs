//! Mutation testing of rules: each rule is changed in one small way after the other, and the
//! unit tests should notice every change.
//!
//! A test that still passes on a mutant does not hold the rule to what was changed. The changes
//! are those that people make by mistake when they write or edit a rule; each has its reason
//! beside it. A mutant that means the same as its rule by construction, such as `up <= 0` for
//! `up == 0`, is not made: nothing could notice it. Reading files, and what to do about mutants
//! that nothing noticed, is the caller's business.

mod arithmetic;
mod changes;
mod comparison;
mod selection;
mod timing;

use crate::Place;
use crate::rules::{Rule, RuleFile};
use crate::unit_test::{TestFile, passes};

/// One rule of a file with one change.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The name of the rule.
    pub rule: String,
    /// Where what was changed stands: the rule's expression, or the rule.
    pub place: Place,
    /// What was changed, as PromQL or YAML: `> 0.95`.
    pub before: String,
    /// What stands there instead: `>= 0.95`.
    pub after: String,
    /// The positions of its group in the file and of the rule in the group.
    at: (usize, usize),
    changed: Rule,
}

impl Mutant {
    /// The file with this change.
    pub fn in_file(&self, file: &RuleFile) -> RuleFile {
        let mut changed = file.clone();
        let (group, rule) = self.at;
        if let Some(place) = changed.groups.get_mut(group).and_then(|it| it.rules.get_mut(rule)) {
            *place = self.changed.clone();
        }
        changed
    }
}

/// Every mutant of every rule, in the order of the file. Times are changed by more than
/// `interval_ms`, the time between two evaluations: less than that nothing could notice.
pub fn mutants(file: &RuleFile, interval_ms: i64) -> Vec<Mutant> {
    let groups = file.groups.iter().enumerate();
    let rules = groups.flat_map(|(group, it)| {
        it.rules.iter().enumerate().map(move |(rule, it)| ((group, rule), it))
    });
    rules.flat_map(|(at, rule)| of_rule(at, rule, interval_ms)).collect()
}

/// Whether a file of tests that passes on the rules fails on them with a change.
pub fn notices(tests: &TestFile, rules: &[RuleFile]) -> bool {
    !passes(tests, rules)
}

fn of_rule(at: (usize, usize), rule: &Rule, interval_ms: i64) -> Vec<Mutant> {
    let of_expression = changes::of(&rule.expression).into_iter().map(|change| Mutant {
        rule: rule.name.clone(),
        place: rule.expression_place,
        before: change.before,
        after: change.after,
        at,
        changed: Rule { expression: change.expression, ..rule.clone() },
    });
    let of_times = timing::of(rule, interval_ms).into_iter().map(|change| Mutant {
        rule: rule.name.clone(),
        place: rule.place,
        before: change.before,
        after: change.after,
        at,
        changed: change.rule,
    });
    of_expression.chain(of_times).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "
groups:
  - name: g
    rules:
      - alert: High
        expr: x > 10
        for: 2m
";

    fn surviving(tests: &str) -> Vec<String> {
        let rules = RuleFile::parse(RULES, "rules.yml").unwrap();
        let tests = TestFile::parse(tests, "tests.yml").unwrap();
        assert!(!notices(&tests, std::slice::from_ref(&rules)), "the rule itself must pass");
        let made = mutants(&rules, tests.evaluation_interval_ms);
        assert_eq!(made.len(), 7);
        let survivors = made.iter().filter(|mutant| !notices(&tests, &[mutant.in_file(&rules)]));
        survivors.map(|mutant| format!("{} -> {}", mutant.before, mutant.after)).collect()
    }

    #[test]
    fn a_test_on_both_sides_of_every_limit_leaves_no_mutant() {
        let tests = "
tests:
  - input_series:
      - { series: 'x{a=\"1\"}', values: '10 11 11 11 11' }
      - { series: 'x{a=\"2\"}', values: '10x9' }
      - { series: 'x{a=\"3\"}', values: '1x9' }
    alert_rule_test:
      - { eval_time: 2m, alertname: High }
      - { eval_time: 3m, alertname: High, exp_alerts: [{ exp_labels: { a: '1' } }] }
";
        assert_eq!(surviving(tests), [] as [&str; 0]);
    }

    #[test]
    fn a_test_far_from_the_limit_leaves_those_beside_it() {
        let tests = "
tests:
  - input_series:
      - { series: 'x{a=\"1\"}', values: '100x9' }
      - { series: 'x{a=\"2\"}', values: '1x9' }
    alert_rule_test:
      - { eval_time: 5m, alertname: High, exp_alerts: [{ exp_labels: { a: '1' } }] }
";
        let expected = [
            "> 10 -> >= 10",
            "> 10 -> > 9",
            "> 10 -> > 11",
            "for: 2m -> for: 0s",
            "for: 2m -> for: 4m",
        ];
        assert_eq!(surviving(tests), expected);
    }
}
