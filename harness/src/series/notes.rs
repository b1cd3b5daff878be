//! What OpenMetrics text cannot carry, so that a saved run is whole: ends of
//! series, scrape records, and counters whose name is none in OpenMetrics.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use slogate_promql::Labels;

use super::openmetrics::openmetrics_family;
use super::{FamilyKind, ScrapeFailure, ScrapeMoment, ScrapeRecord, SeriesStore};

/// Everything that stands beside `series.om`; `stale.json` is its JSON form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// Ends of series.
    pub stale: Vec<StaleNote>,
    /// Every scrape.
    pub scrapes: Vec<ScrapeNote>,
    /// Counters whose names do not end with `_total`, or whose names without it are
    /// taken: OpenMetrics has no such counters, so the text calls them unknown.
    pub counters: Vec<String>,
}

/// A series and when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaleNote {
    /// Which series.
    pub series: SeriesNote,
    /// When, milliseconds since the epoch.
    pub at_ms: i64,
}

/// A series' labels, the metric name among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesNote(pub BTreeMap<String, String>);

/// One scrape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScrapeNote {
    /// When, milliseconds since the epoch.
    pub at_ms: i64,
    /// Which target instance.
    pub instance: String,
    /// `opening`, `scheduled` or `closing`.
    pub moment: ScrapeMoment,
    /// How long it took.
    pub took_seconds: f64,
    /// Samples read; absent if it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub samples: Option<usize>,
    /// What went wrong; absent if nothing did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Its code, for `slogate explain`; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
}

impl SeriesStore {
    /// Everything about this store that OpenMetrics text cannot carry.
    pub fn notes(&self) -> Notes {
        let stale = self.stale_marks().into_iter();
        let counters = self.families().filter(|(name, kind)| {
            *kind == FamilyKind::Counter
                && openmetrics_family(self, name, *kind).1 != FamilyKind::Counter
        });
        Notes {
            stale: stale
                .map(|(labels, at_ms)| StaleNote { series: (&labels).into(), at_ms })
                .collect(),
            scrapes: self.scrapes().iter().map(ScrapeNote::from).collect(),
            counters: counters.map(|(name, _)| name.to_owned()).collect(),
        }
    }
}

impl From<&Labels> for SeriesNote {
    fn from(labels: &Labels) -> Self {
        Self(labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl From<&SeriesNote> for Labels {
    fn from(note: &SeriesNote) -> Self {
        Self::new(note.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }
}

impl From<&ScrapeRecord> for ScrapeNote {
    fn from(record: &ScrapeRecord) -> Self {
        let failure = record.outcome.as_ref().err();
        Self {
            at_ms: record.at_ms,
            instance: record.instance.clone(),
            moment: record.moment,
            took_seconds: record.took.as_secs_f64(),
            samples: record.outcome.as_ref().ok().copied(),
            error: failure.map(|failure| failure.message.clone()),
            code: failure.and_then(|failure| failure.code.clone()),
        }
    }
}

impl From<&ScrapeNote> for ScrapeRecord {
    fn from(note: &ScrapeNote) -> Self {
        let outcome = match (&note.error, note.samples) {
            (None, Some(samples)) => Ok(samples),
            (Some(error), _) => {
                Err(ScrapeFailure { code: note.code.clone(), message: error.clone() })
            }
            (None, None) => Err("the saved run does not say how the scrape ended".into()),
        };
        Self {
            at_ms: note.at_ms,
            instance: note.instance.clone(),
            moment: note.moment,
            took: Duration::try_from_secs_f64(note.took_seconds).unwrap_or_default(),
            outcome,
        }
    }
}
