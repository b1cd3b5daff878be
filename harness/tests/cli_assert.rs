//! `slogate assert`: a live target that somebody else loads, and saved runs.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use support::{Answer, Ended, Service, Workspace, objective};

/// A service whose counters are functions of how often it was scraped.
fn service(metrics: impl Fn(usize) -> String + Send + Sync + 'static) -> Service {
    let scrapes = AtomicUsize::new(0);
    Service::start(move |path, _| match path {
        "/metrics" => Answer::Http(200, metrics(scrapes.fetch_add(1, Ordering::SeqCst))),
        _ => Answer::Http(404, String::new()),
    })
}

fn busy(scrape: usize) -> String {
    format!(
        "# TYPE jobs_total counter\njobs_total {}\n# TYPE failed_total counter\nfailed_total 2\n\
         # TYPE depth gauge\ndepth 3\n",
        100 + 7 * scrape
    )
}

fn idle(_: usize) -> String {
    busy(0)
}

const NO_FAILURES: &str = "{ id: failures, counter: failed_total, is: '== 0' }";
const SOME_JOBS: &str = "{ id: jobs, counter: jobs_total, is: '> 0' }";
const DEPTH: &str = "{ id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }";

fn assert(service: &Service, more: &[&str]) -> Ended {
    let url = format!("{}/metrics", service.url());
    let window = ["assert", &url, "--for", "1s", "--every", "50ms", "--out", "json"];
    Workspace::new().run(&[&window[..], more].concat())
}

#[test]
fn what_holds_while_the_target_works_passes() {
    let ended = assert(&service(busy), &["--slo", NO_FAILURES, "--slo", SOME_JOBS, "--slo", DEPTH]);
    let report = ended.expect_code(0).report();
    assert_eq!(objective(&report, "failures")["observed"], 0.0);
    assert!(objective(&report, "jobs")["observed"].as_f64().unwrap() >= 7.0);
    assert_eq!(objective(&report, "depth")["verdict"], "pass");
}

#[test]
fn a_window_in_which_nothing_happened_is_never_green() {
    let ended = assert(&service(idle), &["--slo", NO_FAILURES]).expect_code(3);
    let report = ended.report();
    assert_eq!(report["verdict"], "inconclusive");
    assert_eq!(report["scenarios"][0]["conditions"][0]["kind"], "idle");
    // What scraping itself counts is no work either.
    let counts_scrapes = |scrape: usize| {
        format!("{}# TYPE asked_total counter\nasked_total {scrape}\n", idle(scrape))
    };
    assert(&service(counts_scrapes), &["--slo", NO_FAILURES]).expect_code(3);
}

#[test]
fn what_is_missed_fails() {
    let failing =
        |scrape: usize| busy(scrape).replace("failed_total 2", &format!("failed_total {scrape}"));
    let report = assert(&service(failing), &["--slo", NO_FAILURES]).expect_code(1).report();
    assert_eq!(objective(&report, "failures")["verdict"], "fail");
}

#[test]
fn there_is_no_client_to_judge() {
    let slo = ["--slo", SOME_JOBS, "--slo", "count(dropped) == 0", "--slo", "p95(latency) < 1s"];
    let report = assert(&service(busy), &slo).expect_code(3).report();
    let reason = objective(&report, "count-dropped")["reason"].as_str().unwrap();
    assert!(reason.contains("no client"), "{reason}");
}

#[test]
fn the_whole_life_of_the_process_counts_where_that_is_asked_for() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    let lives =
        move |scrape: usize| format!("{}process_start_time_seconds {}\n", idle(scrape), now - 60.0);
    let slo = ["--since-start", "--slo", NO_FAILURES, "--slo", SOME_JOBS];
    let report = assert(&service(lives), &slo).expect_code(1).report();
    assert_eq!(objective(&report, "failures")["observed"], 2.0);
    assert_eq!(objective(&report, "jobs")["observed"], 100.0);
    // A gauge was not watched before.
    let slo = ["--since-start", "--slo", SOME_JOBS, "--slo", DEPTH];
    let report = assert(&service(lives), &slo).expect_code(3).report();
    let reason = objective(&report, "depth")["reason"].as_str().unwrap();
    assert!(reason.contains("before the first scrape"), "{reason}");
    let ended = assert(&service(idle), &["--since-start", "--slo", SOME_JOBS]).expect_code(4);
    assert!(ended.stdout.contains("process_start_time_seconds"), "{}", ended.stdout);
    assert!(ended.stdout.contains("no-start-time"), "{}", ended.stdout);
}

#[test]
fn what_was_seen_can_be_saved_and_judged_again() {
    let workspace = Workspace::new();
    let service = service(busy);
    let url = format!("{}/metrics", service.url());
    let slo = ["--slo", NO_FAILURES, "--slo", "count(dropped) == 0"];
    let window = ["assert", &url, "--for", "1s", "--every", "50ms", "--out", "json"];
    let save = ["--save", "kept"];
    let report = workspace.run(&[&window[..], &slo, &save].concat()).expect_code(3).report();
    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(3).report();
    assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);
    // Other objectives on the same evidence.
    let other = ["assert", "kept", "--slo", SOME_JOBS, "--out", "json"];
    let report = workspace.run(&other).expect_code(0).report();
    assert_eq!(objective(&report, "jobs")["verdict"], "pass");
    let missed = "{ id: jobs, counter: jobs_total, is: '> 1000000' }";
    workspace.run(&["assert", "kept", "--slo", missed]).expect_code(1);
    // What only a live target can be asked is not ignored.
    let of_tls = ["--ca", "ca.pem"];
    for flags in [&["--for", "1s"][..], &["--every", "1s"], &["--since-start"], &of_tls] {
        let ended = workspace.run(&[&["assert", "kept"][..], flags].concat()).expect_code(2);
        assert!(ended.stderr.contains(flags[0]), "{}", ended.stderr);
    }
}

#[test]
fn a_live_target_has_no_phases() {
    let jobs = SOME_JOBS.replace(" }", ", during: steady }");
    let ended = assert(&service(busy), &["--slo", &jobs]).expect_code(2);
    assert!(
        ended.stderr.contains("error[unknown-name]: objective `jobs`: a live"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_six_assertions_are_those_of_the_scenarios() {
    let report = assert(&service(busy), &[]).expect_code(3).report();
    let ids: Vec<&str> = report["scenarios"][0]["slos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slo| slo["id"].as_str().unwrap())
        .collect();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/export-assertions.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let written: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  - id: ")).collect();
    assert_eq!(ids, written);
}

#[test]
fn a_source_that_is_nothing_is_refused() {
    let workspace = Workspace::new();
    workspace.run(&["assert", "nowhere"]).expect_code(2);
    let ended = workspace.run(&["assert", "http://127.0.0.1:9"]).expect_code(2);
    assert!(ended.stderr.contains("/metrics"), "{}", ended.stderr);
    workspace.run(&["assert", "http://127.0.0.1:9/metrics"]).expect_code(4);
    let service = service(busy);
    let ended = assert(&service, &["--slo", "{ id: x, promqll: up, is: '== 1' }"]).expect_code(2);
    assert!(ended.stderr.contains("--slo") && ended.stderr.contains("promql"), "{}", ended.stderr);
    let ended = assert(&service, &["--slo", "nowhere.yaml"]).expect_code(2);
    assert!(ended.stderr.contains("nowhere.yaml"), "{}", ended.stderr);
    assert_eq!(service.seen(), 0);
}

#[test]
fn a_watch_of_no_time_and_scrapes_that_are_a_load_are_refused() {
    let service = service(busy);
    let url = format!("{}/metrics", service.url());
    for (flags, said) in [
        (["--for", "0s"], "nothing is seen in no time"),
        (["--every", "1ms"], "a load of their own"),
    ] {
        let ended = Workspace::new().run(&[&["assert", &url][..], &flags].concat()).expect_code(2);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    assert_eq!(service.seen(), 0, "nothing was sent");
}
