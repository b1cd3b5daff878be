//! Why metrics could not be had from a Prometheus-compatible API.

use std::time::Duration;

use thiserror::Error;

use crate::code::Code;
use crate::scrape::codes;
use crate::series::ScrapeFailure;

/// Why an API did not give what was asked for.
#[derive(Debug, Error)]
pub enum ApiError {
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
    /// An answer, but not one of this API.
    #[error("{0}; is this the URL that a Grafana data source would have?")]
    NotTheApi(String),
    /// The API's own error.
    #[error("the API answered {kind}: {message}")]
    Refused {
        /// Its `errorType`.
        kind: String,
        /// Its `error`.
        message: String,
    },
    /// An answer that says about itself that something may be missing.
    #[error("the API answered with a warning, so what it has may not be all: {0}")]
    Warned(String),
    /// More bytes than allowed.
    #[error("the answer is larger than {0} bytes, which is the limit; narrow the matcher")]
    TooLarge(usize),
    /// More samples than allowed.
    #[error("the matcher selects more than {0} samples, which is the limit; narrow it")]
    TooManySamples(usize),
    /// More instances than allowed.
    #[error("the matcher selects {found} instances and at most {most} can be watched; narrow it")]
    TooManyInstances {
        /// How many there are.
        found: usize,
        /// How many there may be.
        most: usize,
    },
    /// The matcher finds nothing.
    #[error(
        "no such series: {0} selects nothing there now; is the target scraped, and the matcher right?"
    )]
    NoSuchSeries(String),
    /// One name for two things.
    #[error("`{instance}` is scraped as several targets ({targets}); narrow the matcher to one")]
    SeveralTargets {
        /// The instance.
        instance: String,
        /// What tells them apart, with commas between.
        targets: String,
    },
    /// How often it is scraped is not known.
    #[error(
        "`{instance}` has had fewer than two samples in the last {looked_back:?}, so how often it is scraped is not known; start the run when it has been scraped twice"
    )]
    NoInterval {
        /// The instance.
        instance: String,
        /// How far back samples were looked for.
        looked_back: Duration,
    },
    /// A wait was not rewarded.
    #[error("`{instance}` had no new sample {when} within {waited:?}; {last}")]
    NoNewSample {
        /// The instance.
        instance: String,
        /// Before or after the load.
        when: &'static str,
        /// How long that was waited for.
        waited: Duration,
        /// What there was instead.
        last: String,
    },
    /// What was fetched twice was not the same.
    #[error("samples were still arriving {0:.1?} after the load; allow more time with `settle`")]
    NotSettled(Duration),
    /// A clock was set while the load ran.
    #[error(
        "its clock moved by {0:.1?} against ours during the run, so what belongs to the run is not known"
    )]
    ClockMoved(Duration),
    /// The wait was given up.
    #[error("a signal ended the wait for its samples")]
    Interrupted,
}

impl ApiError {
    /// What it is called, for `slogate explain`; that somebody asked to stop is no fault.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Timeout(_) => codes::SCRAPE_TIMEOUT,
            Self::Transport { code, .. } => *code,
            Self::NotTheApi(_) => codes::NOT_THE_API,
            Self::Refused { .. } => codes::API_REFUSED,
            Self::Warned(_) => codes::API_WARNING,
            Self::TooLarge(_) => codes::OVERSIZED_ANSWER,
            Self::TooManySamples(_) | Self::TooManyInstances { .. } => codes::TOO_MUCH_SELECTED,
            Self::NoSuchSeries(_) => codes::NOTHING_SELECTED,
            Self::SeveralTargets { .. } => codes::SEVERAL_TARGETS,
            Self::NoInterval { .. } => codes::UNKNOWN_INTERVAL,
            Self::NoNewSample { .. } => codes::NO_NEW_SAMPLE,
            Self::NotSettled(_) => codes::UNSETTLED_SAMPLES,
            Self::ClockMoved(_) => codes::CLOCK_MOVED,
            Self::Interrupted => return None,
        })
    }

    /// As the record of a scrape has it.
    pub(super) fn failure(&self) -> ScrapeFailure {
        ScrapeFailure {
            code: self.code().map(|code| code.name().to_owned()),
            message: self.to_string(),
        }
    }

    /// The error with another text where it repeats what the API said.
    pub(super) fn map_text(self, other: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Transport { code, text } => Self::Transport { code, text: other(&text) },
            Self::NotTheApi(text) => Self::NotTheApi(other(&text)),
            Self::Warned(text) => Self::Warned(other(&text)),
            Self::Refused { kind, message } => {
                Self::Refused { kind: other(&kind), message: other(&message) }
            }
            own_words => own_words,
        }
    }

    /// Whether asking again makes no sense.
    pub(super) fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Timeout(_) | Self::Transport { .. } | Self::NotTheApi(_) | Self::Refused { .. }
        )
    }
}
