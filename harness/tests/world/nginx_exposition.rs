//! nginx serves an exposition as a static file, and the file is replaced while the load
//! runs: what counted, what broke, what went back and what vanished.

use super::reasons;
use super::support::daemon::wait_until;
use super::support::nginx::Nginx;
use super::support::{Ended, Workspace, objective};

const SERVER: &str = "    location = /metrics { default_type 'text/plain; version=0.0.4'; }\n    \
                      location / { return 200 'fine'; }";

/// Requests of the load; the file is replaced at a third and at two thirds of them.
const REQUESTS: usize = 150;

const SLO: &str = "
  - { id: jobs, counter: jobs_total, is: '== 57' }
  - { id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5' }
";

fn exposition(a: u32, b: u32, depth: u32) -> String {
    format!(
        "# TYPE jobs_total counter\njobs_total{{kind=\"a\"}} {a}\njobs_total{{kind=\"b\"}} {b}\n\
         # TYPE depth gauge\ndepth {depth}\n"
    )
}

fn scenario(url: &str, slo: &str) -> String {
    format!(
        "version: 1\nname: swapped\ntarget: {url}\nmetrics: {{ path: /metrics, every: 50ms }}\n\
         load:\n  - {{ name: steady, rate: 60/s, for: 2500ms }}\n\
         requests:\n  - {{ name: get, get: /work }}\nslo:{slo}"
    )
}

/// Loads a server whose exposition is the first of these, then the second, then the
/// third; nothing without nginx.
fn swapped(expositions: [&str; 3], slo: &str) -> Option<Ended> {
    let nginx = Nginx::start(SERVER)?;
    nginx.publish("metrics", expositions[0]);
    let workspace = Workspace::new();
    let file = workspace.write("scenario.yaml", &scenario(&nginx.url(), slo));
    let child = workspace.start(&["run", file.to_str().unwrap(), "--out", "json"]);
    for (third, exposition) in (1..).zip(&expositions[1..]) {
        wait_until("the load", || nginx.answered("/work") >= third * REQUESTS / 3);
        nginx.publish("metrics", exposition);
    }
    Some(Ended::from(child.wait_with_output().unwrap()))
}

#[test]
fn counters_that_grew_in_a_file_are_judged_exactly() {
    let files = [&exposition(100, 7, 1), &exposition(150, 7, 4), &exposition(155, 9, 2)];
    let Some(ended) = swapped(files.map(String::as_str), SLO) else { return };
    let report = ended.expect_code(0).report();
    assert_eq!(objective(&report, "jobs")["observed"], 57.0, "{report:#}");
    assert_eq!(objective(&report, "depth")["observed"], 4.0);
    let Some(missed) = swapped(files.map(String::as_str), &SLO.replace("== 57", "== 58")) else {
        return;
    };
    assert_eq!(objective(&missed.expect_code(1).report(), "jobs")["verdict"], "fail");
}

#[test]
fn a_file_that_is_malformed_from_half_way_on_is_never_green() {
    let good = exposition(100, 7, 1);
    let broken = "jobs_total{kind=\"a\" 157\n";
    let truncated = good.trim_end();
    for bad in [broken, truncated, "", "<html></html>\n"] {
        let Some(ended) = swapped([&good, bad, bad], SLO) else { return };
        let report = ended.expect_code(3).report();
        for id in ["jobs", "depth"] {
            let judged = objective(&report, id);
            assert_eq!(judged["verdict"], "inconclusive", "{bad:?}: {judged:#}");
        }
    }
}

#[test]
fn a_file_that_is_malformed_for_a_while_leaves_counters_and_takes_gauges_away() {
    let (first, last) = (exposition(100, 7, 1), exposition(155, 9, 2));
    let Some(ended) = swapped([&first, "depth }{\n", &last], SLO) else { return };
    let report = ended.expect_code(3).report();
    assert_eq!(objective(&report, "jobs")["verdict"], "pass");
    let depth = objective(&report, "depth");
    assert_eq!(depth["verdict"], "inconclusive");
    assert!(depth["reason"].as_str().unwrap().contains("scrapes failed"), "{depth:#}");
}

#[test]
fn a_counter_that_went_back_is_a_restart() {
    // It has grown past its old value by the end.
    let files = [&exposition(100, 7, 1), &exposition(3, 0, 1), &exposition(157, 7, 1)];
    let Some(ended) = swapped(files.map(String::as_str), SLO) else { return };
    let report = ended.expect_code(1).report();
    assert!(reasons(&report).contains("went back from 100 to 3"), "{}", reasons(&report));
}

#[test]
fn a_counter_that_is_missing_at_the_end_is_inconclusive() {
    let first = exposition(100, 7, 1);
    let without_b = "# TYPE jobs_total counter\njobs_total{kind=\"a\"} 157\n# TYPE depth gauge\n";
    let Some(ended) = swapped([&first, &first, without_b], SLO) else { return };
    let report = ended.expect_code(3).report();
    for (id, series) in [("jobs", "kind=\\\"b\\\""), ("depth", "depth{")] {
        let judged = objective(&report, id);
        assert_eq!(judged["verdict"], "inconclusive", "{judged:#}");
        assert!(judged["reason"].to_string().contains(series), "{judged:#}");
        assert!(judged["reason"].to_string().contains("disappeared"), "{judged:#}");
    }
}

#[test]
fn a_metric_that_changes_its_type_half_way_is_never_green() {
    let first = exposition(100, 7, 1);
    let as_gauge = exposition(157, 7, 1).replace("jobs_total counter", "jobs_total gauge");
    let Some(ended) = swapped([&first, &as_gauge, &as_gauge], SLO) else { return };
    let report = ended.expect_code(3).report();
    let jobs = objective(&report, "jobs");
    assert!(jobs["reason"].as_str().unwrap().contains("was a counter and is a gauge"), "{jobs:#}");
}
