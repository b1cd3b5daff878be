//! Reads what stands before the samples' values of one page: metric names and labels,
//! or, where the text was read before, what it was read as.

use std::borrow::Cow;

use slogate_promql::Labels;

use super::FamilyKind;
use super::braces::{Grammar, LabelPair, Series};
use super::error::LineError;
use super::known::{KnownSeries, Lookup, PageSeries, goes_on_with};
use super::line::Line;

/// What stands before a sample's value.
#[derive(Debug)]
pub(super) struct SeriesReading<'a> {
    /// Byte offset of its start in the line.
    pub(super) at: usize,
    /// As it is written.
    text: &'a str,
    outcome: Outcome<'a>,
}

#[derive(Debug)]
enum Outcome<'a> {
    /// The metric's name, decoded; the labels are with the reader.
    Read(Cow<'a, str>),
    /// The text was read before.
    Known(KnownSeries),
}

#[cfg(test)]
impl<'a> SeriesReading<'a> {
    /// A metric's bare name.
    pub(super) fn named(name: &'a str) -> Self {
        Self { at: 0, text: name, outcome: Outcome::Read(name.into()) }
    }
}

impl SeriesReading<'_> {
    /// The metric's name, decoded.
    pub(super) fn name(&self) -> &str {
        match &self.outcome {
            Outcome::Read(name) => name,
            Outcome::Known(known) => known.labels.metric_name().unwrap_or_default(),
        }
    }

    /// Its labels, if it was read before in a family of the same kind.
    pub(super) fn known_labels(&self, kind: FamilyKind) -> Option<&Labels> {
        match &self.outcome {
            Outcome::Known(known) if known.kind == kind => Some(&known.labels),
            _ => None,
        }
    }
}

/// Reads the series of one page.
#[derive(Debug)]
pub(super) struct SeriesReader<'a> {
    /// By which grammar.
    pub(super) grammar: Grammar,
    /// Those of the series that was read last and not known.
    labels: Vec<LabelPair<'a>>,
    page_before: Lookup<'a>,
    page: PageSeries,
}

impl<'a> SeriesReader<'a> {
    /// A reader for one page, which looks at what another one had.
    pub(super) fn new(grammar: Grammar, page_before: &'a PageSeries) -> Self {
        Self {
            grammar,
            labels: Vec::new(),
            page_before: Lookup::new(page_before),
            page: PageSeries::with_capacity_of(page_before),
        }
    }

    /// Reads what comes before a sample's value. The blanks that must or may follow are
    /// the format's own matter.
    pub(super) fn series(&mut self, line: &mut Line<'a>) -> Result<SeriesReading<'a>, LineError> {
        let at = line.at();
        if let Some((length, known)) = self.compared(line) {
            let text = line.take(length);
            return Ok(SeriesReading { at, text, outcome: Outcome::Known(known) });
        }
        self.labels.clear();
        let Series { at, name } = self.grammar.series(line, &mut self.labels)?;
        let text = line.since(at);
        let known = self.page_before.find(text).cloned();
        let outcome = known.map_or(Outcome::Read(name), Outcome::Known);
        Ok(SeriesReading { at, text, outcome })
    }

    /// The labels of the series that was read last in this line, as they stand there.
    pub(super) fn labels(
        &mut self,
        line: &'a str,
        series: &SeriesReading<'_>,
    ) -> Result<&mut [LabelPair<'a>], LineError> {
        if matches!(series.outcome, Outcome::Known(_)) {
            self.labels.clear();
            self.grammar.series(&mut Line::starting_at(line, series.at), &mut self.labels)?;
        }
        Ok(&mut self.labels)
    }

    /// Keeps what a series was read as for the next page.
    pub(super) fn keep(&mut self, series: &SeriesReading<'_>, kind: FamilyKind, labels: &Labels) {
        self.page.push(series.text, KnownSeries { labels: labels.clone(), kind });
    }

    /// All series that were kept.
    pub(super) fn into_page(self) -> PageSeries {
        self.page
    }

    /// The series whose turn it is, or else that of the line before, and its text's length.
    fn compared(&mut self, line: &Line<'_>) -> Option<(usize, KnownSeries)> {
        let format = self.grammar.format;
        let expected = self.page_before.expected(line, format);
        let repeated = || self.page.last().filter(|(text, _)| goes_on_with(line, text, format));
        let (text, known) = expected.or_else(repeated)?;
        Some((text.len(), known.clone()))
    }
}
