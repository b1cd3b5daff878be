//! The head of an answer: its status, its headers where somebody looks at them, and how
//! long its body is (RFC 9112 §4, §6.3, §9.3).

use std::mem::MaybeUninit;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use httparse::{Header, ParserConfig, Response, Status};

use super::body::{Body, Chunked};
use crate::load::malformed::Malformed;

use crate::load::plan::PreparedRequest;
use crate::load::wire::AnswerHead;

/// Most headers of an answer.
pub(super) const MOST_HEADERS: usize = 100;
const SWITCHING_PROTOCOLS: u16 = 101;

/// A head that is there as a whole.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) answer: AnswerHead,
    /// What comes behind it.
    pub(super) body: Body,
    /// Whether the target keeps the connection.
    pub(super) keeps_open: bool,
    /// Its length, with what came behind it where that is no HTTP any more.
    pub(super) bytes: usize,
}

impl Head {
    /// Whether it is not the final answer to its request.
    pub(super) fn is_interim(&self) -> bool {
        let status = self.answer.status;
        (100..200).contains(&status) && status != SWITCHING_PROTOCOLS
    }
}

/// What the headers say about the message itself.
#[derive(Default)]
struct Fields {
    content_length: Option<u64>,
    /// Whether the last coding is `chunked`, where there are codings.
    is_chunked: bool,
    closes: bool,
    keeps_alive: bool,
    idle_limit: Option<Duration>,
}

/// Reads the head of an answer to a request; `None` where it is not all there.
pub(super) fn parse(bytes: &[u8], request: &PreparedRequest) -> Result<Option<Head>, Malformed> {
    let mut room = [const { MaybeUninit::uninit() }; MOST_HEADERS];
    let mut response = Response::new(&mut []);
    let config = ParserConfig::default();
    let parsed = config.parse_response_with_uninit_headers(&mut response, bytes, &mut room)?;
    let Status::Complete(length) = parsed else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    let fields = Fields::of(response.headers)?;
    let is_1_0 = response.version == Some(0);
    if is_1_0 && fields.is_chunked {
        return Err(Malformed::TransferEncoding);
    }
    let body = fields.body(&request.method, status);
    let ends_http = ends_http(&request.method, status);
    let keeps_open = !fields.closes
        && (!is_1_0 || fields.keeps_alive)
        && body != Body::UntilClose
        && !fields.is_ambiguous()
        && !ends_http;
    let headers =
        if request.looks_into_head() { headers(response.headers)? } else { HeaderMap::new() };
    let answer = AnswerHead { status, headers, idle_limit: fields.idle_limit };
    let bytes = if ends_http { bytes.len() } else { length };
    Ok(Some(Head { answer, body, keeps_open, bytes }))
}

/// Whether the connection is something else after this answer (RFC 9110 §9.3.6, §15.2.2).
fn ends_http(method: &Method, status: u16) -> bool {
    status == SWITCHING_PROTOCOLS || *method == Method::CONNECT && (200..300).contains(&status)
}

impl Fields {
    fn of(headers: &[Header<'_>]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        for header in headers {
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("content-length") {
                fields.add_length(header.value)?;
            } else if is("transfer-encoding") {
                // A coding that nobody asked for is one that nobody takes away (RFC 9112 §6.1).
                if fields.is_chunked || !header.value.trim_ascii().eq_ignore_ascii_case(b"chunked")
                {
                    return Err(Malformed::TransferEncoding);
                }
                fields.is_chunked = true;
            } else if is("connection") {
                let has = |word: &str| {
                    words(header.value).any(|one| one.eq_ignore_ascii_case(word.as_bytes()))
                };
                fields.closes |= has("close");
                fields.keeps_alive |= has("keep-alive");
            } else if is("keep-alive") {
                fields.idle_limit = announced_timeout(header.value);
            }
        }
        Ok(fields)
    }

    /// A length may be repeated, on one line or several, if it is the same.
    fn add_length(&mut self, value: &[u8]) -> Result<(), Malformed> {
        for word in words(value) {
            let length = digits(word).ok_or(Malformed::ContentLength)?;
            if self.content_length.is_some_and(|known| known != length) {
                return Err(Malformed::ContentLength);
            }
            self.content_length = Some(length);
        }
        Ok(())
    }

    /// Whether somebody else may take the message for another one (RFC 9112 §6.3).
    fn is_ambiguous(&self) -> bool {
        self.is_chunked && self.content_length.is_some()
    }

    /// Where codings and a length are both told, the codings count.
    fn body(&self, method: &Method, status: u16) -> Body {
        let has_none = *method == Method::HEAD
            || matches!(status, 100..200 | 204 | 304)
            || ends_http(method, status);
        match (has_none, self.is_chunked, self.content_length) {
            (true, ..) => Body::Done,
            (_, true, _) => Body::Chunked(Chunked::Size),
            (_, false, None) => Body::UntilClose,
            (_, false, Some(length)) => Body::of_length(length),
        }
    }
}

/// The parts of a list with commas, without white space around them.
fn words(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// A number of digits alone: no sign, no space.
fn digits(text: &[u8]) -> Option<u64> {
    let are_all = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if are_all { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// `timeout=5, max=100`: five seconds (RFC 2068 §19.7.1.1; servers still say it).
fn announced_timeout(value: &[u8]) -> Option<Duration> {
    words(value).find_map(|word| {
        let at = word.iter().position(|byte| *byte == b'=')?;
        let (name, seconds) = (word[..at].trim_ascii(), word[at + 1..].trim_ascii());
        let is_timeout = name.eq_ignore_ascii_case(b"timeout");
        is_timeout.then(|| digits(seconds).map(Duration::from_secs)).flatten()
    })
}

fn headers(found: &[Header<'_>]) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::with_capacity(found.len());
    for header in found {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let name = name.map_err(|_| httparse::Error::HeaderName)?;
        let value = HeaderValue::from_bytes(header.value);
        headers.append(name, value.map_err(|_| httparse::Error::HeaderValue)?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::plan::prepared;
    use crate::scenario::{Expect, Request};

    fn request(method: &str) -> PreparedRequest {
        prepared(&Request { method: method.into(), ..Request::get("r", "/") })
    }

    fn read(method: &str, text: &str) -> Result<Option<Head>, Malformed> {
        parse(text.as_bytes(), &request(method))
    }

    /// What follows a head, and whether the connection is kept.
    fn behind(method: &str, text: &str) -> (Body, bool) {
        let head = read(method, &format!("{text}\r\n\r\n")).unwrap().unwrap();
        (head.body, head.keeps_open)
    }

    #[test]
    fn how_long_a_body_is_follows_the_rules_of_the_standard() {
        let chunked = Body::Chunked(Chunked::Size);
        for (method, text, expected) in [
            ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 5", (Body::Left(5), true)),
            ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 0", (Body::Done, true)),
            ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 5, 5", (Body::Left(5), true)),
            ("GET", "HTTP/1.1 200\r\nTransfer-Encoding: Chunked", (chunked, true)),
            (
                "GET",
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked",
                (chunked, false),
            ),
            ("GET", "HTTP/1.1 200 OK", (Body::UntilClose, false)),
            ("GET", "HTTP/1.1 204 No Content", (Body::Done, true)),
            ("GET", "HTTP/1.1 304 Not Modified\r\ncontent-length: 5", (Body::Done, true)),
            ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 5", (Body::Done, true)),
            ("GET", "HTTP/1.1 101 Switching Protocols", (Body::Done, false)),
            ("CONNECT", "HTTP/1.1 200 OK\r\ncontent-length: 5", (Body::Done, false)),
        ] {
            assert_eq!(behind(method, text), expected, "{method} {text}");
        }
    }

    #[test]
    fn whether_a_connection_is_kept_depends_on_the_version_and_on_what_is_said() {
        for (version, says, keeps_open) in [
            ("1.1", "x: y", true),
            ("1.1", "connection: Close", false),
            ("1.1", "connection: upgrade, close", false),
            ("1.0", "x: y", false),
            ("1.0", "connection: Keep-Alive", true),
        ] {
            let text = format!("HTTP/{version} 200 OK\r\n{says}\r\ncontent-length: 1");
            assert_eq!(behind("GET", &text), (Body::Left(1), keeps_open), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (text, malformed) in [
            ("SSH-2.0-OpenSSH_9.2\r\n\r\n", Malformed::Version),
            ("HTTP/1.1 abc\r\n\r\n", Malformed::Head(httparse::Error::Status)),
            ("HTTP/1.1 200 OK\r\na b: c\r\n\r\n", Malformed::Head(httparse::Error::HeaderName)),
            ("HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\n", Malformed::ContentLength),
            ("HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n", Malformed::ContentLength),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
                Malformed::ContentLength,
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
                Malformed::ContentLength,
            ),
            ("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Malformed::TransferEncoding),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", Malformed::TransferEncoding),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n",
                Malformed::TransferEncoding,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ncontent-length: 5\r\n\r\n",
                Malformed::TransferEncoding,
            ),
        ] {
            assert_eq!(read("GET", text).unwrap_err(), malformed, "{text}");
        }
        let many = "a: b\r\n".repeat(MOST_HEADERS + 1);
        let many = read("GET", &format!("HTTP/1.1 200 OK\r\n{many}\r\n"));
        assert_eq!(many.unwrap_err(), Malformed::Head(httparse::Error::TooManyHeaders));
    }

    #[test]
    fn a_head_that_is_not_all_there_is_none() {
        for part in ["H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\na: b\r\n"] {
            assert!(read("GET", part).unwrap().is_none(), "{part}");
        }
        let whole = "HTTP/1.1 200 OK\r\na: b\r\n\r\n";
        assert_eq!(read("GET", &format!("{whole}body")).unwrap().unwrap().bytes, whole.len());
    }

    #[test]
    fn headers_are_kept_where_somebody_looks_at_them() {
        let text = "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\n\r\n";
        assert!(read("GET", text).unwrap().unwrap().answer.headers.is_empty());
        let headers = vec![("x-a".into(), "2".into())];
        let expect = Expect { headers, ..Expect::default() };
        let looking = prepared(&Request { expect, ..Request::get("r", "/") });
        let head = parse(text.as_bytes(), &looking).unwrap().unwrap();
        let values: Vec<_> = head.answer.headers.get_all("x-a").iter().collect();
        assert_eq!(values, ["1", "2"]);
    }

    #[test]
    fn reads_how_long_a_server_keeps_an_idle_connection() {
        let seconds = |text: &str| announced_timeout(text.as_bytes()).map(|limit| limit.as_secs());
        assert_eq!(seconds("timeout=5, max=100"), Some(5));
        assert_eq!(seconds("max=100, Timeout = 1"), Some(1));
        assert_eq!(seconds("max=100"), None);
        assert_eq!(seconds("timeout=soon"), None);
    }
}
