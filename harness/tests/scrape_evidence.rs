//! What is written down about the scrapes themselves, through the binary: where the
//! window of a run lies, what can be asked of each scrape in PromQL, and that all of it
//! is in the saved run.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use support::{Answer, Ended, Service, Workspace, objective};

/// How long a job takes.
const WORK: Duration = Duration::from_millis(20);

/// A page of three samples of a service that has done so many jobs.
fn page(jobs: usize) -> String {
    format!(
        "# TYPE jobs_total counter\njobs_total {jobs}\n# TYPE depth gauge\ndepth 1\n\
         # TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1767000000\n"
    )
}

/// A service that counts its jobs; its page is what `metrics` makes of them.
fn counting(metrics: impl Fn(usize) -> Answer + Send + Sync + 'static) -> Service {
    let jobs = Arc::new(AtomicUsize::new(0));
    Service::start(move |path, _| {
        if path == "/metrics" {
            return metrics(jobs.load(Ordering::SeqCst));
        }
        thread::sleep(WORK);
        jobs.fetch_add(1, Ordering::SeqCst);
        Answer::Http(200, String::new())
    })
}

/// A load of 240 requests that takes more than a second. Its users wait for their answers,
/// so that a busy machine makes it longer and nothing else.
fn scenario(url: &str, metrics: &str, slo: &[&str]) -> String {
    let slo = slo.join("\n  - ");
    format!(
        "version: 1\nname: scraped\ntarget: {url}\nmetrics: {metrics}\n\
         load:\n  - {{ name: steady, users: 4, iterations: 240 }}\n\
         requests:\n  - {{ name: get, get: /work }}\nslo:\n  - {slo}\n"
    )
}

/// Runs a scenario and saves it as `kept`.
fn run(workspace: &Workspace, scenario: &str) -> Ended {
    let file = workspace.write("scenario.yaml", scenario);
    workspace.run(&["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"])
}

fn saved(workspace: &Workspace, file: &str) -> String {
    std::fs::read_to_string(workspace.path().join("kept/scraped").join(file)).unwrap()
}

/// What is judged again from the saved run is what was judged.
#[track_caller]
fn assert_kept(workspace: &Workspace, report: &Value, code: i32) {
    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(code).report();
    assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);
}

#[test]
fn what_is_known_of_each_scrape_can_be_asked_for_and_is_saved() {
    let service = counting(|jobs| Answer::Http(200, page(jobs)));
    let slo = [
        "{ id: up, promql: 'min_over_time(up[$run])', is: '== 1' }",
        "{ id: took, promql: 'max_over_time(scrape_duration_seconds[$run])', unit: s, is: '< 5s' }",
        "{ id: samples, promql: 'min_over_time(scrape_samples_scraped[$run])', is: '== 3' }",
        "{ id: limit, promql: scrape_sample_limit, is: '== 50' }",
        "{ id: restarts, promql: 'changes(process_start_time_seconds[$run])', is: '== 0' }",
        "{ id: resets, promql: 'resets(jobs_total[$run])', is: '== 0' }",
        "{ id: sent, promql: 'sum(increase(slogate_sent_total[$run]))', is: '> 100' }",
        "{ id: in-flight, promql: 'max(max_over_time(slogate_in_flight[$run]))', is: '<= 1000' }",
    ];
    let workspace = Workspace::new();
    let metrics = "{ path: /metrics, every: 50ms, sample_limit: 50 }";
    let report = run(&workspace, &scenario(&service.url(), metrics, &slo)).expect_code(0).report();
    assert_kept(&workspace, &report, 0);
    let series = saved(&workspace, "series.om");
    let instance = format!("{{instance=\"{}\",job=\"scraped\"}} ", service.address);
    for name in
        ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_sample_limit", "depth"]
    {
        let start = format!("{name}{instance}");
        assert!(series.lines().filter(|line| line.starts_with(&start)).count() > 10, "{start}");
    }
    let of_request = "{phase=\"steady\",request=\"get\",scenario=\"scraped\"} ";
    for name in ["arrivals_total", "sent_total", "dropped_total", "late_total", "in_flight"] {
        assert!(series.contains(&format!("slogate_{name}{of_request}")), "{name}");
    }
    for name in ["responses_total", "request_duration_seconds_count"] {
        let with_outcome = of_request.replace("{phase", "{outcome=\"ok\",phase");
        assert!(series.contains(&format!("slogate_{name}{with_outcome}")), "{name}");
    }
    assert!(series.contains("slogate_lag_seconds_bucket{le="));
}

/// Runs a load in whose middle scrapes fail because the page is then what `trouble` makes
/// of it; the report, and the series that ended by it.
fn with_failing_scrapes(
    workspace: &Workspace,
    trouble: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Value, Value) {
    let service = counting(move |jobs| {
        if (80..160).contains(&jobs) { trouble(jobs) } else { Answer::Http(200, page(jobs)) }
    });
    let slo = [
        "{ id: up, promql: 'min_over_time(up[$run])', is: '== 1' }",
        "{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }",
        "{ id: jobs, counter: jobs_total, is: '== 240' }",
    ];
    let metrics = "{ path: /metrics, every: 50ms, sample_limit: 50 }";
    let report = run(workspace, &scenario(&service.url(), metrics, &slo)).expect_code(1).report();
    assert_kept(workspace, &report, 1);
    let notes = serde_json::from_str(&saved(workspace, "stale.json")).unwrap();
    (report, notes)
}

#[test]
fn a_scrape_that_failed_is_up_0_and_ends_every_series() {
    let workspace = Workspace::new();
    let (report, notes) = with_failing_scrapes(&workspace, |_| Answer::Http(503, String::new()));
    let verdict = |id: &str| objective(&report, id)["verdict"].as_str().unwrap().to_owned();
    assert_eq!(verdict("up"), "fail", "a scrape that failed was asked for");
    assert_eq!(verdict("depth"), "inconclusive");
    assert_eq!(verdict("jobs"), "pass", "the counter is whole at both ends");
    assert!(saved(&workspace, "series.om").lines().any(|line| {
        let mut words = line.split_whitespace();
        line.starts_with("up{") && words.nth(1).is_some_and(|value| value.starts_with('0'))
    }));
    let scrapes = notes["scrapes"].as_array().unwrap();
    let first_failed = scrapes.iter().find(|scrape| scrape.get("error").is_some()).unwrap();
    for name in ["jobs_total", "depth", "process_start_time_seconds"] {
        let ended =
            notes["stale"].as_array().unwrap().iter().find(|one| {
                one["series"]["__name__"] == name && one["at_ms"] == first_failed["at_ms"]
            });
        assert!(ended.is_some(), "{name} has no stale mark at the first failed scrape: {notes:#}");
    }
}

#[test]
fn a_page_that_outgrows_its_limit_fails_its_scrapes_and_is_never_cut() {
    let workspace = Workspace::new();
    let (report, _) = with_failing_scrapes(&workspace, |jobs| {
        let add = |page: String, at: u8| page + &format!("other{{at=\"{at}\"}} 1\n");
        Answer::Http(200, (0..60).fold(page(jobs), add))
    });
    assert_eq!(objective(&report, "depth")["verdict"], "inconclusive");
    let scrapes = &report["scenarios"][0]["scrapes"];
    assert!(scrapes["first_errors"][0].as_str().unwrap().contains("50"), "{scrapes:#}");
    assert_eq!(scrapes["codes"].to_string(), r#"["sample-limit"]"#);
    assert!(!saved(&workspace, "series.om").contains("other{"), "nothing of it was taken");
}

/// A load between two phases that are not measured, against a page that is slow to come.
const THREE_PHASES: &str = "load:
  - { name: warm-up, users: 2, iterations: 10, measure: false }
  - { name: steady, users: 4, iterations: 50 }
  - { name: cool-down, users: 1, iterations: 5, measure: false }
";

#[test]
fn the_window_holds_the_measured_load_and_nothing_else() {
    // Each job takes a while, and the page is made at the end of a scrape that takes longer:
    // a warm-up that had not drained, or a load that had begun, would be in its count.
    let jobs = Arc::new(AtomicUsize::new(7));
    let service = Service::start(move |path, _| {
        if path == "/metrics" {
            thread::sleep(Duration::from_millis(100));
            return Answer::Http(200, page(jobs.load(Ordering::SeqCst)));
        }
        thread::sleep(WORK);
        jobs.fetch_add(1, Ordering::SeqCst);
        Answer::Http(200, String::new())
    });
    let slo = [
        "{ id: jobs, counter: jobs_total, is: '== 50' }",
        "{ id: agree, reconcile: { client: count(responses), counter: jobs_total } }",
    ];
    let text = scenario(&service.url(), "{ path: /metrics, every: 200ms }", &slo);
    let text =
        text.replace("load:\n  - { name: steady, users: 4, iterations: 240 }\n", THREE_PHASES);
    let report = run(&Workspace::new(), &text).expect_code(0).report();
    let scenario = &report["scenarios"][0];
    let window = |end: &str| scenario["window"][end].as_i64().unwrap();
    let phase = |at: usize, time: &str| scenario["phases"][at]["ran"][time].as_i64().unwrap();
    let (opened, closed) = (window("opened_ms"), window("closed_ms"));
    assert!(phase(0, "last_response_ms") <= opened, "the warm-up has drained: {scenario:#}");
    assert!(opened + 100 <= phase(1, "first_intended_ms"), "the opening scrape is complete");
    assert!(phase(1, "last_response_ms") <= closed, "the last response has come");
    assert!(closed + 100 <= phase(2, "first_intended_ms"), "the closing scrape is complete");
    let t0: jiff::Timestamp = scenario["t0"].as_str().unwrap().parse().unwrap();
    assert_eq!(t0.as_millisecond(), phase(1, "first_intended_ms"));
}

#[test]
fn files_are_fetched_after_the_closing_scrape_and_kept() {
    let jobs = Arc::new(AtomicUsize::new(0));
    let service = Service::start(move |path, _| match path {
        "/metrics" => Answer::Http(200, page(jobs.load(Ordering::SeqCst))),
        "/work" => {
            jobs.fetch_add(1, Ordering::SeqCst);
            Answer::Http(200, r#"{"url":"/files/export.csv"}"#.to_owned())
        }
        _ => {
            // Seen by a scrape, this would be no such number of jobs.
            jobs.fetch_add(1_000, Ordering::SeqCst);
            Answer::Http(200, "abc".to_owned())
        }
    });
    let slo = ["{ id: jobs, counter: jobs_total, is: '== 240' }"];
    let text = scenario(&service.url(), "{ path: /metrics, every: 50ms }", &slo)
        .replace("get: /work", "get: /work, artifacts: { url: $.url, keep: 1 }");
    let workspace = Workspace::new();
    let report = run(&workspace, &text).expect_code(0).report();
    let notes = report["scenarios"][0]["notes"].to_string();
    assert!(!notes.contains("not kept"), "{notes}");
    assert_eq!(saved(&workspace, "samples/export.csv"), "abc");
    // SHA-256 of `abc` (FIPS 180-2, appendix B.1).
    let row = "export.csv,3,ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";
    assert_eq!(saved(&workspace, "artifacts.csv"), format!("name,size,sha256\n{row}"));
    assert!(saved(&workspace, "metrics.txt").contains("jobs_total 240\n"), "as it was received");
}

#[test]
fn without_metrics_the_clients_own_series_are_saved_all_the_same() {
    let service = counting(|jobs| Answer::Http(200, page(jobs)));
    let text = scenario(&service.url(), "none", &["count(responses) == 240"]);
    let workspace = Workspace::new();
    run(&workspace, &text).expect_code(0);
    let series = saved(&workspace, "series.om");
    let sent: Vec<&str> =
        series.lines().filter(|line| line.starts_with("slogate_sent_total{")).collect();
    let value = |line: &str| line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap();
    assert!(sent.len() >= 3, "at both ends and once a second: {sent:?}");
    assert_eq!((value(sent[0]), value(sent[sent.len() - 1])), (0.0, 240.0));
    assert!(!series.contains("jobs_total"), "nothing was scraped");
}

#[test]
fn a_restart_is_told_of_the_instance_that_restarted_and_of_no_other() {
    let kept = counting(|jobs| Answer::Http(200, page(jobs)));
    let renewed = counting(|jobs| {
        let started = if jobs < 100 { "1767000000" } else { "1767000500" };
        Answer::Http(200, page(jobs).replace("1767000000", started))
    });
    let metrics = format!(
        "{{ scrape: [ {{ url: {}/metrics, instance: kept }}, {{ url: {}/metrics, instance: renewed }} ], \
         every: 50ms }}",
        kept.url(),
        renewed.url()
    );
    let changes = "{ id: changes, promql: 'sum(changes(process_start_time_seconds{instance=\"renewed\"}[$run]))', is: '== 1' }";
    let text = scenario(&renewed.url(), &metrics, &[changes]);
    let report = run(&Workspace::new(), &text).expect_code(1).report();
    assert_eq!(objective(&report, "changes")["verdict"], "pass", "it may be asked for");
    let reasons = report["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("`renewed` restarted") && !reasons.contains("kept"), "{reasons}");
}
