//! The kinds of objective from a file to an exit code, against services that the test
//! writes itself, and judged once more from the saved run.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use support::{Answer, Service, Workspace, objective};

const SHORT: &str = "  - { name: steady, users: 2, iterations: 200 }\n";
const LONG: &str =
    "  - { name: steady, rate: 50/s, for: 60s }\n  - { name: peak, rate: 50/s, for: 60s }\n";

fn scenario(url: &str, load: &str, slo: &str) -> String {
    format!(
        "version: 1\nname: kinds\ntarget: {url}\nmetrics: {{ path: /metrics, every: 50ms }}\n\
         load:\n{load}requests:\n  - {{ name: get, get: /work, timeout: 2s }}\nslo:\n{slo}"
    )
}

/// Runs a scenario, saves it, and has it judged again: both must say the same.
#[track_caller]
fn run(text: &str, code: i32) -> Value {
    let workspace = Workspace::new();
    let file = workspace.write("scenario.yaml", text);
    let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
    let report = workspace.run(&arguments).expect_code(code).report();
    let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(code).report();
    for part in ["slos", "verdict", "reasons", "notes", "stopped_early"] {
        assert_eq!(again["scenarios"][0][part], report["scenarios"][0][part], "{part}");
    }
    report
}

/// A service that counts what it answers, perhaps the scrapes as well.
fn counting(counts_scrapes: bool) -> Service {
    let counted = Arc::new(AtomicUsize::new(7));
    Service::start(move |path, _| {
        let so_far = counted.load(Ordering::SeqCst);
        if path != "/metrics" || counts_scrapes {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        match path {
            "/metrics" => Answer::Http(
                200,
                format!(
                    "# TYPE work_total counter\nwork_total {so_far}\n# TYPE depth gauge\ndepth 3\n"
                ),
            ),
            _ => Answer::Http(200, "done".into()),
        }
    })
}

const AGREE: &str =
    "  - { id: agree, reconcile: { client: count(responses), counter: work_total } }\n";

#[test]
fn a_counter_of_every_answer_reconciles_to_the_last_one() {
    let slo = format!("{AGREE}  - series work_total present\n  - 'bytes(received) == 800B'\n");
    let report = run(&scenario(&counting(false).url(), SHORT, &slo), 0);
    let agreed = objective(&report, "agree");
    assert_eq!((&agreed["observed"], &agreed["source"]), (&0.0.into(), &"reconcile".into()));
    assert_eq!(agreed["target"], "within 0");
    assert_eq!(report["scenarios"][0]["notes"], Value::Array(Vec::new()));
}

#[test]
fn a_counter_of_the_scrapes_as_well_is_told() {
    let report = run(&scenario(&counting(true).url(), SHORT, AGREE), 3);
    let reason = objective(&report, "agree")["reason"].as_str().unwrap();
    assert!(reason.contains("scrapes; if the counter counts them as well"), "{reason}");
    let note = report["scenarios"][0]["notes"][0].as_str().unwrap();
    assert!(note.starts_with("nothing reconciles"), "{note}");
}

#[test]
fn a_counter_of_half_the_answers_fails() {
    let service = Service::start(|path, before| match path {
        "/metrics" => {
            Answer::Http(200, format!("# TYPE work_total counter\nwork_total {}\n", before / 2))
        }
        _ => Answer::Http(200, String::new()),
    });
    let report = run(&scenario(&service.url(), SHORT, AGREE), 1);
    let reason = objective(&report, "agree")["reason"].as_str().unwrap();
    assert!(reason.starts_with("the client counted 200 and the target 1"), "{reason}");
}

/// Metrics of a process that does not answer the load.
fn of_another_process() -> Service {
    Service::start(|path, _| match path {
        "/metrics" => Answer::Http(
            200,
            "# TYPE work_total counter\nwork_total 70\n# TYPE depth gauge\ndepth 3\n".into(),
        ),
        _ => Answer::Http(200, String::new()),
    })
}

const DEPTH: &str = "  - { id: depth, promql: depth, is: '<= 5' }\n";

#[test]
fn metrics_that_do_not_move_under_load_pass_nothing() {
    let service = of_another_process();
    let report = run(&scenario(&service.url(), SHORT, DEPTH), 3);
    let reason = objective(&report, "depth")["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("none of the target's counters grew while it answered 200"),
        "{reason}"
    );
    let meant = scenario(&service.url(), SHORT, DEPTH) + "unmoved: allow\n";
    assert_eq!(objective(&run(&meant, 0), "depth")["verdict"], "pass");
}

#[test]
fn a_misspelt_series_is_not_present() {
    let report =
        run(&scenario(&counting(false).url(), SHORT, "  - series works_total present\n"), 1);
    let missing = objective(&report, "present-works_total");
    assert_eq!(missing["reason"], "no such series: works_total; did you mean `work_total`?");
}

/// The scenario ended by `abort`: early, as a fail, with the phase that is left not run.
#[track_caller]
fn assert_aborted(report: &Value, id: &str) {
    let scenario = &report["scenarios"][0];
    assert_eq!(scenario["verdict"], "fail", "{report:#}");
    assert_eq!(scenario["conditions"][0]["kind"], "aborted", "{report:#}");
    assert_eq!(scenario["stopped_early"]["objective"], id, "{report:#}");
    assert!(scenario["reasons"][0].as_str().unwrap().starts_with(&format!("aborted: `{id}` was")));
    assert_eq!(scenario["phases"][1]["ran"], Value::Null, "{report:#}");
    assert!(report["duration_seconds"].as_f64().unwrap() < 40.0, "{report:#}");
}

#[test]
fn a_queue_above_its_target_ends_the_load() {
    let slo = "  - { id: depth, promql: 'max_over_time(depth[$run])', is: '<= 2', abort: { after: 500ms } }\n  \
               - { id: dropped, client: count(dropped), is: '== 0' }\n";
    let report = run(&scenario(&counting(false).url(), LONG, slo), 1);
    assert_aborted(&report, "depth");
    assert_eq!(objective(&report, "depth")["verdict"], "fail");
    let dropped = objective(&report, "dropped");
    assert_eq!(dropped["verdict"], "inconclusive", "an aborted run passes nothing");
    let reason = dropped["reason"].as_str().unwrap();
    assert!(reason.starts_with("the load was ended because `depth` was missed for"), "{reason}");
}

#[test]
fn errors_end_the_load_by_the_clients_own_numbers() {
    let service = Service::start(|_, _| Answer::Http(500, String::new()));
    let slo = "  - { id: success, client: ratio(success), is: '>= 95%', abort: { after: 1s } }\n";
    let text = scenario(&service.url(), LONG, slo)
        .replace("metrics: { path: /metrics, every: 50ms }\n", "");
    assert_aborted(&run(&text, 1), "success");
}

#[test]
fn what_holds_ends_nothing() {
    let load = "  - { name: steady, rate: 50/s, for: 2s }\n";
    let slo = "  - { id: depth, promql: 'max_over_time(depth[$run])', is: '<= 5', abort: { after: 50ms } }\n  \
               - { id: p95, client: p95(latency), is: '< 30s', abort: { after: 50ms } }\n  \
               - { id: answers, client: count(responses), is: '>= 100', abort: { after: 50ms } }\n";
    run(&scenario(&counting(false).url(), load, slo), 0);
}

#[test]
fn a_minimum_below_its_target_ends_the_load() {
    let slo = "  - { id: ready, promql: 'min_over_time(depth[$run])', is: '>= 4', abort: { after: 500ms } }\n";
    let report = run(&scenario(&counting(false).url(), LONG, slo), 1);
    assert_aborted(&report, "ready");
    assert_eq!(objective(&report, "ready")["verdict"], "fail");
}

#[test]
fn what_stands_beside_an_objective_is_shown_and_judges_nothing() {
    let slo = "  - { id: answered, counter: work_total, is: '>= 200', \
               beside: { done: work_total, lost: lost_total } }\n";
    let text = scenario(&counting(false).url(), SHORT, slo);
    let report = run(&text, 0);
    let beside = &objective(&report, "answered")["beside"];
    assert_eq!((&beside[0]["name"], &beside[0]["observed"]), (&"done".into(), &200.0.into()));
    assert_eq!(beside[1]["observed"], Value::Null);
    assert!(beside[1]["reason"].as_str().unwrap().starts_with("no such series: lost_total"));
    let workspace = Workspace::new();
    workspace.write("scenario.yaml", &text);
    let table = workspace.run(&["run", "scenario.yaml"]).expect_code(0).stdout;
    let row = table.lines().find(|line| line.trim_start().starts_with("done")).unwrap();
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["done", "200", "shown", "-", "-", "-", "counter"]
    );
}
