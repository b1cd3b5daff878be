//! Why there is no complete answer: in words for people, and as the kind under which the
//! failure is counted.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use super::malformed::{Incomplete, Malformed};
use super::outcome::FailureKind;
use crate::scenario::tls_failure;

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
    #[error("{0} within the time-out")]
    Timeout(Awaited),
    #[error("no first byte of an answer within {} s", .0.as_secs_f64())]
    FirstByteTimeout(Duration),
    #[error("{}", broken_in_full(.0))]
    Broken(#[source] io::Error),
    #[error("{0}")]
    Incomplete(Incomplete),
    #[error("{0}")]
    Malformed(#[from] Malformed),
    #[error(
        "{0} bytes or more came behind the end of the answer: it is longer than its \
         `Content-Length` or its last chunk says, or has a body where there is none"
    )]
    Excess(usize),
    #[error("HTTP/2: {0}")]
    Http2(#[source] h2::Error),
    #[error(
        "the target does not speak HTTP/2 over TLS; leave `http: {{ version }}` out, or write 1.1"
    )]
    NoHttp2,
    #[error("the header `Host` is no authority, and HTTP/2 needs one")]
    NoAuthority,
}

/// What an exchange was waiting for when its time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Connection,
    Head,
    Body,
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "no connection",
            Self::Head => "no answer began",
            Self::Body => "the answer did not end",
        })
    }
}

impl ExchangeError {
    /// Under which kind it is counted.
    pub(super) fn kind(&self) -> FailureKind {
        match self {
            Self::Connect(_) | Self::ConnectTimeout(_) => FailureKind::Connect,
            Self::Tls(_) | Self::TlsTimeout(_) => FailureKind::Tls,
            Self::Timeout(_) | Self::FirstByteTimeout(_) => FailureKind::Timeout,
            Self::Broken(error) if tls_failure(error).is_some() => FailureKind::Tls,
            Self::Broken(error) => kind_of_io(error),
            Self::Http2(error) => kind_of_http2(error),
            Self::Malformed(_) | Self::NoHttp2 | Self::NoAuthority => FailureKind::Protocol,
            Self::Incomplete(_) => FailureKind::Closed,
            Self::Excess(_) => FailureKind::Excess,
        }
    }

    /// Whether there was no connection on which the request could be sent.
    pub(super) fn is_unconnected(&self) -> bool {
        matches!(
            self,
            Self::Connect(_)
                | Self::ConnectTimeout(_)
                | Self::Tls(_)
                | Self::TlsTimeout(_)
                | Self::Timeout(Awaited::Connection)
                | Self::NoHttp2
        )
    }

    /// Whether it lies with this machine: no free descriptor or port was left.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::Connect(error) if error.kind() == io::ErrorKind::AddrNotAvailable
            || is_descriptor_limit(error))
    }
}

fn kind_of_io(error: &io::Error) -> FailureKind {
    match error.kind() {
        io::ErrorKind::ConnectionReset => FailureKind::Reset,
        // The system gave up: nothing of what was sent was confirmed.
        io::ErrorKind::TimedOut => FailureKind::Timeout,
        _ => FailureKind::Closed,
    }
}

/// What the target said or did, as against what it wrote wrong.
fn kind_of_http2(error: &h2::Error) -> FailureKind {
    match error.get_io() {
        Some(io) => kind_of_io(io),
        None if error.is_remote() && error.is_reset() => FailureKind::Reset,
        None if error.is_remote() => FailureKind::Closed,
        None => FailureKind::Protocol,
    }
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

/// What TLS says, or the system.
fn broken_in_full(error: &io::Error) -> String {
    let cause = tls_failure(error).unwrap_or_else(|| error.to_string());
    format!("the connection broke off: {cause}")
}
