//! What a connection is made of and what comes back on it, whichever version of HTTP is
//! spoken.

use std::time::Duration;

use http::HeaderMap;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::exchange_error::ExchangeError;

/// Largest head of an answer, bytes; also of its trailers, and of a line between its chunks.
pub(super) const LARGEST_HEAD_BYTES: u32 = 400 * 1024;

/// What comes back before the body.
#[derive(Debug)]
pub(super) struct AnswerHead {
    pub(super) status: u16,
    /// Those of the answer, if its request looks at any.
    pub(super) headers: HeaderMap,
    /// How long the server says that it keeps the connection when idle.
    pub(super) idle_limit: Option<Duration>,
}

/// Why there is no head of an answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Nothing was written, and the request can go on another connection.
    NotWritten(ExchangeError),
    /// It was written, and the target says that it did nothing for it.
    NotProcessed(ExchangeError),
    Failed(ExchangeError),
}

/// The version of HTTP that both sides speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    Http1,
    Http2,
}

/// What requests go over. TLS is boxed, so that a plain connection does not take its room.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;
