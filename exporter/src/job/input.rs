//! A window over the bytes of a request: what has been read and not yet used.
//!
//! It slides: used bytes are dropped when new ones come, so that its size
//! follows the longest value, not the request. It knows where in the request it
//! is, for error messages.

use crate::problem::{Problem, Reason};

/// Where bytes come from.
pub(crate) trait ByteSource {
    /// Appends some bytes; `false` at the end.
    fn read_more(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Problem>;

    /// Bytes that lie in wait behind this source.
    fn held_bytes(&self) -> usize;
}

/// The window.
pub(super) struct Input<S> {
    source: S,
    buffer: Vec<u8>,
    /// First unused byte in the buffer.
    start: usize,
    /// Place in the request of the first byte in the buffer.
    base: u64,
}

impl<S: ByteSource> Input<S> {
    /// A window at byte `base` of the request.
    pub(super) fn new(source: S, base: u64) -> Self {
        Self { source, buffer: Vec::new(), start: 0, base }
    }

    /// Place in the request of the next unused byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Bytes that are held in memory for this input.
    pub(super) fn held_bytes(&self) -> usize {
        self.buffer.capacity() + self.source.held_bytes()
    }

    /// The bytes that are there and not used yet.
    pub(super) fn unused(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Marks bytes as used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Reads on; `false` at the end of the request.
    pub(super) fn read_more(&mut self) -> Result<bool, Problem> {
        self.buffer.drain(..self.start);
        self.base += self.start as u64;
        self.start = 0;
        self.source.read_more(&mut self.buffer)
    }

    /// The next byte that is not white space, unused; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            let blank = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            if let Some(position) = self.unused().iter().position(blank) {
                self.consume(position);
                return Ok(self.unused().first().copied());
            }
            self.consume(self.unused().len());
            if !self.read_more()? {
                return Ok(None);
            }
        }
    }

    /// The next byte that is not white space; an error at the end.
    pub(super) fn peek_expecting(&mut self, what: &str) -> Result<u8, Problem> {
        self.peek()?.ok_or_else(|| self.ends_early(what))
    }

    /// Uses the next byte that is not white space, which must be `byte`.
    pub(super) fn expect(&mut self, byte: u8, what: &str) -> Result<(), Problem> {
        let found = self.peek_expecting(what)?;
        if found != byte {
            return Err(self.unexpected(found, what));
        }
        self.consume(1);
        Ok(())
    }

    /// The problem of a request that ends where `what` should come.
    pub(super) fn ends_early(&self, what: &str) -> Problem {
        let message = format!("the body ends where {what} should come");
        Problem::new(Reason::BadJson, message).at(self.offset() + self.unused().len() as u64)
    }

    /// The problem of a byte that stands where `what` should.
    pub(super) fn unexpected(&self, found: u8, what: &str) -> Problem {
        let found = found.escape_ascii();
        Problem::new(Reason::BadJson, format!("found `{found}` where {what} should come"))
            .at(self.offset())
    }
}
