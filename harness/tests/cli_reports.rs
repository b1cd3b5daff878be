//! Reports of the binary as a pipeline gets them: files, GitHub's summary, exit codes.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::Path;

use support::{Answer, Ended, Service, Workspace};

/// A scenario that ends within a second; `objective` decides its verdict.
fn scenario(url: &str, objective: &str) -> String {
    format!(
        "version: 1\nname: plain\ntarget: {url}\nmetrics: none\nload:\n  \
         - {{ name: steady, users: 4, iterations: 100 }}\nrequests:\n  - {{ name: get, get: / }}\n\
         slo:\n  - {objective}\n"
    )
}

fn service() -> Service {
    Service::start(|_, _| Answer::Http(200, String::new()))
}

const MISSED: &str = "'p95(latency) < 1ns'";
const MET: &str = "'count(dropped) == 0'";

/// Runs a scenario as a job on GitHub would, in a checkout that is the workspace.
fn run_on_github(workspace: &Workspace, summary: &Path, objective: &str, flags: &[&str]) -> Ended {
    workspace.write("load/plain.yaml", &scenario(&service().url(), objective));
    let arguments = [&["run", "load/plain.yaml", "--quiet"], flags].concat();
    let output = workspace
        .command(&arguments)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", workspace.path())
        .env("GITHUB_STEP_SUMMARY", summary)
        .output();
    Ended::from(output.unwrap())
}

#[test]
fn on_github_a_miss_is_annotated_and_summarised_by_itself() {
    let workspace = Workspace::new();
    let summary = workspace.write("summary.md", "of another command");
    let ended = run_on_github(&workspace, &summary, MISSED, &[]).expect_code(1);
    let annotation = ended.stderr.lines().find(|line| line.starts_with("::error ")).unwrap();
    assert!(annotation.starts_with("::error file=load/plain.yaml,line=10,col="), "{annotation}");
    assert!(!ended.stdout.contains("::error"), "{}", ended.stdout);
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("of another command\n## ✗ FAIL: 1 of 1"), "{text}");
    assert!(text.contains("exit 1: "), "{text}");
}

#[test]
fn github_is_told_nothing_when_it_is_turned_off() {
    let workspace = Workspace::new();
    let summary = workspace.write("summary.md", "");
    let ended = run_on_github(&workspace, &summary, MISSED, &["--github", "off"]).expect_code(1);
    assert!(!ended.stderr.contains("::"), "{}", ended.stderr);
    assert_eq!(std::fs::read_to_string(&summary).unwrap(), "");
}

#[test]
fn a_summary_that_cannot_be_written_is_no_success() {
    let workspace = Workspace::new();
    let nowhere = workspace.path().join("no/such/folder/summary.md");
    let ended = run_on_github(&workspace, &nowhere, MET, &[]).expect_code(2);
    assert!(ended.stderr.contains("job summary"), "{}", ended.stderr);
    let full = workspace.write("full.md", &"x".repeat(1_000_000));
    let ended = run_on_github(&workspace, &full, MET, &[]).expect_code(5);
    assert!(ended.stderr.contains("is full (1000000 bytes)"), "{}", ended.stderr);
    run_on_github(&workspace, Path::new("/dev/full"), MET, &[]).expect_code(5);
}

#[test]
fn every_kind_is_written_by_a_run_and_again_by_a_report_of_the_saved_run() {
    let workspace = Workspace::new();
    workspace.write("plain.yaml", &scenario(&service().url(), MISSED));
    let files = |folder: &str| {
        let kinds = ["table", "json", "junit", "markdown", "pdf"];
        let outs = kinds.iter().map(|kind| format!("--out={kind}={folder}/report.{kind}"));
        std::fs::create_dir(workspace.path().join(folder)).unwrap();
        outs.collect::<Vec<_>>()
    };
    let run = files("run");
    let mut arguments = vec!["run", "plain.yaml", "--save", "kept"];
    arguments.extend(run.iter().map(String::as_str));
    workspace.run(&arguments).expect_code(1);
    let again = files("again");
    let mut arguments = vec!["report", "kept"];
    arguments.extend(again.iter().map(String::as_str));
    workspace.run(&arguments).expect_code(1);
    for kind in ["table", "json", "junit", "markdown"] {
        let read = |folder: &str| {
            let file = workspace.path().join(format!("{folder}/report.{kind}"));
            std::fs::read_to_string(file).unwrap()
        };
        assert_eq!(read("run"), read("again"), "{kind}");
    }
    let pdf = std::fs::read(workspace.path().join("again/report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
}

#[test]
fn a_pdf_on_standard_output_is_its_bytes() {
    let workspace = Workspace::new();
    workspace.write("plain.yaml", &scenario(&service().url(), MET));
    let output = workspace.command(&["run", "plain.yaml", "--out", "pdf"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stdout.starts_with(b"%PDF-") && output.stdout.trim_ascii_end().ends_with(b"%%EOF")
    );
}
