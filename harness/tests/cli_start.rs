//! `--start COMMAND --wait-for URL`: the service is started, watched and ended, and
//! never mistaken for one that was there already.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod support;

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::daemon::wait_until;
use support::{Answer, Ended, Service, Workspace};

/// Longest wait for something that other processes do.
const PATIENCE: Duration = Duration::from_secs(20);

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_taken(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn scenario(port: u16, load: &str) -> String {
    format!(
        "version: 1\nname: started\ntarget: http://127.0.0.1:{port}\n\
         metrics: {{ path: /export/metrics, every: 100ms }}\nload:\n  - {load}\n\
         requests:\n  - {{ name: health, get: /health }}\nslo:\n  - 'p95(latency) < 5s'\n"
    )
}

/// The reference service, as somebody's own: this binary is on every machine that tests.
fn exporter(port: u16) -> String {
    format!("SECRET=hunter2 '{}' exporter --port {port}", env!("CARGO_BIN_EXE_slogate"))
}

/// The codes of a scenario that was not run.
fn codes(ended: &Ended) -> Vec<String> {
    let codes = ended.report()["scenarios"][0]["codes"].clone();
    serde_json::from_value(codes).unwrap()
}

struct Start {
    workspace: Workspace,
    file: String,
    port: u16,
}

impl Start {
    fn new(load: &str) -> Self {
        let (workspace, port) = (Workspace::new(), free_port());
        let file = workspace.write("s.yaml", &scenario(port, load));
        Self { workspace, file: file.to_str().unwrap().to_owned(), port }
    }

    fn arguments<'a>(&'a self, command: &'a str, url: &'a str) -> Vec<&'a str> {
        vec!["run", &self.file, "--start", command, "--wait-for", url]
    }

    fn health(&self) -> String {
        format!("http://127.0.0.1:{}/health", self.port)
    }

    fn run(&self, command: &str, more: &[&str]) -> Ended {
        let url = self.health();
        let mut arguments = self.arguments(command, &url);
        arguments.extend(more);
        self.workspace.run(&arguments)
    }
}

const SHORT: &str = "{ name: steady, users: 2, iterations: 100 }";

#[test]
fn a_service_is_started_loaded_and_ended() {
    let start = Start::new(SHORT);
    let ended = start.run(&exporter(start.port), &["--out", "json", "--save", "kept"]);
    let report = ended.expect_code(0).report();
    assert_eq!(report["verdict"], "pass", "{report:#}");
    let program = report["scenarios"][0]["started_program"].as_str().unwrap();
    assert!(program.ends_with("slogate") && !report.to_string().contains("hunter2"), "{program}");
    assert!(!is_taken(start.port), "the service has ended");
    let again = start.workspace.run(&["report", "kept"]).expect_code(0);
    let told = again.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("started for this run with"), "{told}");
}

#[test]
fn each_scenario_gets_a_service_of_its_own() {
    let start = Start::new(SHORT);
    let other = scenario(start.port, SHORT).replace("name: started", "name: other");
    let other = start.workspace.write("other.yaml", &other);
    let ended = start.run(&exporter(start.port), &[other.to_str().unwrap(), "--out", "json"]);
    let report = ended.expect_code(0).report();
    assert_eq!(report["scenarios"].as_array().unwrap().len(), 2, "{report:#}");
}

#[test]
fn what_answers_already_is_not_what_would_be_started() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let start = Start::new(SHORT);
    let url = service.url();
    let mut arguments = start.arguments("touch started; sleep 60", &url);
    arguments.extend(["--out", "json"]);
    let ended = start.workspace.run(&arguments).expect_code(4);
    assert!(ended.stdout.contains("answers at"), "{}", ended.stdout);
    assert_eq!(codes(&ended), ["not-reachable", "already-listening"]);
    assert!(ended.stdout.contains("not what --start would start"), "{}", ended.stdout);
    assert_eq!(service.seen(), 0, "nothing was sent");
    assert!(!start.workspace.path().join("started").exists(), "nothing was started");
}

#[test]
fn a_target_that_answers_already_is_noticed_where_another_url_is_waited_for() {
    let service = Service::start(|_, _| Answer::Http(200, String::new()));
    let start = Start::new(SHORT);
    let target = ["--target", &service.url(), "--out", "json"];
    let ended = start.run(&exporter(start.port), &target).expect_code(4);
    assert!(ended.stdout.contains("answers at"), "{}", ended.stdout);
    assert_eq!(codes(&ended), ["not-reachable", "already-listening"]);
}

#[test]
fn a_command_that_ends_while_it_is_waited_for_is_quoted() {
    let start = Start::new(SHORT);
    let ended = start.run("echo no database >&2; exit 7", &["--out", "json"]).expect_code(4);
    let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("exit status: 7") && reasons.contains("no database"), "{reasons}");
    assert_eq!(codes(&ended), ["not-reachable", "ended-before-ready"]);
    let ended = start.run("no-such-program", &["--out", "json"]).expect_code(4);
    let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("not found"), "{reasons}");
}

#[test]
fn a_service_that_does_not_get_ready_is_ended_in_time() {
    let start = Start::new(SHORT);
    let began = Instant::now();
    let command = "echo still thinking; exec sleep 60";
    let ended = start.run(command, &["--wait-timeout", "300ms", "--out", "json"]).expect_code(4);
    let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("within 300ms") && reasons.contains("still thinking"), "{reasons}");
    assert_eq!(codes(&ended), ["not-reachable", "not-ready"]);
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_service_that_ends_during_the_load_fails_the_run() {
    let start = Start::new("{ name: steady, rate: 50/s, for: 5s }");
    let (url, folder) = (start.health(), start.workspace.path());
    let command = "touch runs; until [ -e end ]; do sleep 0.05; done; echo bored; exit 3";
    let mut arguments = start.arguments(command, &url);
    arguments.extend(["--out", "json"]);
    let child = start.workspace.start(&arguments);
    wait_until("the command", || folder.join("runs").exists());
    // What the command would start: the test's own, so that it can count the load.
    let listener = TcpListener::bind(("127.0.0.1", start.port)).unwrap();
    let metrics = "# TYPE depth gauge\ndepth 1\n";
    let service = Service::on(listener, move |path, _| match path {
        "/export/metrics" => Answer::Http(200, metrics.into()),
        _ => Answer::Http(200, String::new()),
    });
    // Questions whether it is ready, and scrapes, are far fewer by then.
    wait_until("the load", || service.seen() >= 50);
    start.workspace.write("end", "");
    let ended = Ended::from(child.wait_with_output().unwrap()).expect_code(1);
    let reasons = ended.report()["scenarios"][0]["reasons"].to_string();
    assert!(reasons.contains("ended during the run") && reasons.contains("bored"), "{reasons}");
}

#[test]
fn the_reference_service_is_started_by_slogate_alone() {
    let start = Start::new(SHORT);
    let ended = start.run("true", &["--target", "reference"]).expect_code(2);
    assert!(ended.stderr.contains("target: reference"), "{}", ended.stderr);
    start.workspace.run(&["run", &start.file, "--start", "x"]).expect_code(2);
    start.workspace.run(&["run", &start.file, "--wait-for", "http://a"]).expect_code(2);
}

#[test]
fn an_interrupt_while_waiting_ends_the_service_and_leaves_a_run() {
    let start = Start::new(SHORT);
    let url = start.health();
    let command = "echo $$ > pid; exec sleep 60";
    let mut arguments = start.arguments(command, &url);
    arguments.extend(["--out", "json", "--save", "kept"]);
    let child = start.workspace.start(&arguments);
    let pid = start.workspace.path().join("pid");
    wait_until("the command runs", || std::fs::read(&pid).is_ok_and(|text| !text.is_empty()));
    let slogate = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(slogate, rustix::process::Signal::INT).unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap()).expect_code(130);
    assert_eq!(ended.report()["verdict"], "inconclusive");
    assert!(start.workspace.path().join("kept/run.json").is_file());
    let pid = std::fs::read_to_string(&pid).unwrap();
    assert!(!is_running(pid.trim()), "{pid}");
}

#[test]
fn a_killed_slogate_leaves_no_service_behind() {
    let start = Start::new("{ name: steady, rate: 10/s, for: 60s }");
    let (url, command) = (start.health(), exporter(start.port));
    let mut child = start.workspace.start(&start.arguments(&command, &url));
    wait_until("the service listens", || is_taken(start.port));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the service ends with slogate", || !is_taken(start.port));
}

fn is_running(pid: &str) -> bool {
    let asked = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status();
    asked.unwrap().success()
}

#[test]
fn what_left_the_group_and_still_listens_is_told() {
    let start = Start::new(SHORT);
    let apart = format!(
        "setsid -f sh -c 'echo $$ > pid; exec {} exporter --port {}'; sleep 60",
        env!("CARGO_BIN_EXE_slogate"),
        start.port
    );
    let ended = start.run(&apart, &["--out", "json"]).expect_code(0);
    let pid = std::fs::read_to_string(start.workspace.path().join("pid")).unwrap();
    let killed = Command::new("kill").arg(pid.trim()).status().unwrap();
    assert!(killed.success(), "it was left running");
    let report = ended.report();
    let notes = report["scenarios"][0]["notes"].to_string();
    assert!(notes.contains("still listens at 127.0.0.1:") && notes.contains("setsid"), "{notes}");
}
