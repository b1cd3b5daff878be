//! promtool that is missing, broken, or of another opinion: whatever it does, nothing turns
//! green that one of the engines that were asked did not take.

use std::time::{Duration, Instant};

use slogate::rules::{Engine, Engines, RulesError, check_files, test_files};

use super::support::{Answer, Ended, Service, Workspace};
use super::{stand_in, with_promtool};

const RULES: &str = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n";
const TESTS: &str = "
rule_files: [rules.yml]
tests:
  - input_series: [{ series: up, values: '0' }]
    alert_rule_test: [{ eval_time: 0m, alertname: Down, exp_alerts: [{}] }]
";
/// What the built-in engine does not support, and promtool does.
const UNSUPPORTED: &str = "
rule_files: [rules.yml]
tests:
  - input_series: [{ series: x, values: '1' }]
    promql_expr_test: [{ expr: start_timestamp(x), eval_time: 0m, exp_samples: [{ labels: x, value: 1 }] }]
";
/// Every verb that asks engines, on files that hold.
const TEST: &[&str] = &["rules", "test", "rules/a.test.yml", "rules/rules.yml"];
const CHECK: &[&str] = &["rules", "check", "rules/a.test.yml", "rules/rules.yml"];

fn workspace() -> Workspace {
    let workspace = Workspace::new();
    workspace.write("rules/rules.yml", RULES);
    workspace.write("rules/a.test.yml", TESTS);
    workspace
}

/// Runs slogate with an engine and a stand-in for promtool.
fn run(workspace: &Workspace, arguments: &[&str], engine: &str, plays: &str) -> Ended {
    let arguments = [arguments, &["--engine", engine]].concat();
    let mut command = with_promtool(workspace, Some(&stand_in()), &arguments);
    Ended::from(command.env("STAND_IN", plays).output().unwrap())
}

fn without_promtool(workspace: &Workspace, arguments: &[&str], engine: &str) -> Ended {
    let arguments = [arguments, &["--engine", engine]].concat();
    Ended::from(with_promtool(workspace, None, &arguments).output().unwrap())
}

/// A service, and a gate over it and the rules.
fn gate(workspace: &Workspace) -> (Service, Vec<&'static str>) {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let scenario = format!(
        "version: 1\nname: plain\ntarget: {}\nmetrics: none\n\
         load:\n  - {{ name: steady, users: 4, iterations: 100 }}\n\
         requests:\n  - {{ name: get, get: / }}\nslo:\n  - count(responses) == 100\n",
        service.url()
    );
    workspace.write("scenarios/plain.yaml", &scenario);
    (service, vec!["gate", "--out", "json"])
}

#[test]
fn without_promtool_the_built_in_engine_answers_and_says_that_it_is_alone() {
    let workspace = workspace();
    for verb in [TEST, CHECK] {
        let ended = without_promtool(&workspace, verb, "auto").expect_code(0);
        assert!(ended.stderr.contains("promtool is not installed"), "{ended:?}");
        assert!(!ended.stdout.contains("promtool"), "{ended:?}");
        let ended = without_promtool(&workspace, verb, "built-in").expect_code(0);
        let is_of_coverage = |line: &&str| line.contains("no test expects `Down`");
        let said: Vec<&str> = ended.stderr.lines().filter(|line| !is_of_coverage(line)).collect();
        assert!(said.is_empty(), "it was asked for alone: {said:?}");
    }
}

#[test]
fn a_promtool_that_was_asked_for_and_is_missing_is_a_usage_error() {
    let workspace = workspace();
    let (service, gate) = gate(&workspace);
    for verb in [TEST, CHECK, &gate] {
        for engine in ["promtool", "both"] {
            let ended = without_promtool(&workspace, verb, engine).expect_code(2);
            assert!(ended.stderr.contains("install it"), "{ended:?}");
        }
    }
    assert_eq!(service.seen(), 0, "nothing was sent");
}

#[test]
fn a_gate_without_promtool_says_so_unless_it_is_to_be_quiet() {
    let workspace = workspace();
    let (_service, gate) = gate(&workspace);
    let ended = without_promtool(&workspace, &gate, "auto").expect_code(0);
    assert!(ended.stderr.contains("promtool is not installed"), "{ended:?}");
    let quiet = [&gate[..], &["--quiet"]].concat();
    let ended = without_promtool(&workspace, &quiet, "auto").expect_code(0);
    assert!(!ended.stderr.contains("promtool"), "{ended:?}");
}

#[test]
fn a_promtool_that_gives_no_answer_is_never_green() {
    let workspace = workspace();
    let (service, gate) = gate(&workspace);
    for verb in [TEST, CHECK, &gate] {
        for plays in ["silent", "garbage", "versionless"] {
            for engine in ["auto", "promtool", "both"] {
                let ended = run(&workspace, verb, engine, plays).expect_code(5);
                assert!(ended.stderr.contains("--engine built-in"), "{ended:?}");
            }
            run(&workspace, verb, "built-in", plays).expect_code(0);
        }
    }
    assert_eq!(service.seen(), 300, "the gates that ended with 5 sent nothing");
}

#[test]
fn a_promtool_that_hangs_is_ended() {
    let workspace = workspace();
    // Time enough for the stand-in to tell its version on a busy machine.
    let limit = Duration::from_secs(4);
    let began = Instant::now();
    let engines = Engines::find(Engine::Auto, &stand_in(), limit).unwrap();
    let rules = [workspace.path().join("rules/rules.yml")];
    let tests = [workspace.path().join("rules/a.test.yml")];
    for error in
        [check_files(&rules, &engines).unwrap_err(), test_files(&tests, &engines).unwrap_err()]
    {
        assert!(matches!(error, RulesError::Promtool { .. }));
        assert!(error.to_string().contains("no end after 4s"), "{error}");
    }
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn a_test_that_one_engine_fails_fails_whatever_the_other_says() {
    let workspace = workspace();
    for engine in ["auto", "both"] {
        let ended = run(&workspace, TEST, engine, "fails").expect_code(1);
        for part in [
            "pass rules/a.test.yml: 1 tests (built-in)",
            "fail rules/a.test.yml: all tests (promtool 9.9.9)",
            "alertname: Down, time: 0s, got:[]",
            "fail rules/a.test.yml: both engines agree (both)",
            "the built-in engine passes what promtool 9.9.9 does not",
        ] {
            assert!(ended.stdout.contains(part), "{part} in {ended:?}");
        }
    }
    run(&workspace, TEST, "promtool", "fails").expect_code(1);
    run(&workspace, TEST, "built-in", "fails").expect_code(0);

    workspace.write("rules/a.test.yml", &TESTS.replace("values: '0'", "values: '1'"));
    for engine in ["auto", "both"] {
        let ended = run(&workspace, TEST, engine, "passes").expect_code(1);
        let told = "promtool 9.9.9 passes what the built-in engine does not";
        assert!(ended.stdout.contains(told), "{ended:?}");
        assert!(ended.stdout.contains("expected: labels {alertname=\"Down\"}"), "{ended:?}");
    }
    run(&workspace, TEST, "promtool", "passes").expect_code(0);
    run(&workspace, TEST, "built-in", "passes").expect_code(1);
}

#[test]
fn a_rule_file_that_one_engine_refuses_is_invalid_whatever_the_other_says() {
    let workspace = workspace();
    let (service, gate) = gate(&workspace);
    for verb in [TEST, CHECK, &gate] {
        for engine in ["auto", "both"] {
            let ended = run(&workspace, verb, engine, "refuses").expect_code(2);
            for part in [
                "promtool 9.9.9 refuses rules/rules.yml",
                "not to the taste of a stand-in",
                "promtool refuses it and the built-in engine does not",
            ] {
                assert!(ended.stderr.contains(part), "{part} in {ended:?}");
            }
        }
        run(&workspace, verb, "promtool", "refuses").expect_code(2);
    }
    assert_eq!(service.seen(), 0, "nothing was sent");

    workspace.write("rules/rules.yml", &RULES.replace("up == 0", "up anchored"));
    let ended = run(&workspace, CHECK, "both", "passes").expect_code(2);
    assert!(ended.stderr.contains("rules/rules.yml:1:"), "{ended:?}");
    assert!(ended.stderr.contains("the built-in engine refuses it and promtool does not"));
    run(&workspace, &["rules", "check", "rules/rules.yml"], "promtool", "passes").expect_code(0);
}

#[test]
fn engines_that_count_differently_disagree() {
    let workspace = workspace();
    for verb in [TEST, CHECK] {
        let ended = run(&workspace, verb, "both", "miscounts").expect_code(1);
        let told = "the built-in engine reads 1 rules and promtool 2";
        assert!(ended.stdout.contains(told), "{ended:?}");
    }
}

#[test]
fn a_gate_whose_engines_disagree_fails_and_its_report_has_both_answers() {
    let workspace = workspace();
    let (_service, gate) = gate(&workspace);
    let report = run(&workspace, &gate, "both", "fails").expect_code(1).report();
    assert_eq!(report["scenarios"][0]["verdict"], "pass", "{report:#}");
    assert_eq!(report["rules"]["verdict"], "fail");
    let results = report["rules"]["results"].as_array().unwrap();
    let told = results.iter().map(|one| (one["engine"].as_str().unwrap(), &one["verdict"]));
    let told: Vec<_> = told.collect();
    for (engine, verdict) in [("built-in", "pass"), ("promtool 9.9.9", "fail"), ("both", "fail")] {
        assert!(told.iter().any(|one| one.0 == engine && *one.1 == *verdict), "{told:?}");
    }
}

#[test]
fn promtool_alone_runs_what_the_built_in_engine_does_not_support() {
    let workspace = workspace();
    workspace.write("rules/a.test.yml", UNSUPPORTED);
    for engine in ["built-in", "auto", "both"] {
        let ended = run(&workspace, TEST, engine, "passes").expect_code(2);
        assert!(ended.stderr.contains("not supported"), "{ended:?}");
    }
    run(&workspace, TEST, "promtool", "passes").expect_code(0);
    run(&workspace, TEST, "promtool", "fails").expect_code(1);
}

#[test]
fn promtool_alone_proves_nothing_with_a_file_without_tests_or_rules() {
    let workspace = workspace();
    workspace.write("rules/a.test.yml", "rule_files: [rules.yml]\ntests: []\n");
    run(&workspace, TEST, "promtool", "passes").expect_code(3);
    workspace.write("rules/a.test.yml", &UNSUPPORTED.replace("rules.yml", "absent.yml"));
    let ended = run(&workspace, TEST, "promtool", "passes").expect_code(2);
    assert!(ended.stderr.contains("absent.yml"), "{ended:?}");
}

#[test]
fn what_is_allowed_and_a_mistake_fails_only_where_that_was_asked_for() {
    let workspace = Workspace::new();
    let twice = "groups: [{name: g, rules: [{record: x, expr: a}, {record: x, expr: b}]}]\n";
    workspace.write("twice.yml", twice);
    let check = ["rules", "check", "twice.yml", "--engine", "built-in"];
    let ended = workspace.run(&check).expect_code(0);
    assert!(ended.stderr.contains("warning[duplicate-rule]: twice.yml:1:"), "{ended:?}");
    let ended = workspace.run(&[&check[..], &["--lint-fatal"]].concat()).expect_code(1);
    assert!(ended.stdout.contains("fail twice.yml: lint (built-in)"), "{ended:?}");
}
