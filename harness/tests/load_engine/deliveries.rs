//! Redirects that are followed and attempts that are repeated: what is sent, what is
//! counted, and what it costs in latency.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use slogate::load::{FailureKind, RequestResult};
use slogate::scenario::{RepeatOn, Request, Retry, Stop};

use crate::support::{Peer, Server, closed, closed_port, get, open, plan, post, response, run};

async fn one(address: std::net::SocketAddr, request: Request) -> RequestResult {
    let mut result = run(plan(address, vec![closed(1, Stop::Iterations(1))], vec![request])).await;
    result.phases.remove(0).requests.remove(0)
}

fn only_failure(result: &RequestResult) -> FailureKind {
    assert_eq!((result.intended, result.sent, result.failed), (1, 1, 1), "{result:?}");
    result.failures.keys().next().unwrap().clone()
}

fn redirect(peer: &mut Peer, status: &str, location: &str) -> bool {
    peer.write(&response(status, &format!("location: {location}\r\n"), "gone"))
}

/// `/a` leads to `/b` and that to `/c`, which answers with the request that it got.
fn chain(status: &'static str, pause: Duration) -> Server {
    Server::start(move |peer| {
        while let Some(seen) = peer.read() {
            std::thread::sleep(pause);
            let path = seen.line.split(' ').nth(1).unwrap().to_owned();
            let goes_on = match path.as_str() {
                "/a" => redirect(peer, status, "b"),
                "/b" => redirect(peer, status, "/c?x=1"),
                _ => {
                    let body = String::from_utf8(seen.body).unwrap();
                    peer.ok(&format!("{} [{body}]", seen.line))
                }
            };
            if !goes_on {
                return;
            }
        }
    })
}

fn expecting(text: &str, request: Request) -> Request {
    let mut request = Request { path: "/a".into(), redirects: 5, ..request };
    request.expect.contains = vec![text.to_owned()];
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_of_redirects_is_one_request_with_the_latency_of_all() {
    let server = chain("302 Found", Duration::from_millis(30));
    let result = one(server.address, expecting("GET /c?x=1 HTTP/1.1 []", get())).await;
    assert_eq!((result.succeeded, result.sent, result.responses), (1, 1, 1), "{result:?}");
    assert_eq!((result.redirects, server.seen_requests(), server.seen_connections()), (2, 3, 1));
    assert_eq!(result.latency_ok.count_within(Duration::from_millis(88)), 0, "{result:?}");
    // Two bodies of redirects, and the last one.
    assert_eq!(result.bytes_received, 4 + 4 + "GET /c?x=1 HTTP/1.1 []".len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_method_and_the_body_follow_as_the_status_says() {
    let server = chain("302 Found", Duration::ZERO);
    let result = one(server.address, expecting("GET /c?x=1 HTTP/1.1 []", post())).await;
    assert_eq!((result.succeeded, result.bytes_sent), (1, 2), "{result:?}");
    let server = chain("308 Permanent Redirect", Duration::ZERO);
    let result = one(server.address, expecting("POST /c?x=1 HTTP/1.1 [{}]", post())).await;
    assert_eq!((result.succeeded, result.bytes_sent), (1, 6), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_is_never_asked_and_is_a_failure_of_its_own() {
    let other = Server::good();
    let location = format!("http://{}/", other.address);
    let server =
        Server::start(
            move |peer| {
                while peer.read().is_some() && redirect(peer, "302 Found", &location) {}
            },
        );
    let result = one(server.address, Request { redirects: 5, ..get() }).await;
    assert_eq!(only_failure(&result), FailureKind::Elsewhere);
    assert_eq!((result.responses, result.redirects, other.seen_requests()), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_ends_with_a_failure_even_where_its_status_is_good() {
    let server =
        Server::start(|peer| while peer.read().is_some() && redirect(peer, "302 Found", "/") {});
    let mut request = Request { redirects: 3, ..get() };
    request.expect.status = vec![200, 302];
    let result = one(server.address, request).await;
    assert_eq!(only_failure(&result), FailureKind::Redirects);
    assert_eq!((result.redirects, server.seen_requests()), (3, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_out_is_that_of_the_whole_way() {
    let server = chain("302 Found", Duration::from_millis(150));
    let timeout = Duration::from_millis(400);
    let result = one(server.address, Request { timeout, ..expecting("", get()) }).await;
    assert_eq!(only_failure(&result), FailureKind::Timeout);
    assert_eq!(result.latency_failed.count_within(Duration::from_millis(900)), 1, "{result:?}");
}

fn retrying(attempts: u32, on: &[RepeatOn], backoff: Duration) -> Request {
    Request { retry: Some(Retry { attempts, on: on.to_vec(), backoff }), ..get() }
}

/// Fails so many times as it says, and then answers.
fn failing(times: u64, fail: impl Fn(&mut Peer) -> bool + Send + Sync + 'static) -> Server {
    let count = Arc::new(AtomicU64::new(0));
    Server::start(move |peer| {
        while peer.read().is_some() {
            let fails = count.fetch_add(1, Ordering::SeqCst) < times;
            if !(if fails { fail(peer) } else { peer.ok("hello") }) {
                return;
            }
        }
    })
}

fn unavailable(peer: &mut Peer) -> bool {
    peer.write(&response("503 No", "", "later"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_succeeds_and_says_what_it_took() {
    let backoff = Duration::from_millis(40);
    let server = failing(2, unavailable);
    let result = one(server.address, retrying(3, &[RepeatOn::Status(503)], backoff)).await;
    assert_eq!((result.succeeded, result.failed, result.sent), (1, 0, 1), "{result:?}");
    assert_eq!((result.repeats, result.repeated, server.seen_requests()), (2, 1, 3));
    assert_eq!(result.bytes_received, 5 + 5 + 5, "later, later, hello");
    // 40 ms, and then 80 ms.
    assert_eq!(result.latency_ok.count_within(3 * backoff), 0, "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_decides() {
    let server = failing(u64::MAX, unavailable);
    let retry = retrying(3, &[RepeatOn::Status(503)], Duration::from_millis(1));
    let result = one(server.address, retry).await;
    assert_eq!(only_failure(&result), FailureKind::Status(503));
    assert_eq!((result.repeats, result.repeated, server.seen_requests()), (2, 1, 3));
    let retry = retrying(3, &[RepeatOn::Closed], Duration::from_millis(1));
    let result = one(server.address, retry).await;
    assert_eq!((result.repeats, only_failure(&result)), (0, FailureKind::Status(503)));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_close_time_out_or_are_refused_are_repeated_where_named() {
    let short = Duration::from_millis(1);
    let server = failing(1, |_| false);
    let result = one(server.address, retrying(2, &[RepeatOn::Closed], short)).await;
    assert_eq!((result.succeeded, result.repeats), (1, 1), "{result:?}");
    let server = failing(1, |peer| {
        peer.read_to_end();
        false
    });
    let slow = retrying(2, &[RepeatOn::Timeout], short);
    let result = one(server.address, Request { timeout: Duration::from_millis(300), ..slow }).await;
    assert_eq!((result.succeeded, result.repeats), (1, 1), "{result:?}");
    let result = one(closed_port(), retrying(3, &[RepeatOn::Connect], short)).await;
    assert_eq!((result.repeats, only_failure(&result)), (2, FailureKind::Connect));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_looked_after_while_a_pause_lasts() {
    let is_left = Arc::new(AtomicBool::new(false));
    let (leaves, was_left) = (Arc::clone(&is_left), Arc::new(AtomicBool::new(false)));
    let seen = Arc::clone(&was_left);
    let server = Server::start(move |peer| {
        peer.read();
        if peer.number == 0 {
            unavailable(peer);
            peer.end();
            // The client closes its side when it sees the end of ours.
            peer.read_to_end();
            leaves.store(true, Ordering::SeqCst);
        } else {
            seen.store(leaves.load(Ordering::SeqCst), Ordering::SeqCst);
            peer.ok("hello");
        }
    });
    let request = retrying(2, &[RepeatOn::Status(503)], Duration::from_millis(400));
    let result = one(server.address, request).await;
    assert_eq!((result.succeeded, result.repeats, result.retried), (1, 1, 0), "{result:?}");
    assert!(was_left.load(Ordering::SeqCst), "left open until the pause was over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_does_not_outlast_the_load() {
    let server = failing(u64::MAX, unavailable);
    let request = retrying(3, &[RepeatOn::Status(503)], Duration::from_secs(50));
    let mut plan = plan(server.address, vec![open(10.0, 200)], vec![request]);
    plan.drain = Duration::from_millis(300);
    let began = Instant::now();
    let mut result = run(plan).await;
    assert!(began.elapsed() < Duration::from_secs(20));
    let result = result.phases.remove(0).requests.remove(0);
    assert_eq!((result.failed, result.repeats, result.abandoned), (2, 0, 0), "{result:?}");
    assert_eq!(result.failures.get(&FailureKind::Status(503)), Some(&2));
}
