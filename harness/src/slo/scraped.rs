//! Questions about what was scraped that several judges ask.

use std::collections::{BTreeMap, BTreeSet};

use slogate_promql::{
    Asks, Expression, Labels, Sample, Selector, SelectorInfo, SeriesRef, SeriesSource, is_stale,
};

use super::algebra::no_such_label;
use super::algebra::no_such_series::{self, Sought};
use super::algebra::scrape_gaps::Attempts;
use super::{Doubt, InstanceWindows, Window};
use crate::series::{FamilyKind, InstanceChange, ScrapeMoment, ScrapeRecord, SeriesStore};

/// The generator's own series: they are not scraped, and what did not change is left out.
pub(super) const OWN_SERIES: &str = "slogate_";

/// Times after `after_ms` up to and including `until_ms`, as Prometheus 3 ranges are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Excluded.
    pub(super) after_ms: i64,
    /// Included.
    pub(super) until_ms: i64,
}

impl Stretch {
    pub(super) fn contains(self, at_ms: i64) -> bool {
        at_ms > self.after_ms && at_ms <= self.until_ms
    }
}

/// Good scrapes in a stretch; of several instances, those of the least scraped one.
pub(super) fn good_scrapes(series: &SeriesStore, stretch: Stretch) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for scrape in series.scrapes() {
        let count = counts.entry(scrape.instance.as_str()).or_default();
        *count += usize::from(scrape.outcome.is_ok() && stretch.contains(scrape.at_ms));
    }
    counts.into_values().min().unwrap_or(0)
}

/// Scrapes in a stretch, by how they ended; of several instances, those of the one that
/// failed most.
pub(super) fn attempts(series: &SeriesStore, stretch: Stretch) -> Attempts {
    let within = series.scrapes().iter().filter(|scrape| stretch.contains(scrape.at_ms));
    let mut by_instance: BTreeMap<&str, Attempts> = BTreeMap::new();
    for scrape in within {
        let attempts = by_instance.entry(&scrape.instance).or_default();
        match scrape.outcome {
            Ok(_) => attempts.good += 1,
            Err(_) => attempts.failed += 1,
        }
    }
    let are_several = by_instance.len() > 1;
    let named = by_instance.into_iter().map(|(instance, attempts)| Attempts {
        instance: are_several.then(|| instance.to_owned()),
        ..attempts
    });
    named
        .max_by(|one, other| one.failed_share().total_cmp(&other.failed_share()))
        .unwrap_or_default()
}

/// Whether a stretch begins where a process did, before anybody looked.
pub(super) fn begins_unseen(series: &SeriesStore, stretch: Stretch) -> bool {
    let is_start = |scrape: &ScrapeRecord| scrape.moment == ScrapeMoment::ProcessStart;
    let mut starts = series.scrapes().iter().filter(|scrape| is_start(scrape));
    starts.any(|start| stretch.contains(start.at_ms))
}

/// Instants at which the selected series had samples; of several instances, those
/// of the least seen one.
pub(super) fn instants_seen(series: &SeriesStore, selector: &Selector, stretch: Stretch) -> u64 {
    let mut seen: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for one in series.series(selector.metric_name()).filter(|one| selector.matches(one.labels)) {
        let instants = seen.entry(instance(one.labels)).or_default();
        let samples = one.samples.iter().filter(|sample| !is_stale(sample.value));
        instants.extend(samples.map(|sample| sample.t_ms).filter(|at| stretch.contains(*at)));
    }
    let distinct = |mut instants: Vec<i64>| {
        instants.sort_unstable();
        instants.dedup();
        instants.len() as u64
    };
    seen.into_values().map(distinct).min().unwrap_or(0)
}

/// The first scrape of an instance in a window, and the last two; milliseconds since
/// the epoch.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) first: i64,
    before_last: i64,
    last: i64,
}

/// Where a window begins and ends for each instance that was scraped in it.
pub(super) struct ScrapeEnds {
    by_instance: BTreeMap<String, Ends>,
    window: Window,
    windows: InstanceWindows,
}

impl ScrapeEnds {
    /// In one window for all instances.
    pub(super) fn find(series: &SeriesStore, window: Window) -> Self {
        Self::find_each(series, window, InstanceWindows::new())
    }

    /// In each instance's own window; `window` is that of an instance without one.
    pub(super) fn find_each(
        series: &SeriesStore,
        window: Window,
        windows: InstanceWindows,
    ) -> Self {
        let mut by_instance: BTreeMap<String, Ends> = BTreeMap::new();
        let is_within = |scrape: &&ScrapeRecord| {
            let window = windows.get(&scrape.instance).unwrap_or(&window);
            (window.opened_ms..=window.closed_ms).contains(&scrape.at_ms)
        };
        let good = series.scrapes().iter().filter(|scrape| scrape.outcome.is_ok());
        for scrape in good.filter(is_within) {
            let at = scrape.at_ms;
            let fresh = Ends { first: at, before_last: at, last: at };
            let known = by_instance.entry(scrape.instance.clone()).or_insert(fresh);
            known.first = known.first.min(at);
            if at > known.last {
                known.before_last = known.last;
                known.last = at;
            }
        }
        Self { by_instance, window, windows }
    }

    /// The window of a series: that of its instance.
    pub(super) fn window_of(&self, one: SeriesRef<'_>) -> Window {
        self.windows.get(&instance(one.labels)).copied().unwrap_or(self.window)
    }

    /// The ends for the instance of a series.
    pub(super) fn of(&self, one: SeriesRef<'_>) -> Ends {
        let Window { opened_ms, closed_ms } = self.window;
        let whole = Ends { first: opened_ms, before_last: opened_ms, last: closed_ms };
        let mut instances = self.by_instance.values();
        // Series without an instance label belong to the only one there is.
        let only = instances.next().filter(|_| instances.next().is_none());
        self.by_instance.get(&instance(one.labels)).or(only).copied().unwrap_or(whole)
    }

    /// The samples that the growth of a series is counted from, and whether the opening
    /// scrape had it; `None` without a sample in the window.
    pub(super) fn counted(&self, one: SeriesRef<'_>) -> Option<(Vec<Sample>, bool)> {
        let window = self.window_of(one);
        let within = window.opened_ms..=window.closed_ms;
        let is_live = |sample: &&Sample| within.contains(&sample.t_ms) && !is_stale(sample.value);
        let mut samples: Vec<Sample> = one.samples.iter().filter(is_live).copied().collect();
        if samples.first()?.t_ms <= self.of(one).first {
            return Some((samples, true));
        }
        let before = before(one, window);
        samples.splice(0..0, before);
        Some((samples, before.is_some()))
    }

    /// Whether the last scrape of its instance no longer had a series.
    pub(super) fn is_gone(&self, one: SeriesRef<'_>) -> bool {
        if one.labels.metric_name().is_some_and(|name| name.starts_with(OWN_SERIES)) {
            return false;
        }
        let window = self.window_of(one);
        let within = window.opened_ms..=window.closed_ms;
        let last = one.samples.iter().rfind(|sample| within.contains(&sample.t_ms));
        let ends = self.of(one);
        last.is_none_or(|last| {
            is_stale(last.value) || (last.t_ms <= ends.before_last && last.t_ms < ends.last)
        })
    }

    /// Selected series that the first scrape of their instance did not have, each
    /// with the value it was first seen with, if that is not 0.
    pub(super) fn born(&self, series: &SeriesStore, selector: &Selector) -> Vec<(Labels, f64)> {
        let within = self.window.opened_ms..=self.window.closed_ms;
        let selected =
            series.series(selector.metric_name()).filter(|one| selector.matches(one.labels));
        let first_seen = |one: SeriesRef<'_>| {
            let live = |at: &&Sample| within.contains(&at.t_ms) && !is_stale(at.value);
            let first = one.samples.iter().find(live)?;
            let was_there = before(one, self.window).is_some();
            let born = !was_there && first.t_ms > self.of(one).first && first.value > 0.0;
            born.then(|| (one.labels.clone(), first.value))
        };
        selected.filter_map(first_seen).collect()
    }

    /// One series of each instance that had selected series and lost all of them.
    pub(super) fn gone(&self, series: &SeriesStore, selector: &Selector) -> Vec<String> {
        let mut instances: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for one in series.series(selector.metric_name()).filter(|one| selector.matches(one.labels))
        {
            let fresh = (one.labels.to_string(), true);
            let known = instances.entry(instance(one.labels)).or_insert(fresh);
            known.1 &= self.is_gone(one);
        }
        instances.into_values().filter(|(_, gone)| *gone).map(|(name, _)| name).collect()
    }
}

/// The last sample of a series when a window opened, if the series had not ended by then:
/// with times of its own, a sample of the opening scrape lies before that scrape.
fn before(one: SeriesRef<'_>, window: Window) -> Option<Sample> {
    let last = one.samples.iter().rfind(|sample| sample.t_ms <= window.opened_ms)?;
    (!is_stale(last.value)).then_some(*last)
}

/// The first of these restarts that befell an instance with a selected series.
pub(super) fn restarted<'c>(
    series: &SeriesStore,
    selector: &Selector,
    restarts: &'c [InstanceChange],
) -> Option<&'c InstanceChange> {
    if restarts.is_empty() {
        return None;
    }
    let selected = series.series(selector.metric_name()).filter(|one| selector.matches(one.labels));
    let instances: BTreeSet<String> = selected.map(|one| instance(one.labels)).collect();
    restarts.iter().find(|restart| instances.contains(&restart.instance))
}

fn instance(labels: &Labels) -> String {
    labels.get("instance").unwrap_or_default().to_owned()
}

/// The doubts about the selectors of an expression, each once. Also beside others that find
/// something, because `or vector(0)` would make a number out of a misspelt name. What `absent`
/// asks for need not be there, but a name that the run does not have at all may be misspelt.
pub fn missing_of(series: &SeriesStore, expression: &Expression) -> Vec<Doubt> {
    let selectors = expression.selectors();
    let is_unknown = |one: &SelectorInfo| {
        let name = one.metric_name();
        name.is_some() && series.series(name).next().is_none()
    };
    let sought = selectors.iter().filter(|one| one.asks != Asks::Absence || is_unknown(one));
    let mut doubts: Vec<Doubt> = Vec::new();
    for doubt in sought.filter_map(|one| missing(series, &one.selector)) {
        if !doubts.contains(&doubt) {
            doubts.push(doubt);
        }
    }
    doubts
}

/// The doubt about a selector that matches no recorded series at all, or that tells
/// them apart by a label that none of them has.
pub fn missing(series: &SeriesStore, selector: &Selector) -> Option<Doubt> {
    if series.series(selector.metric_name()).any(|one| selector.matches(one.labels)) {
        let of_metric: Vec<&Labels> =
            series.series(selector.metric_name()).map(|one| one.labels).collect();
        return no_such_label::doubt(selector, &of_metric);
    }
    let recorded: Vec<&Labels> = series.iter().map(|one| one.labels).collect();
    Some(no_such_series::doubt(Sought {
        selector: &selector.to_string(),
        metric: selector.metric_name(),
        recorded: &recorded,
    }))
}

/// The names of the selected series, each with what its family was declared to be.
pub(super) fn kinds_of(
    series: &SeriesStore,
    selector: &Selector,
) -> BTreeMap<String, Option<FamilyKind>> {
    let selected = series.series(selector.metric_name()).filter(|one| selector.matches(one.labels));
    let names = selected.filter_map(|one| one.labels.metric_name());
    names.map(|name| (name.to_owned(), kind_of(series, name))).collect()
}

/// What the family of a series was declared to be.
pub(super) fn kind_of(series: &SeriesStore, metric: &str) -> Option<FamilyKind> {
    series.family_of(metric).map(|(_, metadata)| metadata.kind)
}
