//! A signal at every stage of a run: it ends soon, with a code that says so, and leaves
//! a run that can be read.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod silences;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use support::{Answer, Ended, Service, Workspace};

/// Longest wait for something that other processes do.
const PATIENCE: Duration = Duration::from_secs(20);
/// A stopped run ends within about a second; the rest is room for a busy machine. The
/// time-outs that it must not wait for are longer.
const SOON: Duration = Duration::from_secs(4);

/// A service that answers `/metrics` so many times, and then never again.
fn service_with_metrics(good: usize) -> (Service, Arc<AtomicUsize>) {
    let scrapes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&scrapes);
    let service = Service::start(move |path, _| match path {
        "/metrics" if counted.fetch_add(1, Ordering::SeqCst) >= good => Answer::Hang,
        "/metrics" => Answer::Http(200, "# TYPE a gauge\na 1\n".into()),
        "/hang" | "/file" => Answer::Hang,
        "/pointer" => Answer::Http(200, r#"{"url":"/file"}"#.into()),
        _ => Answer::Http(200, String::new()),
    });
    (service, scrapes)
}

fn scenario(url: &str, metrics: &str, load: &str, request: &str) -> String {
    format!(
        "version: 1\nname: stopped\ntarget: {url}\nmetrics: {metrics}\nload:\n{load}\
         requests:\n  - {request}\nslo:\n  - 'p95(latency) < 1s'\n"
    )
}

const LONG: &str = "  - { name: steady, rate: 100/s, for: 300s }\n";
const GET: &str = "{ name: get, get: / }";
const METRICS: &str = "{ path: /metrics, every: 50ms }";

struct Running {
    workspace: Workspace,
    child: Child,
}

impl Running {
    fn start(text: &str) -> Self {
        let workspace = Workspace::new();
        let file = workspace.write("s.yaml", text);
        let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
        let plain = workspace.command(&arguments);
        // These tests may run under nohup, whose ignored signals a child inherits.
        let mut command = Command::new("env");
        command.arg("--default-signal=HUP,INT,TERM");
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .arg(plain.get_program())
            .args(plain.get_args())
            .current_dir(workspace.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { workspace, child }
    }

    fn when(&mut self, what: &str, holds: impl Fn() -> bool) -> &mut Self {
        let began = Instant::now();
        while !holds() {
            assert!(self.child.try_wait().unwrap().is_none(), "ended before {what}");
            assert!(began.elapsed() < PATIENCE, "{what}");
            thread::sleep(Duration::from_millis(2));
        }
        self
    }

    fn send(&mut self, signal: Signal) -> &mut Self {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        self
    }

    /// Ends soon, with this code, a readable report and a readable saved run; gives what the
    /// saved run reports.
    #[track_caller]
    fn ends_with(mut self, code: i32) -> Value {
        let stopped = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            let goes_on = stopped.elapsed() > PATIENCE;
            if goes_on {
                self.child.kill().unwrap();
            }
            assert!(!goes_on, "it goes on after the signal");
            thread::sleep(Duration::from_millis(2));
        }
        let ended = Ended::from(self.child.wait_with_output().unwrap()).expect_code(code);
        assert!(stopped.elapsed() < SOON, "took {:?}", stopped.elapsed());
        assert_ne!(ended.report()["verdict"], "pass");
        let again = self.workspace.run(&["report", "kept", "--out", "json"]);
        assert_eq!(again.code, Some(code), "{again:?}");
        let (saved, report) = (again.report(), ended.report());
        for key in ["slos", "requests"] {
            assert_eq!(saved["scenarios"][0][key], report["scenarios"][0][key], "{key}");
        }
        saved
    }
}

fn run_and_stop(
    service: &Service,
    (metrics, load, request): (&str, &str, &str),
    when: impl Fn() -> bool,
) {
    let mut running = Running::start(&scenario(&service.url(), metrics, load, request));
    running.when("the stage is reached", when).send(Signal::INT);
    running.ends_with(130);
}

#[test]
fn during_the_first_scrape() {
    let (service, _) = service_with_metrics(0);
    run_and_stop(&service, (METRICS, LONG, GET), || service.seen() > 0);
}

#[test]
fn during_the_warm_up() {
    let (service, _) = service_with_metrics(usize::MAX);
    let load = format!("  - {{ name: warm-up, users: 1, for: 300s, measure: false }}\n{LONG}");
    run_and_stop(&service, ("none", &load, GET), || service.seen() > 5);
}

#[test]
fn during_the_load_while_metrics_hang() {
    let (service, scrapes) = service_with_metrics(4);
    let hangs = || scrapes.load(Ordering::SeqCst) > 4;
    run_and_stop(&service, (METRICS, LONG, GET), hangs);
}

#[test]
fn during_the_drain() {
    let (service, _) = service_with_metrics(usize::MAX);
    let load = "  - { name: steady, rate: 50/s, for: 100ms }\n";
    run_and_stop(&service, ("none", load, "{ name: get, get: /hang }"), || service.seen() >= 5);
}

#[test]
fn during_the_closing_scrape() {
    // Readiness, opening, and then the closing one: the schedule is longer than the load.
    let (service, scrapes) = service_with_metrics(2);
    let load = "  - { name: steady, users: 1, iterations: 100 }\n";
    let hangs = || scrapes.load(Ordering::SeqCst) > 2;
    run_and_stop(&service, ("{ path: /metrics, every: 100s }", load, GET), hangs);
}

#[test]
fn during_the_fetch_of_files() {
    let files = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&files);
    let service = Service::start(move |path, _| match path {
        "/file" => {
            asked.fetch_add(1, Ordering::SeqCst);
            Answer::Hang
        }
        _ => Answer::Http(200, r#"{"url":"/file"}"#.into()),
    });
    let load = "  - { name: steady, users: 1, iterations: 100 }\n";
    let request = "{ name: get, get: /, artifacts: { url: $.url } }";
    run_and_stop(&service, ("none", load, request), || files.load(Ordering::SeqCst) > 0);
}

#[test]
fn sigterm_and_sighup_have_codes_of_their_own() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let (service, _) = service_with_metrics(usize::MAX);
        let mut running = Running::start(&scenario(&service.url(), "none", LONG, GET));
        running.when("the load runs", || service.seen() > 20).send(signal);
        running.ends_with(code);
    }
}

#[test]
fn a_hangup_that_nohup_has_ignored_stays_ignored() {
    let (service, _) = service_with_metrics(usize::MAX);
    let workspace = Workspace::new();
    let load = "  - { name: steady, rate: 100/s, for: 2s }\n";
    let file = workspace.write("s.yaml", &scenario(&service.url(), "none", load, GET));
    let script = "trap '' HUP; exec \"$@\"";
    let child = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_slogate"), "run", file.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running { workspace, child };
    running.when("the load runs", || service.seen() > 20).send(Signal::HUP);
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let workspace = Workspace::new();
    let (service, _) = service_with_metrics(usize::MAX);
    let file = workspace.write("s.yaml", &scenario(&service.url(), "none", LONG, GET));
    // It is waited for, and ends only by SIGKILL, ten seconds after the first signal.
    let command = "trap 'touch told' TERM; touch runs; while :; do sleep 0.1; done";
    let arguments = [
        "run",
        file.to_str().unwrap(),
        "--target",
        "http://127.0.0.1:9",
        "--start",
        command,
        "--wait-for",
        "http://127.0.0.1:9",
    ];
    let child = workspace.start(&arguments);
    let (runs, told) = (workspace.path().join("runs"), workspace.path().join("told"));
    let mut running = Running { workspace, child };
    running.when("the service runs", || runs.exists()).send(Signal::INT);
    running.when("the service is to end", || told.exists()).send(Signal::TERM);
    let second = Instant::now();
    assert_eq!(running.child.wait().unwrap().code(), Some(143));
    assert!(second.elapsed() < SOON, "{:?}", second.elapsed());
}
