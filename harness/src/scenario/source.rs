//! The text of the files that were read, and places in it.
//!
//! A [`Span`] says in which file it lies, so that nodes of several files (an
//! objective and the one that overrides it) can be mixed freely.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::Place;

/// One file's text, as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Where it was read from.
    pub(super) path: PathBuf,
    /// The path as shown to people.
    pub(super) name: Arc<str>,
    /// The whole text.
    pub(super) text: Arc<str>,
}

/// A stretch of one file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Span {
    /// Which file: an index into the list of sources.
    pub(super) file: usize,
    /// The first byte.
    pub(super) start: usize,
    /// How many bytes; may be 0.
    pub(super) length: usize,
}

impl Span {
    /// Whether another stretch lies within this one.
    pub(super) fn contains(self, other: Self) -> bool {
        let end = |span: Self| span.start.saturating_add(span.length);
        self.file == other.file && self.start <= other.start && end(other) <= end(self)
    }

    /// A part of this stretch; what lies beyond its end is left out.
    pub(super) fn part(self, offset: usize, length: usize) -> Self {
        let offset = offset.min(self.length);
        Self { start: self.start + offset, length: length.min(self.length - offset), ..self }
    }
}

impl Source {
    /// A text under a path.
    pub(super) fn new(path: &Path, text: &str) -> Self {
        Self { path: path.to_owned(), name: path.display().to_string().into(), text: text.into() }
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub(super) fn place(&self, byte: usize) -> Place {
        let before = &self.text[..self.floor(byte)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            file: Arc::clone(&self.name),
            line: before.matches('\n').count() + 1,
            // A byte order mark is not a column.
            column: before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1,
        }
    }

    /// The text of a span, cut to what is there.
    pub(super) fn slice(&self, span: Span) -> &str {
        &self.text[self.floor(span.start)..self.floor(span.start.saturating_add(span.length))]
    }

    /// The same text with stars in a stretch; every place stays where it is.
    pub(super) fn concealing(mut self, span: Span) -> Self {
        let (start, end) = (self.floor(span.start), self.floor(span.start + span.length));
        let star =
            |c: char| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) };
        let hidden: String = self.text[start..end].chars().map(star).collect();
        self.text = [&self.text[..start], &hidden, &self.text[end..]].concat().into();
        self
    }

    /// The byte at which a line (from 1) and a column (in characters, from 1) stand.
    pub(super) fn offset(&self, line: usize, column: usize) -> usize {
        let line_start: usize =
            self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = &self.text[line_start..];
        let within = rest.char_indices().nth(column.saturating_sub(1));
        line_start + within.map_or(rest.len(), |(at, _)| at)
    }

    /// The nearest character boundary at or before a byte.
    pub(super) fn floor(&self, byte: usize) -> usize {
        let mut at = byte.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_not_bytes() {
        let source = Source::new(Path::new("a.yaml"), "ß: 1\nüä: x\n");
        let at = source.text.find('x').unwrap();
        let place = source.place(at);
        assert_eq!((place.line, place.column), (2, 5));
        assert_eq!(source.offset(2, 5), at);
    }

    #[test]
    fn a_secret_becomes_stars_of_the_same_length() {
        let source = Source::new(Path::new("a.yaml"), "a: pä ss\nb");
        let concealed = source.concealing(Span { file: 0, start: 3, length: 6 });
        assert_eq!(&*concealed.text, "a: *** **\nb");
    }

    #[test]
    fn a_place_beyond_the_end_is_the_end() {
        let source = Source::new(Path::new("a.yaml"), "ab");
        assert_eq!(source.place(99).column, 3);
        assert_eq!(source.offset(9, 9), 2);
        assert_eq!(source.slice(Span { file: 0, start: 1, length: usize::MAX }), "b");
    }
}
