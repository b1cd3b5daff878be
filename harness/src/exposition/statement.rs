//! What one line says, in either format.

use std::borrow::Cow;

use super::braces::Grammar;
use super::error::LineError;
use super::known::PageSeries;
use super::series::{SeriesReader, SeriesReading};
use super::{FamilyKind, Format, ParseRules, openmetrics, text};

/// What one line says.
pub(super) enum Statement<'a> {
    /// Nothing: an empty line or a comment.
    Nothing,
    /// A `HELP` line.
    Help { at: usize, name: Cow<'a, str>, help: Cow<'a, str> },
    /// A `TYPE` line.
    Type { at: usize, name: Cow<'a, str>, kind: FamilyKind },
    /// A `UNIT` line.
    Unit { at: usize, name: Cow<'a, str>, unit: &'a str },
    /// A sample.
    Sample(RawSample<'a>),
    /// The end of an OpenMetrics exposition.
    End,
}

/// A sample as it stands in its line.
pub(super) struct RawSample<'a> {
    /// The metric's name and its labels.
    pub(super) series: SeriesReading<'a>,
    /// Byte offset of the value in its line.
    pub(super) value_at: usize,
    /// The value as it is written.
    pub(super) value_text: &'a str,
    /// The value.
    pub(super) value: f64,
    /// The sample's own time.
    pub(super) timestamp_ms: Option<i64>,
}

/// Reads one line.
pub(super) fn read<'a>(
    line: &'a str,
    reader: &mut SeriesReader<'a>,
) -> Result<Statement<'a>, LineError> {
    match reader.grammar.format {
        Format::Text => text::statement(line, reader),
        Format::OpenMetrics => openmetrics::statement(line, reader),
    }
}

/// Reads one line by itself, by the rules of a scrape.
pub(super) fn alone(line: &str, format: Format) -> Result<Statement<'_>, LineError> {
    let grammar = Grammar { format, names: ParseRules::default().names };
    read(line, &mut SeriesReader::new(grammar, PageSeries::NONE))
}
