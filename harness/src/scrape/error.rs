//! Why a scrape failed, or a scraper cannot be made.

use std::error::Error as _;
use std::time::Duration;

use thiserror::Error;

use crate::exposition::{ContentTypeError, ExpositionError};

/// Why a scrape failed, or a scraper cannot be made.
#[derive(Debug, Error)]
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
    #[error("{0}")]
    Transport(String),
    /// An answer, but not the metrics.
    #[error("the metrics path answered {0}; expected 200")]
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

impl ScrapeError {
    /// A transport error with all its causes in one line: the outermost alone says
    /// only that something failed.
    pub fn transport(error: &reqwest::Error) -> Self {
        let mut text = match error.source() {
            Some(_) if error.is_connect() => "no connection".to_owned(),
            Some(_) => "the answer broke off".to_owned(),
            None => error.to_string(),
        };
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        Self::Transport(text)
    }
}
