//! Where `$run` and `$phase` begin and end.
//!
//! `$run` lies between the opening and the closing scrape. A phase begins and
//! ends with the last scrape before its first intended start and before the next
//! phase's, so that neighbours share one scrape: what grew over the phases is
//! what grew over the run, and nothing is counted twice or left out.

use std::collections::{BTreeMap, BTreeSet};

use super::{MissingWindow, Window, Windows};
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
}

fn find(scrapes: &[ScrapeRecord], load: &LoadResult) -> Windows {
    within(run_window(scrapes), scrapes, load)
}

fn within(
    run: Result<Window, MissingWindow>,
    scrapes: &[ScrapeRecord],
    load: &LoadResult,
) -> Windows {
    let phases = match &run {
        Ok(run) => phase_windows(*run, scrapes, load),
        Err(_) => BTreeMap::new(),
    };
    Windows { run, phases }
}

fn run_window(scrapes: &[ScrapeRecord]) -> Result<Window, MissingWindow> {
    let opened = moment(scrapes, &[ScrapeMoment::Opening, ScrapeMoment::ProcessStart])
        .map_err(MissingWindow::Opening)?;
    let closed = moment(scrapes, &[ScrapeMoment::Closing]).map_err(MissingWindow::Closing)?;
    let opened_ms = opened.into_iter().min().ok_or(MissingWindow::Opening(None))?;
    let closed_ms = closed.into_iter().max().ok_or(MissingWindow::Closing(None))?;
    if closed_ms <= opened_ms {
        let clock = "the clock stood still or went back between the two".to_owned();
        return Err(MissingWindow::Closing(Some(clock)));
    }
    Ok(Window { opened_ms, closed_ms })
}

fn run_so_far(scrapes: &[ScrapeRecord]) -> Result<Window, MissingWindow> {
    let opened = moment(scrapes, &[ScrapeMoment::Opening]).map_err(MissingWindow::Opening)?;
    let opened_ms = opened.into_iter().min().ok_or(MissingWindow::Opening(None))?;
    let mut closed_ms = i64::MAX;
    for instance in instances(scrapes) {
        let last = scrapes.iter().rfind(|scrape| scrape.instance == instance);
        let last = last.ok_or(MissingWindow::Closing(None))?;
        if let Err(error) = &last.outcome {
            return Err(MissingWindow::Closing(Some(format!("{instance}: {error}"))));
        }
        closed_ms = closed_ms.min(last.at_ms);
    }
    let window = Window { opened_ms, closed_ms };
    if closed_ms > opened_ms { Ok(window) } else { Err(MissingWindow::Closing(None)) }
}

fn instances(scrapes: &[ScrapeRecord]) -> BTreeSet<&str> {
    scrapes.iter().map(|scrape| scrape.instance.as_str()).collect()
}

/// When each instance was scraped at this moment: its last attempt must be good,
/// and each instance that was ever scraped must have one.
fn moment(scrapes: &[ScrapeRecord], wanted: &[ScrapeMoment]) -> Result<Vec<i64>, Option<String>> {
    instances(scrapes)
        .into_iter()
        .map(|instance| {
            let last = scrapes
                .iter()
                .rfind(|scrape| scrape.instance == instance && wanted.contains(&scrape.moment))
                .ok_or(None)?;
            match &last.outcome {
                Ok(_) => Ok(last.at_ms),
                Err(error) => Err(Some(format!("{instance}: {error}"))),
            }
        })
        .collect()
}

fn phase_windows(
    run: Window,
    scrapes: &[ScrapeRecord],
    load: &LoadResult,
) -> BTreeMap<String, Window> {
    let last_measured = load.phases.iter().rposition(|phase| phase.measured);
    let mut windows = BTreeMap::new();
    for (at, phase) in load.phases.iter().enumerate().filter(|(_, phase)| phase.measured) {
        let opened_ms = last_before(scrapes, run, phase.first_intended_ms).unwrap_or(run.opened_ms);
        let closed = match load.phases.get(at + 1) {
            Some(next) if Some(at) != last_measured => {
                last_before(scrapes, run, next.first_intended_ms)
            }
            _ => Some(run.closed_ms),
        };
        if let Some(closed_ms) = closed.filter(|closed_ms| *closed_ms > opened_ms) {
            windows.insert(phase.name.clone(), Window { opened_ms, closed_ms });
        }
    }
    windows
}

/// The last good scrape of the run that is not after `at_ms`.
fn last_before(scrapes: &[ScrapeRecord], run: Window, at_ms: i64) -> Option<i64> {
    scrapes
        .iter()
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
    fn a_run_that_goes_on_ends_with_its_last_scrape_so_far() {
        let mut scrapes = scrapes_every(250, 1_000, 5_000);
        scrapes.pop();
        assert_eq!(run_so_far(&scrapes), Ok(Window { opened_ms: 1_000, closed_ms: 4_750 }));
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
