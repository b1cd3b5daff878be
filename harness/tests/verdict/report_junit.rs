//! The JUnit report, read by readers that are not ours: junitparser and the schema of
//! Jenkins.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use crate::{outside, support};
use serde_json::Value;
use slogate::archive::{RunRecord, ScenarioRecord};
use slogate::gate::{Condition, ExitCode, OnInconclusive, Outcome, RuleResult, Signal};
use slogate::report::{json, junit, junit_of_rules};
use slogate::slo::Verdict;
use tempfile::TempDir;

fn drawn(record: &RunRecord) -> String {
    junit(record, record.outcome(OnInconclusive::Fail)).unwrap()
}

fn with_condition(condition: Condition) -> ScenarioRecord {
    let mut scenario = support::passing();
    scenario.conditions = vec![condition];
    let standing = scenario.standing();
    scenario.verdict = standing.verdict;
    scenario.reasons = standing.reasons;
    scenario
}

/// Runs of every kind, by name.
fn runs() -> BTreeMap<&'static str, RunRecord> {
    let run = |scenario| support::run_of(vec![scenario], None);
    let reason = || "r".to_owned();
    let mut empty = support::inconclusive();
    empty.slos.clear();
    empty.reasons = empty.standing().reasons;
    BTreeMap::from([
        ("passing", support::passing_run()),
        ("failing", support::failing_run()),
        ("inconclusive", run(support::inconclusive())),
        ("unreachable", run(support::unreachable())),
        ("batches", run(support::batches())),
        ("hostile", support::hostile_run()),
        ("nothing", support::run_of(vec![], None)),
        ("no objective", run(empty)),
        ("restarted", run(with_condition(Condition::Restarted { reason: reason() }))),
        ("skipped", run(with_condition(Condition::Skipped { reason: reason() }))),
        ("interrupted", run(with_condition(Condition::Interrupted { signal: Signal::Interrupt }))),
    ])
}

const READER: &str = "
import json, sys
from junitparser import JUnitXml, Failure, Error, Skipped
words = {Failure: 'fail', Error: 'error', Skipped: 'skipped'}
suites = []
xml = JUnitXml.fromfile(sys.argv[1])
for suite in xml:
    cases = [[c.classname, c.name, [words[type(r)] for r in c.result]] for c in suite]
    suites.append({'name': suite.name, 'tests': suite.tests, 'failures': suite.failures,
                   'errors': suite.errors, 'skipped': suite.skipped, 'cases': cases})
print(json.dumps({'tests': xml.tests, 'failures': xml.failures, 'errors': xml.errors, 'suites': suites}))
";

/// What junitparser makes of a report; nothing where it is not installed.
fn read_by_junitparser(xml: &str) -> Option<Value> {
    if !outside::has_python_package("junitparser") {
        return None;
    }
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("junit.xml");
    std::fs::write(&file, xml).unwrap();
    let output = Command::new("python3").args(["-c", READER]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// How often the JSON report has a verdict, in what can be a case of JUnit.
fn verdicts(report: &Value, word: &str) -> usize {
    let lists = report["scenarios"].as_array().unwrap().iter().map(|scenario| &scenario["slos"]);
    lists
        .chain([&report["rules"]["results"]])
        .filter_map(Value::as_array)
        .flatten()
        .filter(|judged| judged["verdict"] == word)
        .count()
}

#[test]
fn junitparser_counts_what_the_json_report_counts() {
    for name in ["passing", "failing", "inconclusive", "batches", "hostile"] {
        let record = &runs()[name];
        let Some(read) = read_by_junitparser(&drawn(record)) else { return };
        let outcome = record.outcome(OnInconclusive::Fail);
        let report: Value = serde_json::from_str(&json(record, outcome).unwrap()).unwrap();
        let [passes, failures, errors] =
            ["pass", "fail", "inconclusive"].map(|word| verdicts(&report, word));
        assert_eq!(read["failures"], failures, "{name}: {read:#}");
        assert_eq!(read["errors"], errors, "{name}: {read:#}");
        assert_eq!(read["tests"], passes + failures + errors, "{name}: {read:#}");
        let results = |word: &str| -> usize {
            let suites = read["suites"].as_array().unwrap().iter();
            let cases = suites.flat_map(|suite| suite["cases"].as_array().unwrap());
            cases.filter(|case| case[2] == serde_json::json!([word])).count()
        };
        assert_eq!((results("fail"), results("error")), (failures, errors), "{name}: {read:#}");
    }
}

#[test]
fn a_case_is_an_objective_of_its_scenario() {
    let Some(read) = read_by_junitparser(&drawn(&runs()["failing"])) else { return };
    let names: Vec<&Value> =
        read["suites"].as_array().unwrap().iter().map(|suite| &suite["name"]).collect();
    assert_eq!(names, ["10k", "10k-faults", "rules"]);
    assert_eq!(
        read["suites"][1]["cases"][1],
        serde_json::json!(["10k-faults", "success", ["fail"]])
    );
}

#[test]
fn no_report_is_all_green_whose_exit_code_is_not_0() {
    for (name, record) in runs() {
        let outcome = record.outcome(OnInconclusive::Fail);
        let is_red = drawn(&record).contains("<failure") || drawn(&record).contains("<error");
        assert_eq!(is_red, outcome.exit_code != ExitCode::Pass, "{name}\n{}", drawn(&record));
        let Some(read) = read_by_junitparser(&drawn(&record)) else { continue };
        let trouble = read["failures"].as_u64().unwrap() + read["errors"].as_u64().unwrap();
        assert_eq!(trouble > 0, outcome.exit_code != ExitCode::Pass, "{name}: {read:#}");
        for suite in read["suites"].as_array().unwrap() {
            assert_ne!(suite["tests"], 0, "{name}: {read:#}");
        }
    }
}

#[test]
fn a_run_that_could_not_be_saved_is_not_all_green() {
    let record = support::passing_run();
    let outcome = Outcome { verdict: Verdict::Pass, exit_code: ExitCode::Internal };
    let xml = junit(&record, outcome).unwrap();
    assert!(xml.contains("<error message=") && xml.contains("exit 5"), "{xml}");
}

#[test]
fn doubt_that_is_accepted_is_skipped_and_not_green() {
    let record = &runs()["inconclusive"];
    let xml = junit(record, record.outcome(OnInconclusive::Warn)).unwrap();
    assert!(!xml.contains("<error") && xml.contains("<skipped message="), "{xml}");
    assert!(xml.contains("accepted by --on-inconclusive warn"), "{xml}");
    let unreachable = &runs()["unreachable"];
    let xml = junit(unreachable, unreachable.outcome(OnInconclusive::Warn)).unwrap();
    assert!(xml.contains("<error") && !xml.contains("<skipped"), "exit 4 is not accepted: {xml}");
}

/// The schema of Jenkins, where `SLOGATE_JUNIT_XSD` says that it is.
fn jenkins_schema() -> Option<PathBuf> {
    let file = std::env::var_os("SLOGATE_JUNIT_XSD").map(PathBuf::from);
    let found = file.filter(|file| file.is_file());
    outside::is_there("junit-xsd", found.is_some()).then_some(found)?
}

#[test]
fn the_schema_of_jenkins_accepts_every_report() {
    let (Some(schema), true) = (jenkins_schema(), outside::has("xmllint")) else { return };
    let folder = TempDir::new().unwrap();
    for (name, record) in runs() {
        for on_inconclusive in [OnInconclusive::Fail, OnInconclusive::Warn] {
            let file = folder.path().join("junit.xml");
            let xml = junit(&record, record.outcome(on_inconclusive)).unwrap();
            std::fs::write(&file, &xml).unwrap();
            let mut xmllint = Command::new("xmllint");
            xmllint.args(["--noout", "--nonet", "--schema"]).arg(&schema).arg(&file);
            let output = xmllint.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name}: {said}\n{xml}");
        }
    }
}

#[test]
fn what_rules_came_to_is_read_by_the_same_readers() {
    let of = |file: &str, name: &str, verdict, detail: &str| RuleResult {
        file: file.into(),
        name: name.into(),
        engine: "built-in".into(),
        verdict,
        detail: detail.into(),
        codes: Vec::new(),
    };
    let xml = junit_of_rules(
        "slogate rules test",
        &[
            of("b.test.yml", "alert <A> at 5m", Verdict::Fail, "expected: \u{1b}x"),
            of("a.test.yml", "1 tests", Verdict::Pass, ""),
            of("b.test.yml", "tests", Verdict::Inconclusive, "nothing"),
        ],
    )
    .unwrap();
    if let Some(read) = read_by_junitparser(&xml) {
        let counts = [&read["tests"], &read["failures"], &read["errors"]];
        assert_eq!(counts, [3, 1, 1], "{read:#}");
        assert_eq!(read["suites"][1]["name"], "b.test.yml");
        assert_eq!(read["suites"][1]["cases"][0][1], "alert <A> at 5m (built-in)");
    }
    let (Some(schema), true) = (jenkins_schema(), outside::has("xmllint")) else { return };
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("junit.xml");
    std::fs::write(&file, &xml).unwrap();
    let mut xmllint = Command::new("xmllint");
    let output = xmllint.args(["--noout", "--nonet", "--schema"]).args([&schema, &file]).output();
    assert!(output.unwrap().status.success(), "{xml}");
}
