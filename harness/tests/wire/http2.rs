//! HTTP/2 as a peer of the test's own speaks it (by the h2 crate's server, and by hand):
//! what is sent, what is sent again, and what each end of a stream is counted as.

use std::future::Future;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use slogate::load::{FailureKind, LoadResult, Part, RequestResult};
use slogate::scenario::{HttpSettings, HttpVersion, Stop};
use tokio::net::{TcpListener, TcpStream};

use super::engine::{closed, get, plan, post, run};
use super::tls_server::start_plain;

type Open = Connection<TcpStream, Bytes>;
type Asked = (Request<RecvStream>, SendResponse<Bytes>);

const PRIOR_KNOWLEDGE: HttpSettings =
    HttpSettings { version: HttpVersion::Http2, keep_alive: true };

/// Serves each connection with its number, from 0.
async fn serve<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(u64, Open) -> F + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            if let Ok(open) = h2::server::handshake(stream).await {
                tokio::spawn(script(number, open));
            }
        }
    });
    (address, connections)
}

/// Answers a request with its own body.
async fn echo((request, mut respond): Asked) {
    let mut body = request.into_body();
    let mut seen = Vec::new();
    while let Some(Ok(data)) = body.data().await {
        body.flow_control().release_capacity(data.len()).unwrap();
        seen.extend_from_slice(&data);
    }
    let mut stream = respond.send_response(Response::new(()), false).unwrap();
    stream.send_data(seen.into(), true).unwrap();
}

async fn serve_echo(mut open: Open) {
    while let Some(Ok(asked)) = open.accept().await {
        tokio::spawn(echo(asked));
    }
}

async fn sent(
    address: SocketAddr,
    requests: u64,
    request: slogate::scenario::Request,
) -> LoadResult {
    let mut plan = plan(address, vec![closed(1, Stop::Iterations(requests))], vec![request]);
    plan.http = PRIOR_KNOWLEDGE;
    run(plan).await
}

fn only(result: &LoadResult) -> &RequestResult {
    &result.phases[0].requests[0]
}

async fn failure(address: SocketAddr) -> FailureKind {
    let request = slogate::scenario::Request { timeout: Duration::from_millis(500), ..get() };
    let result = sent(address, 1, request).await;
    let request = only(&result);
    assert_eq!((request.sent, request.failed, request.responses), (1, 1, 0));
    request.failures.first_key_value().unwrap().0.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_an_authority_and_no_host() {
    let (address, _) = serve(|_, mut open| async move {
        while let Some(Ok((request, respond))) = open.accept().await {
            let authority = request.uri().authority().unwrap().to_string();
            let has_host = request.headers().contains_key("host");
            let is_right = authority == "shop.test" && !has_host && request.uri().path() == "/";
            let lacks = ["connection", "upgrade"].map(|name| request.headers().contains_key(name));
            let good = is_right && lacks == [false, false] && request.headers()["x-a"] == "1";
            let status = if good { 200 } else { 400 };
            let mut respond: SendResponse<Bytes> = respond;
            let answer = Response::builder().status(status).body(()).unwrap();
            respond.send_response(answer, true).unwrap();
        }
    })
    .await;
    let headers = [("Host", "shop.test"), ("Connection", "close"), ("x-a", "1")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let result = sent(address, 3, slogate::scenario::Request { headers, ..get() }).await;
    assert_eq!((only(&result).succeeded, result.generator.connections_opened), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_larger_than_every_window_go_both_ways() {
    let (address, connections) = serve(|_, open| serve_echo(open)).await;
    let body = Bytes::from(vec![b'x'; 7_000_000]);
    let result = sent(address, 3, slogate::scenario::Request { body, ..post() }).await;
    assert_eq!((only(&result).succeeded, only(&result).bytes_received), (3, 21_000_000));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_before_the_whole_body_was_read_is_seen() {
    let (address, _) = serve(|_, mut open| async move {
        while let Some(Ok((_request, respond))) = open.accept().await {
            let mut respond: SendResponse<Bytes> = respond;
            let answer = Response::builder().status(429).body(()).unwrap();
            // Nobody reads the body: the stream is reset without an error once the answer is out.
            respond.send_response(answer, true).unwrap();
        }
    })
    .await;
    let body = Bytes::from(vec![b'x'; 7_000_000]);
    let result = sent(address, 1, slogate::scenario::Request { body, ..post() }).await;
    assert_eq!(only(&result).failures[&FailureKind::Status(429)], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_off_without_an_error_is_not_whole() {
    let (address, _) = serve(|_, mut open| async move {
        while let Some(Ok((_request, respond))) = open.accept().await {
            let mut respond: SendResponse<Bytes> = respond;
            let answer = Response::builder().status(200).body(()).unwrap();
            let mut body = respond.send_response(answer, false).unwrap();
            body.send_data(Bytes::from_static(b"half"), false).unwrap();
            body.send_reset(Reason::NO_ERROR);
        }
    })
    .await;
    let body = Bytes::from(vec![b'x'; 7_000_000]);
    let result = sent(address, 1, slogate::scenario::Request { body, ..post() }).await;
    assert_eq!((only(&result).succeeded, only(&result).failed), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_refused_is_sent_again_also_a_post() {
    let refused = Arc::new(AtomicU64::new(0));
    let (address, _) = serve(move |_, mut open| {
        let refused = Arc::clone(&refused);
        async move {
            while let Some(Ok((request, respond))) = open.accept().await {
                let mut respond: SendResponse<Bytes> = respond;
                if refused.fetch_add(1, Ordering::SeqCst) == 0 {
                    respond.send_reset(Reason::REFUSED_STREAM);
                } else {
                    tokio::spawn(echo((request, respond)));
                }
            }
        }
    })
    .await;
    let result = sent(address, 5, post()).await;
    assert_eq!((only(&result).succeeded, only(&result).retried), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_always_refuses_is_a_failure() {
    let (address, _) = serve(|_, mut open| async move {
        while let Some(Ok((_, mut respond))) = open.accept().await {
            respond.send_reset(Reason::REFUSED_STREAM);
        }
    })
    .await;
    assert_eq!(failure(address).await, FailureKind::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_reset_is_not_sent_again() {
    let (address, _) = serve(|_, mut open| async move {
        while let Some(Ok((_, mut respond))) = open.accept().await {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.send_data(Bytes::from_static(b"half"), false).unwrap();
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
    })
    .await;
    assert_eq!(failure(address).await, FailureKind::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_goes_away_in_good_order_loses_nothing() {
    let (address, connections) = serve(|_, mut open| async move {
        for _ in 0..3 {
            let Some(Ok(asked)) = open.accept().await else { return };
            tokio::spawn(echo(asked));
        }
        open.graceful_shutdown();
        while let Some(Ok(asked)) = open.accept().await {
            tokio::spawn(echo(asked));
        }
    })
    .await;
    let result = sent(address, 30, post()).await;
    assert_eq!((only(&result).succeeded, only(&result).failed), (30, 0));
    assert!(connections.load(Ordering::SeqCst) > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_not_kept_serves_one_request() {
    let (address, connections) = serve(|_, open| serve_echo(open)).await;
    let mut plan = plan(address, vec![closed(1, Stop::Iterations(4))], vec![get()]);
    plan.http = HttpSettings { keep_alive: false, ..PRIOR_KNOWLEDGE };
    let result = run(plan).await;
    assert_eq!((only(&result).succeeded, connections.load(Ordering::SeqCst)), (4, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_for_the_head_and_one_for_the_body_are_told_apart() {
    let (wait, tail) = (Duration::from_millis(120), Duration::from_millis(60));
    let (address, _) = serve(move |_, mut open| async move {
        while let Some(Ok((_, mut respond))) = open.accept().await {
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                let mut stream = respond.send_response(Response::new(()), false).unwrap();
                tokio::time::sleep(tail).await;
                stream.send_data(Bytes::from_static(b"whole"), true).unwrap();
            });
        }
    })
    .await;
    let result = sent(address, 3, post()).await;
    let parts = &result.phases[0].parts;
    assert_eq!(Part::ALL.map(|part| parts.of(part).times.count()), [1, 0, 3, 3]);
    for (part, each) in [(Part::FirstByte, wait), (Part::Body, tail)] {
        // Timers are as coarse as a millisecond, and the client's clock begins before them.
        let possible = 3 * each.mul_f64(0.97)..12 * each;
        assert!(possible.contains(&parts.of(part).total), "{part:?}: {:?}", parts.of(part));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_is_a_timeout() {
    let (address, _) = serve(|_, mut open| async move {
        let mut held = Vec::new();
        while let Some(Ok(asked)) = open.accept().await {
            held.push(asked);
        }
    })
    .await;
    assert_eq!(failure(address).await, FailureKind::Timeout);
}

/// Reads the client's frames up to the head of its request (RFC 9113 §3.4, §4.1).
pub(crate) fn read_request(peer: &mut impl std::io::Read) {
    let mut preface = [0; 24];
    let _ = peer.read_exact(&mut preface);
    let mut head = [0; 9];
    while peer.read_exact(&mut head).is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let _ = std::io::copy(&mut peer.take(length.into()), &mut std::io::sink());
        if head[3] == 1 {
            return;
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream][..], payload].concat()
}

fn settings() -> Vec<u8> {
    frame(4, 0, 0, b"")
}

/// The head of an answer with status 200, as far as HPACK's static table goes, and half of
/// its body.
fn half_an_answer() -> Vec<u8> {
    [settings(), frame(1, 4, 1, b"\x88"), frame(0, 0, 1, b"half")].concat()
}

fn reset_stream(code: u8) -> Vec<u8> {
    frame(3, 0, 1, &[0, 0, 0, code])
}

fn go_away(last_stream: u8, code: u8) -> Vec<u8> {
    frame(7, 0, 0, &[0, 0, 0, last_stream, 0, 0, 0, code])
}

/// An answer whose head says `content-length: 2`, with this body.
fn two_bytes(body: &[u8]) -> Vec<u8> {
    [frame(1, 4, 1, b"\x88\x0f\x0d\x012"), frame(0, 1, 1, body)].concat()
}

/// How a peer goes on that has read a request, and how it ends.
struct Cause {
    /// As the page about connections names it.
    name: &'static str,
    kind: FailureKind,
    frames: Vec<Vec<u8>>,
    ends: Ends,
}

#[derive(Clone, Copy)]
enum Ends {
    Stays,
    Closes,
    Resets,
}

/// Every cause, whenever it comes, is counted under one kind.
fn causes() -> Vec<Cause> {
    use FailureKind::{Closed, Protocol, Reset};
    let cause = |name, kind, frames, ends| Cause { name, kind, frames, ends };
    let codes = [0, 2, 7, 8, 11];
    vec![
        cause("`RST_STREAM`, with any code", Reset, codes.map(reset_stream).to_vec(), Ends::Stays),
        cause("the TCP connection is reset", Reset, vec![Vec::new()], Ends::Resets),
        cause(
            "`GOAWAY` before the request, again on a fresh connection",
            Closed,
            codes.map(|code| go_away(0, code)).to_vec(),
            Ends::Closes,
        ),
        cause(
            "`GOAWAY` behind the request, and the end of the connection",
            Closed,
            codes.map(|code| go_away(1, code)).to_vec(),
            Ends::Closes,
        ),
        cause(
            "the connection ends, within a frame or between two",
            Closed,
            vec![Vec::new(), b"\0\0".to_vec(), frame(0, 0, 1, b"half")[..11].to_vec()],
            Ends::Closes,
        ),
        cause(
            "what comes is no HTTP/2, or against its rules",
            Protocol,
            vec![
                b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(),
                frame(0, 0, 99, b"x"),
                frame(3, 0, 1, b"x"),
                frame(4, 1, 0, b"not 0"),
            ],
            Ends::Stays,
        ),
    ]
}

async fn failure_after(before: Vec<u8>, frames: Vec<u8>, ends: Ends) -> FailureKind {
    let address = start_plain(move |mut stream| {
        read_request(&mut stream);
        let _ = stream.write_all(&[&before[..], &frames[..]].concat());
        if matches!(ends, Ends::Resets) {
            // What was written is on its way before the reset throws it away; a socket that is
            // closed with something unread, here what confirms our settings, resets the
            // connection (RFC 2525 §2.17).
            std::thread::sleep(Duration::from_millis(50));
            return;
        }
        if matches!(ends, Ends::Closes) {
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let _ = stream.read_to_end(&mut Vec::new());
    });
    failure(address).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cause_is_of_one_kind_before_an_answer_and_within_it() {
    for cause in causes() {
        for frames in cause.frames {
            for before in [settings(), half_an_answer()] {
                let seen = failure_after(before.clone(), frames.clone(), cause.ends).await;
                assert_eq!(seen, cause.kind, "{}: {before:?} {frames:?}", cause.name);
            }
        }
    }
    for body in [&b"abc"[..], b"a"] {
        let answer = [settings(), two_bytes(body)].concat();
        assert_eq!(failure_after(answer, Vec::new(), Ends::Stays).await, FailureKind::Protocol);
    }
}

#[test]
fn the_page_about_connections_has_each_cause() {
    let page = include_str!("../../../docs/connections.md");
    for cause in causes() {
        let row = format!("| {} | `{}` |", cause.name, cause.kind);
        assert!(page.contains(&row), "docs/connections.md lacks {row}");
    }
}

/// What a peer that writes these bytes after the client's first ones, and closes, is counted as.
async fn failure_of_bytes(bytes: &'static [u8]) -> FailureKind {
    let address = start_plain(move |mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    failure(address).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_2_is_a_protocol_failure() {
    let answer = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(failure_of_bytes(answer).await, FailureKind::Protocol);
    // SETTINGS, then DATA on a stream that was never opened.
    let idle = b"\0\0\0\x04\0\0\0\0\0\0\0\x01\0\0\0\0\0\x63x";
    assert_eq!(failure_of_bytes(idle).await, FailureKind::Protocol);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_is_closed() {
    assert_eq!(failure_of_bytes(b"").await, FailureKind::Closed);
    // SETTINGS only.
    assert_eq!(failure_of_bytes(b"\0\0\0\x04\0\0\0\0\0").await, FailureKind::Closed);
}
