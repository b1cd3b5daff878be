//! Rows from a file: `csv: FILE` and `jsonl: FILE`.
//!
//! A file is read when the scenario is, so that whatever is wrong with it is known before
//! anything is sent. Its rows are read again from its text for each field that is used:
//! what is not used takes no memory. Messages give lines and names of fields, never
//! values, which may be secret.

mod csv;
mod jsonl;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bounded::read_at_most;
use super::datum::Datum;

/// The largest file: its rows are kept in memory.
const LARGEST_BYTES: u64 = 64 * 1024 * 1024;
/// The most rows of one data set.
pub(super) const MOST_ROWS: u64 = 1_000_000;

/// What a file's rows are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// Comma-separated values with a header (RFC 4180).
    Csv,
    /// A JSON object on each line.
    Jsonl,
}

/// A file that was read, and is in order.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    /// Where it is.
    pub(super) path: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(super) sha256: String,
    /// How many rows it has; at least 1.
    pub(super) rows: u64,
    /// Names of its fields, in the order in which they come.
    pub(super) fields: Vec<String>,
    notation: Notation,
    text: String,
}

/// Why a file is of no use, without its name: `line 3: …`.
pub(super) type Fault = String;

/// What was found in a file's text.
struct Found {
    rows: u64,
    fields: Vec<String>,
}

impl DataFile {
    /// Reads a file.
    pub(super) fn read(path: &Path, notation: Notation) -> Result<Self, Fault> {
        let text = text_of(path)?;
        let found = match notation {
            Notation::Csv => csv::inspect(&text)?,
            Notation::Jsonl => jsonl::inspect(&text)?,
        };
        match found.rows {
            0 => return Err("it has no rows".to_owned()),
            rows if rows > MOST_ROWS => {
                return Err(format!("it has {rows} rows; at most {MOST_ROWS}"));
            }
            _ => {}
        }
        Ok(Self {
            path: path.to_owned(),
            sha256: hexadecimal(&Sha256::digest(text.as_bytes())),
            rows: found.rows,
            fields: found.fields,
            notation,
            text,
        })
    }

    /// All rows as a JSON array of objects.
    pub(super) fn json(&self) -> Vec<u8> {
        match self.notation {
            Notation::Csv => csv::json(&self.text),
            Notation::Jsonl => jsonl::json(&self.text),
        }
    }

    /// The line on which a row begins, from 1.
    pub(super) fn line(&self, row: usize) -> Option<usize> {
        match self.notation {
            Notation::Csv => csv::line(&self.text, row),
            Notation::Jsonl => jsonl::line(&self.text, row),
        }
    }

    /// A field of every row; `None` where a row has no such field.
    pub(super) fn column(&self, field: &str) -> Vec<Option<Datum>> {
        match self.notation {
            Notation::Csv => csv::column(&self.text, field),
            Notation::Jsonl => jsonl::column(&self.text, field),
        }
    }
}

fn text_of(path: &Path) -> Result<String, Fault> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    if metadata.is_dir() {
        return Err("it is a directory; name a file in it".to_owned());
    }
    let bytes = read_at_most(path, LARGEST_BYTES)
        .map_err(|error| format!("it cannot be read: {error}"))?
        .ok_or("it is larger than 64 MiB")?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = memchr::memchr_iter(b'\n', valid).count() + 1;
        format!("line {line}: it is not UTF-8")
    })
}

/// The text without a byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}
