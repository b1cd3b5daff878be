//! Running the tests of a file on rule files that the caller has read.

use super::{AlertTest, Case, ExpectedAlert, ExpressionTest, Report, Subject, TestFile, TestGroup};
use crate::rules::{
    AlertState, Group, GroupState, RuleContext, RuleFailure, RuleFile, RuleKind, evaluate_group,
};
use crate::{Datum, Expression, Labels, MemorySeries, Options, ResetHint, Value, instant};

/// What a run of tests may be told.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Only test groups whose name passes, where one without a name has an empty one; all of
    /// them where `None`.
    pub only: Option<regex::Regex>,
}

/// Runs the tests of a file. Files and groups keep their order, except as
/// `group_eval_order` says.
pub fn run(file: &TestFile, rules: &[RuleFile], options: &RunOptions) -> Report {
    let groups = in_order(file, rules);
    let chosen = |test: &&TestGroup| {
        let name = test.name.as_deref().unwrap_or_default();
        options.only.as_ref().is_none_or(|only| only.is_match(name))
    };
    let tests = file.tests.iter().filter(chosen);
    Report { cases: tests.flat_map(|test| GroupRun::new(file, test, &groups).cases()).collect() }
}

/// Whether every test of a file passes; the first group with one that does not ends it.
pub fn passes(file: &TestFile, rules: &[RuleFile]) -> bool {
    let groups = in_order(file, rules);
    let passes = |test| GroupRun::new(file, test, &groups).cases().iter().all(|case| case.passed);
    file.tests.iter().all(passes)
}

/// All groups in the order in which they are evaluated.
fn in_order<'r>(file: &TestFile, rules: &'r [RuleFile]) -> Vec<&'r Group> {
    let mut groups = rules.iter().flat_map(|file| &file.groups).collect::<Vec<_>>();
    let position = |group: &&Group| {
        file.group_eval_order.iter().position(|name| *name == group.name).map_or(0, |at| at + 1)
    };
    groups.sort_by_key(position);
    groups
}

/// One test group being run.
pub(super) struct GroupRun<'t> {
    file: &'t TestFile,
    test: &'t TestGroup,
    groups: &'t [&'t Group],
    states: Vec<GroupState>,
    store: MemorySeries,
    context: RuleContext,
}

impl<'t> GroupRun<'t> {
    pub(super) fn new(file: &'t TestFile, test: &'t TestGroup, groups: &'t [&'t Group]) -> Self {
        let options =
            Options { subquery_step_ms: file.evaluation_interval_ms, ..Options::default() };
        let context = RuleContext {
            options,
            external_labels: test.external_labels.clone(),
            external_url: test.external_url.clone(),
        };
        let states = groups.iter().map(|_| GroupState::default()).collect();
        Self { file, test, groups, states, store: MemorySeries::default(), context }
    }

    /// Rules are evaluated at every interval up to the latest time asked for;
    /// alerts are looked at after the evaluation at or before their time.
    fn cases(mut self) -> Vec<Case> {
        let interval_ms = self.file.evaluation_interval_ms;
        let mut cases = Vec::new();
        let mut loaded = 0;
        let mut elapsed_ms = 0;
        while elapsed_ms <= self.test.latest_ms() {
            loaded = self.load(loaded, elapsed_ms);
            let failures = self.evaluate(elapsed_ms);
            if !failures.is_empty() {
                cases.extend(failures.iter().map(|failure| self.failed_rule(failure)));
                return cases;
            }
            let next_ms = elapsed_ms.saturating_add(interval_ms);
            let due = |test: &&AlertTest| (elapsed_ms..next_ms).contains(&test.eval_time_ms);
            cases
                .extend(self.test.alert_tests.iter().filter(due).map(|test| self.alert_case(test)));
            elapsed_ms = next_ms;
        }
        let expressions = self.test.expression_tests.iter();
        cases.extend(expressions.map(|test| self.expression_case(test)));
        cases.sort_by_key(|case| case.place);
        cases
    }

    /// Makes input samples visible up to a time; `from` is the first index that
    /// is not visible yet, and the next such index comes back.
    pub(super) fn load(&mut self, from: usize, elapsed_ms: i64) -> usize {
        let end = usize::try_from(elapsed_ms / self.test.interval_ms + 1).unwrap_or(usize::MAX);
        for (labels, values) in &self.test.input_series {
            let visible = values.iter().enumerate().take(end).skip(from);
            for (at, value) in visible {
                let offset_ms = i64::try_from(at).unwrap_or(i64::MAX) * self.test.interval_ms;
                if let Some(datum) = value {
                    self.store.append_datum(labels, self.test.start_ms + offset_ms, datum);
                }
            }
        }
        end
    }

    pub(super) fn evaluate(&mut self, elapsed_ms: i64) -> Vec<RuleFailure> {
        let at_ms = self.test.start_ms + elapsed_ms;
        let mut failures = Vec::new();
        for (group, state) in self.groups.iter().zip(&mut self.states) {
            failures.extend(evaluate_group(group, state, &mut self.store, at_ms, &self.context));
        }
        failures
    }

    /// What an expression is on everything that is visible so far, rules' own series included;
    /// nothing where it has no value.
    pub(super) fn elements(&self, expression: &Expression, at_ms: i64) -> Vec<(Labels, Datum)> {
        match instant(expression, &self.store, at_ms, &self.context.options) {
            Ok(Value::Vector(elements)) => {
                elements.into_iter().map(|one| (one.labels, one.value)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn failed_rule(&self, failure: &RuleFailure) -> Case {
        Case {
            group: self.test.name.clone(),
            subject: Subject::Rule(failure.rule.clone()),
            eval_time_ms: failure.at_ms - self.test.start_ms,
            passed: false,
            expected: Vec::new(),
            got: vec![failure.message.clone()],
            place: self.test.place,
        }
    }

    fn alert_case(&self, test: &AlertTest) -> Case {
        let mut got = self.firing(&test.alert);
        let mut expected = test.expected.clone();
        got.sort();
        expected.sort();
        let lines = |alerts: &[ExpectedAlert]| alerts.iter().map(show_alert).collect();
        Case {
            group: self.test.name.clone(),
            subject: Subject::Alert(test.alert.clone()),
            eval_time_ms: test.eval_time_ms,
            passed: got == expected,
            expected: lines(&expected),
            got: lines(&got),
            place: test.place,
        }
    }

    /// Firing alerts of all rules with a name, whichever group they are in.
    pub(super) fn firing(&self, name: &str) -> Vec<ExpectedAlert> {
        let mut firing = Vec::new();
        for (group, state) in self.groups.iter().zip(&self.states) {
            for (at, rule) in group.rules.iter().enumerate() {
                if rule.name != name || !matches!(rule.kind, RuleKind::Alerting(_)) {
                    continue;
                }
                let alerts = state.alerts(at).filter(|alert| alert.state == AlertState::Firing);
                firing.extend(alerts.map(|alert| ExpectedAlert {
                    labels: alert.labels.clone(),
                    annotations: alert.annotations.clone(),
                }));
            }
        }
        firing
    }

    fn expression_case(&self, test: &ExpressionTest) -> Case {
        let at_ms = self.test.start_ms + test.eval_time_ms;
        let value = instant(&test.expression, &self.store, at_ms, &self.context.options);
        let (passed, got) = match value {
            Ok(Value::Vector(elements)) => {
                let got = elements.into_iter().map(|e| (e.labels, e.value)).collect();
                self.compare(got, &test.expected)
            }
            Ok(Value::Scalar(value)) => {
                self.compare(vec![(Labels::default(), value.into())], &test.expected)
            }
            Ok(_) => (false, vec!["not a vector or scalar".to_owned()]),
            Err(error) => (false, vec![error.to_string()]),
        };
        let mut expected = test.expected.iter().map(show_sample).collect::<Vec<_>>();
        expected.sort();
        Case {
            group: self.test.name.clone(),
            subject: Subject::Expression(test.text.clone()),
            eval_time_ms: test.eval_time_ms,
            passed,
            expected,
            got,
            place: test.place,
        }
    }

    fn compare(
        &self,
        mut got: Vec<(Labels, Datum)>,
        expected: &[(Labels, Datum)],
    ) -> (bool, Vec<String>) {
        let mut wanted = expected.to_vec();
        let by_labels = |a: &(Labels, Datum), b: &(Labels, Datum)| {
            let number = |datum: &Datum| datum.number().unwrap_or_default();
            a.0.cmp(&b.0).then_with(|| number(&a.1).total_cmp(&number(&b.1)))
        };
        wanted.sort_by(by_labels);
        got.sort_by(by_labels);
        let same = |(a, b): (&(Labels, Datum), &(Labels, Datum))| {
            a.0 == b.0 && same_datum(&a.1, &b.1, self.file.fuzzy_compare)
        };
        let passed = got.len() == wanted.len() && got.iter().zip(&wanted).all(same);
        let mut lines = got.iter().map(show_sample).collect::<Vec<_>>();
        lines.sort();
        if wanted.iter().filter_map(|(_, datum)| datum.number()).any(f64::is_nan) {
            lines.push("(NaN equals nothing; test `expr != expr` instead)".to_owned());
        }
        (passed, lines)
    }
}

/// Histograms must have the same buckets, and the same known about resets.
fn same_datum(a: &Datum, b: &Datum, fuzzy: bool) -> bool {
    match (a, b) {
        (Datum::Number(a), Datum::Number(b)) => same_value(*a, *b, fuzzy),
        (Datum::Histogram(a), Datum::Histogram(b)) => a.reset_hint == b.reset_hint && a.is_same(b),
        _ => false,
    }
}

/// Exact, or one step of a double apart. NaN equals nothing, not even itself,
/// as with promtool; the verdict must be the same.
#[expect(clippy::float_cmp, reason = "promtool compares exactly")]
fn same_value(a: f64, b: f64, fuzzy: bool) -> bool {
    a == b || (fuzzy && (a == b.next_up() || a == b.next_down()))
}

fn show_sample((labels, datum): &(Labels, Datum)) -> String {
    let hint = match datum.histogram().map(|histogram| histogram.reset_hint) {
        None | Some(ResetHint::Unknown) => "",
        Some(ResetHint::Reset) => " counter_reset_hint:reset",
        Some(ResetHint::NotReset) => " counter_reset_hint:not_reset",
        Some(ResetHint::Gauge) => " counter_reset_hint:gauge",
    };
    format!("{labels} {datum}{hint}")
}

fn show_alert(alert: &ExpectedAlert) -> String {
    format!("labels {} annotations {}", alert.labels, alert.annotations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;

    const RULES: &str = "
groups:
  - name: g
    rules:
      - record: doubled
        expr: x * 2
      - alert: High
        expr: doubled > 10
        for: 1m
        labels: { severity: page }
        annotations: { summary: 'is {{ $value }}' }
";

    fn report(tests: &str) -> Report {
        let rules = RuleFile::parse(RULES, "rules.yml").unwrap();
        let tests = TestFile::parse(tests, "tests.yml").unwrap();
        run(&tests, &[rules], &RunOptions::default())
    }

    fn outcomes(tests: &str) -> Vec<bool> {
        report(tests).cases.iter().map(|case| case.passed).collect()
    }

    #[test]
    fn an_alert_test_passes_only_with_exactly_the_firing_alerts() {
        let tests = "
tests:
  - input_series:
      - { series: 'x{a=\"1\"}', values: '0 6 6 6' }
    alert_rule_test:
      - { eval_time: 1m, alertname: High }
      - eval_time: 2m
        alertname: High
        exp_alerts:
          - { exp_labels: { a: '1', severity: page }, exp_annotations: { summary: is 12 } }
      - { eval_time: 2m, alertname: High }
      - eval_time: 2m
        alertname: High
        exp_alerts: [{ exp_labels: { a: '1', severity: page } }]
";
        assert_eq!(outcomes(tests), [true, true, false, false]);
    }

    #[test]
    fn an_annotation_that_says_nothing_is_there() {
        let rules = "groups: [{name: g, rules: [{alert: A, expr: 1, annotations: {a: '', b: c}}]}]";
        let rules = [RuleFile::parse(rules, "rules.yml").unwrap()];
        let passed = |annotations: &str| {
            let tests = format!(
                "tests: [{{alert_rule_test: [{{alertname: A, exp_alerts: [{{exp_annotations: {annotations}}}]}}]}}]"
            );
            let tests = TestFile::parse(&tests, "tests.yml").unwrap();
            run(&tests, &rules, &RunOptions::default()).cases[0].passed
        };
        assert!(passed("{a: '', b: c}"));
        assert!(!passed("{b: c}"));
    }

    #[test]
    fn an_expression_test_compares_labels_and_values() {
        let tests = "
tests:
  - input_series:
      - { series: x, values: '1+1x3' }
    promql_expr_test:
      - { expr: doubled, eval_time: 2m, exp_samples: [{ labels: doubled, value: 6 }] }
      - { expr: doubled, eval_time: 2m, exp_samples: [{ labels: doubled, value: 7 }] }
      - { expr: doubled, eval_time: 2m, exp_samples: [{ value: 6 }] }
      - { expr: 1 + 1, eval_time: 2m, exp_samples: [{ value: 2 }] }
      - { expr: absent_series, eval_time: 2m }
      - { expr: 1 / 0, exp_samples: [{ value: +.Inf }] }
      - { expr: 0 / 0, exp_samples: [{ value: .nan }] }
";
        assert_eq!(outcomes(tests), [true, false, false, true, true, true, false]);
    }

    #[test]
    fn a_failure_says_what_was_expected_and_got() {
        let tests = "
tests:
  - name: one
    promql_expr_test:
      - { expr: 1 + 1, exp_samples: [{ value: 3 }] }
";
        let case = &report(tests).cases[0];
        assert_eq!((case.expected[0].as_str(), case.got[0].as_str()), ("{} 3", "{} 2"));
        assert_eq!(case.place, Place { line: 5, column: 9 });
        assert_eq!(case.group.as_deref(), Some("one"));
    }

    #[test]
    fn the_last_of_two_equal_series_counts() {
        let tests = "
tests:
  - input_series:
      - { series: 'x{a=\"1\"}', values: 1x5 }
      - { series: 'x{a=\"1\"}', values: 10x5 }
    promql_expr_test:
      - { expr: sum(x), eval_time: 5m, exp_samples: [{ value: 10 }] }
      - { expr: vector(8), exp_samples: [{ value: 010 }] }
      - { expr: vector(-15), exp_samples: [{ value: -0o17 }] }
      - { expr: vector(1003), exp_samples: [{ value: 1_003 }] }
      - { expr: vector(3), exp_samples: [{ value: 0b11 }] }
";
        assert_eq!(outcomes(tests), [true; 5]);
    }

    #[test]
    fn what_no_alert_has_and_what_is_no_number_is_refused() {
        let refused = |tests: &str| {
            let errors = TestFile::parse(tests, "tests.yml").unwrap_err();
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let empty = refused(
            "tests: [{alert_rule_test: [{alertname: A, exp_alerts: [{exp_labels: {z: ''}}]}]}]",
        );
        assert!(empty.contains("leave `z` out"), "{empty}");
        let quoted =
            refused("tests: [{promql_expr_test: [{expr: '2', exp_samples: [{value: \"2\"}]}]}]");
        assert!(quoted.contains("without quotes"), "{quoted}");
    }

    #[test]
    fn samples_after_the_last_evaluation_are_not_seen() {
        let tests = "
evaluation_interval: 5m
tests:
  - interval: 1m
    input_series:
      - { series: x, values: '1+1x10' }
    promql_expr_test:
      - { expr: x, eval_time: 7m, exp_samples: [{ labels: x, value: 6 }] }
";
        assert_eq!(outcomes(tests), [true]);
    }
}
