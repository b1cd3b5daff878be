//! What one exposition becomes in the store: labels of the target added, types
//! compared with before, series that vanished ended. All of it or nothing: the
//! whole exposition is checked before the first sample is written.

use std::collections::{BTreeMap, HashMap, HashSet};

use slogate_promql::{Labels, Sample, is_stale};

use super::ScrapeConfig;
use super::error::ScrapeError;
use crate::exposition::{Exposition, Family, FamilyKind, Format};
use crate::series::{FamilyMetadata, SCRAPE_SERIES, SeriesStore};

/// What is known of one instance between two scrapes.
#[derive(Debug, Default)]
pub(super) struct Instance {
    /// Series of the last scrape that end when they vanish.
    live: HashSet<Labels>,
    /// What each family was, by its name in the store.
    kinds: BTreeMap<String, FamilyKind>,
    /// Labels as exposed, and as stored: made once for each series.
    stored_labels: HashMap<Labels, Labels>,
}

/// One scrape, ready to be written.
#[derive(Debug)]
pub(super) struct Batch {
    families: Vec<(String, FamilyMetadata)>,
    samples: Vec<(Labels, Sample)>,
    /// Series that are ended when they vanish: those without times of their own.
    live: HashSet<Labels>,
}

impl Instance {
    /// Checks an exposition against what was before.
    pub(super) fn batch(
        &mut self,
        exposition: Exposition,
        format: Format,
        at_ms: i64,
        config: &ScrapeConfig,
        store: &SeriesStore,
    ) -> Result<Batch, ScrapeError> {
        let families: Vec<_> =
            exposition.families.into_iter().map(|family| stored_family(family, format)).collect();
        self.check_kinds(&families)?;
        let mut batch = Batch { families, samples: Vec::new(), live: HashSet::new() };
        let mut seen: HashMap<(Labels, i64), f64> = HashMap::new();
        for parsed in exposition.samples {
            let labels = self.stored_labels(&parsed.labels, config)?;
            let own_time = parsed.timestamp_ms.filter(|_| config.honor_timestamps);
            let sample = Sample { t_ms: own_time.unwrap_or(at_ms), value: parsed.value };
            if is_repeated(&mut seen, &labels, sample)? || is_known(store, &labels, sample)? {
                continue;
            }
            if own_time.is_none() {
                batch.live.insert(labels.clone());
            }
            batch.samples.push((labels, sample));
        }
        // A series may have more than one sample only with times of their own.
        batch.samples.sort_by_key(|(_, sample)| sample.t_ms);
        Ok(batch)
    }

    /// Writes a batch, and ends what is not in it any more.
    pub(super) fn write(&mut self, batch: Batch, at_ms: i64, store: &mut SeriesStore) {
        for (name, metadata) in batch.families {
            self.kinds.insert(name.clone(), metadata.kind);
            store.describe(&name, metadata);
        }
        for (labels, sample) in batch.samples {
            store.append(&labels, sample.t_ms, sample.value);
        }
        for vanished in self.live.difference(&batch.live) {
            store.end(vanished, at_ms);
        }
        self.live = batch.live;
    }

    /// Ends every series: the instance did not answer.
    pub(super) fn end_all(&mut self, at_ms: i64, store: &mut SeriesStore) {
        for labels in self.live.drain() {
            store.end(&labels, at_ms);
        }
    }

    fn check_kinds(&self, families: &[(String, FamilyMetadata)]) -> Result<(), ScrapeError> {
        let changed = families.iter().find_map(|(name, metadata)| {
            let before = *self.kinds.get(name)?;
            (before != metadata.kind).then(|| ScrapeError::TypeChanged {
                family: name.clone(),
                before: before.as_str(),
                after: metadata.kind.as_str(),
            })
        });
        changed.map_or(Ok(()), Err)
    }

    fn stored_labels(
        &mut self,
        exposed: &Labels,
        config: &ScrapeConfig,
    ) -> Result<Labels, ScrapeError> {
        if let Some(known) = self.stored_labels.get(exposed) {
            return Ok(known.clone());
        }
        let stored = with_target_labels(exposed, &config.instance, &config.job);
        let is_report = SCRAPE_SERIES
            .iter()
            .any(|name| stored == report_labels(name, &config.instance, &config.job));
        if is_report {
            return Err(ScrapeError::Reserved(exposed.to_string()));
        }
        self.stored_labels.insert(exposed.clone(), stored.clone());
        Ok(stored)
    }
}

/// The labels of a series about the scrape itself.
pub(super) fn report_labels(name: &str, instance: &str, job: &str) -> Labels {
    Labels::new([(slogate_promql::METRIC_NAME, name), ("instance", instance), ("job", job)])
}

/// Adds `instance` and `job`. A label of that name in the exposition becomes
/// `exported_…`, as Prometheus does without `honor_labels`
/// (`scrape/scrape.go`, `resolveConflictingExposedLabels`).
fn with_target_labels(exposed: &Labels, instance: &str, job: &str) -> Labels {
    let mut pairs: Vec<(String, &str)> = Vec::with_capacity(exposed.len() + 2);
    for (name, value) in exposed.iter() {
        let mut stored_name = name.to_owned();
        if matches!(name, "instance" | "job") {
            while stored_name == name || exposed.get(&stored_name).is_some() {
                stored_name.insert_str(0, "exported_");
            }
        }
        pairs.push((stored_name, value));
    }
    pairs.push(("instance".to_owned(), instance));
    pairs.push(("job".to_owned(), job));
    Labels::new(pairs)
}

/// OpenMetrics names a counter's family without `_total`; the store, like the text
/// format, with it.
fn stored_family(family: Family, format: Format) -> (String, FamilyMetadata) {
    let Family { mut name, kind, help, unit } = family;
    if format == Format::OpenMetrics && kind == FamilyKind::Counter && !name.ends_with("_total") {
        name.push_str("_total");
    }
    (name, FamilyMetadata { kind, help, unit })
}

/// Whether this exposition has the same sample already; with another value it is
/// an error.
fn is_repeated(
    seen: &mut HashMap<(Labels, i64), f64>,
    labels: &Labels,
    sample: Sample,
) -> Result<bool, ScrapeError> {
    match seen.insert((labels.clone(), sample.t_ms), sample.value) {
        None => Ok(false),
        Some(first) if same_value(first, sample.value) => Ok(true),
        Some(first) => {
            Err(ScrapeError::Ambiguous { series: labels.to_string(), first, second: sample.value })
        }
    }
}

/// Whether the store has the same sample already, which a sample with a time of its
/// own may be; any other that is not newer is an error.
fn is_known(store: &SeriesStore, labels: &Labels, sample: Sample) -> Result<bool, ScrapeError> {
    let Some(last) = store.samples(labels).last().filter(|last| last.t_ms >= sample.t_ms) else {
        return Ok(false);
    };
    if last.t_ms == sample.t_ms && same_value(last.value, sample.value) {
        return Ok(true);
    }
    if last.t_ms == sample.t_ms && !is_stale(last.value) {
        return Err(ScrapeError::Ambiguous {
            series: labels.to_string(),
            first: last.value,
            second: sample.value,
        });
    }
    Err(ScrapeError::OutOfOrder { series: labels.to_string(), at_ms: sample.t_ms })
}

fn same_value(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}
