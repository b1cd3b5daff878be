//! Where `$run` and `$phase` begin and end.
//!
//! `$run` lies between the opening and the closing scrape. A phase begins and
//! ends with the last scrape before its first intended start and before the next
//! phase's, so that neighbours share one scrape: what grew over the phases is
//! what grew over the run, and nothing is counted twice or left out.
//!
//! Each instance is scraped by itself and has windows of its own; exact growth is
//! counted in those. A window without an instance goes around those of all instances,
//! and is there only if every one of them has one.

use std::collections::{BTreeMap, BTreeSet};

use super::{InstanceWindows, MissingWindow, Window, Windows};
use crate::load::LoadResult;
use crate::series::{ScrapeMoment, ScrapeRecord, SeriesStore};

impl Windows {
    /// Finds all windows of a run in the record of its scrapes.
    pub fn find(series: &SeriesStore, load: &LoadResult) -> Self {
        find(series.scrapes(), load)
    }

    /// The windows of a run that goes on: they end, so far, with the last scrape, if
    /// that was good.
    pub fn so_far(series: &SeriesStore, load: &LoadResult) -> Self {
        within(run_so_far(series.scrapes()), series.scrapes(), load)
    }

    /// No window, for this reason.
    pub fn missing(reason: MissingWindow) -> Self {
        Self {
            run: Err(reason),
            phases: BTreeMap::new(),
            run_by_instance: BTreeMap::new(),
            phases_by_instance: BTreeMap::new(),
        }
    }
}

fn find(scrapes: &[ScrapeRecord], load: &LoadResult) -> Windows {
    within(run_windows(scrapes), scrapes, load)
}

fn within(
    run: Result<(Window, InstanceWindows), MissingWindow>,
    scrapes: &[ScrapeRecord],
    load: &LoadResult,
) -> Windows {
    match run {
        Ok((run, instances)) => {
            let of_phases = phase_windows(&instances, scrapes, load);
            let whole = |of_phase: &InstanceWindows| around_all(of_phase, &instances);
            let phases = of_phases
                .iter()
                .filter_map(|(name, of_phase)| Some((name.clone(), whole(of_phase)?)))
                .collect();
            Windows {
                run: Ok(run),
                phases,
                run_by_instance: instances,
                phases_by_instance: of_phases,
            }
        }
        Err(missing) => Windows::missing(missing),
    }
}

/// The window around those of all instances, if every one of them has one.
fn around_all(windows: &InstanceWindows, instances: &InstanceWindows) -> Option<Window> {
    let all_there = instances.keys().all(|instance| windows.contains_key(instance));
    windows.values().copied().reduce(Window::around).filter(|_| all_there)
}

fn run_windows(scrapes: &[ScrapeRecord]) -> Result<(Window, InstanceWindows), MissingWindow> {
    let opened = moment(scrapes, &[ScrapeMoment::Opening, ScrapeMoment::ProcessStart])
        .map_err(MissingWindow::Opening)?;
    let closed = moment(scrapes, &[ScrapeMoment::Closing]).map_err(MissingWindow::Closing)?;
    let window = |(instance, opened_ms): (String, i64)| {
        let closed_ms = *closed.get(&instance)?;
        (closed_ms > opened_ms).then_some((instance, Window { opened_ms, closed_ms }))
    };
    let instances: Option<InstanceWindows> = opened.into_iter().map(window).collect();
    let instances = instances.ok_or_else(|| {
        let clock = "the clock stood still or went back between the two".to_owned();
        MissingWindow::Closing(Some(clock))
    })?;
    let run = instances.values().copied().reduce(Window::around);
    run.map(|run| (run, instances)).ok_or(MissingWindow::Opening(None))
}

fn run_so_far(scrapes: &[ScrapeRecord]) -> Result<(Window, InstanceWindows), MissingWindow> {
    let opened = moment(scrapes, &[ScrapeMoment::Opening]).map_err(MissingWindow::Opening)?;
    let mut closed_ms = i64::MAX;
    for instance in instances(scrapes) {
        let last = scrapes.iter().rfind(|scrape| scrape.instance == instance);
        let last = last.ok_or(MissingWindow::Closing(None))?;
        if let Err(error) = &last.outcome {
            return Err(MissingWindow::Closing(Some(format!("{instance}: {error}"))));
        }
        closed_ms = closed_ms.min(last.at_ms);
    }
    let window = |(instance, opened_ms): (String, i64)| {
        (closed_ms > opened_ms).then_some((instance, Window { opened_ms, closed_ms }))
    };
    let instances: Option<InstanceWindows> = opened.into_iter().map(window).collect();
    let instances = instances.ok_or(MissingWindow::Closing(None))?;
    let run = instances.values().copied().reduce(Window::around);
    run.map(|run| (run, instances)).ok_or(MissingWindow::Opening(None))
}

fn instances(scrapes: &[ScrapeRecord]) -> BTreeSet<&str> {
    scrapes.iter().map(|scrape| scrape.instance.as_str()).collect()
}

/// When each instance was scraped at this moment: its last attempt must be good,
/// and each instance that was ever scraped must have one.
fn moment(
    scrapes: &[ScrapeRecord],
    wanted: &[ScrapeMoment],
) -> Result<BTreeMap<String, i64>, Option<String>> {
    instances(scrapes)
        .into_iter()
        .map(|instance| {
            let last = scrapes
                .iter()
                .rfind(|scrape| scrape.instance == instance && wanted.contains(&scrape.moment))
                .ok_or(None)?;
            match &last.outcome {
                Ok(_) => Ok((instance.to_owned(), last.at_ms)),
                Err(error) => Err(Some(format!("{instance}: {error}"))),
            }
        })
        .collect()
}

/// Of each measured phase, the windows of the instances that have one.
fn phase_windows(
    instances: &InstanceWindows,
    scrapes: &[ScrapeRecord],
    load: &LoadResult,
) -> BTreeMap<String, InstanceWindows> {
    let last_measured = load.phases.iter().rposition(|phase| phase.measured);
    let mut windows = BTreeMap::new();
    for (at, phase) in load.phases.iter().enumerate().filter(|(_, phase)| phase.measured) {
        let next = load.phases.get(at + 1).filter(|_| Some(at) != last_measured);
        let starts = (phase.first_intended_ms, next.map(|next| next.first_intended_ms));
        let of_instance = |(instance, run): (&String, &Window)| {
            let of_instance = scrapes.iter().filter(|scrape| scrape.instance == *instance);
            let window = between(of_instance, *run, starts)?;
            Some((instance.clone(), window))
        };
        windows.insert(phase.name.clone(), instances.iter().filter_map(of_instance).collect());
    }
    windows
}

/// The window of a phase by its own start and that of the next one, if there is one.
fn between<'a>(
    scrapes: impl Iterator<Item = &'a ScrapeRecord> + Clone,
    run: Window,
    (start_ms, next_start_ms): (i64, Option<i64>),
) -> Option<Window> {
    let opened_ms = last_before(scrapes.clone(), run, start_ms).unwrap_or(run.opened_ms);
    let closed_ms = match next_start_ms {
        Some(next_ms) => last_before(scrapes, run, next_ms)?,
        None => run.closed_ms,
    };
    (closed_ms > opened_ms).then_some(Window { opened_ms, closed_ms })
}

/// The last good scrape of the run that is not after `at_ms`.
fn last_before<'a>(
    scrapes: impl Iterator<Item = &'a ScrapeRecord>,
    run: Window,
    at_ms: i64,
) -> Option<i64> {
    scrapes
        .filter(|scrape| scrape.outcome.is_ok())
        .map(|scrape| scrape.at_ms)
        .filter(|scraped| (run.opened_ms..=at_ms.min(run.closed_ms)).contains(scraped))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::fixtures::{load_of, phase, scrape, scrapes_every};

    #[test]
    fn the_run_lies_between_the_opening_and_the_closing_scrape() {
        let windows = find(&scrapes_every(250, 1_000, 5_000), &load_of(vec![]));
        assert_eq!(windows.run, Ok(Window { opened_ms: 1_000, closed_ms: 5_000 }));
        assert_eq!(windows.run.unwrap().range_ms(), 4_001);
    }

    #[test]
    fn without_a_good_closing_scrape_there_is_no_window() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        scrapes.last_mut().unwrap().outcome = Err("connection refused".into());
        let missing = find(&scrapes, &load_of(vec![])).run.unwrap_err();
        assert_eq!(missing.to_string(), "the closing scrape failed: target: connection refused");
        scrapes.pop();
        let missing = find(&scrapes, &load_of(vec![])).run.unwrap_err();
        assert_eq!(missing.to_string(), "there was no closing scrape");
    }

    #[test]
    fn without_a_good_opening_scrape_there_is_no_window() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        scrapes[0].outcome = Err("connection refused".into());
        let missing = find(&scrapes, &load_of(vec![])).run.unwrap_err();
        assert_eq!(missing.to_string(), "the opening scrape failed: target: connection refused");
        let missing = find(&scrapes[1..], &load_of(vec![])).run.unwrap_err();
        assert_eq!(missing.to_string(), "there was no opening scrape");
    }

    #[test]
    fn a_run_that_goes_on_ends_with_its_last_scrape_so_far() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        scrapes.pop();
        let (run, _) = run_so_far(&scrapes).unwrap();
        assert_eq!(run, Window { opened_ms: 1_000, closed_ms: 4_750 });
        scrapes.last_mut().unwrap().outcome = Err("connection refused".into());
        let missing = run_so_far(&scrapes).unwrap_err();
        assert_eq!(missing.to_string(), "the closing scrape failed: target: connection refused");
        assert!(run_so_far(&scrapes[..1]).is_err());
    }

    #[test]
    fn every_instance_needs_its_own_closing_scrape() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        let mut other = scrape(1_000, ScrapeMoment::Opening);
        other.instance = "other".into();
        scrapes.push(other);
        assert_eq!(find(&scrapes, &load_of(vec![])).run, Err(MissingWindow::Closing(None)));
    }

    #[test]
    fn neighbouring_phases_share_one_scrape() {
        let mut first = phase("first");
        first.first_intended_ms = 1_100;
        let mut second = phase("second");
        second.first_intended_ms = 3_100;
        let windows = find(&scrapes_every(250, 1_000, 5_000), &load_of(vec![first, second])).phases;
        assert_eq!(windows["first"], Window { opened_ms: 1_000, closed_ms: 3_000 });
        assert_eq!(windows["second"], Window { opened_ms: 3_000, closed_ms: 5_000 });
    }

    #[test]
    fn neighbouring_phases_share_one_scrape_of_each_instance() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        let others = scrapes_every(250, 1_100, 5_100).into_iter();
        scrapes.extend(others.map(|scrape| ScrapeRecord { instance: "other".into(), ..scrape }));
        let (mut first, mut second) = (phase("first"), phase("second"));
        (first.first_intended_ms, second.first_intended_ms) = (1_200, 3_050);
        let windows = find(&scrapes, &load_of(vec![first, second]));
        let own = |phase: &str, instance: &str| windows.phases_by_instance[phase][instance];
        for (instance, opened_ms, between_ms, closed_ms) in
            [("target", 1_000, 3_000, 5_000), ("other", 1_100, 2_850, 5_100)]
        {
            let first = Window { opened_ms, closed_ms: between_ms };
            assert_eq!(own("first", instance), first);
            assert_eq!(own("second", instance), Window { opened_ms: between_ms, closed_ms });
        }
        assert_eq!(windows.phases["first"], Window { opened_ms: 1_000, closed_ms: 3_000 });
        assert_eq!(windows.run, Ok(Window { opened_ms: 1_000, closed_ms: 5_100 }));
    }

    #[test]
    fn a_phase_in_which_one_instance_was_not_scraped_has_no_window() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        for moment in [ScrapeMoment::Opening, ScrapeMoment::Closing] {
            let at_ms = if moment == ScrapeMoment::Opening { 1_000 } else { 5_000 };
            scrapes.push(ScrapeRecord { instance: "other".into(), ..scrape(at_ms, moment) });
        }
        let (mut first, mut second) = (phase("first"), phase("second"));
        (first.first_intended_ms, second.first_intended_ms) = (1_100, 3_100);
        let windows = find(&scrapes, &load_of(vec![first, second]));
        assert_eq!(windows.phases.keys().collect::<Vec<_>>(), ["second"]);
    }

    #[test]
    fn a_phase_that_begins_within_the_opening_scrape_opens_with_it() {
        let mut first = phase("first");
        first.first_intended_ms = 999;
        let windows = find(&scrapes_every(250, 1_000, 5_000), &load_of(vec![first])).phases;
        assert_eq!(windows["first"], Window { opened_ms: 1_000, closed_ms: 5_000 });
    }

    #[test]
    fn a_phase_without_a_scrape_of_its_own_has_no_window() {
        let (mut first, mut second) = (phase("first"), phase("second"));
        first.first_intended_ms = 1_300;
        second.first_intended_ms = 1_400;
        let windows = find(&scrapes_every(250, 1_000, 5_000), &load_of(vec![first, second])).phases;
        assert_eq!(windows.keys().collect::<Vec<_>>(), ["second"]);
    }

    #[test]
    fn a_phase_that_is_not_measured_has_no_window() {
        let mut warm_up = phase("warm-up");
        warm_up.measured = false;
        assert!(find(&scrapes_every(250, 0, 5_000), &load_of(vec![warm_up])).phases.is_empty());
    }
}
