//! The alert rules of this repository: green in both engines, no test that a
//! changed rule would still pass, and only metrics and bounds that the service has.
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::{Path, PathBuf};

use exporter::catalogue;
use slogate::rules::{
    Engines, PROMTOOL_TIME_LIMIT, Promtool, RuleCheckOutcome, RuleTestOutcome, check_files,
    coverage_of_files, find, mutate_files, test_files,
};
use slogate_promql::rules::{RuleFile, UnknownFields};
use slogate_promql::unit_test::{RunOptions, TestFile, run};
use support::generations::promtools;

fn rules(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(rules(name)).unwrap()
}

#[test]
fn the_rules_of_this_repository_are_in_order() {
    let paths = find(&rules("*.yml").to_string_lossy()).unwrap();
    let report = check_files(&paths, &Engines::BuiltIn).unwrap();
    assert_eq!((report.rule_files.len(), report.test_files.len()), (1, 1));
    let found = report.built_in.unwrap();
    assert_eq!((found.rules, found.warnings.as_slice()), (7, [].as_slice()));
}

#[test]
fn their_tests_pass_in_the_built_in_engine() {
    let reports = test_files(&[rules("export.test.yml")], &Engines::BuiltIn).unwrap();
    let built_in = reports[0].built_in.as_ref().unwrap();
    let failed = built_in.cases.iter().filter(|case| !case.passed).collect::<Vec<_>>();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(built_in.cases.len() > 20, "{} cases", built_in.cases.len());
}

#[test]
fn every_promtool_gives_the_same_verdict() {
    for tool in promtools() {
        let promtool = Promtool::find(&tool.program, PROMTOOL_TIME_LIMIT).unwrap().unwrap();
        let both = Engines::Both(promtool);
        let checked = check_files(&[rules("export.yml")], &both).unwrap();
        assert_eq!(checked.outcome(), RuleCheckOutcome::InOrder, "{checked:?}");
        let reports = test_files(&[rules("export.test.yml")], &both).unwrap();
        assert_eq!(reports[0].outcome(), RuleTestOutcome::Passed, "{:?}", reports[0].promtool);
    }
}

#[test]
fn no_promtool_finds_anything_to_improve() {
    for tool in promtools() {
        let checked = tool
            .command()
            .args(["check", "rules", "--lint=all", "--lint-fatal"])
            .arg(rules("export.yml"))
            .output()
            .unwrap();
        assert!(checked.status.success(), "{tool:?} {}", String::from_utf8_lossy(&checked.stderr));
    }
}

/// Ways to get a rule wrong: what stands in the expression, and what instead.
const MISTAKES: &[(&str, &str)] = &[
    (" > 10000", " >= 10000"),
    (" > 10000", " > 9999"),
    (" > 10000", " > 15000"),
    (" > 10000", " < 10000"),
    (" > 30000", " >= 30000"),
    (" > 30000", " > 29999"),
    (" > 30000", " > 60000"),
    (" > 5", " >= 5"),
    (" > 5", " > 4"),
    (" > 5", " > 6"),
    (" > 5", " < 5"),
    (" > 10\n", " >= 10\n"),
    (" > 10\n", " > 9\n"),
    (" > 10\n", " > 11\n"),
    (" > 1e9", " >= 1e9"),
    (" > 1e9", " > 999999999"),
    (" > 1e9", " > 1000000001"),
    (" < 0.95", " <= 0.95"),
    (" < 0.95", " < 0.94"),
    (" < 0.95", " < 0.96"),
    (" < 0.95", " > 0.95"),
    ("(0.95,", "(0.9,"),
    ("(0.95,", "(0.99,"),
    ("[10m]", "[5m]"),
    ("[10m]", "[20m]"),
    ("[5m]", "[10m]"),
    ("[1h]", "[30m]"),
    ("[1h]", "[2h]"),
    ("by (job)", "by (job, reason, format)"),
    ("floor(", "("),
];

#[test]
fn a_changed_rule_fails_its_tests() {
    let tests = TestFile::parse(&text("export.test.yml"), "export.test.yml").unwrap();
    let original = text("export.yml");
    let mut unnoticed = Vec::new();
    for (right, wrong) in MISTAKES {
        let expressions = original.lines().filter(|line| line.trim_start().starts_with("expr:"));
        let mut tried = 0;
        for line in expressions.filter(|line| format!("{line}\n").contains(right)) {
            let changed = format!("{line}\n").replace(right, wrong);
            let mutant = original.replace(&format!("{line}\n"), &changed);
            let mutant = RuleFile::parse(&mutant, "export.yml").unwrap();
            tried += 1;
            if run(&tests, &[mutant], &RunOptions::default()).passed() {
                unnoticed.push(changed);
            }
        }
        assert!(tried > 0, "no expression has `{right}`");
    }
    assert!(unnoticed.is_empty(), "no test notices:\n{}", unnoticed.concat());
}

#[test]
fn no_mutant_survives_and_every_alert_is_tested_from_both_sides() {
    let tests = [rules("export.test.yml")];
    let mutated = mutate_files(&tests, UnknownFields::Refused).unwrap();
    let survivors = mutated.iter().flat_map(|file| &file.survivors).collect::<Vec<_>>();
    assert!(survivors.is_empty(), "{survivors:#?}");
    assert!(mutated[0].count > 60, "{} mutants", mutated[0].count);
    let coverage = coverage_of_files(&tests, UnknownFields::Refused).unwrap();
    assert!(coverage[0].uncovered.is_empty(), "{coverage:?}");
}

#[test]
fn rules_use_only_metrics_that_the_service_has() {
    let file = RuleFile::parse(&text("export.yml"), "export.yml").unwrap();
    for rule in file.groups.iter().flat_map(|group| &group.rules) {
        for selector in rule.expression.selectors() {
            let name = selector.metric_name().unwrap();
            let family = name.strip_suffix("_bucket").unwrap_or(name);
            let known = catalogue::METRICS.iter().any(|metric| metric.name == family);
            assert!(known, "{name} in {}", rule.name);
            let on_bound = selector.selector.matchers().iter().any(|m| m.name() == "le");
            assert!(!on_bound, "{} matches on the text of `le`", rule.name);
        }
    }
}

#[test]
fn latency_thresholds_are_bounds_below_the_last_one() {
    let (last, below) = catalogue::LATENCY_BUCKETS_MS.split_last().unwrap();
    let text = text("export.yml");
    let thresholds = text
        .lines()
        .filter(|line| line.contains("histogram_quantile"))
        .filter_map(|line| line.rsplit(" > ").next()?.parse::<f64>().ok())
        .collect::<Vec<_>>();
    assert_eq!(thresholds.len(), 2);
    for threshold in thresholds {
        assert!(below.contains(&threshold) && threshold < *last, "{threshold}");
    }
}
