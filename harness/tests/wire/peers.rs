//! Raw peers that end an answer as no server should: with a reset, with more than was
//! announced, or with a silence in one state of the exchange.

use std::net::SocketAddr;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use slogate::load::{Engine, FailureKind, LoadResult, RequestResult, StopReason};
use slogate::scenario::{PartTimeouts, Request, Stop};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::engine::{Server, clock, closed, get, plan, response, run};
use super::tls_server::Pki;

async fn one(address: SocketAddr, request: Request) -> LoadResult {
    run(plan(address, vec![closed(1, Stop::Iterations(1))], vec![request])).await
}

fn only(result: &LoadResult) -> &RequestResult {
    &result.phases[0].requests[0]
}

/// The kind of the one failure, and what was said of it.
fn failure(result: LoadResult) -> (FailureKind, String) {
    let kind = only(&result).failures.first_key_value().unwrap().0.clone();
    let Some(StopReason::NoResponse { last_error }) = result.stopped_early else { panic!() };
    (kind, last_error)
}

/// A peer that writes this after the head of a request, and resets the connection.
async fn resets_after(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.set_zero_linger().unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(bytes).await;
            // What was written is on its way before the reset throws it away.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_before_or_in_the_middle_of_an_answer_is_a_reset() {
    for bytes in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"] {
        let result = one(resets_after(bytes).await, get()).await;
        assert_eq!(failure(result).0, FailureKind::Reset);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_whole_answer_is_not_taken_for_the_next() {
    let server = Server::start(|peer| {
        if peer.number == 0 {
            // So that the target has answered: a load against nothing would be stopped.
            peer.read();
            peer.ok("ok");
            return;
        }
        while peer.read().is_some() && peer.ok("ok") && peer.write("!!") {}
    });
    let phases = vec![closed(1, Stop::Iterations(20))];
    let result = run(plan(server.address, phases, vec![get()])).await;
    let seen = only(&result);
    assert_eq!(seen.succeeded + seen.failed, 20);
    assert_eq!(seen.bytes_received, 2 * seen.succeeded);
    assert!(seen.succeeded == 0 || server.seen_connections() >= seen.succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_an_answer_has_by_its_own_head_is_excess() {
    for (method, bytes) in [
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok!!"),
        ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok!!"),
        ("GET", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!!"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n!!"),
        ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n!!"),
    ] {
        let server = Server::always(bytes);
        let request = Request { method: method.into(), ..get() };
        let (kind, said) = failure(one(server.address, request).await);
        assert_eq!(kind, FailureKind::Excess, "{bytes}");
        assert!(said.starts_with("2 bytes or more came behind the end"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_the_end_of_http_is_not_excess() {
    let server = Server::always("HTTP/1.1 101 Switching Protocols\r\n\r\n\x01\x02");
    let result = one(server.address, get()).await;
    assert_eq!(only(&result).failures[&FailureKind::Status(101)], 1);
}

/// Writes two bytes on the connection of the first answer, when it is told to, and tells
/// when they were written.
fn goes_on_when_told() -> (Server, mpsc::Sender<()>, mpsc::Receiver<()>) {
    let ((tell, told), (done, is_done)) = (mpsc::channel(), mpsc::channel());
    let (told, done) = (Mutex::new(told), Mutex::new(done));
    let server = Server::start(move |peer| {
        while peer.read().is_some() && peer.write(&response("200 OK", "", "ok")) {
            if peer.number == 0 {
                told.lock().unwrap().recv().unwrap();
                peer.write("!!");
                done.lock().unwrap().send(()).unwrap();
            }
        }
    });
    (server, tell, is_done)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_on_an_idle_connection_is_told_and_no_request_is_blamed() {
    let (server, tell, is_done) = goes_on_when_told();
    let phase = || closed(1, Stop::Iterations(1));
    let plan = plan(server.address, vec![phase(), phase()], vec![get()]);
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    engine.run_phases(0..1).await.unwrap();
    tell.send(()).unwrap();
    is_done.recv().unwrap();
    engine.run_phases(1..2).await.unwrap();
    let result = engine.finish().await.unwrap();
    assert!(result.measured_requests().all(|one| (one.succeeded, one.failed) == (1, 0)));
    assert_eq!(result.generator.unasked_connections, Some(1));
    assert_eq!(server.seen_connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_end_nothing_tells_is_counted() {
    for (bytes, expected) in [
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok", 1),
        ("HTTP/1.0 200 OK\r\n\r\nok", 1),
        ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", 0),
    ] {
        let server = Server::start(move |peer| {
            peer.read();
            peer.write(bytes);
        });
        let result = one(server.address, get()).await;
        assert_eq!((only(&result).succeeded, only(&result).bytes_received), (1, 2), "{bytes}");
        assert_eq!(result.generator.responses_ended_by_close, Some(expected), "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interim_answer_is_none() {
    let server = Server::always(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n\
         HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    );
    let result = one(server.address, get()).await;
    assert_eq!((only(&result).succeeded, only(&result).bytes_received), (1, 2));
}

/// A request that may take so long in all, and less for its parts.
fn bounded(parts: PartTimeouts) -> Request {
    Request { timeout: Duration::from_secs(3), part_timeouts: parts, ..get() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_byte_that_does_not_come_is_a_timeout_of_its_own() {
    let server = Server::start(|peer| while peer.read().is_some() {});
    let first_byte = Some(Duration::from_millis(100));
    let began = Instant::now();
    let result = one(server.address, bounded(PartTimeouts { first_byte, connect: None })).await;
    assert!(began.elapsed() < Duration::from_secs(2));
    let (kind, said) = failure(result);
    assert_eq!(kind, FailureKind::Timeout);
    assert!(said.contains("no first byte of an answer within 0.1 s"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_for_the_first_byte_is_not_for_the_last() {
    let server = Server::start(|peer| {
        while peer.read().is_some() && peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n") {
            std::thread::sleep(Duration::from_millis(900));
            peer.write("ok");
        }
    });
    let first_byte = Some(Duration::from_millis(600));
    let result = one(server.address, bounded(PartTimeouts { first_byte, connect: None })).await;
    assert_eq!(only(&result).succeeded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_says_what_was_waited_for() {
    let timeout = Duration::from_millis(100);
    let silent = Server::start(|peer| while peer.read().is_some() {});
    let (_, said) = failure(one(silent.address, Request { timeout, ..get() }).await);
    assert!(said.contains("no answer began within the time-out"), "{said}");
    let endless = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        peer.read_to_end();
    });
    let (_, said) = failure(one(endless.address, Request { timeout, ..get() }).await);
    assert!(said.contains("the answer did not end within the time-out"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_a_time_of_its_own() {
    let Some(pki) = Pki::new() else { return };
    let silent = Server::start(super::engine::Peer::read_to_end);
    let parts = PartTimeouts { connect: Some(Duration::from_millis(100)), first_byte: None };
    let phases = vec![closed(1, Stop::Iterations(1))];
    let mut plan = plan(silent.address, phases, vec![bounded(parts)]);
    plan.tls = Some(pki.client());
    let began = Instant::now();
    let (kind, said) = failure(run(plan).await);
    assert!(began.elapsed() < Duration::from_secs(2));
    assert_eq!(kind, FailureKind::Tls);
    assert!(said.contains("no agreement on TLS within 0.1 s"), "{said}");
}
