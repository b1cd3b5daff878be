//! Targets that are not there, hang, or die.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::page::Seen;
use crate::shop::{DEPTH, P95, SUCCESS, healthy, run, run_with, scenario, shop};
use crate::support::{Answer, Ended, Workspace};

#[test]
fn nobody_listens() {
    let service = healthy();
    let text = scenario(&service.url(), &[P95]);
    run(&text).passes();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    run(&text.replace(&service.url(), &format!("http://127.0.0.1:{port}")))
        .is_row("connection refused");
}

#[test]
fn nothing_is_ever_answered() {
    let hanging = shop(|path, _| (path == "/order").then_some(Answer::Hang));
    let text = scenario(&hanging.url(), &[P95]).replace("timeout: 2s", "timeout: 200ms");
    run(&text).is_row("hang");
}

#[test]
fn answers_stop_coming() {
    let hanging =
        shop(|path, done| (path == "/order" && done.worked() >= 100).then_some(Answer::Hang));
    let text = scenario(&hanging.url(), &[P95]).replace("timeout: 2s", "timeout: 200ms");
    run(&text).is_row_of_any_count("hang after a while");
}

#[test]
fn the_target_is_killed_half_way() {
    let workspace = Workspace::new();
    let mut target = workspace.start(&["exporter", "--port", "0"]);
    let mut line = String::new();
    BufReader::new(target.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().trim_start_matches("listening on ").to_owned();
    let text = scenario(&url, &["'count(sent) >= 1'"])
        .replace("path: /metrics", "path: /export/metrics")
        .replace("/order", "/health");
    run(&text).passes();
    workspace.write("s.yaml", &text.replace("iterations: 200", "for: 1500ms"));
    let child = workspace
        .command(&["run", "s.yaml", "--out", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(800));
    target.kill().unwrap();
    target.wait().unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    Seen::of(&workspace, &ended).is_row("killed half-way");
}

#[test]
fn the_reference_service_ends_by_itself() {
    let text = |faults: &str| {
        scenario("reference", &["'count(sent) >= 0'"])
            .replace("metrics:", &format!("{faults}metrics:"))
            .replace("path: /metrics", "path: /export/metrics")
            .replace("get: /order", "post: /export/run, json: { format: csv, data: [{ a: 1 }] }")
    };
    run(&text("")).passes();
    run(&text("reference: { faults: ['exit:60'] }\n")).is_row("reference ended");
}

#[test]
fn somebody_interrupts_the_run() {
    let service = healthy();
    let workspace = Workspace::new();
    let text = scenario(&service.url(), &[SUCCESS, DEPTH]);
    workspace.write("s.yaml", &text.replace("iterations: 200", "for: 60s"));
    let child = workspace.start(&["run", "s.yaml", "--out", "json"]);
    while service.seen() < 300 {
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = Ended::from(child.wait_with_output().unwrap());
    Seen::of(&workspace, &ended).is_row("interrupted");
}

#[test]
fn a_doubt_is_accepted_and_a_miss_is_not() {
    let service = healthy();
    let warn = ["--on-inconclusive", "warn"];
    let missed = scenario(&service.url(), &["'p95(latency) < 1ms'"]);
    run_with(&missed, &warn).is_row_of_any_count("missed with warn");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let gone = missed.replace(&service.url(), &format!("http://127.0.0.1:{port}"));
    run_with(&gone, &warn).is_row("refused with warn");
}
