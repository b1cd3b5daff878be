//! A real Prometheus scrapes the target, and the verdict rests on what it has.

use std::thread;

use super::support::exporter::Exporter;
use super::support::generations::{Tool, prometheuses};
use super::support::prometheus::Prometheus;
use super::support::{Ended, Workspace, objective};
use super::{report_of, requests};

/// Exports at a steady rate, judged by the metrics at `metrics`.
fn scenario(target: &str, metrics: &str, seconds: u32) -> String {
    format!(
        "version: 1\nname: api\ntarget: {target}\nmetrics: {metrics}\n\
         load:\n  - {{ name: warm-up, users: 1, iterations: 3, measure: false }}\n  \
         - {{ name: steady, rate: 20/s, for: {seconds}s }}\n\
         requests:\n  - name: csv\n    post: /export/run\n    \
         json: {{ format: csv, columns: [id], data: [{{ id: 1 }}] }}\n\
         slo:\n  - {{ id: succeeded, counter: 'export_requests_total{{status=\"succeeded\"}}', is: '== {}' }}\n  \
         - {{ id: grown, promql: 'sum(increase(export_requests_total{{status=\"succeeded\"}}[$run]))', is: '> 0' }}\n  \
         - {{ id: failures, counter: export_fail_total, is: '== 0' }}\n",
        20 * seconds
    )
}

fn api(url: &str) -> String {
    format!("{{ prometheus: '{url}', matcher: '{{job=\"target\"}}' }}")
}

/// A Prometheus of a generation that scrapes a service every second.
fn scraping(tool: &Tool, service: &Exporter) -> Prometheus {
    Prometheus::scraping_as(tool, ("1s", service.address, "/export/metrics"))
}

fn notes(report: &serde_json::Value) -> String {
    report["scenarios"][0]["notes"].to_string()
}

#[test]
fn what_a_real_prometheus_has_is_judged_like_what_is_scraped() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let prometheus = scraping(&tool, &service);
        let workspace = Workspace::new();
        let through_api = scenario(&service.url(), &api(&prometheus.url), 6);
        let file = workspace.write("scenario.yaml", &through_api);
        let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
        let report = workspace.run(&arguments).expect_code(0).report();
        // The three of the warm-up are not in it: the opening sample is from after them.
        assert_eq!(objective(&report, "succeeded")["observed"], 120.0, "{report:#}");
        let notes = notes(&report);
        assert!(notes.contains("sampled every 1.0 s") && notes.contains("its clock is"), "{notes}");

        let again = workspace.run(&["report", "kept", "--out", "json"]).expect_code(0).report();
        assert_eq!(again["scenarios"][0]["slos"], report["scenarios"][0]["slos"]);

        let scraped = scenario(&service.url(), "{ path: /export/metrics, every: 1s }", 6);
        let direct = report_of(&workspace, &scraped, 0);
        let observed =
            |report: &serde_json::Value| objective(report, "succeeded")["observed"].clone();
        assert_eq!(observed(&direct), observed(&report));
    }
}

#[test]
fn a_run_on_an_api_is_held_against_the_same_api_within_a_tolerance() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let prometheus = scraping(&tool, &service);
        let workspace = Workspace::new();
        let text = scenario(&service.url(), &api(&prometheus.url), 6);
        let (kept, _) = text.split_once("slo:\n").unwrap();
        let grown = text.lines().find(|line| line.contains("id: grown")).unwrap();
        workspace.write("scenario.yaml", &format!("{kept}slo:\n{grown}\n"));
        let arguments = ["run", "scenario.yaml", "--out", "json", "--verify-with", &prometheus.url];
        let tolerance = ["--verify-tolerance", "30%"];
        let report = workspace.run(&[&arguments[..], &tolerance].concat()).expect_code(0).report();
        let compared = &report["scenarios"][0]["verification"]["compared"];
        assert_eq!(compared[0]["agreement"], "same", "{compared:#}");
        assert!(compared[0]["theirs"].as_f64().unwrap() > 0.0, "{compared:#}");
    }
}

#[test]
fn an_objective_that_is_missed_fails() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let prometheus = scraping(&tool, &service);
        let missed = scenario(&service.url(), &api(&prometheus.url), 5).replace("== 100", "== 101");
        let report = report_of(&Workspace::new(), &missed, 1);
        assert_eq!(objective(&report, "succeeded")["verdict"], "fail");
        assert_eq!(requests(&report, "sent"), 103);
    }
}

#[test]
fn a_prometheus_that_dies_half_way_leaves_nothing_to_judge() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let mut prometheus = scraping(&tool, &service);
        let workspace = Workspace::new();
        let metrics = api(&prometheus.url).replace("}' }", "}', settle: 5s }");
        let file = workspace.write("scenario.yaml", &scenario(&service.url(), &metrics, 3));
        let child = workspace.start(&["run", file.to_str().unwrap(), "--out", "json"]);
        // Four exports are one more than the warm-up has.
        let has_begun = || service.succeeded() >= 4;
        super::support::daemon::wait_until("the load", has_begun);
        prometheus.kill();
        let report = Ended::from(child.wait_with_output().unwrap()).expect_code(3).report();
        let judged = objective(&report, "failures");
        let reason = judged["reason"].as_str().unwrap();
        assert!(
            reason.contains("the closing scrape failed") && reason.contains("connection"),
            "{reason}"
        );
    }
}

#[test]
fn a_matcher_that_selects_nothing_stops_before_the_load() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let prometheus = scraping(&tool, &service);
        let workspace = Workspace::new();
        let metrics = api(&prometheus.url).replace("target", "tarmac");
        let file = workspace.write("scenario.yaml", &scenario(&service.url(), &metrics, 3));
        let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(4);
        assert!(ended.stdout.contains("no such series"), "{}", ended.stdout);
        assert!(ended.stdout.contains("\"nothing-selected\""), "{}", ended.stdout);
        assert_eq!(service.succeeded(), 0);
        drop(prometheus);
        let ended = workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(4);
        assert!(ended.stdout.contains("no connection"), "{}", ended.stdout);
        assert!(ended.stdout.contains("\"metrics-unreachable\""), "{}", ended.stdout);
    }
}

#[test]
fn a_target_that_dies_half_way_fails_and_its_counters_are_not_judged() {
    for tool in prometheuses() {
        let service = Exporter::start();
        let prometheus = scraping(&tool, &service);
        let scenario = scenario(&service.url(), &api(&prometheus.url), 3);
        let report = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let workspace = Workspace::new();
                let file = workspace.write("scenario.yaml", &scenario);
                workspace.run(&["run", file.to_str().unwrap(), "--out", "json"])
            });
            super::support::daemon::wait_until("the load", || service.succeeded() >= 4);
            service.kill();
            run.join().unwrap().expect_code(1).report()
        });
        let failures = objective(&report, "failures");
        assert_eq!(failures["verdict"], "inconclusive");
        assert!(failures["reason"].to_string().contains("`up` was 0"), "{failures:#}");
    }
}
