//! Flows from the command line to the verdict: the example of the documentation against
//! the reference service, and what a flow that breaks off leaves behind.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::Path;

use serde_json::Value;
use support::{Workspace, objective};

/// A workspace with the example and its data.
fn with_example() -> Workspace {
    let workspace = Workspace::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples");
    for name in ["download.yaml", "users.csv"] {
        workspace.write(name, &std::fs::read_to_string(folder.join(name)).unwrap());
    }
    workspace
}

fn example_with(workspace: &Workspace, change: impl Fn(String) -> String) {
    let text = std::fs::read_to_string(workspace.path().join("download.yaml")).unwrap();
    let changed = change(text.replace("for: 5s", "for: 3s"));
    workspace.write("changed.yaml", &changed);
}

fn flow(report: &Value) -> &Value {
    &report["scenarios"][0]["flows"][0]
}

#[test]
fn a_file_is_created_and_downloaded_by_each_user() {
    let workspace = with_example();
    let arguments = ["run", "download.yaml", "--out", "json", "--save", "kept"];
    let report = workspace.run(&arguments).expect_code(0).report();
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let flow = flow(&report);
    assert_eq!((&flow["name"], &flow["count"]), (&"export".into(), &100.into()));
    assert_eq!((&flow["completed"], &flow["failed"]), (&100.into(), &0.into()));
    let file = &report["scenarios"][0]["configuration"]["data_files"][0];
    assert_eq!((&file["name"], &file["rows"]), (&"users".into(), &3.into()));
    let table = workspace.run(&["report", "kept"]).expect_code(0);
    assert!(table.stdout.contains("flow export: 100 of 100 iterations completed"));
}

#[test]
fn a_capture_that_finds_nothing_is_no_success_and_its_next_step_no_sample() {
    let workspace = with_example();
    example_with(&workspace, |text| text.replace("$.downloadUrl", "$.nowhere"));
    let ended = workspace.run(&["run", "changed.yaml", "--out", "json"]).expect_code(1);
    let report = ended.report();
    let steps = report["scenarios"][0]["requests"].as_array().unwrap();
    assert_eq!(steps[0]["failures"]["capture"], 60, "{report:#}");
    assert_eq!((&steps[1]["count"], &steps[1]["sent"]), (&0.into(), &0.into()));
    assert_eq!(objective(&report, "success")["verdict"], "fail");
    assert_eq!((&flow(&report)["failed"], &flow(&report)["completed"]), (&60.into(), &0.into()));
    let slos = report["scenarios"][0]["slos"].as_array().unwrap();
    let download = slos.iter().find(|slo| slo["id"].as_str().unwrap().contains("download"));
    assert_eq!(download.unwrap()["verdict"], "inconclusive", "{report:#}");
}

#[test]
fn a_wrong_file_is_a_failed_step() {
    let workspace = with_example();
    example_with(&workspace, |text| text.replace("columns: [id, symbol, price]", "columns: [id]"));
    let report = workspace.run(&["run", "changed.yaml", "--out", "json"]).expect_code(1).report();
    let steps = report["scenarios"][0]["requests"].as_array().unwrap();
    assert_eq!(steps[1]["failures"]["expectation"], 60, "{report:#}");
    assert_eq!(steps[0]["succeeded"], 60);
}
