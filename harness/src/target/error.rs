//! Why a target cannot be loaded.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;

use super::codes;
use crate::code::Code;
use crate::scenario;

/// Why a target cannot be loaded.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The text is no URL that can be a target.
    #[error(transparent)]
    Url(#[from] scenario::TargetError),
    /// The host has no address.
    #[error("the host `{host}` has no address: {reason}")]
    NoAddress {
        /// The host.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// Nobody accepts connections.
    #[error("nothing accepts connections at {tried}: {reason}; is the target running?")]
    Unreachable {
        /// Every address that was tried.
        tried: String,
        /// The last error.
        reason: String,
        /// Its kind.
        kind: io::ErrorKind,
    },
    /// There is nothing to start.
    #[error("the command is empty; write what starts the service")]
    NoCommand,
    /// Somebody answers where a service is to be started.
    #[error(
        "something answers at {address} already, and it is not what --start would start; end it, \
         or leave --start out to load it"
    )]
    Taken {
        /// Where it answers.
        address: SocketAddr,
    },
    /// The process could not be started.
    #[error("{name} did not start: {source}")]
    Start {
        /// What was to be started.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The service ended before it was ready.
    #[error("{what}{log}")]
    Ended {
        /// Who, and how.
        what: String,
        /// The last lines of its log, each on a line of its own, or nothing.
        log: String,
    },
    /// The service did not get ready.
    #[error("{what}{log}")]
    NotReady {
        /// Who, and what happened instead.
        what: String,
        /// The last lines of its log, each on a line of its own, or nothing.
        log: String,
    },
    /// Somebody asked to stop while it was started.
    #[error("stopped while the service was starting")]
    Cancelled,
    /// The process could not be ended.
    #[error("{name} (process {process}) could not be ended: {source}")]
    Stop {
        /// What was to be ended.
        name: String,
        /// Its process id.
        process: u32,
        /// What the system said.
        source: io::Error,
    },
}

impl TargetError {
    /// What it is called, for `slogate explain`; that somebody asked to stop is no fault.
    pub fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Url(_) => scenario::codes::INVALID_URL,
            Self::NoAddress { .. } => codes::NO_ADDRESS,
            Self::Unreachable { kind: io::ErrorKind::ConnectionRefused, .. } => {
                codes::CONNECTION_REFUSED
            }
            Self::Unreachable { .. } => codes::NO_CONNECTION,
            Self::NoCommand => codes::EMPTY_COMMAND,
            Self::Taken { .. } => codes::ALREADY_LISTENING,
            Self::Start { .. } => codes::START_FAILED,
            Self::Ended { .. } => codes::ENDED_BEFORE_READY,
            Self::NotReady { .. } => codes::NOT_READY,
            Self::Stop { .. } => codes::STOP_FAILED,
            Self::Cancelled => return None,
        })
    }

    /// The same about a process that is better named so.
    pub(super) fn named(self, better: &str) -> Self {
        match self {
            Self::Start { source, .. } => Self::Start { name: better.to_owned(), source },
            other => other,
        }
    }
}
