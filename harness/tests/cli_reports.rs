//! Reports of the binary as a pipeline gets them: files, GitHub's summary, exit codes.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::path::Path;

use support::{Answer, Ended, Service, Workspace, outside};

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
    assert!(ended.stderr.contains("error[unwritable-output]: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("job summary"), "{}", ended.stderr);
    let full = workspace.write("full.md", &"x".repeat(1_000_000));
    let ended = run_on_github(&workspace, &full, MET, &[]).expect_code(5);
    assert!(ended.stderr.contains("is full (1000000 bytes)"), "{}", ended.stderr);
    assert!(ended.stderr.contains("error[full-summary]: "), "{}", ended.stderr);
    run_on_github(&workspace, Path::new("/dev/full"), MET, &[]).expect_code(5);
}

#[test]
fn every_kind_is_written_by_a_run_and_again_by_a_report_of_the_saved_run() {
    let workspace = Workspace::new();
    workspace.write("plain.yaml", &scenario(&service().url(), MISSED));
    let files = |folder: &str| {
        let kinds = ["table", "json", "junit", "markdown", "pdf", "csv", "openmetrics"];
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
    for kind in ["table", "json", "junit", "markdown", "csv", "openmetrics"] {
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

#[test]
fn a_run_that_cannot_be_saved_passes_in_no_report() {
    let workspace = Workspace::new();
    workspace.write("plain.yaml", &scenario(&service().url(), MET));
    // No file may be larger than two KiB, as on a disk that is full.
    let limited = "trap '' XFSZ; ulimit -f 4; exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", limited, env!("CARGO_BIN_EXE_slogate"), "run", "plain.yaml"]);
    command.args(["--save", "kept", "--out", "json"]).current_dir(workspace.path());
    let ended = Ended::from(command.env_remove("GITHUB_ACTIONS").output().unwrap());
    let ended = ended.expect_code(5);
    assert!(ended.stderr.contains("error[unsaved-run]: cannot save kept/"), "{ended:?}");
    let report = ended.report();
    assert_eq!(report["verdict"], "inconclusive", "{report:#}");
    assert_eq!(report["exit"]["code"], 5);
    assert_eq!(report["scenarios"][0]["verdict"], "pass");
}

#[test]
fn two_reports_to_one_file_are_a_matter_of_usage_for_every_verb() {
    let workspace = Workspace::new();
    let service = service();
    workspace.write("scenarios/plain.yaml", &scenario(&service.url(), MET));
    let url = format!("{}/metrics", service.url());
    let twice = ["--out", "csv=both", "--out", "json=./both"];
    for verb in [
        &["run", "scenarios/plain.yaml"][..],
        &["gate"],
        &["assert", &url],
        &["assert", "kept"],
        &["report", "kept"],
    ] {
        let said = workspace.run(&[verb, &twice].concat()).expect_code(2).stderr;
        assert!(said.contains("two reports to ./both"), "{verb:?}: {said}");
    }
    assert_eq!(service.seen(), 0);
}

#[test]
fn a_report_that_cannot_be_written_is_told_in_the_others() {
    let workspace = Workspace::new();
    workspace.write("plain.yaml", &scenario(&service().url(), MET));
    let outputs = ["--out", "json=first.json", "--out", "markdown=/dev/full"];
    let ended = workspace.run(&[&["run", "plain.yaml"][..], &outputs].concat()).expect_code(5);
    let report = std::fs::read_to_string(workspace.path().join("first.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["exit"]["code"], 5, "{ended:?}");
    assert_eq!(report["verdict"], "inconclusive");
}

#[test]
fn what_a_service_says_commands_no_job_on_github() {
    let workspace = Workspace::new();
    let says = "printf '::set-env name=A::b\\n##[add-path]/tmp\\n'; exit 1";
    workspace.write("plain.yaml", &scenario("http://127.0.0.1:9", MET));
    for kind in ["table", "json", "junit", "markdown"] {
        let start = ["--start", says, "--wait-for", "http://127.0.0.1:9/", "--out", kind];
        let arguments = [&["run", "plain.yaml"][..], &start].concat();
        let mut command = workspace.command(&arguments);
        command.env("GITHUB_ACTIONS", "true").env("RUST_LOG", "debug");
        let ended = Ended::from(command.output().unwrap()).expect_code(4);
        let lines = ended.stdout.lines().chain(ended.stderr.lines());
        let of_ours = |line: &&str| line.starts_with("::warning file=plain.yaml,");
        let is_command = |line: &&str| line.trim_start().starts_with("::") || line.contains("##[");
        let told: Vec<&str> = lines.filter(|line| !of_ours(line)).filter(is_command).collect();
        assert!(told.is_empty(), "{kind}: {told:#?}");
        assert!(ended.stdout.contains("set-env name=A"), "{kind}: {ended:?}");
    }
}

/// Two scenarios with metrics, in one run that writes a report of this kind.
fn run_of_two(workspace: &Workspace, kind: &str) -> String {
    let service = Service::start(|path, before| match path {
        "/metrics" => Answer::Http(
            200,
            format!("# TYPE asked_total counter\nasked_total{{scenario=\"own\"}} {before}\n"),
        ),
        _ => Answer::Http(if before % 10 == 0 { 500 } else { 200 }, String::new()),
    });
    for name in ["one", "two"] {
        let text = scenario(&service.url(), MET)
            .replace("name: plain", &format!("name: {name}"))
            .replace("metrics: none", "metrics: { path: /metrics, every: 20ms }");
        workspace.write(&format!("{name}.yaml"), &text);
    }
    let out = format!("{kind}=report.{kind}");
    workspace.run(&["run", "one.yaml", "two.yaml", "--out", &out]).expect_code(0);
    std::fs::read_to_string(workspace.path().join(format!("report.{kind}"))).unwrap()
}

#[test]
fn pythons_csv_module_reads_the_times_of_requests() {
    if !outside::has("python3") {
        return;
    }
    let workspace = Workspace::new();
    run_of_two(&workspace, "csv");
    let script = "import csv, json, sys\n\
                  rows = list(csv.DictReader(open(sys.argv[1], newline='')))\n\
                  numbers = [float(r['latency_p50_seconds'] or 'nan') for r in rows]\n\
                  print(json.dumps([rows, [str(n) for n in numbers]]))";
    let mut python = std::process::Command::new("python3");
    let read = python.args(["-c", script]).arg(workspace.path().join("report.csv"));
    let read = Ended::from(read.output().unwrap()).expect_code(0).report();
    let rows = read[0].as_array().unwrap();
    let cells = |name: &str| rows.iter().map(|row| row[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(cells("scenario"), ["one", "one", "one", "two", "two", "two"]);
    assert_eq!(cells("outcome"), ["all", "ok", "failed", "all", "ok", "failed"]);
    assert_eq!((cells("count")[0], cells("sent")[0]), ("100", "100"));
    let counts: Vec<u32> = cells("count").iter().map(|count| count.parse().unwrap()).collect();
    assert!(counts[2] > 0 && counts[0] == counts[1] + counts[2], "{counts:?}");
    assert_eq!(cells("latency_max_seconds")[0], "+Inf", "a failed request is unbounded");
    assert!(read[1].as_array().unwrap().iter().all(|number| number != "nan"), "{read:#}");
}

#[test]
fn promtool_loads_the_series_of_all_scenarios() {
    let workspace = Workspace::new();
    let text = run_of_two(&workspace, "openmetrics");
    for name in ["one", "two"] {
        assert!(text.contains("asked_total{exported_scenario=\"own\","), "{text}");
        assert!(text.contains(&format!("scenario=\"{name}\"}}")), "{text}");
    }
    if !outside::has("promtool") {
        return;
    }
    let mut promtool = std::process::Command::new("promtool");
    promtool.args(["tsdb", "create-blocks-from", "openmetrics", "report.openmetrics", "blocks"]);
    let made = Ended::from(promtool.current_dir(workspace.path()).output().unwrap());
    let made = made.expect_code(0);
    // BLOCK ULID, MIN TIME, MAX TIME, DURATION, SAMPLES, CHUNKS, SERIES, SIZE
    let block: Vec<&str> = made.stdout.lines().last().unwrap().split_whitespace().collect();
    let samples = text.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(block[4], samples.to_string(), "{made:?}");
}

#[test]
fn series_are_not_written_into_the_log_of_a_job_on_github() {
    let workspace = Workspace::new();
    let summary = workspace.write("summary.md", "");
    let ended = run_on_github(&workspace, &summary, MET, &["--out", "openmetrics"]).expect_code(2);
    assert!(ended.stderr.contains("openmetrics=FILE"), "{ended:?}");
    assert!(ended.stderr.starts_with("error[unsafe-output]: "), "{ended:?}");
    run_on_github(&workspace, &summary, MET, &["--out", "openmetrics=a.om"]).expect_code(0);
}
