//! Several endings at once, through the binary: which exit code wins, and what is not sent.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::fs::{File, OpenOptions};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use support::{Answer, Ended, Service, Workspace, objective};

/// A scenario of a hundred requests.
fn scenario(name: &str, url: &str, metrics: &str, slo: &str) -> String {
    format!(
        "version: 1\nname: {name}\ntarget: {url}\nmetrics: {metrics}\nload:\n  \
         - {{ name: steady, users: 4, iterations: 100 }}\nrequests:\n  - {{ name: get, get: /, timeout: 2s }}\n\
         slo:\n  - {slo}\n"
    )
}

const MET: &str = "'count(responses) == 100'";
const MISSED: &str = "{ id: missed, client: count(responses), is: '== 99' }";
/// A hundred samples are too few for p99.
const DOUBTED: &str = "'p99(latency) < 10s'";

fn healthy() -> Service {
    Service::start(|_, _| Answer::Http(200, String::new()))
}

/// A port that refuses.
fn closed_url() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("http://{address}")
}

/// A gate over scenarios against a healthy service, or one that is not there.
fn gate(scenarios: &[(&str, &str)], flags: &[&str]) -> Ended {
    let (service, closed) = (healthy(), closed_url());
    let workspace = Workspace::new();
    for (at, (kind, slo)) in scenarios.iter().enumerate() {
        let url = if *kind == "closed" { closed.clone() } else { service.url() };
        let name = format!("s{at}");
        workspace.write(&format!("scenarios/{name}.yaml"), &scenario(&name, &url, "none", slo));
    }
    workspace.run(&[&["gate", "--out", "json"], flags].concat())
}

#[test]
fn a_miss_beats_an_absent_target_and_that_beats_doubt() {
    let all = [("open", DOUBTED), ("closed", MET), ("open", MISSED), ("open", MET)];
    let report = gate(&all, &[]).expect_code(1).report();
    assert_eq!(report["verdict"], "fail");
    assert_eq!(report["scenarios"].as_array().unwrap().len(), 4, "each of them was run");
    gate(&[("open", DOUBTED), ("closed", MET), ("open", MET)], &[]).expect_code(4);
    gate(&[("open", DOUBTED), ("open", MET)], &[]).expect_code(3);
    gate(&[("open", MET), ("open", MET)], &[]).expect_code(0);
}

#[test]
fn a_warning_turns_3_and_only_3_into_0() {
    let warn = ["--on-inconclusive", "warn"];
    let report = gate(&[("open", DOUBTED), ("open", MET)], &warn).expect_code(0).report();
    assert_eq!(report["verdict"], "inconclusive", "the word stays");
    gate(&[("closed", MET), ("open", DOUBTED)], &warn).expect_code(4);
    gate(&[("open", MISSED), ("open", DOUBTED)], &warn).expect_code(1);
}

#[test]
fn one_bad_file_among_good_ones_stops_everything_before_the_load() {
    let service = healthy();
    let workspace = Workspace::new();
    let good = scenario("good", &service.url(), "none", MISSED);
    workspace.write("scenarios/a-good.yaml", &good);
    workspace.write("scenarios/b-bad.yaml", &good.replace("users: 4", "user: 4"));
    workspace.write("scenarios/c-bad.yaml", &good.replace("count(responses)", "cuont(responses)"));
    let ended = workspace.run(&["gate"]).expect_code(2);
    for part in ["b-bad.yaml", "c-bad.yaml", "users", "cuont"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    assert_eq!(service.seen(), 0, "2 beats the 1 that would have come, and nothing is sent");
}

#[test]
fn a_bad_rule_file_stops_everything_before_the_load() {
    let service = healthy();
    let workspace = Workspace::new();
    workspace.write("scenarios/good.yaml", &scenario("good", &service.url(), "none", MET));
    workspace
        .write("rules/bad.yml", "groups: [{name: g, rules: [{alert: Down, expr: 'up =='}]}]\n");
    workspace.run(&["gate", "--rules", "rules/*.yml"]).expect_code(2);
    assert_eq!(service.seen(), 0);
}

#[test]
fn a_report_that_cannot_be_written_beats_a_missed_objective() {
    let service = healthy();
    let workspace = Workspace::new();
    let file = workspace.write("s.yaml", &scenario("s", &service.url(), "none", MISSED));
    let full: File = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = workspace.command(&["run", file.to_str().unwrap(), "--out", "json"]);
    let output = command.stdout(Stdio::from(full)).output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(service.seen() >= 100);
}

#[test]
fn a_scrape_that_hangs_ends_within_its_five_seconds_and_nothing_else_is_sent() {
    let service = Service::start(|path, _| match path {
        "/metrics" => Answer::Hang,
        _ => Answer::Http(200, String::new()),
    });
    let workspace = Workspace::new();
    let text = scenario("s", &service.url(), "{ path: /metrics, every: 100ms }", MET);
    let file = workspace.write("s.yaml", &text);
    let began = Instant::now();
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(service.seen(), 1, "the scrape alone");
}

#[test]
fn a_warm_up_without_an_answer_is_4_and_the_rest_of_that_target_is_skipped() {
    let silent = Service::start(|_, _| Answer::Close);
    let service = healthy();
    let workspace = Workspace::new();
    let warmed = |name: &str, url: &str| {
        scenario(name, url, "none", MET).replace(
            "load:\n",
            "load:\n  - { name: warm-up, users: 1, iterations: 3, measure: false }\n",
        )
    };
    workspace.write("scenarios/a.yaml", &warmed("a", &silent.url()));
    workspace.write("scenarios/b.yaml", &warmed("b", &silent.url()));
    workspace.write("scenarios/c.yaml", &warmed("c", &service.url()));
    let report = workspace.run(&["gate", "--out", "json"]).expect_code(4).report();
    assert_eq!(silent.seen(), 3, "the warm-up of the first scenario and nothing after it");
    let skipped = report["scenarios"][1]["reasons"].to_string();
    assert!(skipped.contains("did not answer in scenario `a`"), "{skipped}");
    assert_eq!(report["scenarios"][2]["verdict"], "pass", "another target is not skipped");
}

#[test]
fn without_a_warm_up_the_first_ten_requests_decide() {
    let silent = Service::start(|_, _| Answer::Close);
    let workspace = Workspace::new();
    let text = scenario("s", &silent.url(), "none", MET).replace("users: 4", "users: 1");
    let file = workspace.write("s.yaml", &text);
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(4);
    // The eleventh may be on its way when the tenth ends.
    assert!((10..=12).contains(&silent.seen()), "{}", silent.seen());
    let late =
        Service::start(
            |_, before| {
                if before < 9 { Answer::Close } else { Answer::Http(200, String::new()) }
            },
        );
    let text = scenario("s", &late.url(), "none", MET).replace("users: 4", "users: 1");
    let file = workspace.write("late.yaml", &text);
    workspace.run(&["run", file.to_str().unwrap()]).expect_code(1);
    assert_eq!(late.seen(), 100, "the tenth answered, so all are measured and nine failed");
}

#[test]
fn every_target_that_was_missed_is_named() {
    let service = healthy();
    let workspace = Workspace::new();
    let slo = "{ id: both, client: count(responses), is: ['< 10', '< 20', '> 5'] }";
    let file = workspace.write("s.yaml", &scenario("s", &service.url(), "none", slo));
    let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(1);
    let report = ended.report();
    assert_eq!(
        objective(&report, "both")["reason"],
        "100 misses < 10 by 90; 100 misses < 20 by 80"
    );
}

#[test]
fn a_flag_wins_over_the_most_requests_at_once_of_a_file() {
    let service = Service::start(|_, _| {
        std::thread::sleep(Duration::from_millis(100));
        Answer::Http(200, String::new())
    });
    let workspace = Workspace::new();
    let text = format!(
        "version: 1\nname: narrow\ntarget: {}\nmax_in_flight: 1\nload:\n  \
         - {{ name: steady, rate: 20/s, for: 1s }}\nrequests:\n  - {{ name: get, get: / }}\nslo: none\n",
        service.url()
    );
    workspace.write("narrow.yaml", &text);
    let peak = |flags: &[&str]| {
        let arguments = [&["run", "narrow.yaml", "--out", "json"], flags].concat();
        let report = workspace.run(&arguments).expect_code(3).report();
        report["scenarios"][0]["generator"]["peak_in_flight"].as_u64().unwrap()
    };
    assert_eq!(peak(&[]), 1);
    assert!(peak(&["--max-in-flight", "20"]) > 1);
}
