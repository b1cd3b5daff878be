//! A generator that was not there, a clock that jumps.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::page::Seen;
use crate::shop::{DEPTH, NO_FAILURES, P95, SUCCESS, USERS, healthy, passes_once, scenario};
use crate::support::daemon::wait_until;
use crate::support::{Ended, Service, Workspace, outside};

/// Two hundred arrivals over a second.
const ARRIVALS: &str = "rate: 200/s, for: 1s";

/// Starts a run and stops its process for so long, once the load is under way.
fn held_up(service: &Service, text: &str, long: Duration) -> Seen {
    let workspace = Workspace::new();
    workspace.write("s.yaml", text);
    let before = service.seen();
    let child = workspace.start(&["run", "s.yaml", "--out", "json"]);
    wait_until("the load", || service.seen() >= before + 50);
    let process = Pid::from_child(&child);
    kill_process(process, Signal::STOP).unwrap();
    thread::sleep(long);
    kill_process(process, Signal::CONT).unwrap();
    Seen::of(&workspace, &Ended::from(child.wait_with_output().unwrap()))
}

#[test]
fn the_generator_was_late_and_its_objectives_are_met() {
    let service = healthy();
    // What is taken up late comes on few connections: the service's backlog is short.
    let text = scenario(&service.url(), &[P95, SUCCESS, NO_FAILURES])
        .replace(USERS, ARRIVALS)
        .replace("version: 1\n", "version: 1\nmax_in_flight: 20\n");
    passes_once(&text);
    held_up(&service, &text, Duration::from_millis(1_500)).is_row_of_any_count("generator late");
}

#[test]
fn the_generators_own_lag_is_why_a_latency_is_missed() {
    let service = healthy();
    let text = scenario(&service.url(), &["'p95(latency) < 400ms'"])
        .replace(USERS, "rate: 100/s, for: 3s");
    held_up(&service, &text, Duration::from_millis(700)).is_row_of_any_count("generator's lag");
}

/// libfaketime, where it is installed: the directory differs from machine to machine.
fn fake_clock() -> Option<String> {
    let found = fs::read_dir("/usr/lib").into_iter().flatten().flatten().find_map(|folder| {
        let library = folder.path().join("faketime/libfaketime.so.1");
        library.exists().then(|| library.display().to_string())
    });
    outside::is_there("faketime", found.is_some()).then_some(found)?
}

/// Runs a scenario whose wall clock jumps by `jump` after fifty requests.
fn jumping(library: &str, service: &Service, text: &str, jump: &str) -> Seen {
    let workspace = Workspace::new();
    workspace.write("s.yaml", text);
    let clock = workspace.write("clock", "+0");
    let before = service.seen();
    let child = workspace
        .command(&["run", "s.yaml", "--out", "json"])
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the load", || service.seen() >= before + 50);
    write_whole(&clock, jump);
    Seen::of(&workspace, &Ended::from(child.wait_with_output().unwrap()))
}

/// A file that is never seen half written.
fn write_whole(file: &Path, text: &str) {
    let beside = file.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, file).unwrap();
}

#[test]
fn the_clock_jumps() {
    let Some(library) = fake_clock() else { return };
    let service = healthy();
    let good = scenario(&service.url(), &[P95, SUCCESS, NO_FAILURES, DEPTH]);
    let increase =
        "{ id: growth, promql: 'sum(increase(shop_requests_total[$run]))', is: '< 150' }";
    let bad = scenario(&service.url(), &[increase, "'p95(latency) < 1ms'"]);
    for (name, jump) in [("clock jumps forward", "+1h"), ("clock jumps back", "-1h")] {
        jumping(&library, &service, &good, jump).passes();
        let seen = jumping(&library, &service, &bad, jump);
        match name {
            "clock jumps forward" => seen.is_row_of_any_count("clock jumps forward"),
            _ => seen.is_row_of_any_count("clock jumps back"),
        }
    }
}
