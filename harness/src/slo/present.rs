//! Judges whether series are there at the closing scrape.

use slogate_promql::{SeriesRef, SeriesSource, parse_selector};

use super::algebra::present::{self, Seen};
use super::judged::{Finding, Observed};
use super::scraped::{OWN_SERIES, ScrapeEnds, missing};
use super::{Doubt, Evidence, Window};
use crate::scenario::{self, Objective};

/// Judges a presence objective. Without a good closing scrape nothing is known.
pub(super) fn judge(selector: &str, objective: &Objective, evidence: &Evidence<'_>) -> Finding {
    let (window, selector) =
        match (evidence.window(objective.during.as_deref()), parse_selector(selector)) {
            (Ok(window), Ok(selector)) => (window, selector),
            (Err(reason), _) => return Finding::nothing(reason),
            (_, Err(error)) => {
                let code = scenario::codes::NOT_A_SELECTOR;
                return Finding::nothing(Doubt::new(code, error.to_string()));
            }
        };
    let ends = ScrapeEnds::find(evidence.series, window);
    let selected: Vec<SeriesRef<'_>> = evidence
        .series
        .series(selector.metric_name())
        .filter(|one| selector.matches(one.labels))
        .collect();
    let live = selected.iter().filter(|one| is_live(**one, window, &ends));
    let (ours, live): (Vec<&SeriesRef<'_>>, Vec<&SeriesRef<'_>>) =
        live.partition(|one| one.labels.metric_name().is_some_and(is_ours));
    let seen = Seen {
        selector: selector.to_string(),
        live: live.len(),
        ours: ours.len(),
        lost: selected
            .iter()
            .find(|one| has_sample(**one, window))
            .map(|one| one.labels.to_string()),
        never: missing(evidence.series, &selector).map(|doubt| doubt.reason),
    };
    Finding::new(Observed::Number(live.len() as f64), present::rule(&seen))
}

/// Whether a metric is there whatever the target exports.
fn is_ours(name: &str) -> bool {
    name == "up" || name.starts_with("scrape_") || name.starts_with(OWN_SERIES)
}

fn is_live(one: SeriesRef<'_>, window: Window, ends: &ScrapeEnds) -> bool {
    has_sample(one, window) && !ends.is_gone(one)
}

fn has_sample(one: SeriesRef<'_>, window: Window) -> bool {
    let within = window.opened_ms..=window.closed_ms;
    let live = |sample: &&slogate_promql::Sample| {
        within.contains(&sample.t_ms) && !slogate_promql::is_stale(sample.value)
    };
    one.samples.iter().any(|sample| live(&sample))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ObjectiveKind;
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
    };
    use crate::slo::{JudgedObjective, Verdict, judge};

    fn store(value: impl Fn(usize) -> Option<f64>) -> SeriesStore {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        let labels = [("__name__", "export_requests_total"), ("format", "csv")];
        add_series(&mut store, FamilyKind::Counter, &labels, value);
        store
    }

    fn judged(series: &SeriesStore, selector: &str) -> JudgedObjective {
        let load = steady(vec![answered("csv", [5; 100])]);
        let objective = objective(ObjectiveKind::Present { selector: selector.into() }, &[]);
        judge(&objective, &evidence_of(&load, series))
    }

    #[test]
    fn a_series_of_the_closing_scrape_is_present_whatever_its_value() {
        let judged = judged(&store(|_| Some(0.0)), "export_requests_total{format=\"csv\"}");
        assert_eq!((judged.verdict, judged.target.as_str()), (Verdict::Pass, "present"));
        assert_eq!(judged.observed, Observed::Number(1.0));
        assert_eq!(judged.reason, "the closing scrape has 1 series of it");
    }

    #[test]
    fn what_the_scrape_and_slogate_add_shows_nothing_of_the_target() {
        let mut store = store(|_| Some(0.0));
        for name in ["up", "scrape_duration_seconds", "slogate_dropped_total"] {
            add_series(&mut store, FamilyKind::Gauge, &[("__name__", name)], |_| Some(1.0));
            let judged = judged(&store, name);
            assert_eq!(judged.verdict, Verdict::Inconclusive, "{name}");
            assert!(judged.reason.contains("not by the target"), "{}", judged.reason);
        }
        let any = judged(&store, "{__name__=~\"up|export_requests_total\"}");
        assert_eq!((any.verdict, any.observed), (Verdict::Pass, Observed::Number(1.0)));
    }

    #[test]
    fn a_misspelt_name_is_missing_and_the_right_one_is_named() {
        let missing = judged(&store(|_| Some(0.0)), "export_request_total");
        assert_eq!(missing.verdict, Verdict::Fail);
        assert_eq!(
            missing.reason,
            "no such series: export_request_total; did you mean `export_requests_total`?"
        );
        let other = judged(&store(|_| Some(0.0)), "export_requests_total{format=\"pdf\"}");
        assert_eq!(other.verdict, Verdict::Fail);
        assert!(other.reason.contains("exported with other labels"), "{}", other.reason);
    }

    #[test]
    fn a_series_that_was_lost_before_the_end_is_not_present() {
        let judged = judged(&store(|at| (at < 3).then_some(1.0)), "export_requests_total");
        assert_eq!(judged.verdict, Verdict::Fail);
        assert!(judged.reason.contains("but not at the closing scrape"), "{}", judged.reason);
    }

    #[test]
    fn without_a_good_closing_scrape_nothing_is_present() {
        let mut scrapes = scrapes_every(1_000, 1_000, 5_000);
        scrapes.last_mut().unwrap().outcome = Err("connection refused".into());
        let mut store = store_of(scrapes);
        add_series(&mut store, FamilyKind::Gauge, &[("__name__", "depth")], |_| Some(1.0));
        let judged = judged(&store, "depth");
        assert_eq!(judged.verdict, Verdict::Inconclusive);
        assert_eq!(judged.reason, "the closing scrape failed: target: connection refused");
    }
}
