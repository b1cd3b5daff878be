//! A window over the bytes of a request: what has been read and not yet used.
//!
//! It slides: used bytes are dropped when new ones come, so that its size
//! follows the longest value, not the request. It knows where in the request it
//! is, for error messages. What it shows is text: bytes that are not UTF-8 are an
//! error for whoever reads past all that come before them.

use bytes::Bytes;

use crate::problem::{Problem, Reason};

/// Where bytes come from.
pub(crate) trait ByteSource {
    /// The next bytes; `None` at the end.
    fn next_piece(&mut self) -> Result<Option<Bytes>, Problem>;

    /// Bytes that lie in wait behind this source.
    fn held_bytes(&self) -> usize;
}

/// The window.
pub(super) struct Input<S> {
    source: S,
    text: String,
    /// First unused byte in the text.
    start: usize,
    /// Place in the request of the first byte in the text.
    base: u64,
    /// The beginning of a character whose other bytes have not come.
    cut: Vec<u8>,
    /// Whether what follows the text is not UTF-8.
    is_broken: bool,
}

impl<S: ByteSource> Input<S> {
    /// A window at byte `base` of the request.
    pub(super) fn new(source: S, base: u64) -> Self {
        Self { source, text: String::new(), start: 0, base, cut: Vec::new(), is_broken: false }
    }

    /// Place in the request of the next unused byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Bytes that are held in memory for this input.
    pub(super) fn held_bytes(&self) -> usize {
        self.text.capacity() + self.cut.capacity() + self.source.held_bytes()
    }

    /// The text that is there and not used yet.
    pub(super) fn unused(&self) -> &str {
        &self.text[self.start..]
    }

    /// Marks bytes as used, up to the end of a character.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Reads on; `false` at the end of the request.
    pub(super) fn read_more(&mut self) -> Result<bool, Problem> {
        self.text.drain(..self.start);
        self.base += self.start as u64;
        self.start = 0;
        if self.is_broken {
            return Err(self.not_text());
        }
        match self.source.next_piece()? {
            Some(piece) => self.append(&piece),
            None if self.cut.is_empty() => return Ok(false),
            None => return Err(self.not_text()),
        }
        Ok(true)
    }

    fn append(&mut self, piece: &[u8]) {
        let piece = self.complete_character(piece);
        match std::str::from_utf8(piece) {
            Ok(text) => self.text.push_str(text),
            Err(error) => {
                let (valid, rest) = piece.split_at(error.valid_up_to());
                self.text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                self.is_broken = error.error_len().is_some();
                if !self.is_broken {
                    self.cut.extend_from_slice(rest);
                }
            }
        }
    }

    /// Completes the character that the piece before began; what is left.
    fn complete_character<'p>(&mut self, mut piece: &'p [u8]) -> &'p [u8] {
        while !self.cut.is_empty()
            && !self.is_broken
            && let Some((byte, rest)) = piece.split_first()
        {
            self.cut.push(*byte);
            piece = rest;
            match std::str::from_utf8(&self.cut) {
                Ok(text) => {
                    self.text.push_str(text);
                    self.cut.clear();
                }
                Err(error) => self.is_broken = error.error_len().is_some(),
            }
        }
        if self.is_broken { &[] } else { piece }
    }

    fn not_text(&self) -> Problem {
        let place = self.base + self.text.len() as u64;
        Problem::new(Reason::BadJson, "the body is not UTF-8").at(place)
    }

    /// The next byte that is not white space, unused; `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Problem> {
        loop {
            let blank = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
            let unused = self.unused().as_bytes();
            if let Some(position) = unused.iter().position(blank) {
                let found = unused[position];
                self.consume(position);
                return Ok(Some(found));
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
        let next = self.unused().chars().next().unwrap_or(char::from(found));
        let found = next.escape_debug();
        Problem::new(Reason::BadJson, format!("found `{found}` where {what} should come"))
            .at(self.offset())
    }
}
