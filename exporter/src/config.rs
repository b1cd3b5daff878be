//! What a running service is told: where files go and what it refuses.
//!
//! Plain values with defaults; the command line ([`crate::Options`]) is one way
//! to make them, tests are another.

use std::{path::PathBuf, time::Duration};

use crate::{access::Access, faults::Faults};

/// Settings of one service.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where files are written. Must exist.
    pub directory: PathBuf,
    /// Exports that run at once, at least 1.
    pub max_concurrent: usize,
    /// Exports that wait for a place; one more is answered 429.
    pub max_queue: usize,
    /// How long a finished file can be downloaded.
    pub expire_after: Duration,
    /// Bytes of finished files that are kept; the oldest expire first.
    pub max_stored_bytes: u64,
    /// What one request may ask for.
    pub limits: Limits,
    /// Who may do what.
    pub access: Access,
    /// Things that go wrong on purpose.
    pub faults: Faults,
}

/// Bounds on one request.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request body.
    pub max_body_bytes: u64,
    /// Rows of an export.
    pub max_rows: u64,
    /// Bytes of one row, or of any other single value in the request.
    pub max_row_bytes: usize,
    /// Columns of an export.
    pub max_columns: usize,
    /// Bytes of the text of one cell, or of a column's name.
    pub max_cell_bytes: usize,
    /// Longest wait for the next piece of a body.
    pub body_timeout: Duration,
    /// Longest wait for all pieces of a body together, while its export has a place.
    pub upload_timeout: Duration,
    /// Longest time from admission to the finished file, waiting not counted.
    pub export_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 256 << 20,
            max_rows: 1_000_000,
            max_row_bytes: 1 << 20,
            max_columns: 512,
            max_cell_bytes: 64 << 10,
            body_timeout: Duration::from_secs(10),
            upload_timeout: Duration::from_secs(60),
            export_timeout: Duration::from_secs(300),
        }
    }
}

impl Config {
    /// The defaults of every setting, with files in `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            max_concurrent: 5,
            max_queue: 100,
            expire_after: Duration::from_secs(15 * 60),
            max_stored_bytes: 4 << 30,
            limits: Limits::default(),
            access: Access::open(),
            faults: Faults::none(),
        }
    }
}
