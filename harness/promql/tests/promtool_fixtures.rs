//! The rule files and rule unit tests that promtool's own tests use: the same
//! verdict for each, or an explicit "not supported".
#![expect(clippy::unwrap_used, reason = "helpers of a test: a panic there is the failure report")]

mod support;

use std::path::Path;

use slogate_promql::rules::RuleFile;
use slogate_promql::unit_test::{RunOptions, TestFile, run};

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passes,
    Fails,
    /// Refused with "not supported": the file needs promtool's
    /// `--ignore-unknown-fields`.
    Unsupported,
}

const UNIT_TESTS: &[(&str, Verdict)] = &[
    ("no-test-group-interval.yml", Verdict::Passes),
    ("long-period.yml", Verdict::Passes),
    ("at-modifier-test.yml", Verdict::Passes),
    ("negative-offset-test.yml", Verdict::Passes),
    ("start-time-test.yml", Verdict::Passes),
    // With `--run correct` it passes: see the test below.
    ("rules_run.yml", Verdict::Fails),
    ("rules_run_fuzzy.yml", Verdict::Fails),
    ("bad-input-series.yml", Verdict::Fails),
    ("bad-promql.yml", Verdict::Fails),
    ("bad-rules-error-test.yml", Verdict::Fails),
    ("bad-rules-syntax-test.yml", Verdict::Fails),
    ("failing.yml", Verdict::Fails),
    ("rules_run_no_fuzzy.yml", Verdict::Fails),
    ("rules_run_extrafields.yml", Verdict::Fails),
    ("unittest.yml", Verdict::Passes),
];

#[test]
fn unit_tests_end_as_with_promtool() {
    let Some(data) = support::conformance_data() else { return };
    let folder = data.join("prometheus/promtool");
    for (name, expected) in UNIT_TESTS {
        let (verdict, why) = verdict(&folder, name, &RunOptions::default());
        assert_eq!(verdict, *expected, "{name}: {why}");
    }
}

#[test]
fn chosen_test_groups_end_as_with_promtool() {
    let Some(data) = support::conformance_data() else { return };
    let folder = data.join("prometheus/promtool");
    let only = |pattern| RunOptions { only: Some(regex::Regex::new(pattern).unwrap()) };
    for (name, pattern, expected) in [
        ("rules_run.yml", "correct", Verdict::Passes),
        ("rules_run.yml", "wrong", Verdict::Fails),
        ("rules_run_fuzzy.yml", "correct", Verdict::Passes),
        ("rules_run_fuzzy.yml", "wrong", Verdict::Fails),
    ] {
        let (verdict, why) = verdict(&folder, name, &only(pattern));
        assert_eq!(verdict, expected, "{name} {pattern}: {why}");
    }
}

#[test]
fn rule_files_are_good_or_bad_as_their_name_says() {
    let Some(data) = support::conformance_data() else { return };
    // Only with promtool's legacy name validation; by default both are good.
    let good_by_default = ["legacy_validation_annotation.bad.yaml"];
    let mut seen = 0;
    for entry in std::fs::read_dir(data.join("prometheus/rulefmt")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bad = name.contains(".bad.") && !good_by_default.contains(&name.as_str());
        let parsed = RuleFile::parse(&std::fs::read_to_string(&path).unwrap(), &name);
        assert_eq!(parsed.is_err(), bad, "{name}: {:?}", parsed.err());
        seen += 1;
    }
    assert!(seen > 10, "{seen} files");
}

#[test]
fn a_mistake_in_a_template_is_a_problem_of_the_file() {
    let Some(data) = support::conformance_data() else { return };
    let text = std::fs::read_to_string(data.join("prometheus/promtool/rules-bad.yml")).unwrap();
    let errors = RuleFile::parse(&text, "rules-bad.yml").unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().starts_with("rules-bad.yml:12:20: undefined variable"));
}

fn verdict(folder: &Path, name: &str, options: &RunOptions) -> (Verdict, String) {
    let unsupported = |errors: &str| {
        if errors.contains("not supported") { Verdict::Unsupported } else { Verdict::Fails }
    };
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let tests = match TestFile::parse(&read(name), name) {
        Ok(tests) => tests,
        Err(errors) => {
            let errors = format!("{errors:?}");
            return (unsupported(&errors), errors);
        }
    };
    let mut rules = Vec::new();
    for (file, _) in &tests.rule_files {
        match RuleFile::parse(&read(file), file) {
            Ok(file) => rules.push(file),
            Err(errors) => {
                let errors = format!("{errors:?}");
                return (unsupported(&errors), errors);
            }
        }
    }
    let report = run(&tests, &rules, options);
    let verdict = if report.passed() { Verdict::Passes } else { Verdict::Fails };
    (verdict, format!("{:#?}", report.cases))
}
