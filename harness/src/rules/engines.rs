//! Checking files, and running unit tests in one engine or both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use slogate_promql::rules::{RuleError, RuleFile};
use slogate_promql::unit_test::{RunOptions, run};

use super::files::{Loaded, load};
use super::{BuiltInResult, Engine, RuleCheckReport, RuleTestReport, RulesError, promtool};

/// Checks files of either kind. Problems of all files are reported at once.
pub fn check_files(paths: &[PathBuf]) -> Result<RuleCheckReport, RulesError> {
    let mut report = RuleCheckReport::default();
    let mut errors = Vec::new();
    for path in paths {
        match load(path) {
            Ok(Loaded::Rules(file)) => {
                report.rules += file.groups.iter().map(|group| group.rules.len()).sum::<usize>();
                report.warnings.extend(duplicates(&file));
                report.rule_files.push(path.clone());
            }
            Ok(Loaded::Tests { .. }) => report.test_files.push(path.clone()),
            Err(RulesError::Invalid(found)) => errors.extend(found),
            Err(other) => return Err(other),
        }
    }
    // A rule file and the tests that name it report the same problems.
    errors.sort_by(|a: &RuleError, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    errors.dedup();
    if errors.is_empty() { Ok(report) } else { Err(RulesError::Invalid(errors)) }
}

/// Runs the unit tests among the files; files with rules only are passed over.
pub fn test_files(paths: &[PathBuf], engine: Engine) -> Result<Vec<RuleTestReport>, RulesError> {
    let version = match engine {
        Engine::BuiltIn => None,
        Engine::Auto => promtool::installed_version(),
        Engine::Promtool | Engine::Both => {
            Some(promtool::installed_version().ok_or(RulesError::PromtoolMissing)?)
        }
    };
    let mut reports = Vec::new();
    for path in paths {
        let loaded = load(path)?;
        if let Loaded::Tests { .. } = loaded {
            reports.push(test_file(path, &loaded, engine, version.as_deref())?);
        }
    }
    Ok(reports)
}

fn test_file(
    path: &Path,
    loaded: &Loaded,
    engine: Engine,
    version: Option<&str>,
) -> Result<RuleTestReport, RulesError> {
    let built_in = match loaded {
        Loaded::Tests { tests, rules } if engine != Engine::Promtool => {
            Some(BuiltInResult { cases: run(tests, rules, &RunOptions::default()).cases })
        }
        _ => None,
    };
    let promtool = version.map(|version| promtool::test(path, version)).transpose()?;
    Ok(RuleTestReport {
        file: path.to_owned(),
        tests: count(loaded),
        unknown_alerts: unknown_alerts(loaded),
        built_in,
        promtool,
    })
}

fn unknown_alerts(loaded: &Loaded) -> Vec<String> {
    let Loaded::Tests { tests, rules } = loaded else { return Vec::new() };
    let known: BTreeSet<&str> = rules
        .iter()
        .flat_map(|file| &file.groups)
        .flat_map(|group| &group.rules)
        .map(|rule| rule.name.as_str())
        .collect();
    let tested: BTreeSet<&str> = tests
        .tests
        .iter()
        .flat_map(|group| &group.alert_tests)
        .map(|test| test.alert.as_str())
        .collect();
    tested.difference(&known).map(ToString::to_string).collect()
}

fn count(loaded: &Loaded) -> usize {
    match loaded {
        Loaded::Rules(_) => 0,
        Loaded::Tests { tests, .. } => tests
            .tests
            .iter()
            .map(|group| group.alert_tests.len() + group.expression_tests.len())
            .sum(),
    }
}

fn duplicates(file: &RuleFile) -> Vec<RuleError> {
    let warning = |rule: &slogate_promql::rules::Rule| RuleError {
        file: file.name.clone(),
        place: rule.place,
        message: format!("`{}` has the same name and labels as an earlier rule", rule.name),
    };
    file.duplicates().into_iter().map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RuleTestOutcome;

    const RULES: &str = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]";

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let paths = files.iter().map(write).collect();
        (folder, paths)
    }

    fn outcome(tests: &str) -> RuleTestOutcome {
        let (_folder, paths) = folder(&[("rules.yml", RULES), ("rules.test.yml", tests)]);
        let reports = test_files(&paths, Engine::BuiltIn).unwrap();
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
        let (_folder, paths) = folder(&[("rules.yml", RULES), ("a.test.yml", tests)]);
        let reports = test_files(&paths, Engine::BuiltIn).unwrap();
        assert_eq!(reports[0].outcome(), RuleTestOutcome::Passed);
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

    #[test]
    fn problems_of_all_files_are_reported_at_once() {
        let bad = "groups: [{name: g, rules: [{alert: A, expr: x >}]}]";
        let (_folder, paths) = folder(&[
            ("a.yml", bad),
            ("b.yml", "groups: [{rules: []}]"),
            ("c.test.yml", "rule_files: [a.yml, absent.yml]\ntests: []"),
        ]);
        let Err(RulesError::Invalid(errors)) = check_files(&paths) else { panic!("invalid") };
        let shown = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for part in ["a.yml:1:45", "b.yml:1:10", "c.test.yml:1:21", "absent.yml"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn a_file_of_neither_kind_is_refused() {
        let (_folder, paths) = folder(&[("a.yml", "load: []")]);
        assert!(matches!(check_files(&paths), Err(RulesError::UnknownKind { .. })));
        let absent = [PathBuf::from("absent.yml")];
        assert!(matches!(check_files(&absent), Err(RulesError::Unreadable { .. })));
    }

    #[test]
    fn repeated_rules_are_a_warning() {
        let twice = "groups: [{name: g, rules: [{record: x, expr: a}, {record: x, expr: b}]}]";
        let (_folder, paths) = folder(&[("a.yml", twice)]);
        let report = check_files(&paths).unwrap();
        assert_eq!((report.rules, report.warnings.len()), (2, 1));
    }
}
