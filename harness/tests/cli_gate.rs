//! The whole way through, as a pipeline uses it: the binary, a scenario, an exit code.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use support::{Answer, Service, Workspace, objective};

/// The reference service under a load that takes about three seconds.
const SMALL: &str = r#"
version: 1
name: small
target: reference
metrics: { path: /export/metrics, every: 100ms }
data:
  records: { rows: 20, seed: 42 }
load:
  - { name: warm-up, users: 1, iterations: 2, measure: false }
  - { name: steady, rate: 40/s, for: 2500ms }
requests:
  - name: csv
    post: /export/run
    json: { format: csv, columns: [id, symbol, price], data: "{{records}}" }
    expect: { status: 200, json: { $.success: true } }
    artifacts: { url: $.downloadUrl, keep: 1 }
slo:
  - 'p95(latency{request="csv"}) < 5s'
  - { id: success, client: ratio(success), is: '>= 95%' }
  - { id: succeeded, counter: 'export_requests_total{status="succeeded"}', is: '== 100' }
  - { id: p95-server, promql: 'histogram_quantile(0.95, sum by (le) (increase(export_latency_ms_bucket[$run])))', unit: ms, is: '< 10s' }
  - { id: concurrent, promql: 'max_over_time(export_concurrent_running[$run])', is: '<= 5' }
"#;

/// A scenario for a service of the test's own.
fn plain_scenario(url: &str, metrics: &str, slo: &str) -> String {
    format!(
        "version: 1\nname: plain\ntarget: {url}\nmetrics: {metrics}\nload:\n  \
         - {{ name: steady, users: 4, iterations: 100 }}\nrequests:\n  - {{ name: get, get: /, timeout: 2s }}\n\
         slo:\n  - {slo}\n"
    )
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_service_that_meets_its_objectives_passes() {
    let workspace = Workspace::new();
    workspace.write("scenarios/small.yaml", SMALL);
    let ended = workspace.run(&["gate", "--out", "json", "--save", "kept"]).expect_code(0);
    let report = ended.report();
    assert_eq!(report["verdict"], "pass", "{report:#}");
    assert_eq!(report["scenarios"][0]["slos"].as_array().unwrap().len(), 5);
    assert_eq!(objective(&report, "succeeded")["observed"], 100.0);

    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(0).report();
    assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);
    for file in [
        "run.json",
        "small/latency.hlog",
        "small/series.om",
        "small/stale.json",
        "small/metrics.txt",
        "small/artifacts.csv",
        "SHA256SUMS",
    ] {
        assert!(workspace.path().join("kept").join(file).is_file(), "{file}");
    }
}

#[test]
fn a_tenth_of_internal_errors_fails_and_names_the_objective() {
    let workspace = Workspace::new();
    let faulty = SMALL
        .replace("target: reference", "target: reference\nreference: { faults: ['error:0.1'] }");
    let file = workspace.write("faulty.yaml", &faulty);
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(1);
    let report = ended.report();
    assert_eq!(objective(&report, "success")["verdict"], "fail");
    let table = workspace.run(&["run", file.to_str().unwrap()]).expect_code(1);
    let mut failed = table.stdout.lines().filter(|line| line.starts_with('✗'));
    assert!(failed.any(|line| line.contains("success")), "{}", table.stdout);
}

#[test]
fn a_closed_port_is_not_reachable() {
    let workspace = Workspace::new();
    let url = format!("http://127.0.0.1:{}", closed_port());
    let file = workspace.write("closed.yaml", &plain_scenario(&url, "none", "p95(latency) < 1s"));
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(4);
    let report = ended.report();
    assert_ne!(report["verdict"], "pass");
    let codes = report["scenarios"][0]["codes"].to_string();
    assert_eq!(codes, r#"["not-reachable","connection-refused"]"#);
}

#[test]
fn metrics_that_cannot_be_scraped_stop_before_the_load() {
    let service = Service::start(|path, _| match path {
        "/metrics" => Answer::Http(500, String::new()),
        _ => Answer::Http(200, String::new()),
    });
    let workspace = Workspace::new();
    let scenario =
        plain_scenario(&service.url(), "{ path: /metrics, every: 100ms }", "p95(latency) < 1s");
    let file = workspace.write("scenario.yaml", &scenario);
    let ended = workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
    assert!(ended.stdout.contains("explain not-reachable metrics-status"), "{}", ended.stdout);
    assert_eq!(service.seen(), 1, "only the scrape was sent");
}

#[test]
fn a_service_that_never_answers_completely_is_not_reachable() {
    let service = Service::start(|_, _| Answer::Close);
    let workspace = Workspace::new();
    let file =
        workspace.write("s.yaml", &plain_scenario(&service.url(), "none", "p95(latency) < 1s"));
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
}

#[test]
fn fast_errors_do_not_flatter_a_percentile() {
    let service = Service::start(|_, _| Answer::Http(500, String::new()));
    let workspace = Workspace::new();
    let file =
        workspace.write("s.yaml", &plain_scenario(&service.url(), "none", "p95(latency) < 1s"));
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(1);
    assert_eq!(ended.report()["scenarios"][0]["slos"][0]["observed"], "unbounded");
}

#[test]
fn a_service_that_dies_under_load_fails() {
    let service =
        Service::start(
            |_, before| if before < 50 { Answer::Http(200, String::new()) } else { Answer::Close },
        );
    let workspace = Workspace::new();
    let file =
        workspace.write("s.yaml", &plain_scenario(&service.url(), "none", "p95(latency) < 1s"));
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(1);
}

#[test]
fn a_metric_that_does_not_exist_is_inconclusive() {
    let service = Service::start(|path, _| match path {
        "/metrics" => Answer::Http(200, "# TYPE other gauge\nother 1\n".into()),
        _ => Answer::Http(200, String::new()),
    });
    let workspace = Workspace::new();
    let slo = "{ id: bytes, counter: 'bytes_total', is: '> 0' }";
    let scenario = plain_scenario(&service.url(), "{ path: /metrics, every: 100ms }", slo);
    let file = workspace.write("s.yaml", &scenario);
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(3);
    let report = ended.report();
    assert_eq!(report["verdict"], "inconclusive");
    assert!(objective(&report, "bytes")["reason"].as_str().unwrap().contains("bytes_total"));
    workspace.run(&["run", file.to_str().unwrap(), "--on-inconclusive", "warn"]).expect_code(0);
}

#[test]
fn an_invalid_file_stops_before_any_load_with_all_its_problems() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let workspace = Workspace::new();
    let text = plain_scenario(&service.url(), "none", "p95(latncy) < 1s")
        .replace("iterations: 100", "iteration: 100");
    let file = workspace.write("bad.yaml", &text);
    let ended = workspace.run(&["run", file.to_str().unwrap()]).expect_code(2);
    assert!(
        ended.stderr.contains("bad.yaml") && ended.stderr.contains("iterations"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("latncy"), "{}", ended.stderr);
    assert_eq!(service.seen(), 0);
}

#[test]
fn an_empty_folder_and_an_empty_rule_glob_are_usage_errors() {
    let workspace = Workspace::new();
    std::fs::create_dir(workspace.path().join("scenarios")).unwrap();
    workspace.run(&["gate"]).expect_code(2);
    workspace.write("scenarios/small.yaml", SMALL);
    workspace.run(&["gate", "--rules", "nothing/*.yml"]).expect_code(2);
}

#[test]
fn a_folder_that_holds_something_is_not_overwritten() {
    let workspace = Workspace::new();
    let file = workspace.write("small.yaml", SMALL);
    workspace.write("kept/notes.txt", "mine");
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--save", "kept"]).expect_code(2);
    assert!(ended.stderr.contains("kept"), "{}", ended.stderr);
}

#[test]
fn an_output_that_is_not_built_yet_is_an_error_before_the_load() {
    let workspace = Workspace::new();
    let file = workspace.write("small.yaml", SMALL);
    let ended =
        workspace.run(&["run", file.to_str().unwrap(), "--out", "html=a.html"]).expect_code(2);
    assert!(ended.stderr.contains("not supported yet"), "{}", ended.stderr);
}

#[test]
fn an_interrupt_leaves_a_readable_partial_report() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let workspace = Workspace::new();
    let scenario = plain_scenario(&service.url(), "none", "p95(latency) < 1s")
        .replace("users: 4, iterations: 100", "rate: 100/s, for: 300s");
    let file = workspace.write("long.yaml", &scenario);
    let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
    let child = workspace.start(&arguments);
    while service.seen() < 20 {
        thread::sleep(Duration::from_millis(5));
    }
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = support::Ended::from(child.wait_with_output().unwrap()).expect_code(130);
    assert_ne!(ended.report()["verdict"], "pass");
    assert!(workspace.path().join("kept/run.json").is_file());
}

#[test]
fn a_reference_service_that_ends_by_itself_fails_the_run() {
    let workspace = Workspace::new();
    let dying = SMALL
        .replace("target: reference", "target: reference\nreference: { faults: ['exit:60'] }")
        .replace("slo:", "slo:\n  - 'count(sent) >= 1'");
    let file = workspace.write("dying.yaml", &dying);
    let report =
        workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(1).report();
    let reasons = report["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("ended during the run"), "{reasons}");
}

const RULES: &str = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n";
const TESTS: &str = "
rule_files: [rules.yml]
tests:
  - input_series: [{ series: up, values: '0' }]
    alert_rule_test: [{ eval_time: 0m, alertname: Down, exp_alerts: [{}] }]
";

#[test]
fn a_failing_rule_test_fails_the_gate_and_is_shown() {
    let workspace = Workspace::new();
    workspace.write("scenarios/small.yaml", SMALL);
    workspace.write("rules/rules.yml", RULES);
    workspace.write("rules/rules.test.yml", &TESTS.replace("values: '0'", "values: '1'"));
    let ended = workspace.run(&["gate", "--out", "json"]).expect_code(1);
    let report = ended.report();
    assert_eq!(report["scenarios"][0]["verdict"], "pass", "{report:#}");
    assert_eq!(report["rules"]["verdict"], "fail");
    let shown = workspace.run(&["rules", "test", "rules/rules.test.yml", "--engine", "built-in"]);
    assert!(shown.expect_code(1).stdout.contains("Down"), "the alert is named");
}

#[test]
fn rule_tests_pass_only_if_there_are_any() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("rules.test.yml", TESTS);
    workspace.write("empty.test.yml", "rule_files: [rules.yml]\ntests: []\n");
    let test = |file| workspace.run(&["rules", "test", file, "--engine", "built-in"]);
    test("rules.test.yml").expect_code(0);
    test("empty.test.yml").expect_code(3);
    test("rules.yml").expect_code(2);
    workspace.run(&["rules", "check", "rules.yml"]).expect_code(0);
}

#[test]
fn check_says_what_each_file_is_and_what_is_wrong_with_it() {
    let workspace = Workspace::new();
    workspace.write("all/small.yaml", SMALL);
    workspace.write("all/rules.yml", RULES);
    let ended = workspace.run(&["check", "all"]).expect_code(0);
    assert!(
        ended.stdout.contains("scenario `small`") && ended.stdout.contains("1 rules"),
        "{ended:?}"
    );
    workspace.write("all/bad.yml", "groups: [{name: g, rules: [{alert: Down, expr: 'up =='}]}]\n");
    let ended = workspace.run(&["check", "all"]).expect_code(2);
    assert!(ended.stderr.contains("bad.yml"), "{}", ended.stderr);
}

#[test]
#[cfg(unix)]
fn a_run_is_saved_in_an_empty_folder_behind_a_link() {
    let workspace = Workspace::new();
    let file = workspace.write("small.yaml", SMALL);
    std::fs::create_dir(workspace.path().join("volume")).unwrap();
    std::os::unix::fs::symlink("volume", workspace.path().join("kept")).unwrap();
    workspace.run(&["run", file.to_str().unwrap(), "--save", "kept"]).expect_code(0);
    workspace.run(&["report", "kept"]).expect_code(0);
    let entries = std::fs::read_dir(workspace.path().join("volume")).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().any(|name| name == "run.json"), "{names:?}");
    assert!(!names.iter().any(|name| name.to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
fn a_saved_run_that_was_cut_short_is_not_judged() {
    let workspace = Workspace::new();
    let file = workspace.write("small.yaml", SMALL);
    workspace.run(&["run", file.to_str().unwrap(), "--save", "kept"]).expect_code(0);
    let series = workspace.path().join("kept/small/series.om");
    let text = std::fs::read_to_string(&series).unwrap();
    std::fs::write(&series, format!("{}# EOF\n", &text[..text.len() / 2])).unwrap();
    let ended = workspace.run(&["report", "kept"]);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("series.om"), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error[changed-run]: "), "{}", ended.stderr);
    std::fs::remove_file(&series).unwrap();
    let said = workspace.run(&["report", "kept"]).expect_code(2).stderr;
    assert!(said.starts_with("error[incomplete-run]: "), "{said}");
    let record = workspace.path().join("kept/run.json");
    let text = std::fs::read_to_string(&record).unwrap();
    let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 9", 1);
    for (text, code) in [(newer.as_str(), "run-version"), ("{}", "damaged-run")] {
        std::fs::write(&record, text).unwrap();
        let said = workspace.run(&["report", "kept"]).expect_code(2).stderr;
        assert!(said.starts_with(&format!("error[{code}]: ")), "{said}");
    }
}

#[test]
fn a_variable_comes_from_the_environment_or_from_the_command_line() {
    let workspace = Workspace::new();
    let text = plain_scenario("${TRY_TARGET}", "none", "p95(latency) < 1s");
    let file = workspace.write("s.yaml", &text);
    let file = file.to_str().unwrap();
    workspace.run(&["check", file]).expect_code(2);
    workspace.run(&["check", file, "-e", "TRY_TARGET=http://127.0.0.1:1"]).expect_code(0);
    let status =
        workspace.command(&["check", file]).env("TRY_TARGET", "http://127.0.0.1:1").status();
    assert!(status.unwrap().success());
}

#[test]
fn a_gate_over_no_rule_and_a_test_of_an_unknown_alert_prove_nothing() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("none.yml", "groups: []\n");
    let misspelt = TESTS
        .replace("alertname: Down", "alertname: Dwon")
        .replace("exp_alerts: [{}]", "exp_alerts: []");
    workspace.write("misspelt.test.yml", &misspelt);
    workspace.run(&["rules", "check", "none.yml"]).expect_code(3);
    let ended = workspace.run(&["rules", "test", "misspelt.test.yml", "--engine", "built-in"]);
    assert!(ended.expect_code(3).stdout.contains("Dwon"));
}

#[test]
fn a_file_that_holds_nothing_is_not_green_beside_others() {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("rules.test.yml", TESTS);
    workspace.write("none.yml", "groups: [{ name: g, rules: [] }]\n");
    workspace.write("none.test.yml", "rule_files: [rules.yml]\ntests: []\n");
    let check = |files: &[&str]| {
        workspace.run(&[&["rules", "check", "--engine", "built-in"], files].concat())
    };
    check(&["rules.yml", "rules.test.yml"]).expect_code(0);
    for (empty, reason) in
        [("none.yml", "there is no rule in it"), ("none.test.yml", "the file holds no test")]
    {
        for files in [&[empty][..], &["rules.yml", "rules.test.yml", empty]] {
            let said = check(files).expect_code(3).stdout;
            assert!(said.contains(&format!("inconclusive {empty}: ")), "{said}");
            assert!(said.contains(reason), "{said}");
        }
        let said = workspace.run(&["check", empty]).expect_code(0).stderr;
        assert!(said.contains(&format!("]: {empty}: there is no ")), "{said}");
    }
}

#[test]
fn scrapes_that_fail_only_under_load_take_a_gauges_pass_away() {
    let scrapes = AtomicUsize::new(0);
    let service = Service::start(move |path, _| {
        // The scrapes before the load and after it are good ones.
        let is_in_trouble = || (3..8).contains(&scrapes.fetch_add(1, Ordering::SeqCst));
        match path {
            "/metrics" if is_in_trouble() => Answer::Http(503, String::new()),
            "/metrics" => Answer::Http(200, "# TYPE depth gauge\ndepth 1\n".into()),
            _ => Answer::Http(200, String::new()),
        }
    });
    let workspace = Workspace::new();
    let slo = "{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }";
    let scenario = plain_scenario(&service.url(), "{ path: /metrics, every: 20ms }", slo)
        .replace("users: 4, iterations: 100", "rate: 50/s, for: 2s");
    let file = workspace.write("s.yaml", &scenario);
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(3);
    let report = ended.report();
    let reason = objective(&report, "depth")["reason"].as_str().unwrap();
    assert!(reason.contains("scrapes failed"), "{reason}");
}

#[test]
fn nothing_passes_on_requests_that_all_failed() {
    let service = Service::start(|_, _| Answer::Http(302, String::new()));
    let workspace = Workspace::new();
    for objective in ["ratio(success) != 5%", "count(responses) > 10"] {
        let scenario = plain_scenario(&service.url(), "none", objective);
        let file = workspace.write("s.yaml", &scenario);
        let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]);
        let report = ended.expect_code(3).report();
        assert_eq!(report["scenarios"][0]["slos"][0]["verdict"], "inconclusive", "{report:#}");
    }
}
