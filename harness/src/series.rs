//! What was observed over time: the target's own series as scraped, the client's
//! own series, and the record of every scrape.

use std::collections::BTreeMap;
use std::time::Duration;

pub use crate::exposition::FamilyKind;

use slogate_promql::{Labels, MemorySeries, Sample, SeriesRef, SeriesSource, stale_marker};

/// All series of one scenario run.
#[derive(Clone, Debug, Default)]
pub struct SeriesStore {
    series: MemorySeries,
    families: BTreeMap<String, FamilyKind>,
    scrapes: Vec<ScrapeRecord>,
}

/// Why a scrape was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrapeMoment {
    /// Before the first measured arrival.
    Opening,
    /// On the schedule.
    Scheduled,
    /// After the last measured response.
    Closing,
}

/// One scrape, whether it succeeded or not.
#[derive(Clone, Debug)]
pub struct ScrapeRecord {
    /// When it was made, milliseconds since the epoch; also its samples' time.
    pub at_ms: i64,
    /// Which target instance.
    pub instance: String,
    /// Why it was made.
    pub moment: ScrapeMoment,
    /// How long it took.
    pub took: Duration,
    /// Samples read, or what went wrong.
    pub outcome: Result<usize, String>,
}

impl SeriesStore {
    /// Appends one sample; `false` if it is not newer than the series' last one.
    pub fn append(&mut self, labels: &Labels, at_ms: i64, value: f64) -> bool {
        self.series.append(labels, Sample { t_ms: at_ms, value })
    }

    /// Ends a series at a time: later evaluations do not see it any more.
    pub fn end(&mut self, labels: &Labels, at_ms: i64) -> bool {
        self.append(labels, at_ms, stale_marker())
    }

    /// Notes what a family was declared to be.
    pub fn declare(&mut self, family: &str, kind: FamilyKind) {
        self.families.insert(family.to_owned(), kind);
    }

    /// What a family was declared to be, if any exposition said so.
    pub fn kind(&self, family: &str) -> Option<FamilyKind> {
        self.families.get(family).copied()
    }

    /// All declared families.
    pub fn families(&self) -> impl Iterator<Item = (&str, FamilyKind)> {
        self.families.iter().map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Notes a scrape.
    pub fn record_scrape(&mut self, record: ScrapeRecord) {
        self.scrapes.push(record);
    }

    /// Every scrape, in the order of their ends.
    pub fn scrapes(&self) -> &[ScrapeRecord] {
        &self.scrapes
    }

    /// All series, sorted by name and labels.
    pub fn iter(&self) -> impl Iterator<Item = SeriesRef<'_>> {
        self.series.iter()
    }

    /// The samples of one series, empty if it is not there.
    pub fn samples(&self, labels: &Labels) -> &[Sample] {
        self.series.samples(labels)
    }
}

impl SeriesSource for SeriesStore {
    fn series<'a>(&'a self, name: Option<&str>) -> Box<dyn Iterator<Item = SeriesRef<'a>> + 'a> {
        self.series.series(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_ended_has_a_stale_marker() {
        let labels = Labels::new([("__name__", "up")]);
        let mut store = SeriesStore::default();
        store.append(&labels, 1, 1.0);
        store.end(&labels, 2);
        assert!(store.samples(&labels).last().is_some_and(|s| slogate_promql::is_stale(s.value)));
    }
}
