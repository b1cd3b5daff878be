//! Targets that are not there, hang, or die.

use std::net::TcpListener;

use rustix::process::{Pid, Signal, kill_process};

use crate::page::Seen;
use crate::shop::{DEPTH, P95, SUCCESS, healthy, run, run_with, scenario, shop};
use crate::support::daemon::wait_until;
use crate::support::exporter::Exporter;
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

/// A scenario of exports by the reference service.
fn exports(url: &str, objective: &str) -> String {
    scenario(url, &[objective])
        .replace("path: /metrics", "path: /export/metrics")
        .replace("get: /order", "post: /export/run, json: { format: csv, data: [{ a: 1 }] }")
}

#[test]
fn the_target_is_killed_half_way() {
    let target = Exporter::start();
    let text = exports(&target.url(), "'count(sent) >= 1'");
    run(&text).passes();
    let workspace = Workspace::new();
    workspace.write("s.yaml", &text.replace("iterations: 200", "for: 3s"));
    let before = target.succeeded();
    let child = workspace.start(&["run", "s.yaml", "--out", "json"]);
    wait_until("the load", || target.succeeded() >= before + 50);
    target.kill();
    let ended = Ended::from(child.wait_with_output().unwrap());
    Seen::of(&workspace, &ended).is_row("killed half-way");
}

#[test]
fn the_reference_service_ends_by_itself() {
    let text = |faults: &str| {
        exports("reference", "'count(sent) >= 1'").replace("metrics:", &format!("{faults}metrics:"))
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
    wait_until("the load", || service.seen() >= 300);
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
