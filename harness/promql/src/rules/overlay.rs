//! Where rules read series and write their own.

use crate::{Datum, Labels, MemorySeries, SeriesRef, SeriesSource};

/// Series that rules read, and to which they add.
pub trait RuleStore: SeriesSource {
    /// Appends what a rule made at a time, milliseconds; `false` if that is not
    /// newer than the series' last sample.
    fn append(&mut self, labels: &Labels, t_ms: i64, datum: &Datum) -> bool;
}

impl RuleStore for MemorySeries {
    fn append(&mut self, labels: &Labels, t_ms: i64, datum: &Datum) -> bool {
        self.append_datum(labels, t_ms, datum)
    }
}

/// Series that stay as they are, such as a recorded run, with the rules' own
/// series on top. Where both have a series, the rules' own is seen.
pub struct Overlay<'b> {
    base: &'b dyn SeriesSource,
    added: MemorySeries,
}

impl<'b> Overlay<'b> {
    /// Nothing is added yet.
    pub fn new(base: &'b dyn SeriesSource) -> Self {
        Self { base, added: MemorySeries::default() }
    }

    /// What rules have added.
    pub fn added(&self) -> &MemorySeries {
        &self.added
    }
}

impl SeriesSource for Overlay<'_> {
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a> {
        let own = |series: &SeriesRef<'a>| !self.added.contains(series.labels);
        Box::new(self.base.series(name).filter(own).chain(self.added.series(name)))
    }
}

impl RuleStore for Overlay<'_> {
    fn append(&mut self, labels: &Labels, t_ms: i64, datum: &Datum) -> bool {
        self.added.append_datum(labels, t_ms, datum)
    }
}
