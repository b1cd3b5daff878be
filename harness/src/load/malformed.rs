//! Why what came on a connection is no whole answer of HTTP/1.1.

use thiserror::Error;

/// What to do where something else than HTTP/1 answers: an alert of TLS, a frame of HTTP/2.
const NOT_PLAIN_HTTP_1: &str = "what answers does not speak plain HTTP/1.1: if it speaks TLS, \
                                write https://; if HTTP/2, `http: { version: 2 }`";

/// What came is not HTTP/1.1 (RFC 9112).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    /// It begins like no answer.
    #[error("the answer begins with no version of HTTP/1; {NOT_PLAIN_HTTP_1}")]
    Version,
    /// The head, or the trailers.
    #[error("the answer is no HTTP/1.1: {0}")]
    Head(httparse::Error),
    /// A head, a list of trailers or a line between chunks that does not end.
    #[error("a head, a list of trailers or a line between chunks is longer than {0} bytes")]
    TooLong(u32),
    /// No number, or two that differ.
    #[error("`Content-Length` is not one number")]
    ContentLength,
    /// HTTP/1.0 knows none, and of others than chunks nobody said that they are understood.
    #[error("the `Transfer-Encoding` of the answer is not `chunked`, or it is HTTP/1.0")]
    TransferEncoding,
    /// A length of a chunk that is none, or a chunk without its end.
    #[error("a chunk has no length, or another one than it says")]
    Chunk,
}

impl From<httparse::Error> for Malformed {
    fn from(error: httparse::Error) -> Self {
        match error {
            httparse::Error::Version => Self::Version,
            error => Self::Head(error),
        }
    }
}

impl From<httparse::InvalidChunkSize> for Malformed {
    fn from(_: httparse::InvalidChunkSize) -> Self {
        Self::Chunk
    }
}

/// The target ended the connection before the answer was whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Incomplete {
    /// Before its first byte.
    #[error("the target closed the connection without an answer")]
    Nothing,
    /// Within its head.
    #[error("the target closed the connection within the head of its answer")]
    Head,
    /// Within its body.
    #[error("the target closed the connection within the body of its answer")]
    Body,
}
