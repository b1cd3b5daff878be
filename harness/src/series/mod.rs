//! What was observed over time: the target's own series as scraped, the client's
//! own series, and the record of every scrape.
//!
//! `load` and `scrape` meet here and nowhere else. The store judges nothing; what
//! it can say about a target that restarted is in [`instance_changes`].

mod notes;
mod openmetrics;
mod restarts;

pub use notes::{Notes, ScrapeNote, SeriesNote, StaleNote};
pub use openmetrics::{SeriesReadError, read_openmetrics, write_openmetrics};
pub use restarts::{ChangeKind, InstanceChange, instance_changes};

pub use crate::exposition::FamilyKind;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use slogate_promql::{
    Labels, MemorySeries, Sample, SeriesRef, SeriesSource, is_stale, stale_marker,
};

use crate::code::Code;

/// Series that every scrape leaves, besides those of the page; the last one only where a
/// limit was asked for. They are Prometheus' own.
pub const SCRAPE_SERIES: [&str; 4] =
    ["up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_sample_limit"];

/// Labels that every scrape adds to what it reads.
pub const SCRAPE_LABELS: [&str; 2] = ["instance", "job"];

/// When a process started, in seconds since the epoch; Prometheus' own client libraries
/// all expose it.
pub const START_TIME: &str = "process_start_time_seconds";

/// All series of one scenario run.
#[derive(Clone, Debug, Default)]
pub struct SeriesStore {
    series: MemorySeries,
    families: BTreeMap<String, FamilyMetadata>,
    scrapes: Vec<ScrapeRecord>,
}

/// What is known about a metric family, under the name that the text format gives
/// it (a counter's ends with `_total`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyMetadata {
    /// What it was declared to be.
    pub kind: FamilyKind,
    /// One sentence for people, or nothing.
    pub help: String,
    /// Its unit, or nothing.
    pub unit: String,
}

/// Why a scrape was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScrapeMoment {
    /// Before anything is sent, to see that the metrics are there.
    Readiness,
    /// No scrape: the process started here, and its counters with it, at 0.
    #[serde(rename = "process-start")]
    ProcessStart,
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
    pub outcome: Result<usize, ScrapeFailure>,
}

/// Why a scrape failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeFailure {
    /// What it is called, for `slogate explain`: by name, so that a saved run of another
    /// version can be read; `None` where it has no name.
    pub code: Option<String>,
    /// In words, without secrets.
    pub message: String,
}

impl ScrapeFailure {
    /// A failure that has a code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code: Some(code.name().to_owned()), message: message.into() }
    }
}

/// One without a code.
impl From<&str> for ScrapeFailure {
    fn from(message: &str) -> Self {
        Self { code: None, message: message.to_owned() }
    }
}

impl fmt::Display for ScrapeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
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

    /// Notes what a family was declared to be; what else is known of it stays.
    pub fn declare(&mut self, family: &str, kind: FamilyKind) {
        if let Some(known) = self.families.get_mut(family) {
            known.kind = kind;
            return;
        }
        let metadata = FamilyMetadata { kind, help: String::new(), unit: String::new() };
        self.families.insert(family.to_owned(), metadata);
    }

    /// Notes everything about a family.
    pub fn describe(&mut self, family: &str, metadata: FamilyMetadata) {
        self.families.insert(family.to_owned(), metadata);
    }

    /// What a family was declared to be, if any exposition said so.
    pub fn kind(&self, family: &str) -> Option<FamilyKind> {
        self.families.get(family).map(|metadata| metadata.kind)
    }

    /// Everything known about a family.
    pub fn metadata(&self, family: &str) -> Option<&FamilyMetadata> {
        self.families.get(family)
    }

    /// The family that a series belongs to: `h` for `h_bucket` of a histogram `h`.
    pub fn family_of(&self, metric_name: &str) -> Option<(&str, &FamilyMetadata)> {
        let exact = self.families.get_key_value(metric_name);
        let family = exact.or_else(|| {
            let (base, suffix) = metric_name.split_at(metric_name.rfind('_')?);
            let family = self.families.get_key_value(base)?;
            family.1.kind.suffixes().contains(&suffix).then_some(family)
        });
        family.map(|(name, metadata)| (name.as_str(), metadata))
    }

    /// All declared families.
    pub fn families(&self) -> impl Iterator<Item = (&str, FamilyKind)> {
        self.families.iter().map(|(name, metadata)| (name.as_str(), metadata.kind))
    }

    /// Notes a scrape.
    pub fn record_scrape(&mut self, record: ScrapeRecord) {
        self.scrapes.push(record);
    }

    /// Every scrape, in the order of their ends.
    pub fn scrapes(&self) -> &[ScrapeRecord] {
        &self.scrapes
    }

    /// Every instance that was scraped, in the order of their names.
    pub fn instances(&self) -> impl Iterator<Item = &str> {
        let scraped = self.scrapes.iter().map(|scrape| scrape.instance.as_str());
        scraped.collect::<BTreeSet<_>>().into_iter()
    }

    /// Every end of a series: its labels and when it ended. Text formats cannot
    /// carry these.
    pub fn stale_marks(&self) -> Vec<(Labels, i64)> {
        let ends = |series: SeriesRef<'_>| {
            let stale = series.samples.iter().filter(|sample| is_stale(sample.value));
            stale.map(|sample| (series.labels.clone(), sample.t_ms)).collect::<Vec<_>>()
        };
        self.iter().flat_map(ends).collect()
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
    fn a_series_belongs_to_the_family_that_declares_it() {
        let mut store = SeriesStore::default();
        store.declare("h", FamilyKind::Histogram);
        store.declare("c_total", FamilyKind::Counter);
        let family = |name| store.family_of(name).map(|(family, _)| family);
        assert_eq!(family("h_bucket"), Some("h"));
        assert_eq!(family("h_info"), None);
        assert_eq!(family("c_total"), Some("c_total"));
    }

    #[test]
    fn a_series_that_ended_has_a_stale_marker() {
        let labels = Labels::new([("__name__", "up")]);
        let mut store = SeriesStore::default();
        store.append(&labels, 1, 1.0);
        store.end(&labels, 2);
        assert!(store.samples(&labels).last().is_some_and(|s| is_stale(s.value)));
        assert_eq!(store.stale_marks(), [(labels, 2)]);
    }
}
