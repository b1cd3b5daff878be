//! Connections that are reused, closed by the server, and the one case of sending again.

use std::time::Duration;

use slogate::histogram::Ranked;
use slogate::load::{FailureKind, RequestResult};
use slogate::scenario::{Phase, Request, Stop};

use crate::support::{Server, closed, get, open, plan, post, response, run};

async fn run_one(server: &Server, phase: Phase, request: Request) -> RequestResult {
    let mut result = run(plan(server.address, vec![phase], vec![request])).await;
    result.phases.remove(0).requests.remove(0)
}

/// Closes each connection after ten answers, saying so on the last one or not.
fn closes_after_ten(last_header: &'static str) -> Server {
    Server::start(move |peer| {
        for answered in 1..=10 {
            let header = if answered == 10 { last_header } else { "" };
            if peer.read().is_none() || !peer.write(&response("200 OK", header, "hello")) {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_stays_on_one_connection() {
    let server = Server::good();
    let result = run_one(&server, closed(1, Stop::Iterations(50)), post()).await;
    assert_eq!((result.succeeded, server.seen_connections()), (50, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_close_costs_no_request() {
    let server = closes_after_ten("connection: close\r\n");
    let result = run_one(&server, closed(1, Stop::Iterations(55)), post()).await;
    assert_eq!((result.succeeded, result.failed, result.retried), (55, 0, 0));
    assert_eq!(server.seen_connections(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unannounced_close_costs_no_request_that_may_be_repeated() {
    let server = closes_after_ten("");
    let result = run_one(&server, closed(1, Stop::Iterations(55)), get()).await;
    assert_eq!((result.succeeded, result.failed), (55, 0));
    assert_eq!(server.seen_connections(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_closed_while_idle_is_not_used_again() {
    let server = Server::start(|peer| {
        peer.read();
        peer.ok("hello");
        std::thread::sleep(Duration::from_millis(20));
    });
    let result = run_one(&server, open(4.0, 1_250), post()).await;
    assert_eq!((result.succeeded, result.failed, result.retried), (5, 0, 0));
    assert_eq!(server.seen_connections(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_idle_timeout_is_respected() {
    // Shorter than the margin: never used again, though it stays open.
    let server =
        Server::always("HTTP/1.1 200 OK\r\nkeep-alive: timeout=0\r\ncontent-length: 0\r\n\r\n");
    let result = run_one(&server, closed(1, Stop::Iterations(3)), post()).await;
    assert_eq!((result.succeeded, server.seen_connections()), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_timeout_of_any_length_is_taken() {
    let server = Server::always(
        "HTTP/1.1 200 OK\r\nkeep-alive: timeout=9223372036854775807\r\ncontent-length: 0\r\n\r\n",
    );
    let result = run_one(&server, closed(1, Stop::Iterations(3)), post()).await;
    assert_eq!((result.succeeded, server.seen_connections()), (3, 1));
}

/// Answers the first request of the first connection; closes it at the second one,
/// after writing `before_close`. All other connections are good.
fn closes_at_second(before_close: &'static str) -> Server {
    Server::start(move |peer| {
        let mut answered = 0;
        while peer.read().is_some() {
            if peer.number == 0 && answered == 1 {
                peer.write(before_close);
                return;
            }
            peer.ok("hello");
            answered += 1;
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotent_request_on_a_stale_connection_is_sent_once_more() {
    let server = closes_at_second("");
    let result = run_one(&server, closed(1, Stop::Iterations(3)), get()).await;
    assert_eq!((result.intended, result.succeeded, result.failed), (3, 3, 0));
    assert_eq!((result.retried, server.seen_requests()), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_request_on_a_stale_connection_fails_as_closed() {
    let server = closes_at_second("");
    let result = run_one(&server, closed(1, Stop::Iterations(3)), post()).await;
    assert_eq!((result.succeeded, result.retried), (2, 0));
    assert_eq!(result.failures[&FailureKind::Closed], 1);
    assert_eq!(server.seen_requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_after_the_first_byte_of_an_answer() {
    let server = closes_at_second("HTTP/1.1 2");
    let result = run_one(&server, closed(1, Stop::Iterations(3)), get()).await;
    assert_eq!((result.retried, result.failures[&FailureKind::Closed]), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_again_only_once() {
    // The first connection answers once and closes at the second request; all others
    // close at their first.
    let server = Server::start(|peer| {
        if peer.read().is_some() && peer.number == 0 {
            peer.ok("hello");
            peer.read();
        }
    });
    let result = run_one(&server, closed(1, Stop::Iterations(2)), get()).await;
    assert_eq!((result.succeeded, result.failed, result.retried), (1, 1, 1));
    assert_eq!(server.seen_requests(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_latency_of_a_request_sent_again_runs_from_its_intended_start() {
    // The second request of the first connection is held for 60 ms and then closed.
    let server = Server::start(|peer| {
        let mut answered = 0;
        while peer.read().is_some() {
            if peer.number == 0 && answered == 1 {
                std::thread::sleep(Duration::from_millis(60));
                return;
            }
            peer.ok("hello");
            answered += 1;
        }
    });
    let result = run_one(&server, closed(1, Stop::Iterations(2)), get()).await;
    assert_eq!((result.succeeded, result.retried, result.sent), (2, 1, 2));
    let slowest = result.latency_ok.max(0);
    assert!(matches!(slowest, Ranked::Seconds(seconds) if seconds >= 0.06), "{slowest:?}");
}
