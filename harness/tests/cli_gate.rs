//! The whole way through, as a pipeline uses it: the binary, a scenario, an exit code.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::io::Read;
use std::net::TcpListener;

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
    assert!(table.stdout.contains("success"), "{}", table.stdout);
}

#[test]
fn a_closed_port_is_not_reachable() {
    let workspace = Workspace::new();
    let url = format!("http://127.0.0.1:{}", closed_port());
    let file = workspace.write("closed.yaml", &plain_scenario(&url, "none", "p95(latency) < 1s"));
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(4);
    assert_ne!(ended.report()["verdict"], "pass");
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
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
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
    let slo = "{ id: bytes, counter: 'bytes_total', is: '>= 0' }";
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
        workspace.run(&["run", file.to_str().unwrap(), "--out", "junit=a.xml"]).expect_code(2);
    assert!(ended.stderr.contains("not supported yet"), "{}", ended.stderr);
}

#[test]
fn an_interrupt_leaves_a_readable_partial_report() {
    let workspace = Workspace::new();
    let long = SMALL.replace("for: 2500ms", "for: 300s");
    let file = workspace.write("long.yaml", &long);
    let mut child =
        workspace.start(&["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"]);
    // The first line on standard error says that the load is about to begin.
    child.stderr.as_mut().unwrap().read_exact(&mut [0; 8]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = support::Ended::from(child.wait_with_output().unwrap()).expect_code(130);
    assert_ne!(ended.report()["verdict"], "pass");
    assert!(workspace.path().join("kept/run.json").is_file());
}
