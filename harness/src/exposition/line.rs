//! A cursor over one line: the few moves that both formats' grammars are made of.

use std::borrow::Cow;

use memchr::memchr2;

use super::error::LineError;

/// One line without its line feed, and how far it has been read.
pub(super) struct Line<'a> {
    text: &'a str,
    at: usize,
}

/// What a backslash before any other character than `\`, `"` and `n` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherEscapes {
    /// An error (text format).
    Refused,
    /// The backslash stands for itself (OpenMetrics' ABNF, `HELP` texts).
    Kept,
}

impl<'a> Line<'a> {
    /// A cursor at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// A cursor at byte `at` of `text`.
    pub(super) fn starting_at(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// What has been read.
    pub(super) fn before(&self) -> &'a str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// What has been read since byte `at`.
    pub(super) fn since(&self, at: usize) -> &'a str {
        self.text.get(at..self.at).unwrap_or_default()
    }

    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Whether everything is read.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Reads `wanted` if it comes next.
    pub(super) fn eat(&mut self, wanted: &str) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Skips spaces and tabs; whether there were any.
    pub(super) fn skip_blanks(&mut self) -> bool {
        !self.take_while(is_blank).is_empty()
    }

    /// Reads ASCII bytes as long as `wanted` holds.
    pub(super) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|byte| byte.is_ascii() && wanted(*byte)).count();
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads up to the next space or tab, or the end.
    pub(super) fn take_token(&mut self) -> &'a str {
        let rest = self.rest();
        let length = memchr2(b' ', b'\t', rest.as_bytes()).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Reads this many bytes, which are whole characters.
    pub(super) fn take(&mut self, length: usize) -> &'a str {
        let at = self.at;
        self.at += length;
        self.since(at)
    }

    /// Reads everything that is left.
    pub(super) fn take_rest(&mut self) -> &'a str {
        let rest = self.rest();
        self.at = self.text.len();
        rest
    }

    /// Reads a string in double quotes, which must come next, and decodes it.
    pub(super) fn take_quoted(&mut self, escapes: OtherEscapes) -> Result<Cow<'a, str>, LineError> {
        let start = self.at;
        if !self.eat("\"") {
            return Err(self.expected("a string in double quotes"));
        }
        let inside = self.rest();
        let mut from = 0;
        loop {
            let Some(found) = memchr2(b'"', b'\\', &inside.as_bytes()[from..]) else {
                return Err(LineError::new(
                    start,
                    "the string is not closed in its line; expected `\"` (a line feed in it is written `\\n`)",
                ));
            };
            let here = from + found;
            if inside.as_bytes()[here] == b'"' {
                let decoded = unescape(&inside[..here], escapes)
                    .map_err(|error| LineError::new(self.at + error.at, error.message))?;
                self.at += here + 1;
                return Ok(decoded);
            }
            // The escaped character may be of several bytes, but none of its
            // bytes is a quote or a backslash: one step over its first is enough.
            from = (here + 2).min(inside.len());
        }
    }

    /// An error here: `expected …, found …`.
    pub(super) fn expected(&self, wanted: &str) -> LineError {
        LineError::new(self.at, format!("expected {wanted}, found {}", self.found()))
    }

    fn found(&self) -> String {
        match self.rest().chars().next() {
            None => "the end of the line".to_owned(),
            Some('\r') => "a carriage return (lines end with a line feed alone)".to_owned(),
            Some(character) => format!("{character:?}"),
        }
    }
}

/// Decodes `\\`, `\"` and `\n`.
pub(super) fn unescape(text: &str, escapes: OtherEscapes) -> Result<Cow<'_, str>, LineError> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = String::with_capacity(text.len());
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            decoded.push(character);
            continue;
        }
        match (characters.next(), escapes) {
            (Some((_, 'n')), _) => decoded.push('\n'),
            (Some((_, kept @ ('\\' | '"'))), _) => decoded.push(kept),
            (other, OtherEscapes::Kept) => {
                decoded.push('\\');
                decoded.extend(other.map(|(_, character)| character));
            }
            (other, OtherEscapes::Refused) => return Err(bad_escape(at, other)),
        }
    }
    Ok(Cow::Owned(decoded))
}

fn bad_escape(at: usize, escaped: Option<(usize, char)>) -> LineError {
    let escaped = escaped.map_or(String::new(), |(_, character)| character.to_string());
    let message =
        format!("`\\{escaped}` is not an escape; only `\\\\`, `\\\"` and `\\n` are known");
    LineError::new(at, message)
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_a_quoted_string() {
        let mut line = Line::new(r#""a\\b\"c\nd" rest"#);
        assert_eq!(line.take_quoted(OtherEscapes::Refused).unwrap(), "a\\b\"c\nd");
        assert_eq!(line.rest(), " rest");
    }

    #[test]
    fn says_where_an_unknown_escape_is() {
        let error = Line::new(r#""ab\t""#).take_quoted(OtherEscapes::Refused).unwrap_err();
        assert_eq!(error.at, 3);
        assert!(error.message.contains(r"`\t`"), "{}", error.message);
    }

    #[test]
    fn a_backslash_before_a_character_of_several_bytes_is_no_end_of_the_string() {
        let mut line = Line::new("\"\\é\"");
        assert_eq!(line.take_quoted(OtherEscapes::Kept).unwrap(), "\\é");
    }
}
