//! Why there is no complete answer: in words for people, and as the kind under which the
//! failure is counted.

use std::error::Error;
use std::io;
use std::time::Duration;

use thiserror::Error;

use super::outcome::FailureKind;
use crate::scenario::tls_failure;

/// How hyper tells an answer that begins like no answer of HTTP/1: an alert of TLS, or a
/// frame of HTTP/2.
const OTHER_PROTOCOL: &str = "invalid HTTP version";
/// What to do then.
const NOT_PLAIN_HTTP_1: &str = "what answers does not speak plain HTTP/1.1: if it speaks TLS, \
                                write https://";

/// Why there is no complete answer.
#[derive(Debug, Error)]
pub(super) enum ExchangeError {
    #[error("could not connect: {0}")]
    Connect(#[source] io::Error),
    #[error("could not connect within {} s", .0.as_secs_f64())]
    ConnectTimeout(Duration),
    #[error("no agreement on TLS: {}", handshake_in_full(.0))]
    Tls(#[source] io::Error),
    #[error("no agreement on TLS within {} s", .0.as_secs_f64())]
    TlsTimeout(Duration),
    #[error("no complete answer within the time-out")]
    Timeout,
    #[error("{}", in_full(.0))]
    Http(#[source] hyper::Error),
    #[error("the connection was closed twice before the request could be written")]
    NeverWritten,
}

impl ExchangeError {
    /// Under which kind it is counted.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Connect(_) | Self::ConnectTimeout(_) => FailureKind::Connect,
            Self::Tls(_) | Self::TlsTimeout(_) => FailureKind::Tls,
            Self::Timeout => FailureKind::Timeout,
            Self::Http(error) if tls_failure(error).is_some() => FailureKind::Tls,
            Self::Http(error) if is_protocol_error(error) => FailureKind::Protocol,
            Self::Http(_) | Self::NeverWritten => FailureKind::Closed,
        }
    }

    /// Whether it lies with this machine: no free descriptor or port was left.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Connect(error) if error.kind() == io::ErrorKind::AddrNotAvailable
            || is_descriptor_limit(error))
    }
}

/// What came was not HTTP, as against a connection that ended too early.
fn is_protocol_error(error: &hyper::Error) -> bool {
    if error.is_parse() || error.is_user() {
        return true;
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    cause.is_some_and(|cause| {
        matches!(cause.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
    })
}

fn is_descriptor_limit(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code == Some(rustix::io::Errno::MFILE.raw_os_error())
        || code == Some(rustix::io::Errno::NFILE.raw_os_error())
}

/// What TLS says; a peer that hangs up in the middle says nothing.
fn handshake_in_full(error: &io::Error) -> String {
    tls_failure(error).unwrap_or_else(|| match error.kind() {
        io::ErrorKind::UnexpectedEof => "the target closed the connection".to_owned(),
        _ => error.to_string(),
    })
}

/// hyper's errors name the kind only; the cause is the interesting part.
fn in_full(error: &hyper::Error) -> String {
    if let Some(of_tls) = tls_failure(error) {
        return format!("{error}: {of_tls}");
    }
    let text = match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    if text.contains(OTHER_PROTOCOL) { format!("{text}; {NOT_PLAIN_HTTP_1}") } else { text }
}
