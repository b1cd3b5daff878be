//! Series that were read before, by their text.
//!
//! What stands before a sample's value hardly ever changes from one page to the next, and
//! its order even less: it is compared with what is expected, and read only where it
//! differs. A text means the same wherever it stands, but for the kind of its family,
//! which may be declared differently; so the kind is kept beside it.
//!
//! Only texts of pages that were read whole without a fault are kept, and only those of
//! the last one.

use std::collections::HashMap;

use slogate_promql::Labels;

use super::line::Line;
use super::{FamilyKind, Format};

/// A series that was read before.
#[derive(Clone, Debug)]
pub(super) struct KnownSeries {
    /// All its labels, the metric's name among them.
    pub(super) labels: Labels,
    /// What its family was declared to be.
    pub(super) kind: FamilyKind,
}

/// The series of one page in their order, by their text.
#[derive(Debug, Default)]
pub(super) struct PageSeries {
    /// All texts, one after the other.
    texts: String,
    /// Each series, and where its text ends.
    series: Vec<(usize, KnownSeries)>,
}

impl PageSeries {
    /// None at all.
    pub(super) const NONE: &'static Self = &Self { texts: String::new(), series: Vec::new() };

    /// Room for as many as another page has.
    pub(super) fn with_capacity_of(other: &Self) -> Self {
        Self {
            texts: String::with_capacity(other.texts.len()),
            series: Vec::with_capacity(other.series.len()),
        }
    }

    /// Adds a series, unless it is the last one once more.
    pub(super) fn push(&mut self, text: &str, series: KnownSeries) {
        if self.last().is_some_and(|(last, known)| last == text && known.kind == series.kind) {
            return;
        }
        self.texts.push_str(text);
        self.series.push((self.texts.len(), series));
    }

    /// The last series and its text.
    pub(super) fn last(&self) -> Option<(&str, &KnownSeries)> {
        self.get(self.series.len().checked_sub(1)?)
    }

    fn get(&self, index: usize) -> Option<(&str, &KnownSeries)> {
        let (end, series) = self.series.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.series[before].0);
        Some((&self.texts[start..*end], series))
    }

    fn by_text(&self) -> HashMap<&str, usize> {
        let texts = (0..self.series.len()).filter_map(|index| Some((self.get(index)?.0, index)));
        texts.collect()
    }
}

/// Finds the series of one page again while the next one is read.
#[derive(Debug)]
pub(super) struct Lookup<'a> {
    page: &'a PageSeries,
    /// Whose turn it is.
    next: usize,
    /// Made when a series is not where it was.
    by_text: Option<HashMap<&'a str, usize>>,
}

impl<'a> Lookup<'a> {
    /// Starts at the first series of a page.
    pub(super) fn new(page: &'a PageSeries) -> Self {
        Self { page, next: 0, by_text: None }
    }

    /// The series whose turn it is, with its text, if the line goes on with it.
    pub(super) fn expected(
        &mut self,
        line: &Line<'_>,
        format: Format,
    ) -> Option<(&'a str, &'a KnownSeries)> {
        let expected =
            self.page.get(self.next).filter(|(text, _)| goes_on_with(line, text, format))?;
        self.next += 1;
        Some(expected)
    }

    /// The series with this text; those after it are expected to follow.
    pub(super) fn find(&mut self, text: &str) -> Option<&'a KnownSeries> {
        let page = self.page;
        if page.series.is_empty() {
            return None;
        }
        let by_text = self.by_text.get_or_insert_with(|| page.by_text());
        let index = *by_text.get(text)?;
        self.next = index + 1;
        page.get(index).map(|(_, series)| series)
    }
}

/// Whether a line goes on with the text of a series that was read before, and reading it
/// again would end where it ended then.
pub(super) fn goes_on_with(line: &Line<'_>, text: &str, format: Format) -> bool {
    let Some(after) = line.rest().strip_prefix(text) else {
        return false;
    };
    if text.ends_with('}') {
        return true;
    }
    match format {
        // A name and all blanks after it, which braces may still follow.
        Format::Text => text.ends_with([' ', '\t']) && !after.starts_with([' ', '\t', '{']),
        // The name alone.
        Format::OpenMetrics => after.starts_with(' '),
    }
}
