//! Running rule unit tests in one engine or both.

use std::collections::BTreeSet;
use std::path::PathBuf;

use regex::Regex;
use slogate_promql::rules::{FileKind, UnknownFields};
use slogate_promql::unit_test::{RunOptions, idle, run};

use super::files::{LoadedTests, Opened, open};
use super::{BuiltInResult, Engines, Promtool, RuleTestReport, RulesError};

/// What a run of unit tests may be told.
#[derive(Clone, Debug, Default)]
pub struct TestOptions {
    /// Only groups of tests whose name passes; all of them where `None`.
    pub run: Option<Regex>,
    /// What becomes of fields that are not known, in tests and rules.
    pub unknown_fields: UnknownFields,
}

/// Runs the unit tests among the files; files with rules only are passed over.
pub fn test_files(paths: &[PathBuf], engines: &Engines) -> Result<Vec<RuleTestReport>, RulesError> {
    test_files_with(paths, engines, &TestOptions::default())
}

/// As [`test_files`], where somebody says which tests run and how files are read.
pub fn test_files_with(
    paths: &[PathBuf],
    engines: &Engines,
    options: &TestOptions,
) -> Result<Vec<RuleTestReport>, RulesError> {
    let mut reports = Vec::new();
    for path in paths {
        let file = open(path, options.unknown_fields)?;
        if file.kind == FileKind::UnitTests {
            reports.push(test_file(&file, engines, options)?);
        }
    }
    Ok(reports)
}

fn test_file(
    file: &Opened,
    engines: &Engines,
    options: &TestOptions,
) -> Result<RuleTestReport, RulesError> {
    let loaded = match (file.tests(), engines) {
        // promtool alone may know what the built-in engine does not support.
        (Err(RulesError::Invalid(_)), Engines::Promtool(_)) => None,
        (loaded, _) => Some(loaded?),
    };
    let tests = file.count_tests(options.run.as_ref())?;
    let left_out = file.count_tests(None)? - tests;
    let ask = |promtool: &Promtool| promtool.test(&file.path, options);
    let by_built_in = loaded.as_ref().filter(|_| engines.include_built_in());
    let idle_in = |loaded: &LoadedTests| idle(&loaded.tests, &loaded.rules, options.run.as_ref());
    Ok(RuleTestReport {
        file: file.path.clone(),
        tests,
        left_out,
        idle: loaded.as_ref().map(idle_in).unwrap_or_default(),
        unknown_alerts: loaded.as_ref().map(unknown_alerts).unwrap_or_default(),
        built_in: by_built_in.map(|loaded| run_built_in(loaded, options)),
        promtool: engines.promtool().map(ask).transpose()?,
    })
}

fn run_built_in(loaded: &LoadedTests, options: &TestOptions) -> BuiltInResult {
    let options = RunOptions { only: options.run.clone() };
    BuiltInResult { cases: run(&loaded.tests, &loaded.rules, &options).cases }
}

fn unknown_alerts(loaded: &LoadedTests) -> Vec<String> {
    let known: BTreeSet<&str> = loaded
        .rules
        .iter()
        .flat_map(|file| &file.groups)
        .flat_map(|group| &group.rules)
        .map(|rule| rule.name.as_str())
        .collect();
    let tested: BTreeSet<&str> = loaded
        .tests
        .tests
        .iter()
        .flat_map(|group| &group.alert_tests)
        .map(|test| test.alert.as_str())
        .collect();
    tested.difference(&known).map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleTestOutcome;

    const RULES: &str = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]";

    fn outcome(tests: &str) -> RuleTestOutcome {
        let folder = tempfile::tempdir().unwrap();
        let files = [("rules.yml", RULES), ("a.test.yml", tests)].map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        });
        let reports = test_files(&files, &Engines::BuiltIn).unwrap();
        assert_eq!(reports.len(), 1, "the rule file itself is no test");
        reports[0].outcome()
    }

    #[test]
    fn a_test_file_finds_its_rules_beside_itself() {
        let tests = "
rule_files: ['rul*.yml']
tests:
  - input_series: [{ series: x, values: '2' }]
    alert_rule_test: [{ eval_time: 0m, alertname: A, exp_alerts: [{}] }]
";
        assert_eq!(outcome(tests), RuleTestOutcome::Passed);
    }

    #[test]
    fn a_rule_file_that_is_named_twice_is_loaded_once() {
        let tests = "
rule_files: [rules.yml, ./rules.yml, 'rul*.yml']
tests:
  - input_series: [{ series: x, values: '2' }]
    alert_rule_test: [{ eval_time: 0m, alertname: A, exp_alerts: [{}] }]
";
        assert_eq!(outcome(tests), RuleTestOutcome::Passed);
    }

    #[test]
    fn a_wrong_expectation_fails_and_an_empty_file_tests_nothing() {
        let fails = "
rule_files: [rules.yml]
tests: [{ alert_rule_test: [{ eval_time: 0m, alertname: A, exp_alerts: [{}] }] }]
";
        assert_eq!(outcome(fails), RuleTestOutcome::Failed);
        assert_eq!(outcome("rule_files: [rules.yml]\ntests: []"), RuleTestOutcome::NothingTested);
    }
}
