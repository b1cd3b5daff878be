//! Files from disk, as text and as trees.

use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::bounded::read_at_most;
use super::codes;
use super::context::Context;
use super::source::{Source, Span};
use super::tree::{self, Node, Value};
use super::variables;

/// The largest file that is read: a scenario is written by hand.
const LARGEST_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Why a file's text cannot be had.
#[derive(Debug, Error)]
pub(super) enum FileError {
    #[error("there is no such file")]
    NotFound,
    #[error("it is a directory; name a file in it")]
    Directory,
    #[error("it is larger than 4 MiB")]
    TooLarge,
    #[error("it is not UTF-8: the byte at offset {offset} starts no character")]
    NotUtf8 { offset: usize },
    #[error("{0}")]
    Other(io::Error),
}

/// Reads a file's text.
pub(super) fn load(path: &Path) -> Result<Arc<Source>, FileError> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        _ => FileError::Other(error),
    })?;
    if metadata.is_dir() {
        return Err(FileError::Directory);
    }
    let bytes = read_at_most(path, LARGEST_FILE_BYTES).map_err(FileError::Other)?;
    let bytes = bytes.ok_or(FileError::TooLarge)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|error| FileError::NotUtf8 { offset: error.valid_up_to() })?;
    Ok(Arc::new(Source::new(path, text)))
}

/// Reads a text as a tree with its variables replaced; reports what is wrong.
pub(super) fn parse(source: &Arc<Source>, cx: &mut Context) -> Option<Node> {
    let file = cx.add_source(Arc::clone(source));
    match tree::parse(source, file) {
        Ok(Node { value: Value::Null, .. }) => {
            cx.error(codes::EMPTY_VALUE, Span { file, start: 0, length: 0 }, "the file is empty")
                .help("a scenario has at least version, name, target, load, requests and slo");
            None
        }
        Ok(mut root) => {
            variables::replace(&mut root, cx);
            Some(root)
        }
        Err(problem) => {
            cx.push(problem);
            None
        }
    }
}

/// Whether two paths lead to the same file.
pub(super) fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}
