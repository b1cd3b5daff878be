//! The same bytes read by hyper's client and by ours: both take an answer for the same, or
//! neither takes it for one. Ours alone refuses a wrong length, and a coding in HTTP/1.0 or
//! another one than chunks, also where that does not count: who wrote it may have meant
//! another answer. And ours alone tells what lies behind the end of an answer: without it,
//! both read the same.

use std::future::poll_fn;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;

use super::Http1;
use crate::load::body_reader::BodyReader;
use crate::load::exchange_error::ExchangeError;
use crate::load::plan::{PreparedRequest, prepared};
use crate::load::wire::Unanswered;
use crate::scenario::{Expect, Request};

/// Status and content, where there is an answer.
type Read = Option<(u16, Vec<u8>)>;

const STARTS: &[&str] = &[
    "HTTP/1.1 200 OK",
    "HTTP/1.1 200",
    "HTTP/1.0 200 OK",
    "HTTP/1.1 204 No Content",
    "HTTP/1.1 304 Not Modified",
    "HTTP/1.1 404 Not Found",
    "HTTP/1.1 205 Reset Content",
    "HTTP/1.1 206 Partial Content",
    "HTTP/1.1 600 Unknown",
    "HTTP/1.1 199 Unknown\r\n\r\nHTTP/1.1 200 OK",
    "HTTP/1.0 204 No Content",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 200 OK\nx: y",
    "\r\nHTTP/1.1 200 OK",
    "http/1.1 200 OK",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
    "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 503 No",
    "HTTP/2 200 OK",
    "HTTP/1.1 20 OK",
];
const HEADERS: &[&str] = &[
    "content-length: 5",
    "Content-Length: 5",
    "content-length: 0",
    "content-length: 5, 5",
    "content-length: 6",
    "content-length: five",
    "content-length:5",
    "content-length: +5",
    "content-length:",
    "transfer-encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "transfer-encoding: gzip",
    "transfer-encoding: identity",
    "transfer-encoding: chunked, gzip",
    "connection: keep-alive",
    "connection: close",
    "x: y",
    "x : y",
    " folded",
    "x",
];
const BODIES: &[&str] = &[
    "hello",
    "5\r\nhello\r\n",
    "A;x=y\r\n0123456789\r\n",
    "3\r\nhello\r\n",
    "0\r\n\r\n",
    "0\r\nx: y\r\n\r\n",
    "00\r\n\r\n",
    "g\r\n",
    "\r\n",
    "",
];

fn answers() -> impl Strategy<Value = String> {
    let headers = subsequence(HEADERS, 0..4).prop_shuffle();
    let bodies = prop::collection::vec(select(BODIES), 0..4);
    (select(STARTS), headers, bodies, 0..200_usize).prop_map(|(start, headers, bodies, cut)| {
        let head = [&[start], &headers[..]].concat().join("\r\n");
        let mut text = format!("{head}\r\n\r\n{}", bodies.concat());
        text.truncate(cut);
        text
    })
}

/// With and without a body, and those whose answers have none or may have one.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

fn requests() -> impl Strategy<Value = PreparedRequest> {
    (select(METHODS), select(&["", "hello", "a longer body"][..])).prop_map(|(method, body)| {
        let body = if matches!(method, "GET" | "HEAD") { "" } else { body };
        let expect = Expect { contains: vec!["hello".to_owned()], ..Expect::default() };
        let (method, body) = (method.to_owned(), Bytes::from_static(body.as_bytes()));
        prepared(&Request { method, body, expect, ..Request::get("r", "/") })
    })
}

/// A peer that reads a request with a body of so many bytes, writes this in two pieces, and
/// closes.
async fn peer(text: &str, body_bytes: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bytes = text.as_bytes().to_vec();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        let is_whole = |seen: &[u8]| {
            let head = seen.windows(4).position(|end| end == b"\r\n\r\n");
            head.is_some_and(|head| seen.len() >= head + 4 + body_bytes)
        };
        while !is_whole(&seen) && stream.read_buf(&mut seen).await.is_ok_and(|read| read > 0) {}
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let _ = stream.write_all(first).await;
        tokio::task::yield_now().await;
        let _ = stream.write_all(second).await;
    });
    address
}

async fn by_hyper(text: &str, request: &PreparedRequest) -> Read {
    let address = peer(text, request.body.len()).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, driver) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(driver);
    let message = request.message().map(Full::new);
    let answer = sender.send_request(message).await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.into_body().collect().await.ok()?.to_bytes().to_vec()))
}

async fn by_us(text: &str, request: &PreparedRequest) -> Result<(u16, Vec<u8>), ExchangeError> {
    let stream = TcpStream::connect(peer(text, request.body.len()).await).await.unwrap();
    let mut open = Http1::over(Either::Left(stream));
    open.begin(request);
    let head = poll_fn(|context| open.poll_head(request, context)).await.map_err(reason)?;
    let mut reader = BodyReader::new(request, &head.headers);
    poll_fn(|context| open.poll_body(&mut reader, context)).await?;
    Ok((head.status, reader.finish().content))
}

fn reason(unanswered: Unanswered) -> ExchangeError {
    match unanswered {
        Unanswered::NotWritten(error)
        | Unanswered::NotProcessed(error)
        | Unanswered::Failed(error) => error,
    }
}

/// What we read of it, after what we say is behind its end was taken away.
async fn by_us_without_excess(text: &str, request: &PreparedRequest) -> Read {
    let mut text = text;
    loop {
        match by_us(text, request).await {
            Err(ExchangeError::Excess(bytes)) => text = &text[..text.len() - bytes],
            result => return result.ok(),
        }
    }
}

/// Whether a length is no number, or there are two, or there is a coding in HTTP/1.0 or another
/// one than chunks.
fn has_wrong_framing(text: &str) -> bool {
    let wrong = ["ontent-length: five", "ontent-length: +5", "ontent-length:\r\n"];
    let lengths = ["ontent-length: 0", "ontent-length: 6", "ength: 5", "ength:5"];
    let lower = text.to_lowercase();
    let codings = lower.matches("transfer-encoding: ").count();
    let has_other_coding = codings > lower.matches("transfer-encoding: chunked\r\n").count();
    has_other_coding
        || codings > 1
        || wrong.iter().any(|wrong| text.contains(wrong))
        || text.contains("HTTP/1.0") && codings > 0
        || lengths.iter().filter(|length| text.contains(**length)).count() > 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_is_what_hyper_takes_it_for(text in answers(), request in requests()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (theirs, ours) = runtime.block_on(async {
            (by_hyper(&text, &request).await, by_us_without_excess(&text, &request).await)
        });
        let is_refused_by_us_alone = ours.is_none() && has_wrong_framing(&text);
        let method = &request.method;
        prop_assert!(
            is_refused_by_us_alone || ours == theirs,
            "{method} {text:?} {ours:?} {theirs:?}"
        );
    }
}
