//! Finds where a JSON value ends without reading it.
//!
//! Strings and the depth of one kind of bracket are enough for that, and `memchr`
//! finds both. It does not validate: what is framed here is read afterwards by
//! something that sees every byte.

use std::ops::Range;

use memchr::{memchr2, memchr3};

use super::input::{ByteSource, Input};
use crate::problem::{Problem, Reason};

/// Looks for the end of one object, array or string, piece by piece.
#[derive(Debug)]
pub(super) struct Framer {
    brackets: Option<(u8, u8)>,
    depth: usize,
    string: InString,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InString {
    No,
    Yes,
    AfterBackslash,
}

impl Framer {
    /// For a value that starts with this byte; `None` if that has no closing byte.
    pub(super) fn starting_with(byte: u8) -> Option<Self> {
        let brackets = match byte {
            b'{' => Some((b'{', b'}')),
            b'[' => Some((b'[', b']')),
            b'"' => None,
            _ => return None,
        };
        Some(Self { brackets, depth: 0, string: InString::No })
    }

    /// Looks at the next piece; the length of the piece up to the end of the value,
    /// when that is in it.
    pub(super) fn find_end(&mut self, piece: &[u8]) -> Option<usize> {
        let mut position = 0;
        loop {
            let rest = piece.get(position..).filter(|rest| !rest.is_empty())?;
            position += match self.string {
                InString::AfterBackslash => {
                    self.string = InString::Yes;
                    1
                }
                InString::Yes => self.step_in_string(rest)?,
                InString::No => self.step(rest)?,
            };
            if self.depth == 0 && self.string == InString::No {
                return Some(position);
            }
        }
    }

    fn step_in_string(&mut self, rest: &[u8]) -> Option<usize> {
        let found = memchr2(b'"', b'\\', rest)?;
        self.string = if rest[found] == b'"' { InString::No } else { InString::AfterBackslash };
        Some(found + 1)
    }

    fn step(&mut self, rest: &[u8]) -> Option<usize> {
        let (open, close) = self.brackets.unwrap_or((b'"', b'"'));
        let found = memchr3(b'"', open, close, rest)?;
        match rest[found] {
            b'"' => self.string = InString::Yes,
            byte if byte == open => self.depth += 1,
            _ => self.depth = self.depth.saturating_sub(1),
        }
        Some(found + 1)
    }
}

/// Frames the value at the next byte that is not white space: its place in
/// [`Input::unused`], all of it in memory. Longer ones than `limit` are refused.
pub(super) fn frame_value<S: ByteSource>(
    input: &mut Input<S>,
    limit: usize,
    what: &str,
) -> Result<Range<usize>, Problem> {
    let first = input.peek_expecting(what)?;
    let mut framer = Framer::starting_with(first);
    let mut seen = 0;
    loop {
        let piece = &input.unused().as_bytes()[seen..];
        let end = match &mut framer {
            Some(framer) => framer.find_end(piece),
            None => piece.iter().position(|byte| is_after_scalar(*byte)),
        };
        let length = seen + end.unwrap_or(piece.len());
        if length > limit {
            return Err(too_long(what, limit).at(input.offset()));
        }
        if end.is_some() {
            return Ok(0..length);
        }
        seen = length;
        if !input.read_more()? {
            return Err(input.ends_early(&format!("the rest of {what}")));
        }
    }
}

/// The problem of a value that is longer than it may be.
pub(super) fn too_long(what: &str, limit: usize) -> Problem {
    Problem::new(Reason::ValueTooLong, format!("{what} is longer than {limit} bytes; shorten it"))
}

/// Whether a number, `true`, `false` or `null` has ended before this byte.
fn is_after_scalar(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> Option<usize> {
        Framer::starting_with(text.as_bytes()[0]).unwrap().find_end(text.as_bytes())
    }

    #[test]
    fn finds_the_end_past_strings_escapes_and_depth() {
        assert_eq!(end(r#"{"a":"}\"}","b":{"c":[1]}} tail"#), Some(26));
        assert_eq!(end(r#"["]",[1,[2]]], tail"#), Some(13));
        assert_eq!(end(r#""a\\", "#), Some(5));
        assert_eq!(end(r#"{"a":"}"#), None);
    }

    #[test]
    fn finds_the_same_end_however_the_bytes_are_cut() {
        let text = r#"{"a":"\\\"}{","b":{"c":["]"]}}"#.as_bytes();
        for cut in 0..text.len() {
            let mut framer = Framer::starting_with(b'{').unwrap();
            let first = framer.find_end(&text[..cut]);
            assert_eq!(first, None, "cut at {cut}");
            assert_eq!(framer.find_end(&text[cut..]), Some(text.len() - cut), "cut at {cut}");
        }
    }
}
