//! Fetches all samples of a stretch of time, in pieces that an answer can hold.

use std::collections::{BTreeMap, BTreeSet};

use slogate_promql::Labels;

use super::WatchedApi;
use super::answer::RawSeries;
use super::error::ApiError;
use super::instances::up_selector;
use super::kinds::families;
use crate::series::FamilyMetadata;

/// Samples that one answer should hold: about ten megabytes of JSON.
const SAMPLES_AT_ONCE: u64 = 300_000;
/// The longest stretch that is asked for at once, milliseconds.
const LONGEST_STRETCH_MS: i64 = 3_600_000;

impl WatchedApi {
    /// Every sample of the matcher, and of the series that tell the scrapes, within two
    /// times of their clock, both included.
    pub(super) async fn fetch(&self, within: (i64, i64)) -> Result<Vec<RawSeries>, ApiError> {
        let mut selectors = vec![self.config.matcher.clone()];
        // `up` is part of what most matchers select; where it is not, it is wanted too.
        let selects_up = |labels: &Labels| self.config.selector.matches(labels);
        if !self.instances.iter().all(|one| selects_up(&one.ticks)) {
            selectors.push(up_selector(&self.config.selector));
        }
        let mut all: BTreeMap<Labels, RawSeries> = BTreeMap::new();
        let mut samples = 0;
        for piece in pieces(within, self.stretch_ms()) {
            for selector in &selectors {
                for series in self.client.samples(selector, piece).await? {
                    samples += series.samples.len();
                    if samples > self.config.sample_limit {
                        return Err(ApiError::TooManySamples(self.config.sample_limit));
                    }
                    add(&mut all, series);
                }
            }
        }
        Ok(all.into_values().collect())
    }

    /// What the API knows about these series; an API without metadata knows nothing.
    pub(super) async fn families(&self, series: &[RawSeries]) -> BTreeMap<String, FamilyMetadata> {
        match self.client.metadata().await {
            Ok(metadata) => families(&metadata, series.iter().map(|one| &one.labels)),
            Err(error) => {
                tracing::warn!(%error, "no metadata: what is a counter and what a gauge is not known");
                BTreeMap::new()
            }
        }
    }

    fn stretch_ms(&self) -> i64 {
        let scrapes = (SAMPLES_AT_ONCE / self.series.max(1) as u64).max(1);
        let shortest_ms =
            self.instances.iter().map(|one| one.interval_ms).min().unwrap_or(1).max(1);
        i64::try_from(scrapes)
            .unwrap_or(i64::MAX)
            .saturating_mul(shortest_ms)
            .min(LONGEST_STRETCH_MS)
    }
}

/// Neighbouring stretches, both ends included, none longer than `longest_ms`.
fn pieces((from_ms, until_ms): (i64, i64), longest_ms: i64) -> Vec<(i64, i64)> {
    let mut pieces = Vec::new();
    let mut at_ms = from_ms;
    while at_ms <= until_ms {
        let end_ms = until_ms.min(at_ms + longest_ms.max(1) - 1);
        pieces.push((at_ms, end_ms));
        at_ms = end_ms + 1;
    }
    pieces
}

fn add(all: &mut BTreeMap<Labels, RawSeries>, series: RawSeries) {
    match all.get_mut(&series.labels) {
        Some(known) => {
            let seen: BTreeSet<i64> = known.samples.iter().map(|sample| sample.t_ms).collect();
            known.has_histograms |= series.has_histograms;
            known.samples.extend(series.samples.iter().filter(|one| !seen.contains(&one.t_ms)));
        }
        None => drop(all.insert(series.labels.clone(), series)),
    }
}

/// Whether two answers hold the same samples.
pub(super) fn is_same(one: &[RawSeries], other: &[RawSeries]) -> bool {
    let bits = |series: &RawSeries| -> Vec<(i64, u64)> {
        series.samples.iter().map(|sample| (sample.t_ms, sample.value.to_bits())).collect()
    };
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.labels == other.labels && bits(one) == bits(other))
}

#[cfg(test)]
mod tests {
    use slogate_promql::{METRIC_NAME, Sample};

    use super::*;

    fn series(name: &str, values: &[(i64, f64)]) -> RawSeries {
        let samples =
            values.iter().map(|(t_ms, value)| Sample { t_ms: *t_ms, value: *value }).collect();
        let labels = Labels::new([(METRIC_NAME, name)]);
        RawSeries { labels, samples, has_histograms: false }
    }

    #[test]
    fn pieces_cover_everything_once() {
        assert_eq!(pieces((0, 9), 4), [(0, 3), (4, 7), (8, 9)]);
        assert_eq!(pieces((5, 5), 1), [(5, 5)]);
        assert_eq!(pieces((0, 2), 0), [(0, 0), (1, 1), (2, 2)]);
        assert!(pieces((6, 5), 4).is_empty());
    }

    #[test]
    fn a_sample_that_comes_twice_is_one() {
        let mut all = BTreeMap::new();
        add(&mut all, series("a", &[(1, 1.0), (2, 2.0)]));
        add(&mut all, series("a", &[(2, 2.0), (3, 3.0)]));
        assert_eq!(all.into_values().next().unwrap().samples.len(), 3);
    }

    #[test]
    fn one_sample_more_is_not_the_same() {
        let before = [series("a", &[(1, f64::NAN)])];
        assert!(is_same(&before, &[series("a", &[(1, f64::NAN)])]));
        assert!(!is_same(&before, &[series("a", &[(1, f64::NAN), (2, 1.0)])]));
        assert!(!is_same(&before, &[series("b", &[(1, f64::NAN)])]));
        assert!(!is_same(&before, &[]));
    }
}
