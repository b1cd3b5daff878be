//! A problem as it is drawn: its line, cut to what is about the place where that line is
//! too long, and the place underlined.

use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan,
    SpanContents,
};

use super::Problem;
use crate::scenario::model::Place;
use crate::scenario::source::{Source, Span};

/// Columns that the number of a line and what frames it take.
const GUTTER: usize = 8;
/// The least that is shown of a line, however narrow the terminal is.
const LEAST: usize = 20;
/// Stands where a line is cut.
const CUT: &str = "…";

/// A problem with its line.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    problem: &'a Problem,
    line: Option<Line>,
}

/// What is shown of a line.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    place: Place,
    text: String,
    /// The underlined bytes of the text.
    start: usize,
    length: usize,
}

impl<'a> Excerpt<'a> {
    /// The problem in so many columns.
    pub(super) fn new(problem: &'a Problem, columns: usize) -> Self {
        let room = columns.saturating_sub(GUTTER).max(LEAST);
        let line = problem.span.map(|span| Line::of(&problem.source, span, room));
        Self { problem, line }
    }
}

impl Line {
    fn of(source: &Source, span: Span, room: usize) -> Self {
        let at = source.floor(span.start);
        let start = source.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let text = source.text[start..].split('\n').next().unwrap_or_default();
        // Of a span of several lines the first one is underlined, where it is not empty.
        let marked = source.slice(Span { start: at, ..span });
        let marked = marked.lines().next().unwrap_or_default().trim_end().len();
        let whole =
            Self { place: source.place(at), text: text.into(), start: at - start, length: marked };
        whole.cut(room)
    }

    /// The same in so many characters: a third of them before the underlined place.
    fn cut(self, room: usize) -> Self {
        let characters = self.text.chars().count();
        if characters <= room {
            return self;
        }
        let before = self.text[..self.start].chars().count();
        let first = before.saturating_sub(room / 3).min(characters - room);
        let byte = |character: usize| {
            self.text.char_indices().nth(character).map_or(self.text.len(), |(at, _)| at)
        };
        let (is_cut_before, is_cut_behind) = (first > 0, first + room < characters);
        let from = byte(first + usize::from(is_cut_before));
        let to = byte(first + room - usize::from(is_cut_behind));
        let cut = |is_cut| if is_cut { CUT } else { "" };
        let (head, tail) = (cut(is_cut_before), cut(is_cut_behind));
        Self {
            start: head.len() + self.start - from,
            length: self.length.min(to.saturating_sub(self.start)),
            text: format!("{head}{}{tail}", &self.text[from..to]),
            place: self.place,
        }
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for Excerpt<'_> {}

impl Diagnostic for Excerpt<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(if self.problem.is_warning { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.line.as_ref().map(|line| line as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let line = self.line.as_ref()?;
        let label = LabeledSpan::new(self.problem.label.clone(), line.start, line.length);
        Some(Box::new(std::iter::once(label)))
    }
}

impl SourceCode for Line {
    /// This line, whatever is asked for.
    fn read_span<'a>(
        &'a self,
        _span: &SourceSpan,
        _context_lines_before: usize,
        _context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        Ok(Box::new(MietteSpanContents::new_named(
            self.place.file.to_string(),
            self.text.as_bytes(),
            (0, self.text.len()).into(),
            self.place.line - 1,
            // Of the span, not of the shown text: the header prints it.
            self.place.column - 1,
            1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shown(text: &str, marked: &str) -> (String, String) {
        let source = Source::new(Path::new("a.yaml"), text);
        let start = text.find(marked).unwrap();
        let line = Line::of(&source, Span { file: 0, start, length: marked.len() }, 30);
        let underlined = line.text[line.start..line.start + line.length].to_owned();
        (line.text, underlined)
    }

    #[test]
    fn a_line_that_fits_is_shown_whole() {
        let (text, underlined) = shown("a: 1\nbcd: wrong\n", "wrong");
        assert_eq!((text.as_str(), underlined.as_str()), ("bcd: wrong", "wrong"));
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_underlined() {
        let long = format!("{}wröng{}\n", "ä".repeat(300), "b".repeat(300));
        let (text, underlined) = shown(&long, "wröng");
        assert_eq!(underlined, "wröng");
        assert_eq!(text.chars().count(), 30);
        assert!(text.starts_with("…ä") && text.ends_with("b…"), "{text}");
    }

    #[test]
    fn a_line_is_cut_at_one_end_where_the_other_is_shown() {
        let (text, _) = shown(&format!("key: {}\n", "b".repeat(300)), "key");
        assert!(text.starts_with("key: b") && text.ends_with("b…"), "{text}");
        let (text, underlined) = shown(&format!("{}end\n", "b".repeat(300)), "end");
        assert!(text.starts_with("…b") && text.ends_with("bend"), "{text}");
        assert_eq!(underlined, "end");
    }

    #[test]
    fn what_is_underlined_ends_with_what_is_shown() {
        let long = "c".repeat(300);
        let (text, underlined) = shown(&format!("{}{long}\n", "b".repeat(50)), &long);
        assert_eq!(underlined, "c".repeat(19));
        assert_eq!(text.chars().count(), 30);
    }
}
