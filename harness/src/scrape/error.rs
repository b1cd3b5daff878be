//! Why a scrape failed, or a scraper cannot be made.

use std::error::Error;
use std::time::Duration;

use super::codes;
use crate::code::Code;
use crate::exposition::{ContentTypeError, ExpositionError};
use crate::scenario::{self, tls_failure};

/// Why a scrape failed, or a scraper cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ScrapeError {
    /// The HTTP client could not be made, or the URL is none.
    #[error("no client for `{url}`: {reason}")]
    Client {
        /// The metrics URL.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// Not complete in time.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// No connection, or one that broke.
    #[error("{text}")]
    Transport {
        /// Which of the two, or that it is TLS.
        code: Code,
        /// In words.
        text: String,
    },
    /// An answer, but not the metrics.
    #[error("the metrics path answered {0}; {hint}", hint = hint(*.0))]
    Status(u16),
    /// The metrics are elsewhere.
    #[error(
        "the metrics path answered {status} and points to `{location}`; redirects are not followed, so name that URL itself"
    )]
    Redirect {
        /// The status.
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// More bytes than allowed.
    #[error("the exposition is larger than {0} bytes, which is the limit")]
    TooLarge(usize),
    /// An exposition with nothing in it.
    #[error("the exposition has no sample; is it the metrics path, and are metrics registered?")]
    Empty,
    /// A compressed answer.
    #[error("the exposition is encoded as `{0}`, which was not asked for and is not supported yet")]
    Encoding(String),
    /// An answer of another kind.
    #[error(transparent)]
    ContentType(#[from] ContentTypeError),
    /// An answer of which nothing reads as an exposition.
    #[error(
        "this is no exposition of metrics: content type {content_type}, first line `{first_line}`{}; check the metrics path", why(.cause.as_ref())
    )]
    NotAnExposition {
        /// The content type in backquotes, or `none`.
        content_type: String,
        /// The first line that is not empty, cut and without secrets.
        first_line: String,
        /// Why that line cannot be read, where the content type did not say enough.
        cause: Option<ExpositionError>,
    },
    /// An answer that cannot be read.
    #[error("the exposition is malformed: {0}")]
    Exposition(#[from] ExpositionError),
    /// A family that is suddenly something else.
    #[error("the metric `{family}` was a {before} and is a {after} now; a metric keeps its type")]
    TypeChanged {
        /// Which family.
        family: String,
        /// Its type before.
        before: &'static str,
        /// Its type now.
        after: &'static str,
    },
    /// Two values for one series at one time.
    #[error("the series `{series}` has two values at one time: {first} and {second}")]
    Ambiguous {
        /// Which series, with the target's labels.
        series: String,
        /// The value that came first.
        first: f64,
        /// The other value.
        second: f64,
    },
    /// A sample with a time of its own that lies before the last one.
    #[error("the series `{series}` goes back in time to {at_ms} ms; a series moves forward")]
    OutOfOrder {
        /// Which series, with the target's labels.
        series: String,
        /// The time of the late sample, milliseconds since the epoch.
        at_ms: i64,
    },
    /// A series that only the scraper may write.
    #[error("the exposition has the series `{0}`, which the scraper writes itself; rename it")]
    Reserved(String),
}

fn why(cause: Option<&ExpositionError>) -> String {
    cause.map_or_else(String::new, |error| format!(" ({error})"))
}

/// What to do about a status that is none of a page with metrics.
fn hint(status: u16) -> &'static str {
    match status {
        401 => "it does not let whoever asks in: see `auth` in `metrics`",
        403 => "whoever asks may not read it: see `auth` in `metrics`",
        404 => "there is nothing there: check the path",
        // So do servers that speak TLS answer whoever does not.
        400 => "expected 200; if it speaks TLS, ask it by https://",
        _ => "expected 200",
    }
}

impl ScrapeError {
    /// What it is called, for `slogate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Client { .. } => scenario::codes::INVALID_URL,
            Self::Timeout(_) => codes::SCRAPE_TIMEOUT,
            Self::Transport { code, .. } => *code,
            Self::Status(401 | 403) => codes::METRICS_DENIED,
            Self::Status(_) => codes::METRICS_STATUS,
            Self::Redirect { .. } => codes::METRICS_REDIRECT,
            Self::TooLarge(_) => codes::OVERSIZED_ANSWER,
            Self::Empty => codes::EMPTY_EXPOSITION,
            Self::Encoding(_) => codes::ENCODED_ANSWER,
            Self::ContentType(ContentTypeError::Protobuf) => codes::PROTOBUF_EXPOSITION,
            Self::ContentType(ContentTypeError::NotAnExposition(_))
            | Self::NotAnExposition { .. } => codes::NOT_AN_EXPOSITION,
            Self::Exposition(error) => error.code,
            Self::TypeChanged { .. } => codes::TYPE_CHANGED,
            Self::Ambiguous { .. } => codes::DUPLICATE_SAMPLE,
            Self::OutOfOrder { .. } => codes::LATE_SAMPLE,
            Self::Reserved(_) => codes::RESERVED_SERIES,
        }
    }

    /// A transport error with all its causes in one line: the outermost alone says
    /// only that something failed.
    pub fn transport(error: &reqwest::Error) -> Self {
        let code =
            if error.is_connect() { codes::METRICS_UNREACHABLE } else { codes::BROKEN_ANSWER };
        let mut text = match error.source() {
            Some(_) if error.is_connect() => "no connection".to_owned(),
            Some(_) => "the answer broke off".to_owned(),
            None => error.to_string(),
        };
        if let Some(of_tls) = tls_failure(error) {
            return Self::Transport { code: codes::TLS_FAILED, text: format!("{text}: {of_tls}") };
        }
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        if text.contains(OTHER_PROTOCOL) {
            text.push_str(
                "; what answers does not speak HTTP/1.1: if it speaks TLS, ask it by https://",
            );
        }
        Self::Transport { code, text }
    }
}

/// How hyper tells an answer that begins like no answer of HTTP/1: an alert of TLS, or a
/// frame of HTTP/2.
const OTHER_PROTOCOL: &str = "invalid HTTP version";
