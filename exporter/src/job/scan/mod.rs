//! Reads JSON in one pass: each byte is looked at once, and is either valid or an
//! error with its place.
//!
//! It accepts what `serde_json` accepts when it ignores a value (RFC 8259, any
//! depth), and says what it found instead of building anything. Text that stops
//! where more could follow is [`Stop::Incomplete`], not an error: the reader of a
//! row then asks for more. That the text is UTF-8 is settled before.

mod number;
mod string;
mod value;
mod words;

pub(super) use self::string::JsonString;

/// Why reading stopped.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ends before the value does.
    Incomplete,
    /// A byte is wrong. Boxed, because this is what every function here may return.
    Invalid(Box<Invalid>),
}

/// A byte that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    /// Its place in the text.
    pub(super) offset: usize,
    /// What is wrong.
    pub(super) message: String,
}

impl Stop {
    /// Something wrong at this place.
    #[cold]
    pub(super) fn invalid(offset: usize, message: impl Into<String>) -> Self {
        Self::Invalid(Box::new(Invalid { offset, message: message.into() }))
    }
}

/// A place in a text.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Scanner<'a> {
    /// At the start of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, position: 0 }
    }

    /// Bytes that were read.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.position..).unwrap_or_default()
    }

    /// Goes on by so many bytes.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.position += bytes;
    }

    /// The next byte that is not white space; it stays unread.
    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.next_byte()? {
                b' ' | b'\n' | b'\t' | b'\r' => self.position += 1,
                byte => return Ok(byte),
            }
        }
    }

    /// Reads the next byte that is not white space, which must be `byte`.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8, what: &str) -> Result<(), Stop> {
        if self.peek()? != byte {
            return Err(self.unexpected(what));
        }
        self.position += 1;
        Ok(())
    }

    /// Reads `true`, `false` or `null`.
    pub(super) fn literal(&mut self, literal: &'static str) -> Result<&'static str, Stop> {
        let rest = self.rest();
        let differs = literal.bytes().zip(rest).position(|(wanted, found)| wanted != *found);
        if let Some(place) = differs {
            self.position += place;
            return Err(self.unexpected(&format!("`{literal}`")));
        }
        if rest.len() < literal.len() {
            return Err(Stop::Incomplete);
        }
        self.position += literal.len();
        Ok(literal)
    }

    /// The next byte, whatever it is; it stays unread.
    #[inline]
    fn next_byte(&self) -> Result<u8, Stop> {
        self.text.as_bytes().get(self.position).copied().ok_or(Stop::Incomplete)
    }

    /// The error of a byte that stands where `what` should.
    #[cold]
    pub(super) fn unexpected(&self, what: &str) -> Stop {
        let found = self.text.get(self.position..).and_then(|rest| rest.chars().next());
        let found = found.map(|found| found.escape_debug().to_string()).unwrap_or_default();
        Stop::invalid(self.position, format!("found `{found}` where {what} should come"))
    }
}
