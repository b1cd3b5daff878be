//! Why a target cannot be loaded.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a target cannot be loaded.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The text is no URL that can be a target.
    #[error("`{url}` cannot be a target: {reason}")]
    Url {
        /// As it was given.
        url: String,
        /// What is wrong and what to write instead.
        reason: String,
    },
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
    },
    /// The reference service could not be started.
    #[error("the reference service `{program}` did not start: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The reference service did not say where it listens.
    #[error("the reference service {what}{log}")]
    NotReady {
        /// What happened instead.
        what: String,
        /// The last lines of its log, each on a line of its own, or nothing.
        log: String,
    },
    /// The reference service could not be ended.
    #[error("the reference service (process {process}) could not be ended: {source}")]
    Stop {
        /// Its process id.
        process: u32,
        /// What the system said.
        source: io::Error,
    },
}
