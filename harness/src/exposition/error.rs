//! Why an exposition could not be read, and where.

use thiserror::Error;

use super::codes;
use crate::code::Code;

/// What is wrong with an exposition. Line and column count from 1; the column
/// counts characters.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ExpositionError {
    /// What it is called, for `slogate explain`.
    pub code: Code,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What was expected, what was found, what to do.
    pub message: String,
}

/// What is wrong within one line.
#[derive(Debug)]
pub(super) struct LineError {
    code: Code,
    /// Byte offset in the line.
    pub(super) at: usize,
    /// What was expected, what was found.
    pub(super) message: String,
}

impl LineError {
    /// A fault at a byte offset of the line.
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { code: codes::MALFORMED_EXPOSITION, at, message: message.into() }
    }

    /// The same of another kind.
    pub(super) fn of(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// The error of a whole exposition, of which this was line `number` (from 1).
    pub(super) fn in_line(self, number: usize, line: &str) -> ExpositionError {
        let before = line.get(..self.at).unwrap_or(line);
        let column = before.chars().count() + 1;
        ExpositionError { code: self.code, line: number, column, message: self.message }
    }
}
