//! From fetched samples to what a scraper would have left behind: series, stale marks
//! and a record of every scrape, on our clock. Pure.
//!
//! A series whose samples lie between the scrapes of its instance (a recording rule, an
//! exporter with times of its own) is read at the scrapes: the last sample before each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use slogate_promql::{Labels, METRIC_NAME, Sample};

use super::answer::RawSeries;
use super::cadence::{self, Tick, interval_ms};
use super::clock_difference::ClockDifference;
use super::instances::{WatchedInstance, instance, is_up};
use crate::exposition::FamilyKind;
use crate::scrape::codes;
use crate::series::{FamilyMetadata, ScrapeFailure, ScrapeMoment, ScrapeRecord, SeriesStore};

/// A sample of a series that is not scraped with its instance speaks for so many of the
/// series' own intervals.
const REACH_INTERVALS: f64 = 1.5;

/// What an API had about a run; times are theirs.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) series: Vec<RawSeries>,
    pub(super) families: BTreeMap<String, FamilyMetadata>,
}

/// The run that it is about; times are theirs.
#[derive(Debug)]
pub(super) struct Bounds<'a> {
    pub(super) instances: &'a [WatchedInstance],
    /// The opening sample of each instance.
    pub(super) opened: &'a BTreeMap<String, i64>,
    /// The earliest time of a closing sample.
    pub(super) ended_ms: i64,
    pub(super) difference: ClockDifference,
}

/// What should be known about it besides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Series that are native histograms.
    pub(super) native_histograms: usize,
    /// Series that lie between the scrapes and have no value at the opening one.
    pub(super) unaligned: usize,
}

/// Writes everything into the store.
pub(super) fn assemble(fetched: &Fetched, run: &Bounds<'_>, store: &mut SeriesStore) -> LeftOut {
    let mut by_instance: BTreeMap<&str, Vec<&RawSeries>> =
        run.instances.iter().map(|one| (one.name.as_str(), Vec::new())).collect();
    for series in &fetched.series {
        by_instance.entry(instance(&series.labels)).or_default().push(series);
    }
    for (name, metadata) in &fetched.families {
        store.describe(name, metadata.clone());
    }
    store.declare("up", FamilyKind::Gauge);
    let mut left_out = LeftOut::default();
    let mut records = Vec::new();
    for (name, series) in by_instance {
        let one = OneInstance::of(name, &series, run);
        records.extend(one.write(run.difference, store, &mut left_out));
    }
    records.sort_by_key(|record: &ScrapeRecord| record.at_ms);
    for record in records {
        store.record_scrape(record);
    }
    left_out
}

/// Everything about one instance.
struct OneInstance<'a> {
    name: &'a str,
    series: Vec<&'a RawSeries>,
    /// From the opening to the closing one.
    ticks: Vec<Tick>,
    /// Why there is no opening scrape, and when it would have been.
    not_opened: Option<(i64, String)>,
    /// Why there is no closing scrape, and when it would have been.
    not_closed: Option<(i64, String)>,
}

impl<'a> OneInstance<'a> {
    fn of(name: &'a str, series: &[&'a RawSeries], run: &Bounds<'_>) -> Self {
        let watched = run.instances.iter().find(|one| one.name == name);
        let mut ticks = ticks(series, watched);
        let opened = run.opened.get(name).copied();
        ticks.retain(|tick| opened.is_none_or(|opened| tick.at_ms >= opened));
        let not_opened = match opened {
            Some(at) if ticks.first().is_some_and(|tick| tick.at_ms == at) => None,
            Some(at) => Some((at, "the sample from before the load is gone".to_owned())),
            None => {
                let at = ticks.first().map_or(run.ended_ms, |tick| tick.at_ms);
                let why = "it has no sample from before the load; did it start during the run?";
                Some((at.saturating_sub(1), why.to_owned()))
            }
        };
        let closing = ticks.iter().position(|tick| tick.at_ms >= run.ended_ms);
        let not_closed = match closing {
            Some(at) => {
                ticks.truncate(at + 1);
                None
            }
            None => Some((run.ended_ms, too_early(ticks.last(), run.ended_ms))),
        };
        Self { name, series: series.to_vec(), ticks, not_opened, not_closed }
    }

    /// Writes the series, and gives the record of every scrape.
    fn write(
        &self,
        difference: ClockDifference,
        store: &mut SeriesStore,
        left_out: &mut LeftOut,
    ) -> Vec<ScrapeRecord> {
        let times: BTreeSet<i64> = self.ticks.iter().map(|tick| tick.at_ms).collect();
        let mut counts = vec![0; self.ticks.len()];
        for series in &self.series {
            let is_aligned = series.samples.iter().all(|sample| {
                times.contains(&sample.t_ms)
                    || self.ticks.first().is_none_or(|first| sample.t_ms < first.at_ms)
                    || self.ticks.last().is_none_or(|last| sample.t_ms > last.at_ms)
            });
            let values = if is_aligned { self.aligned(series) } else { self.between(series) };
            left_out.native_histograms += usize::from(series.has_histograms);
            if !is_aligned && values.first().is_none_or(Option::is_none) {
                left_out.unaligned += 1;
                continue;
            }
            for (count, value) in counts.iter_mut().zip(&values) {
                *count += usize::from(value.is_some());
            }
            self.append(&series.labels, &values, difference, store);
        }
        self.records(&counts, difference)
    }

    /// The values of a series at the scrapes that it belongs to.
    fn aligned(&self, series: &RawSeries) -> Vec<Option<f64>> {
        let by_time: BTreeMap<i64, f64> =
            series.samples.iter().map(|sample| (sample.t_ms, sample.value)).collect();
        self.ticks.iter().map(|tick| by_time.get(&tick.at_ms).copied()).collect()
    }

    /// The last value before each scrape, as long as it speaks for that time.
    fn between(&self, series: &RawSeries) -> Vec<Option<f64>> {
        let times: Vec<i64> = series.samples.iter().map(|sample| sample.t_ms).collect();
        let reach_ms = interval_ms(&times).unwrap_or(0) as f64 * REACH_INTERVALS;
        let at = |tick: &Tick| {
            let last = series.samples.iter().rfind(|sample| sample.t_ms <= tick.at_ms)?;
            ((tick.at_ms - last.t_ms) as f64 <= reach_ms).then_some(last.value)
        };
        self.ticks.iter().map(at).collect()
    }

    /// Appends what was seen, and ends the series wherever it was not.
    fn append(
        &self,
        labels: &Labels,
        values: &[Option<f64>],
        difference: ClockDifference,
        store: &mut SeriesStore,
    ) {
        let mut is_live = false;
        for (tick, value) in self.ticks.iter().zip(values) {
            let at_ms = difference.to_ours(tick.at_ms);
            let seen = value.filter(|_| tick.fault.is_none() || is_up(labels));
            match seen {
                Some(value) => drop(store.append(labels, at_ms, value)),
                None if is_live => drop(store.end(labels, at_ms)),
                None => {}
            }
            is_live = seen.is_some();
        }
    }

    fn records(&self, counts: &[usize], difference: ClockDifference) -> Vec<ScrapeRecord> {
        let last = self.ticks.len().saturating_sub(1);
        let moment = |index: usize| match index {
            0 if self.not_opened.is_none() => ScrapeMoment::Opening,
            index if index == last && self.not_closed.is_none() => ScrapeMoment::Closing,
            _ => ScrapeMoment::Scheduled,
        };
        let record = |at_ms: i64, moment, outcome| ScrapeRecord {
            at_ms: difference.to_ours(at_ms),
            instance: self.name.to_owned(),
            moment,
            took: self.took(at_ms),
            outcome,
        };
        let ticks = self.ticks.iter().zip(counts).enumerate().map(|(index, (tick, count))| {
            let fault = tick.fault.clone();
            let failure = fault.map(|why| ScrapeFailure::new(codes::THEIR_SCRAPE_FAILED, why));
            let outcome = failure.map_or(Ok(*count), Err);
            record(tick.at_ms, moment(index), outcome)
        });
        let missing =
            [(&self.not_opened, ScrapeMoment::Opening), (&self.not_closed, ScrapeMoment::Closing)];
        let missing = missing.into_iter().filter_map(|(why, moment)| {
            let (at_ms, why) = why.clone()?;
            let failure = ScrapeFailure::new(codes::NO_NEW_SAMPLE, why);
            Some(record(at_ms, moment, Err(failure)))
        });
        ticks.chain(missing).collect()
    }

    /// How long a scrape took, where Prometheus wrote that down.
    fn took(&self, at_ms: i64) -> Duration {
        let is_duration = |series: &&&RawSeries| {
            series.labels.get(METRIC_NAME) == Some("scrape_duration_seconds")
        };
        let samples = self.series.iter().find(is_duration).map(|series| series.samples.iter());
        let sample = samples.and_then(|mut samples| samples.find(|sample| sample.t_ms == at_ms));
        sample.and_then(|one| Duration::try_from_secs_f64(one.value).ok()).unwrap_or_default()
    }
}

fn too_early(last: Option<&Tick>, ended_ms: i64) -> String {
    match last {
        Some(last) => {
            let short_s = (ended_ms - last.at_ms) as f64 / 1000.0;
            format!("its last sample is {short_s:.1} s before the end of the load")
        }
        None => "it has no sample of the run".to_owned(),
    }
}

/// The scrapes of an instance: by the series that was chosen to tell them, or else by
/// `up` or its longest series.
fn ticks(series: &[&RawSeries], watched: Option<&WatchedInstance>) -> Vec<Tick> {
    let chosen = watched.and_then(|one| series.iter().find(|series| series.labels == one.ticks));
    let up = || series.iter().find(|series| is_up(&series.labels));
    let longest = || series.iter().max_by_key(|series| series.samples.len());
    let Some(teller) = chosen.or_else(up).or_else(longest) else { return Vec::new() };
    let times: Vec<i64> = teller.samples.iter().map(|sample: &Sample| sample.t_ms).collect();
    let interval_ms =
        watched.map(|one| one.interval_ms).or_else(|| interval_ms(&times)).unwrap_or_default();
    if is_up(&teller.labels) {
        cadence::of_up(&teller.samples, interval_ms)
    } else {
        cadence::of_samples(&teller.samples, interval_ms)
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::is_stale;

    use super::*;

    const DIFFERENCE: ClockDifference = ClockDifference { ahead_ms: 500, uncertainty_ms: 3 };

    fn labels(name: &str, instance: &str) -> Labels {
        Labels::new([(METRIC_NAME, name), ("instance", instance)])
    }

    fn series(labels: &Labels, values: &[(i64, f64)]) -> RawSeries {
        let samples =
            values.iter().map(|(t_ms, value)| Sample { t_ms: *t_ms, value: *value }).collect();
        RawSeries { labels: labels.clone(), samples, has_histograms: false }
    }

    /// `up` of instance `1`, scraped every second from 10 s on, but for these seconds.
    fn up(until_s: i64, failed: &[i64], missing: &[i64]) -> RawSeries {
        let seconds = (10..=until_s).filter(|second| !missing.contains(second));
        let value = |second: i64| if failed.contains(&second) { 0.0 } else { 1.0 };
        let values: Vec<(i64, f64)> =
            seconds.map(|second| (second * 1000, value(second))).collect();
        series(&labels("up", "1"), &values)
    }

    /// A run from the sample at 12 s until 16.5 s.
    fn assembled(series: Vec<RawSeries>) -> (SeriesStore, LeftOut) {
        let ticks = labels("up", "1");
        let instances = [WatchedInstance { name: "1".to_owned(), interval_ms: 1000, ticks }];
        let opened = BTreeMap::from([("1".to_owned(), 12_000)]);
        let run = Bounds {
            instances: &instances,
            opened: &opened,
            ended_ms: 16_500,
            difference: DIFFERENCE,
        };
        let mut store = SeriesStore::default();
        let fetched = Fetched { series, families: BTreeMap::new() };
        let left_out = assemble(&fetched, &run, &mut store);
        (store, left_out)
    }

    fn scrapes(store: &SeriesStore) -> Vec<(i64, ScrapeMoment, bool)> {
        let shown = |one: &ScrapeRecord| (one.at_ms, one.moment, one.outcome.is_ok());
        store.scrapes().iter().map(shown).collect()
    }

    fn error_at(store: &SeriesStore, moment: ScrapeMoment, instance: &str) -> String {
        let of = |one: &&ScrapeRecord| one.moment == moment && one.instance == instance;
        let failure = store.scrapes().iter().find(of).unwrap().outcome.clone().unwrap_err();
        assert_eq!(failure.code.as_deref(), Some(codes::NO_NEW_SAMPLE.name()));
        failure.message
    }

    #[test]
    fn scrapes_lie_between_the_opening_and_the_closing_sample_on_our_clock() {
        use ScrapeMoment::{Closing, Opening, Scheduled};
        let (store, _) = assembled(vec![up(20, &[], &[])]);
        let expected = [
            (11_500, Opening, true),
            (12_500, Scheduled, true),
            (13_500, Scheduled, true),
            (14_500, Scheduled, true),
            (15_500, Scheduled, true),
            (16_500, Closing, true),
        ];
        assert_eq!(scrapes(&store), expected);
        assert_eq!(store.samples(&labels("up", "1")).len(), 6);
    }

    #[test]
    fn failed_and_missing_scrapes_end_every_series() {
        let depth = labels("depth", "1");
        let values: Vec<(i64, f64)> = [12, 13, 16, 17].map(|second| (second * 1000, 5.0)).into();
        let (store, _) = assembled(vec![up(20, &[14], &[15]), series(&depth, &values)]);
        let good: Vec<bool> = scrapes(&store).into_iter().map(|(.., good)| good).collect();
        assert_eq!(good, [true, true, false, false, true, true]);
        let ended: Vec<bool> =
            store.samples(&depth).iter().map(|sample| is_stale(sample.value)).collect();
        assert_eq!(ended, [false, false, true, false, false]);
    }

    #[test]
    fn a_series_that_is_gone_has_ended_at_the_first_scrape_without_it() {
        let depth = labels("depth", "1");
        let (store, _) =
            assembled(vec![up(20, &[], &[]), series(&depth, &[(12_000, 1.0), (13_000, 2.0)])]);
        assert_eq!(store.stale_marks(), [(depth, 13_500)]);
    }

    #[test]
    fn without_a_sample_after_the_load_there_is_no_closing_scrape() {
        let (store, _) = assembled(vec![up(14, &[], &[])]);
        let reason = error_at(&store, ScrapeMoment::Closing, "1");
        assert_eq!(reason, "its last sample is 2.5 s before the end of the load");
        let (store, _) = assembled(Vec::new());
        assert_eq!(error_at(&store, ScrapeMoment::Closing, "1"), "it has no sample of the run");
    }

    #[test]
    fn an_instance_that_started_during_the_run_has_no_opening_scrape() {
        let other = series(&labels("a", "2"), &[(15_000, 1.0), (16_000, 1.0), (17_000, 1.0)]);
        let (store, _) = assembled(vec![up(20, &[], &[]), other]);
        let reason = error_at(&store, ScrapeMoment::Opening, "2");
        assert!(reason.contains("did it start during the run"), "{reason}");
    }

    #[test]
    fn what_lies_between_the_scrapes_is_read_at_them() {
        let recorded = labels("job:rate", "1");
        let values = [(9_700, 1.0), (11_700, 2.0), (13_700, 3.0), (15_700, 4.0)];
        let (store, left_out) = assembled(vec![up(20, &[], &[]), series(&recorded, &values)]);
        let seen: Vec<f64> = store.samples(&recorded).iter().map(|sample| sample.value).collect();
        assert_eq!(seen, [2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
        assert_eq!(left_out, LeftOut::default());
    }

    #[test]
    fn what_lies_between_the_scrapes_and_was_not_there_before_is_left_out() {
        let recorded = labels("job:rate", "1");
        let values = [(13_700, 3.0), (15_700, 4.0)];
        let (store, left_out) = assembled(vec![up(20, &[], &[]), series(&recorded, &values)]);
        assert!(store.samples(&recorded).is_empty(), "it would count from 0");
        assert_eq!(left_out.unaligned, 1);
    }
}
