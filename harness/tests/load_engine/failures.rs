//! Every way in which an answer can be wrong, and the kind under which it is counted.

use std::io::Write as _;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use slogate::load::{FailureKind, RequestResult};
use slogate::scenario::{
    Artifacts, Comparator, Expect, ExpectJson, JsonPath, JsonStep, JsonWanted, Request, Stop,
    Threshold,
};

use crate::support::{Server, closed, closed_port, get, plan, post, response, run};

/// What came of one request against this server.
async fn one(server: &Server, request: Request) -> RequestResult {
    let phases = vec![closed(1, Stop::Iterations(1))];
    let mut result = run(plan(server.address, phases, vec![request])).await;
    result.phases.remove(0).requests.remove(0)
}

async fn failure_of(server: &Server, request: Request) -> (FailureKind, u64) {
    let result = one(server, request).await;
    assert_eq!((result.intended, result.sent, result.failed), (1, 1, 1));
    assert_eq!((result.latency_failed.count(), result.latency_ok.count()), (1, 0));
    let (kind, count) = result.failures.into_iter().next().expect("a failure");
    assert_eq!(count, 1);
    (kind, result.responses)
}

/// Writes these bytes for each request, and then closes.
fn then_closes(bytes: &'static str) -> Server {
    Server::start(move |peer| {
        peer.read();
        peer.write(bytes);
    })
}

fn json_path(key: &str) -> JsonPath {
    JsonPath { text: format!("$.{key}"), steps: vec![JsonStep::Key(key.into())] }
}

fn expecting(key: &str, value: serde_json::Value) -> Request {
    let json = vec![ExpectJson { path: json_path(key), is: JsonWanted::Equal(value) }];
    Request { expect: Expect { status: vec![200], json, ..Expect::default() }, ..get() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_not_expected_fails_and_is_a_response() {
    let server = Server::always("HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Status(500), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    let server =
        Server::always("HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Status(302), 1));
    assert_eq!(server.seen_requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_value_is_compared_with_what_is_expected() {
    let server = Server::always(
        "HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"success\":true,\"rows\":1.0}",
    );
    assert_eq!(one(&server, expecting("success", true.into())).await.succeeded, 1);
    assert_eq!(one(&server, expecting("rows", 1.into())).await.succeeded, 1);
    let wrong = failure_of(&server, expecting("success", false.into())).await;
    assert_eq!(wrong, (FailureKind::Expectation, 1));
    let absent = failure_of(&server, expecting("other", true.into())).await;
    assert_eq!(absent, (FailureKind::Expectation, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_value_is_compared_or_only_has_to_be_there() {
    let server = Server::start(|peer| {
        while peer.read().is_some() && peer.ok(r#"{"rows": 5, "none": null, "text": "9"}"#) {}
    });
    let number = |comparator, bound| {
        JsonWanted::Number(Threshold { comparator, bound, text: String::new() })
    };
    for (key, is, is_met) in [
        ("rows", number(Comparator::GreaterOrEqual, 5.0), true),
        ("rows", number(Comparator::Greater, 5.0), false),
        ("text", number(Comparator::Greater, 5.0), false),
        ("other", number(Comparator::NotEqual, 5.0), false),
        ("none", JsonWanted::Present, true),
        ("other", JsonWanted::Present, false),
    ] {
        let json = vec![ExpectJson { path: json_path(key), is: is.clone() }];
        let expect = Expect { json, ..Expect::default() };
        let result = one(&server, Request { expect, ..get() }).await;
        assert_eq!(result.succeeded == 1, is_met, "{key} {is:?} {result:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_whose_encoding_nobody_asked_for_is_not_looked_at() {
    let server =
        Server::always("HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 5\r\n\r\nhello");
    let contains = vec!["hello".to_owned()];
    let expect = Expect { contains, ..Expect::default() };
    let looks = Request { expect, ..get() };
    assert_eq!(failure_of(&server, looks.clone()).await, (FailureKind::Encoding, 1));
    let gzip = Request { gzip: true, ..looks.clone() };
    assert_eq!(failure_of(&server, gzip).await, (FailureKind::Encoding, 1));
    let asked = Request { headers: vec![("accept-encoding".into(), "br".into())], ..looks };
    assert_eq!(failure_of(&server, asked.clone()).await, (FailureKind::Encoding, 1));
    let bytes = Some(Threshold { comparator: Comparator::Equal, bound: 5.0, text: "== 5".into() });
    let length = Expect { bytes, ..Expect::default() };
    assert_eq!(one(&server, Request { expect: length, ..asked }).await.succeeded, 1);
    assert_eq!(one(&server, get()).await.succeeded, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_the_gzip_it_is_said_to_be_fails() {
    let server = Server::always(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello",
    );
    let gzip = Request { gzip: true, ..get() };
    assert_eq!(failure_of(&server, gzip).await, (FailureKind::Encoding, 1));
}

/// Whether `hello` with this header is as expected.
async fn hello_meets(expect: Expect) -> bool {
    let server = Server::start(|peer| {
        let answer =
            response("200 OK", "content-type: text/plain\r\nx-a: 1\r\nx-a: 2\r\n", "hello");
        while peer.read().is_some() && peer.write(&answer) {}
    });
    let result = one(&server, Request { expect, ..get() }).await;
    assert_eq!((result.responses, result.bytes_received), (1, 5));
    let failed = result.failures.get(&FailureKind::Expectation).copied();
    assert_eq!((result.succeeded, result.failed), (1 - result.failed, failed.unwrap_or(0)));
    result.succeeded == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_must_be_there_with_its_whole_value() {
    for (name, value, is_met) in [
        ("Content-Type", "text/plain", true),
        ("content-type", "text", false),
        ("content-type", "Text/plain", false),
        ("x-a", "2", true),
        ("x-a", "3", false),
        ("x-b", "", false),
    ] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        assert_eq!(
            hello_meets(Expect { headers, ..Expect::default() }).await,
            is_met,
            "{name} {value}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_can_be_expected_by_what_is_in_it() {
    for (text, is_met) in [("ell", true), ("hello", true), ("Hello", false), ("hello!", false)] {
        let contains = vec![text.to_owned()];
        assert_eq!(hello_meets(Expect { contains, ..Expect::default() }).await, is_met, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_can_be_expected_by_its_length() {
    for (comparator, bound, is_met) in [
        (Comparator::Equal, 5.0, true),
        (Comparator::Equal, 4.0, false),
        (Comparator::Greater, 5.0, false),
        (Comparator::Less, 6.0, true),
    ] {
        let bytes = Some(Threshold { comparator, bound, text: String::new() });
        assert_eq!(hello_meets(Expect { bytes, ..Expect::default() }).await, is_met, "{bound}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_can_be_expected_by_its_digest() {
    // `printf hello | sha256sum`
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let byte = |at: usize| u8::from_str_radix(&hello[2 * at..2 * at + 2], 16).unwrap();
    let mut digest: [u8; 32] = std::array::from_fn(byte);
    assert!(hello_meets(Expect { sha256: Some(digest), ..Expect::default() }).await);
    digest[31] ^= 1;
    assert!(!hello_meets(Expect { sha256: Some(digest), ..Expect::default() }).await);
}

/// Whether a compressed `hello` is as expected by its length and digest, where the request asks
/// for gzip by itself or by a header of its own.
async fn compressed_hello_meets(request: Request, length: usize, digest: [u8; 32]) -> bool {
    let server = Server::start(|peer| {
        let body = gzip(b"hello");
        let length = body.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
        );
        while peer.read().is_some() && peer.write(&head) && peer.write_bytes(&body) {}
    });
    let bound = length as f64;
    let bytes = Some(Threshold { comparator: Comparator::Equal, bound, text: String::new() });
    let expect = Expect { bytes, sha256: Some(digest), ..Expect::default() };
    let result = one(&server, Request { expect, ..request }).await;
    assert_eq!((result.responses, result.bytes_received), (1, gzip(b"hello").len() as u64));
    result.succeeded == 1
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_measured_as_whoever_asked_for_it_gets_it() {
    let (plain, packed) = (b"hello".to_vec(), gzip(b"hello"));
    let of = |body: &[u8]| (body.len(), <[u8; 32]>::from(Sha256::digest(body)));
    let decodes = Request { gzip: true, ..get() };
    let own = vec![("accept-encoding".to_owned(), "gzip".to_owned())];
    let keeps = Request { headers: own, ..get() };
    for (request, right, wrong) in [(decodes, &plain, &packed), (keeps, &packed, &plain)] {
        let (length, digest) = of(right);
        assert!(compressed_hello_meets(request.clone(), length, digest).await);
        assert!(!compressed_hello_meets(request.clone(), of(wrong).0, digest).await);
        assert!(!compressed_hello_meets(request, length, of(wrong).1).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_is_not_as_expected() {
    let server = Server::good();
    let failure = failure_of(&server, expecting("success", true.into())).await;
    assert_eq!(failure, (FailureKind::Expectation, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn artifact_urls_are_collected_up_to_the_number_to_keep() {
    let server = Server::start(|peer| {
        let answer = response("200 OK", "", r#"{"downloadUrl":"/file/12"}"#);
        while peer.read().is_some() && peer.write(&answer) {}
    });
    let artifacts = Some(Artifacts { url: json_path("downloadUrl"), keep: 2 });
    let request = Request { artifacts, ..get() };
    let phases = vec![closed(1, Stop::Iterations(5))];
    let result = run(plan(server.address, phases, vec![request])).await;
    assert_eq!(result.phases[0].requests[0].artifact_urls, ["/file/12", "/file/12"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_shorter_than_announced_is_closed() {
    let server = then_closes("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Closed, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_that_is_cut_off_is_closed() {
    let server = then_closes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Closed, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_cut_off_is_closed() {
    let server = then_closes("HTTP/1.1 200 OK\r\ncontent-");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Closed, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_at_all_is_closed() {
    let server = then_closes("");
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Closed, 0));
    assert_eq!(server.seen_requests(), 1, "a fresh connection: nothing is sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_is_not_an_answer() {
    // Closing with the request unread makes the kernel send a reset.
    let server = Server::start(|_| {});
    let body = Bytes::from(vec![b'x'; 1_000_000]);
    let (kind, responses) = failure_of(&server, Request { body, ..post() }).await;
    // A write that comes after the reset finds a broken pipe.
    assert!(matches!(kind, FailureKind::Reset | FailureKind::Closed), "{kind}");
    assert_eq!(responses, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_http_is_a_protocol_failure() {
    for bytes in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a number\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    ] {
        let failure = failure_of(&then_closes(bytes), get()).await;
        assert_eq!(failure, (FailureKind::Protocol, 0), "{bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_headers_are_a_protocol_failure() {
    let server = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\n");
        while peer.write("x-flood: 0123456789012345678901234567890123456789\r\n") {}
    });
    assert_eq!(failure_of(&server, get()).await, (FailureKind::Protocol, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_comes_is_a_timeout() {
    let server = Server::start(|peer| while peer.read().is_some() {});
    let request = Request { timeout: Duration::from_millis(50), ..get() };
    assert_eq!(failure_of(&server, request).await, (FailureKind::Timeout, 0));
}

/// However soon it is there: who reads late finds answers that came too late.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_found_after_the_timeout_is_one() {
    let server = Server::always("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nhere");
    let request = Request { timeout: Duration::from_nanos(1), ..get() };
    let phases = vec![closed(1, Stop::Iterations(5))];
    let load = run(plan(server.address, phases, vec![request])).await;
    let result = &load.phases[0].requests[0];
    assert_eq!((result.sent, result.succeeded), (5, 0), "{result:?}");
    assert_eq!(result.failures.get(&FailureKind::Timeout), Some(&5), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeout_covers_the_last_byte() {
    let server = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        peer.read();
    });
    let request = Request { timeout: Duration::from_millis(50), ..get() };
    assert_eq!(failure_of(&server, request).await, (FailureKind::Timeout, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeout_ends_a_body_that_never_pauses() {
    let server = Server::start(|peer| {
        peer.read();
        peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x1_0000)).repeat(16);
        while peer.write(&chunk) {}
    });
    let request = Request { timeout: Duration::from_millis(300), ..get() };
    let began = std::time::Instant::now();
    assert_eq!(failure_of(&server, request).await, (FailureKind::Timeout, 0));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_is_a_connect_failure() {
    let phases = vec![closed(1, Stop::Iterations(1))];
    let result = run(plan(closed_port(), phases, vec![get()])).await;
    let request = &result.phases[0].requests[0];
    assert_eq!(request.failures[&FailureKind::Connect], 1);
    assert_eq!((request.sent, request.failed), (1, 1));
    assert_eq!(result.generator.connections_opened, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_but_correct_answers_are_good() {
    for bytes in [
        "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nok",
    ] {
        let result = one(&then_closes(bytes), get()).await;
        assert_eq!((result.succeeded, result.bytes_received), (1, 2), "{bytes}");
    }
    let empty = one(&then_closes("HTTP/1.1 204 No Content\r\n\r\n"), get()).await;
    assert_eq!((empty.succeeded, empty.bytes_received), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_before_the_whole_body_was_read_is_seen() {
    let server = Server::start(|peer| {
        // The head only; the answer goes out while the body still comes in.
        peer.read_head();
        peer.write(&response("429 Too Many Requests", "connection: close\r\n", "busy"));
        std::thread::sleep(Duration::from_millis(100));
        peer.read_to_end();
    });
    let body = Bytes::from(vec![b'x'; 8_000_000]);
    let result = one(&server, Request { body, ..post() }).await;
    assert_eq!((result.failures[&FailureKind::Status(429)], result.responses), (1, 1));
    // What the buffers of the two sockets hold went out, and no more.
    assert!(result.bytes_sent < 8_000_000, "{}", result.bytes_sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_head_has_no_body() {
    let server = Server::always("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n");
    let request = Request { method: "HEAD".into(), ..get() };
    let phases = vec![closed(1, Stop::Iterations(3))];
    let result = run(plan(server.address, phases, vec![request])).await;
    assert_eq!(result.phases[0].requests[0].succeeded, 3);
    assert_eq!(server.seen_connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_read_to_its_end() {
    let server = Server::start(|peer| {
        while peer.read().is_some() {
            let body = "x".repeat(3_000_000);
            peer.write(&response("200 OK", "", &body));
        }
    });
    let result = one(&server, get()).await;
    assert_eq!((result.succeeded, result.bytes_received), (1, 3_000_000));
}
