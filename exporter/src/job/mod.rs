//! One export, from the bytes of a request to a finished file.
//!
//! Runs on a thread where blocking is allowed. Bytes come from a
//! [`ByteSource`], rows go to a [`crate::format`] writer one at a time, and
//! nothing here grows with their number. It answers no requests and counts no
//! outcomes: it returns a [`Finished`] or a [`Problem`], and in both cases what it
//! learned about the request on the way.

mod cells;
mod columns;
mod envelope;
mod framer;
#[cfg(test)]
mod fuzz;
mod input;
#[cfg(test)]
mod oracle;
mod output;
mod pieces;
mod rows;
mod scan;
mod store;

use std::{path::Path, sync::Arc, time::Instant};

use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    input::ByteSource,
    output::PartialFile,
    pieces::Pieces,
    store::{Found, Store, StoredFile},
};
use crate::{
    config::Limits,
    format::{Format, TextLosses},
    metrics::Metrics,
    problem::{Problem, Reason},
};

/// What an export works with.
pub(crate) struct Job<'a> {
    /// Where files go.
    pub(crate) directory: &'a Path,
    /// What the request may ask for.
    pub(crate) limits: Limits,
    /// Where held memory is noted.
    pub(crate) metrics: Arc<Metrics>,
    /// Ends the export early.
    pub(crate) control: Control,
}

/// Ways to end an export before it is done.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    /// Set when nobody waits for the file any more.
    pub(crate) cancelled: CancellationToken,
    /// When the export has run too long.
    pub(crate) deadline: Instant,
}

impl Control {
    /// Whether to go on.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.cancelled.is_cancelled() {
            return Err(Problem::new(Reason::ClientGone, "the client closed the connection"));
        }
        if Instant::now() > self.deadline {
            return Err(past_deadline());
        }
        Ok(())
    }
}

/// The problem of an export that ran too long.
pub(crate) fn past_deadline() -> Problem {
    let message = "the export ran longer than it may; ask for fewer rows, or send them faster";
    Problem::new(Reason::Deadline, message)
}

/// What was learned about a request before it ended, well or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    /// The format it asked for.
    pub(crate) format: Option<Format>,
    /// The user it named.
    pub(crate) user: Option<String>,
    /// Bytes written to the file.
    pub(crate) bytes: u64,
}

/// A file that is written and synced, under its temporary name.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The file.
    pub(crate) file: PartialFile,
    /// Its format.
    pub(crate) format: Format,
    /// What the rows had.
    pub(crate) rows: RowCounts,
    /// Text that the file does not show as it was given.
    pub(crate) losses: TextLosses,
    /// Top-level keys that mean nothing here.
    pub(crate) ignored_keys: Vec<String>,
}

/// Counts over the rows of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RowCounts {
    /// Rows written.
    pub(crate) records: u64,
    /// Keys of rows that are not columns.
    pub(crate) extra_keys: u64,
}

impl<'a> Job<'a> {
    /// A job that may do what the default settings allow, and that nobody ends early.
    pub(crate) fn with_default_limits(directory: &'a Path, metrics: &Arc<Metrics>) -> Self {
        let limits = Limits::default();
        let deadline = Instant::now() + limits.export_timeout;
        let control = Control { cancelled: CancellationToken::new(), deadline };
        Self { directory, limits, metrics: Arc::clone(metrics), control }
    }
}

impl Job<'_> {
    /// Reads the request from `source` and makes the file.
    pub(crate) fn run(self, source: impl ByteSource) -> (Learned, Result<Finished, Problem>) {
        let mut learned = Learned::default();
        let result = envelope::read(&self, source, &mut learned);
        (learned, result)
    }
}
