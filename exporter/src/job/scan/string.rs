//! Strings: where they end, whether they are valid, and what they say.
//!
//! Eight bytes are looked at in one step, because most of a document is inside
//! strings. A string is decoded only by whoever wants its text: the halves of a
//! surrogate pair that stand alone are valid JSON and no text.

use super::words::{self, WORD, Word};
use super::{Scanner, Stop};

/// A valid string as it was written.
#[derive(Clone, Copy, Debug)]
pub(in crate::job) struct JsonString<'a> {
    /// With its quotes.
    written: &'a str,
    /// Place of the first quote in the text.
    offset: usize,
    has_escapes: bool,
}

impl<'a> Scanner<'a> {
    /// Reads a string, whose quote is the next byte.
    pub(in crate::job) fn string(&mut self) -> Result<JsonString<'a>, Stop> {
        let offset = self.position;
        self.position += 1;
        let mut has_escapes = false;
        loop {
            self.position += plain_length(self.rest());
            match self.next_byte()? {
                b'"' => {
                    self.position += 1;
                    let written = &self.text[offset..self.position];
                    return Ok(JsonString { written, offset, has_escapes });
                }
                b'\\' => {
                    has_escapes = true;
                    self.escape()?;
                }
                _ => return Err(self.control_character()),
            }
        }
    }

    /// Reads one escape, whose backslash is the next byte.
    fn escape(&mut self) -> Result<(), Stop> {
        self.position += 1;
        match self.next_byte()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.position += 1,
            b'u' => {
                self.position += 1;
                self.hexadecimal()?;
            }
            _ => return Err(self.unexpected("one of \" \\ / b f n r t u after `\\`")),
        }
        Ok(())
    }

    fn hexadecimal(&mut self) -> Result<(), Stop> {
        for _ in 0..4 {
            if !self.next_byte()?.is_ascii_hexdigit() {
                return Err(self.unexpected("one of four hexadecimal digits after `\\u`"));
            }
            self.position += 1;
        }
        Ok(())
    }

    #[cold]
    fn control_character(&self) -> Stop {
        let byte = self.rest().first().copied().unwrap_or_default();
        let message =
            format!("a string has the control character {byte:#04x}; write \\u{byte:04x}");
        Stop::invalid(self.position, message)
    }
}

impl<'a> JsonString<'a> {
    /// As it was written, with its quotes.
    pub(in crate::job) fn written(self) -> &'a str {
        self.written
    }

    /// The text, where it is written without escapes.
    pub(in crate::job) fn plain(self) -> Option<&'a str> {
        (!self.has_escapes).then(|| self.inner())
    }

    /// Appends the text.
    pub(in crate::job) fn decode_into(self, text: &mut String) -> Result<(), Stop> {
        if !self.has_escapes {
            text.push_str(self.inner());
            return Ok(());
        }
        let mut rest = self.inner();
        while let Some((plain, escape)) = rest.split_once('\\') {
            text.push_str(plain);
            let (character, length) = decode_escape(escape).ok_or_else(|| {
                lone_surrogate(self.offset + self.written.len() - escape.len() - 2)
            })?;
            text.push(character);
            rest = &escape[length..];
        }
        text.push_str(rest);
        Ok(())
    }

    /// What stands between the quotes.
    fn inner(self) -> &'a str {
        &self.written[1..self.written.len() - 1]
    }
}

/// The character of a valid escape without its backslash, and the length of what
/// says it; `None` for half a surrogate pair.
fn decode_escape(escape: &str) -> Option<(char, usize)> {
    let character = match escape.as_bytes().first()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return decode_unicode(escape),
        other => char::from(*other),
    };
    Some((character, 1))
}

/// `uXXXX`, or `uXXXX\uXXXX` for a pair (RFC 8259, section 7).
fn decode_unicode(escape: &str) -> Option<(char, usize)> {
    let first = hexadecimal(escape.get(1..5)?)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 5));
    }
    let second = hexadecimal(escape.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
    let pair = [first, second].map(u16::try_from);
    let [Ok(high), Ok(low)] = pair else { return None };
    match char::decode_utf16([high, low]).next() {
        Some(Ok(character)) => Some((character, 11)),
        _ => None,
    }
}

fn hexadecimal(digits: &str) -> Option<u32> {
    u32::from_str_radix(digits, 16).ok()
}

#[cold]
fn lone_surrogate(offset: usize) -> Stop {
    let message = "a string has half of a surrogate pair, which is no character";
    Stop::invalid(offset, message)
}

/// How many bytes come before the first quote, backslash or control character.
fn plain_length(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks();
    for (index, chunk) in chunks.iter().enumerate() {
        let word = Word::new(*chunk);
        let special = word.equal(b'"') | word.equal(b'\\') | word.below(b' ');
        if special != 0 {
            return index * WORD + words::first(special);
        }
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
    let plain = rest.iter().position(is_special).unwrap_or(rest.len());
    bytes.len() - rest.len() + plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_special_byte_is_found_at_any_place_in_a_word() {
        for special in [b'"', b'\\', 0, 1, 0x1f] {
            for length in 0..40 {
                for filler in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xa2, 0xdc, 0xff] {
                    let mut bytes = vec![filler; length];
                    assert_eq!(plain_length(&bytes), length);
                    bytes.push(special);
                    bytes.extend([b'"', 0, filler, b'\\', 1, filler, filler, b'"', b'"']);
                    assert_eq!(plain_length(&bytes), length, "{special:#x} after {filler:#x}");
                }
            }
        }
    }
}
