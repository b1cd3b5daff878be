//! nginx closes connections as servers do: those that idle, and those that have had
//! their share of requests. No request may fail of it, none may be sent twice, and
//! nginx must have answered as many as we say we sent.

use super::support::Workspace;
use super::support::nginx::Nginx;
use super::{report_of, requests};

/// The load is longer than a second between two requests of a connection.
const CLOSES_IDLE: &str = "    keepalive_timeout 1s;\n    location / { return 200 'fine'; }";
const CLOSES_AFTER_TEN: &str = "    keepalive_requests 10;\n    location / { return 200 'fine'; }";

const GET: &str = "{ name: get, get: /work }";
const POST: &str = "{ name: post, post: /work, json: { a: 1 } }";

/// Loads nginx and compares its log with our count; how many connections it saw, and
/// how many requests we sent.
fn counted(server: &str, load: &str, request: &str) -> Option<(usize, u64)> {
    let nginx = Nginx::start(server)?;
    let scenario = format!(
        "version: 1\nname: keep-alive\ntarget: {}\nmetrics: none\nload:\n{load}\
         requests:\n  - {request}\nslo:\n  - count(dropped) == 0\n",
        nginx.url()
    );
    let report = report_of(&Workspace::new(), &scenario, 0);
    let log = nginx.access_log();
    assert_eq!(requests(&report, "failed"), 0, "{report:#}");
    let sent = requests(&report, "sent");
    assert_eq!(log.len() as u64, sent, "{report:#}\n{log:#?}");
    assert!(log.iter().all(|line| line.split(' ').nth(2) == Some("200")), "{log:#?}");
    Some((log.iter().filter(|line| line.ends_with(" 1")).count(), sent))
}

#[test]
fn idle_connections_that_close_fail_nothing_at_a_slow_rate() {
    let load = "  - { name: slow, rate: 0.7/s, for: 7s }\n";
    let Some((connections, sent)) = counted(CLOSES_IDLE, load, GET) else { return };
    assert_eq!((connections, sent), (5, 5), "each request found its connection closed");
}

#[test]
fn a_rate_that_meets_the_close_fails_nothing() {
    // Every request comes at the very moment at which nginx gives its connection up.
    let load = "  - { name: meets, rate: 1/s, for: 6s }\n";
    let Some((_, sent)) = counted(CLOSES_IDLE, load, GET) else { return };
    assert_eq!(sent, 6);
}

#[test]
fn connections_that_idled_through_a_quiet_phase_fail_nothing() {
    let load = "  - { name: busy, users: 20, iterations: 400 }\n  \
                - { name: quiet, rate: 2/s, for: 3s }\n  \
                - { name: busy-again, users: 20, iterations: 400 }\n";
    for request in [GET, POST] {
        let Some((connections, sent)) = counted(CLOSES_IDLE, load, request) else { return };
        assert_eq!(sent, 806);
        assert!(connections > 20, "{connections}: those that idled were closed");
    }
}

#[test]
fn ten_requests_a_connection_fail_nothing_in_either_model() {
    let open = "  - { name: open, rate: 200/s, for: 2s }\n";
    let closed = "  - { name: closed, users: 8, iterations: 400 }\n";
    for (load, request) in [(open, GET), (closed, GET), (open, POST), (closed, POST)] {
        let Some((connections, sent)) = counted(CLOSES_AFTER_TEN, load, request) else { return };
        assert_eq!(sent, 400);
        assert!(connections >= 40, "{connections} for {load}");
    }
}
