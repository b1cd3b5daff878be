//! Recorded samples on the grid of a unit test.
//!
//! Each sample moves to the end of the interval that it was made in, less than one interval
//! later, and of several in one interval the last stays. Where there is none, the test has
//! none: nothing is repeated or interpolated, so that functions of ranges see as many samples
//! as there were.

use slogate_promql::{Datum, Labels, Sample, SeriesRef, format_duration_ms, is_stale};

use super::RuleTestError;
use super::needed::Needed;
use crate::series::{ScrapeRecord, SeriesStore};

/// How far back an instant selector looks, milliseconds: Prometheus' default.
const LOOKBACK_MS: i64 = 300_000;
/// More intervals than this are refused: a file of a hundred thousand values a series is
/// nothing to read, or to wait for.
const MOST_INTERVALS: i64 = 100_000;

/// Where the samples of a unit test are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The instant of the run that is 0 in the test, milliseconds since the epoch.
    pub start_ms: i64,
    /// Between two samples, and between two evaluations of the rules.
    pub interval_ms: i64,
    /// How many intervals there are after the start.
    pub intervals: i64,
}

/// Series on a grid.
pub(super) struct Sampled {
    pub(super) series: Vec<(Labels, Vec<Option<Datum>>)>,
    pub(super) kept: usize,
    pub(super) left_out: usize,
}

impl Grid {
    /// From the first to the last sample that is needed.
    pub(super) fn over(
        store: &SeriesStore,
        needed: &Needed<'_>,
        interval_ms: Option<i64>,
    ) -> Result<Self, RuleTestError> {
        let times = || needed.series.iter().flat_map(|one| one.samples).map(|one| one.t_ms);
        let (start_ms, end_ms) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let length_ms = end_ms - start_ms;
        let interval_ms = interval_ms
            .unwrap_or_else(|| apart(scrape_interval_ms(store.scrapes()), needed, length_ms));
        let intervals = (length_ms + interval_ms - 1) / interval_ms;
        if intervals > MOST_INTERVALS {
            return Err(RuleTestError::TooLong { interval_ms, length_ms });
        }
        Ok(Self { start_ms, interval_ms, intervals })
    }

    /// The last instant, milliseconds after the start.
    pub(super) fn last_ms(self) -> i64 {
        self.intervals * self.interval_ms
    }

    /// The series as they are written.
    pub(super) fn sample(self, series: &[SeriesRef<'_>]) -> Sampled {
        let mut sampled = Sampled { series: Vec::new(), kept: 0, left_out: 0 };
        for one in series {
            let values = self.values(one.samples);
            let live = |value: &f64| !is_stale(*value);
            let kept = values.iter().flatten().filter(|value| live(value)).count();
            let had = one.samples.iter().filter(|sample| live(&sample.value)).count();
            sampled.kept += kept;
            sampled.left_out += had - kept;
            let data = values.into_iter().map(|value| value.map(Datum::Number));
            sampled.series.push((one.labels.clone(), data.collect()));
        }
        sampled
    }

    /// One value for each instant up to the series' last one.
    fn values(self, samples: &[Sample]) -> Vec<Option<f64>> {
        let mut values = Vec::new();
        for sample in samples {
            let after_ms = sample.t_ms - self.start_ms;
            let at = usize::try_from((after_ms + self.interval_ms - 1) / self.interval_ms);
            let at = at.unwrap_or_default();
            if values.len() <= at {
                values.resize(at + 1, None);
            }
            values[at] = Some(sample.value);
        }
        values
    }

    /// What the grid makes of the rules' ranges, in sentences.
    pub(super) fn notes(self, needed: &Needed<'_>) -> Vec<String> {
        let touched = boundaries(needed, self.last_ms()).into_iter();
        let touched: Vec<String> = touched
            .filter(|boundary| boundary % self.interval_ms == 0)
            .map(format_duration_ms)
            .collect();
        let mut notes = Vec::new();
        if !touched.is_empty() {
            notes.push(format!(
                "samples lie at the very start of the ranges of {}, where Prometheus 3 leaves them \
                 out and 2 does not; another `--interval` keeps them apart",
                touched.join(", ")
            ));
        }
        if needed.selectors.iter().any(|one| one.subquery_points.is_some()) {
            notes.push(
                "the rules have subqueries, whose instants Prometheus 3 and 2 place differently"
                    .to_owned(),
            );
        }
        notes
    }
}

/// How far back rules look, as far as that lies within the test: where a sample lies at the
/// very start of a range, generations of Prometheus differ.
fn boundaries(needed: &Needed<'_>, length_ms: i64) -> Vec<i64> {
    let ranges =
        needed.selectors.iter().map(|one| one.range_ms.unwrap_or(LOOKBACK_MS) + one.offset_ms);
    let mut found: Vec<i64> = ranges.filter(|range| (1..=length_ms).contains(range)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The interval next to `wanted` of which no range is a multiple.
fn apart(wanted_ms: i64, needed: &Needed<'_>, length_ms: i64) -> i64 {
    let boundaries = boundaries(needed, length_ms);
    let is_apart = |interval: &i64| boundaries.iter().all(|range| range % interval != 0);
    let nearest = (0..wanted_ms).flat_map(|by| [wanted_ms - by, wanted_ms + by]);
    nearest.filter(|interval| *interval > 0).find(is_apart).unwrap_or(wanted_ms)
}

/// The time between two scrapes of one instance: the middle one of all, to 10 ms, for scrapes
/// are never closer.
fn scrape_interval_ms(scrapes: &[ScrapeRecord]) -> i64 {
    const LEAST_MS: i64 = 10;
    let mut gaps = Vec::new();
    for (at, scrape) in scrapes.iter().enumerate() {
        let next = scrapes[at + 1..].iter().find(|next| next.instance == scrape.instance);
        gaps.extend(next.map(|next| next.at_ms - scrape.at_ms));
    }
    gaps.sort_unstable();
    let middle = gaps.get(gaps.len() / 2).copied().unwrap_or(1_000);
    ((middle + LEAST_MS / 2) / LEAST_MS * LEAST_MS).max(LEAST_MS)
}

#[cfg(test)]
mod tests {
    use slogate_promql::stale_marker;

    use super::*;

    fn values(samples: &[(i64, f64)]) -> Vec<Option<f64>> {
        let grid = Grid { start_ms: 1_000, interval_ms: 100, intervals: 10 };
        let samples: Vec<Sample> =
            samples.iter().map(|(t_ms, value)| Sample { t_ms: *t_ms, value: *value }).collect();
        grid.values(&samples)
    }

    #[test]
    fn a_sample_moves_to_the_end_of_its_interval() {
        assert_eq!(values(&[(1_000, 1.0), (1_001, 2.0)]), [Some(1.0), Some(2.0)]);
        assert_eq!(values(&[(1_100, 1.0)]), [None, Some(1.0)]);
        assert_eq!(values(&[(1_101, 1.0), (1_350, 2.0)]), [None, None, Some(1.0), None, Some(2.0)]);
        // Of several the last stays, and the end of a series is one of them.
        assert_eq!(values(&[(1_010, 1.0), (1_020, 2.0)]), [None, Some(2.0)]);
        let ended = values(&[(1_010, 1.0), (1_090, stale_marker())]);
        assert!(ended[1].is_some_and(is_stale));
    }
}
