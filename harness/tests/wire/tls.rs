//! What goes wrong with TLS, at the beginning of a connection and in the middle of an answer.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use slogate::histogram::Ranked;
use slogate::load::{FailureKind, LoadResult, Part, StopReason};
use slogate::scenario::{HttpVersion, RepeatOn, Request, Retry, Stop, TlsClient};

use super::engine::{closed, get, plan, post, run};
use super::tls_server::{Pki, Secured, start, start_plain};

const HTTP_1: &[&[u8]] = &[b"http/1.1"];

/// So many requests one after the other.
async fn sent(address: SocketAddr, tls: TlsClient, requests: u64, request: Request) -> LoadResult {
    let mut plan = plan(address, vec![closed(1, Stop::Iterations(requests))], vec![request]);
    plan.tls = Some(tls);
    run(plan).await
}

/// The kind under which one request was counted, and what was said of it.
async fn failure(address: SocketAddr, tls: TlsClient) -> (FailureKind, String) {
    failure_of(address, tls, get()).await
}

async fn failure_of(
    address: SocketAddr,
    tls: TlsClient,
    request: Request,
) -> (FailureKind, String) {
    let request = Request { timeout: Duration::from_millis(500), ..request };
    let result = sent(address, tls, 1, request).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.sent, request.failed, request.responses), (1, 1, 0));
    let (kind, _) = request.failures.first_key_value().unwrap();
    let Some(StopReason::NoResponse { last_error }) = result.stopped_early else { panic!() };
    (kind.clone(), last_error)
}

/// Reads the head of a request; `false` when the client has closed.
fn read_head(peer: &mut Secured) -> bool {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(b"\r\n\r\n") {
        match peer.read(&mut byte) {
            Ok(1) => seen.push(byte[0]),
            _ => return false,
        }
    }
    true
}

fn write(peer: &mut Secured, text: &str) {
    peer.write_all(text.as_bytes()).unwrap();
    peer.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_serves_request_after_request() {
    let Some(pki) = Pki::new() else { return };
    let address = start(pki.server(HTTP_1), |peer| {
        while read_head(peer) {
            write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        }
    });
    let result = sent(address, pki.client(), 50, get()).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 50);
    assert_eq!(result.generator.connections_opened, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_without_tls_is_told_so() {
    let Some(pki) = Pki::new() else { return };
    let address = start_plain(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let (kind, said) = failure(address, pki.client()).await;
    assert_eq!(kind, FailureKind::Tls);
    assert!(said.contains("perhaps it is http"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_breaks_off_is_one_of_tls() {
    let Some(pki) = Pki::new() else { return };
    let address = start_plain(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
    });
    assert_eq!(failure(address, pki.client()).await.0, FailureKind::Tls);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_never_ends_is_one_of_tls() {
    let Some(pki) = Pki::new() else { return };
    let address = start_plain(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let (kind, said) = failure(address, pki.client()).await;
    assert_eq!(kind, FailureKind::Tls);
    assert!(said.contains("within 0.5 s"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_trusted_is_one_of_tls() {
    let (Some(pki), Some(stranger)) = (Pki::new(), Pki::new()) else { return };
    let address = start(pki.server(HTTP_1), |peer| {
        read_head(peer);
    });
    let (kind, said) = failure(address, stranger.client()).await;
    assert_eq!(kind, FailureKind::Tls);
    assert!(said.contains("is not trusted"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_the_middle_of_an_answer_is_one_of_tls() {
    let Some(pki) = Pki::new() else { return };
    let address = start(pki.server(HTTP_1), |peer| {
        read_head(peer);
        write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        // A record that was not encrypted.
        let _ = peer.sock.write_all(b"\x17\x03\x03\x00\x20garbagegarbagegarbagegarbagegarb");
        let _ = peer.sock.read_to_end(&mut Vec::new());
    });
    assert_eq!(failure(address, pki.client()).await.0, FailureKind::Tls);
}

/// Over HTTP/2 the words of TLS come through another library; the kind is the same.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_one_of_tls_over_http_2_too() {
    let Some(pki) = Pki::new() else { return };
    // SETTINGS; or also the head of an answer and half of its body.
    let settings = &b"\0\0\0\x04\0\0\0\0\0"[..];
    let half = [settings, b"\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x04\0\0\0\0\0\x01half"].concat();
    for before in [Vec::new(), settings.to_vec(), half] {
        let address = start(pki.server(&[b"h2"]), move |peer| {
            super::http2::read_request(peer);
            peer.write_all(&before).unwrap();
            peer.flush().unwrap();
            let _ = peer.sock.write_all(b"\x17\x03\x03\x00\x20garbagegarbagegarbagegarbagegarb");
            let _ = peer.sock.read_to_end(&mut Vec::new());
        });
        let (kind, said) = failure(address, pki.client()).await;
        assert_eq!(kind, FailureKind::Tls, "{said}");
    }
}

/// Half of an answer's body, and then what the script does.
fn half_an_answer(pki: &Pki, then: impl Fn(&mut Secured) + Send + Sync + 'static) -> SocketAddr {
    start(pki.server(HTTP_1), move |peer| {
        read_head(peer);
        write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        then(peer);
        let _ = peer.sock.read_to_end(&mut Vec::new());
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_in_the_middle_of_an_answer_is_one_of_tls() {
    let Some(pki) = Pki::new() else { return };
    let address = half_an_answer(&pki, |peer| {
        // A record that the server cannot decrypt is answered with an alert.
        let mut garbage = &b"\x17\x03\x03\x00\x20garbagegarbagegarbagegarbagegarb"[..];
        peer.conn.read_tls(&mut garbage).unwrap();
        peer.conn.process_new_packets().unwrap_err();
        peer.conn.write_tls(&mut peer.sock).unwrap();
    });
    let (kind, said) = failure(address, pki.client()).await;
    assert_eq!(kind, FailureKind::Tls);
    assert!(said.contains("alert"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_cut_is_closed_whether_tls_ends_or_not() {
    let Some(pki) = Pki::new() else { return };
    for ends_tls in [true, false] {
        let address = half_an_answer(&pki, move |peer| {
            if ends_tls {
                peer.conn.send_close_notify();
                peer.conn.write_tls(&mut peer.sock).unwrap();
            }
            peer.sock.shutdown(std::net::Shutdown::Write).unwrap();
        });
        let (kind, said) = failure(address, pki.client()).await;
        assert_eq!(kind, FailureKind::Closed, "{ends_tls}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_in_the_middle_of_an_answer_over_tls_is_a_reset() {
    let Some(pki) = Pki::new() else { return };
    let address = start(pki.server(HTTP_1), |peer| {
        read_head(peer);
        write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        // What was written is on its way before the reset throws it away; a socket that is
        // closed with something unread resets the connection (RFC 2525 §2.17).
        std::thread::sleep(Duration::from_millis(50));
    });
    let request = Request { body: Bytes::from(vec![b'x'; 1_000_000]), ..post() };
    let (kind, _) = failure_of(address, pki.client(), request).await;
    assert_eq!(kind, FailureKind::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_without_the_end_of_tls_is_closed() {
    let Some(pki) = Pki::new() else { return };
    // Without a length, only the end of TLS tells a whole body from one that was cut.
    let address = start(pki.server(HTTP_1), |peer| {
        read_head(peer);
        write(peer, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf");
        let _ = peer.sock.shutdown(std::net::Shutdown::Both);
    });
    assert_eq!(failure(address, pki.client()).await.0, FailureKind::Closed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_with_the_end_of_tls_is_known_to_be_whole() {
    let Some(pki) = Pki::new() else { return };
    let address = start(pki.server(HTTP_1), |peer| {
        read_head(peer);
        write(peer, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nwhole");
        peer.conn.send_close_notify();
        peer.conn.write_tls(&mut peer.sock).unwrap();
    });
    let result = sent(address, pki.client(), 1, get()).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 1);
    assert_eq!(result.generator.responses_ended_by_close, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_breaks_off_is_repeated_where_that_is_asked_for() {
    let Some(pki) = Pki::new() else { return };
    let connections = AtomicU64::new(0);
    let address = start(pki.server(HTTP_1), move |peer| {
        if connections.fetch_add(1, Ordering::SeqCst) == 0 {
            let _ = peer.sock.read(&mut [0; 1024]);
            return;
        }
        while read_head(peer) {
            write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let backoff = Duration::from_millis(1);
    let retry = Some(Retry { attempts: 2, on: vec![RepeatOn::Tls], backoff });
    let result = sent(address, pki.client(), 3, Request { retry, ..get() }).await;
    let request = &result.phases[0].requests[0];
    assert_eq!((request.succeeded, request.repeats, request.failed), (3, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_the_handshake_is_neither_connecting_nor_waiting() {
    let Some(pki) = Pki::new() else { return };
    let slow = Duration::from_millis(400);
    let address = start(pki.server(HTTP_1), move |peer| {
        std::thread::sleep(slow);
        while read_head(peer) {
            write(peer, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let result = sent(address, pki.client(), 5, get()).await;
    let parts = &result.phases[0].parts;
    assert_eq!(Part::ALL.map(|part| parts.of(part).times.count()), [1, 1, 5, 5]);
    assert!(parts.of(Part::Tls).total >= slow);
    for quick in [Part::Connect, Part::FirstByte, Part::Body] {
        let Ranked::Seconds(median) = parts.of(quick).times.rank(0.5, 0) else { panic!() };
        assert!(median < slow.as_secs_f64(), "{quick:?}: {:?}", parts.of(quick));
    }
}

/// The version of HTTP that was spoken with a peer who offers these protocols.
async fn agreed(version: HttpVersion, offers: &[&[u8]]) -> Result<Vec<u8>, FailureKind> {
    let Some(pki) = Pki::new() else { return Ok(b"skipped".to_vec()) };
    let spoken = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&spoken);
    let address = start(pki.server(offers), move |peer| {
        let mut bytes = vec![0; 3];
        let read = peer.read_exact(&mut bytes);
        if read.is_ok() {
            *seen.lock().unwrap() = bytes;
        }
    });
    let mut plan = plan(address, vec![closed(1, Stop::Iterations(1))], vec![get()]);
    plan.tls = Some(pki.client());
    plan.http.version = version;
    let result = run(plan).await;
    let failures = &result.phases[0].requests[0].failures;
    let spoken = spoken.lock().unwrap().clone();
    if spoken.is_empty() { Err(failures.keys().next().unwrap().clone()) } else { Ok(spoken) }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_agrees_on_the_version_of_http() {
    if Pki::new().is_none() {
        return;
    }
    let (both, first): (&[&[u8]], &[&[u8]]) = (&[b"http/1.1", b"h2"], HTTP_1);
    // A request line, or the preface of HTTP/2.
    for (version, offers, expected) in [
        (HttpVersion::Auto, &[b"h2" as &[u8], b"http/1.1"][..], Ok(b"PRI".to_vec())),
        (HttpVersion::Auto, first, Ok(b"GET".to_vec())),
        (HttpVersion::Auto, &[], Ok(b"GET".to_vec())),
        (HttpVersion::Http1, both, Ok(b"GET".to_vec())),
        (HttpVersion::Http2, both, Ok(b"PRI".to_vec())),
        (HttpVersion::Http2, first, Err(FailureKind::Protocol)),
        (HttpVersion::Http2, &[], Err(FailureKind::Protocol)),
    ] {
        assert_eq!(agreed(version, offers).await, expected, "{version:?} {offers:?}");
    }
}
