//! The same bytes read by hyper's client and by ours: both take an answer for the same, or
//! neither takes it for one. Ours alone refuses what names a wrong length also where the
//! length does not count: who wrote it may have meant another answer.

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
use crate::load::plan::{PreparedRequest, prepared};
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
    "transfer-encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "transfer-encoding: gzip",
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

/// A peer that writes this after a head, in two pieces, and closes.
async fn peer(text: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let bytes = text.as_bytes().to_vec();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let _ = stream.write_all(first).await;
        tokio::task::yield_now().await;
        let _ = stream.write_all(second).await;
    });
    address
}

async fn by_hyper(address: SocketAddr) -> Read {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, driver) = hyper::client::conn::http1::handshake(stream).await.unwrap();
    tokio::spawn(driver);
    let request = http::Request::new(Full::<Bytes>::default());
    let answer = sender.send_request(request).await.ok()?;
    let status = answer.status().as_u16();
    Some((status, answer.into_body().collect().await.ok()?.to_bytes().to_vec()))
}

async fn by_us(address: SocketAddr, request: &PreparedRequest) -> Read {
    let stream = TcpStream::connect(address).await.unwrap();
    let mut open = Http1::over(Either::Left(stream));
    open.begin(request);
    let head = poll_fn(|context| open.poll_head(request, context)).await.ok()?;
    let mut reader = BodyReader::new(request, &head.headers);
    poll_fn(|context| open.poll_body(&mut reader, context)).await.ok()?;
    Some((head.status, reader.finish().content))
}

/// Whether a length is no number, or there are two.
fn has_wrong_length(text: &str) -> bool {
    let lengths = ["ontent-length: five", "ontent-length: 0", "ontent-length: 6", "ength: 5"];
    text.contains(lengths[0]) || lengths.iter().filter(|length| text.contains(**length)).count() > 1
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_answer_is_what_hyper_takes_it_for(text in answers()) {
        let expect = Expect { contains: vec!["hello".to_owned()], ..Expect::default() };
        let request = prepared(&Request { expect, ..Request::get("r", "/") });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (theirs, ours) = runtime.block_on(async {
            (by_hyper(peer(&text).await).await, by_us(peer(&text).await, &request).await)
        });
        let is_refused_by_us_alone = ours.is_none() && has_wrong_length(&text);
        prop_assert!(is_refused_by_us_alone || ours == theirs, "{text:?} {ours:?} {theirs:?}");
    }
}
