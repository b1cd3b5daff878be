//! Several instances behind one scenario, through the binary: scraped side by side,
//! judged as one, saved one by one, and never green when one of them is missing.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use support::daemon::wait_until;
use support::exporter::Exporter;
use support::{Answer, Ended, Service, Workspace, objective};

/// A service that counts the requests for `/work` as `jobs_total`, from 7 on.
fn counting() -> Service {
    let jobs = Arc::new(AtomicUsize::new(7));
    Service::start(move |path, _| {
        if path == "/metrics" {
            let jobs = jobs.load(Ordering::SeqCst);
            return Answer::Http(200, format!("# TYPE jobs_total counter\njobs_total {jobs}\n"));
        }
        jobs.fetch_add(1, Ordering::SeqCst);
        Answer::Http(200, String::new())
    })
}

/// A load of 120 requests within two seconds.
fn scenario(target: &str, metrics: &str, slo: &[&str]) -> String {
    let slo = slo.join("\n  - ");
    format!(
        "version: 1\nname: several\ntarget: {target}\nmetrics: {metrics}\n\
         load:\n  - {{ name: steady, rate: 60/s, for: 2s }}\n\
         requests:\n  - {{ name: get, get: /work }}\nslo:\n  - {slo}\n"
    )
}

fn run(workspace: &Workspace, scenario: &str, more: &[&str]) -> Ended {
    let file = workspace.write("scenario.yaml", scenario);
    let arguments = [&["run", file.to_str().unwrap(), "--out", "json"], more].concat();
    workspace.run(&arguments)
}

#[test]
fn two_instances_are_judged_together_and_saved_one_by_one() {
    let (one, other) = (counting(), counting());
    let metrics = format!(
        "{{ scrape: [ {}/metrics, {{ url: {}/metrics, instance: b/c }} ], every: 100ms }}",
        one.url(),
        other.url()
    );
    let slo = [
        "{ id: jobs, counter: jobs_total, is: '== 120' }",
        "{ id: idle, counter: 'jobs_total{instance=\"b/c\"}', is: '== 0' }",
        "{ id: sum, promql: 'sum(increase(jobs_total[$run]))', is: '> 100' }",
        "{ id: up, promql: 'min(min_over_time(up[$run]))', is: '== 1' }",
        "{ id: own, counter: slogate_responses_total, is: '== 120' }",
    ];
    let workspace = Workspace::new();
    let scenario = scenario(&one.url(), &metrics, &slo);
    let report = run(&workspace, &scenario, &["--save", "kept"]).expect_code(0).report();
    let instances = report["scenarios"][0]["scrapes"]["instances"].as_array().unwrap();
    let named: Vec<_> = instances.iter().map(|one| one["instance"].as_str().unwrap()).collect();
    assert_eq!(named, [one.address.to_string().as_str(), "b/c"]);
    assert!(instances.iter().all(|one| one["good"].as_u64().unwrap() > 10), "{instances:?}");

    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(0).report();
    assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);
    let first = format!("metrics-127.0.0.1_{}.txt", one.address.port());
    let read = |file: &str| {
        std::fs::read_to_string(workspace.path().join("kept/several").join(file)).unwrap()
    };
    assert!(read(&first).ends_with("jobs_total 127\n"));
    assert!(read("metrics-b_c.txt").ends_with("jobs_total 7\n"));
    let table = workspace.run(&["report", "kept"]).expect_code(0).stdout;
    assert!(table.contains("of 2 instances"), "{table}");

    // The client's own series belong to a tick, not to an instance, but for the window's two ends.
    let series = read("series.om");
    let samples = |start: &str| series.lines().filter(|line| line.starts_with(start)).count();
    let up = samples(&format!("up{{instance=\"{}\"", one.address));
    let own = samples("slogate_arrivals_total{");
    assert!(own <= up + 2 && own > 10, "{own} samples of our own in {up} scrapes\n{series}");
}

#[test]
fn an_instance_that_dies_under_load_leaves_nothing_green_and_is_named() {
    let target = counting();
    let (alive, dying) = (Exporter::start(), Exporter::start());
    let metrics = format!(
        "{{ scrape: [ {}/export/metrics, {}/export/metrics ], every: 50ms }}",
        alive.url(),
        dying.url()
    );
    let slo = [
        "{ id: failures, counter: export_fail_total, is: '== 0' }",
        "{ id: queue, promql: 'max(max_over_time(export_queue_depth[$run]))', is: '<= 100' }",
        "ratio(success) >= 95%",
    ];
    let workspace = Workspace::new();
    let file = workspace.write("scenario.yaml", &scenario(&target.url(), &metrics, &slo));
    let child = workspace.start(&["run", file.to_str().unwrap(), "--out", "json"]);
    wait_until("the load", || target.seen() >= 30);
    dying.kill();
    let ended = Ended::from(child.wait_with_output().unwrap());
    let report = ended.expect_code(3).report();
    for id in ["failures", "queue"] {
        let judged = objective(&report, id);
        assert_eq!(judged["verdict"], "inconclusive", "{judged:#}");
        let reason = judged["reason"].as_str().unwrap();
        assert!(reason.contains(&dying.address.to_string()), "{reason}");
    }
}

#[test]
fn an_instance_that_is_not_there_stops_before_the_load_and_is_named() {
    let target = counting();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let metrics = format!(
        "{{ scrape: [ {}/metrics, {{ url: http://{nobody}/metrics, instance: lost }} ] }}",
        target.url()
    );
    let scenario =
        scenario(&target.url(), &metrics, &["{ id: a, counter: jobs_total, is: '== 1' }"]);
    let ended = run(&Workspace::new(), &scenario, &[]).expect_code(4);
    let report = ended.report();
    let reasons = report["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("the metrics of lost could not be scraped"), "{reasons}");
    let codes = report["scenarios"][0]["codes"].to_string();
    assert_eq!(codes, r#"["not-reachable","metrics-unreachable"]"#);
    assert_eq!(target.seen(), 1, "only the other instance's page was asked for");
}

#[test]
fn one_page_under_two_names_stops_before_the_load() {
    let target = counting();
    let port = target.address.port();
    let metrics = format!(
        "{{ scrape: [ \"http://127.0.0.1:{port}/metrics\", \"http://localhost:{port}/metrics\" ] }}"
    );
    let slo = ["{ id: jobs, counter: jobs_total, is: '>= 200' }"];
    let ended = run(&Workspace::new(), &scenario(&target.url(), &metrics, &slo), &[]);
    let reasons = ended.expect_code(4).report()["scenarios"][0]["reasons"].to_string();
    let said = format!("127.0.0.1:{port} and localhost:{port} are one page");
    assert!(reasons.contains(&said) && reasons.contains("list it once"), "{reasons}");
    assert_eq!(target.seen(), 0);
}

#[test]
fn each_address_of_a_name_is_an_instance() {
    let target = counting();
    let port = target.address.port();
    let slo = ["{ id: jobs, counter: jobs_total, is: '== 120' }"];
    for name in ["localhost", "127.0.0.1"] {
        let metrics = format!("{{ dns: {{ name: {name}, port: {port} }}, every: 100ms }}");
        let scenario = scenario(&target.url(), &metrics, &slo);
        let report = run(&Workspace::new(), &scenario, &[]).expect_code(0).report();
        let instances = &report["scenarios"][0]["scrapes"]["instances"];
        assert_eq!(instances[0]["instance"], format!("127.0.0.1:{port}"));
        assert_eq!(instances.as_array().unwrap().len(), 1, "{instances}");
    }
}

#[test]
fn a_name_without_the_wanted_addresses_stops_before_the_load() {
    let target = counting();
    for (dns, said) in [
        ("{ name: no-such-host.invalid, port: 80 }", "`no-such-host.invalid` has no address"),
        ("{ name: 127.0.0.1, port: 80, type: AAAA }", "`127.0.0.1` has no IPv6 address"),
    ] {
        let metrics = format!("{{ dns: {dns} }}");
        let scenario =
            scenario(&target.url(), &metrics, &["{ id: a, counter: jobs_total, is: '== 1' }"]);
        let ended = run(&Workspace::new(), &scenario, &[]).expect_code(4);
        let report = ended.report();
        let reasons = report["scenarios"][0]["reasons"].to_string();
        assert!(reasons.contains(said), "{reasons}");
        let codes = report["scenarios"][0]["codes"].to_string();
        assert_eq!(codes, r#"["not-reachable","no-address"]"#);
    }
    assert_eq!(target.seen(), 0);
}

/// A service whose process starts anew after 40 requests for work.
fn restarting() -> Service {
    let jobs = Arc::new(AtomicUsize::new(0));
    Service::start(move |path, _| {
        let jobs = match path {
            "/metrics" => jobs.load(Ordering::SeqCst),
            _ => jobs.fetch_add(1, Ordering::SeqCst),
        };
        let start_time = if jobs < 40 { 100 } else { 500 };
        Answer::Http(
            200,
            format!(
                "# TYPE jobs_total counter\njobs_total {jobs}\n# TYPE depth gauge\ndepth 1\n\
                 process_start_time_seconds {start_time}\n"
            ),
        )
    })
}

#[test]
fn a_restart_fails_unless_the_scenario_allows_it() {
    let slo = [
        "{ id: jobs, counter: jobs_total, is: '>= 1' }",
        "{ id: too-many, counter: jobs_total, is: '<= 3' }",
        "{ id: grown, promql: 'sum(increase(jobs_total[$run]))', is: '> 1' }",
        "{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 1' }",
        "ratio(success) >= 95%",
    ];
    let metrics = "{ path: /metrics, every: 50ms }";
    let fails = scenario(&restarting().url(), metrics, &slo[3..]);
    let report = run(&Workspace::new(), &fails, &[]).expect_code(1).report();
    let reasons = report["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("process_start_time_seconds went from 100 to 500"), "{reasons}");

    let allowed = |slo: &[&str]| {
        scenario(&restarting().url(), metrics, slo).replace("load:", "restarts: allow\nload:")
    };
    run(&Workspace::new(), &allowed(&slo[3..]), &[]).expect_code(0);
    let workspace = Workspace::new();
    let report = run(&workspace, &allowed(&slo), &["--save", "kept"]).expect_code(1).report();
    let verdict = |id: &str| objective(&report, id)["verdict"].as_str().unwrap().to_owned();
    assert_eq!((verdict("jobs"), verdict("grown")), ("inconclusive".into(), "inconclusive".into()));
    assert_eq!((verdict("too-many"), verdict("depth")), ("fail".into(), "pass".into()));
    assert!(report["scenarios"][0]["notes"].to_string().contains("restarts: allow"));
    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(1).report();
    assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);
}
