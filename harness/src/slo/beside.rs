//! Numbers that are shown beside an objective: how much counters grew over its window,
//! exactly as `counter:` counts it. They decide nothing.

use super::algebra::{allowed_restart, gone_series};
use super::counter::{self, Growths};
use super::{Doubt, Evidence, Observed};
use crate::scenario::Objective;

/// A number that is shown and not judged.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownBeside {
    /// What it is called.
    pub name: String,
    /// The counter's selector.
    pub expression: String,
    /// How much it grew.
    pub observed: Observed,
    /// Why nothing was measured, or why the number is in doubt.
    pub reason: Option<String>,
}

/// Measures what is to be shown beside an objective.
pub(super) fn measure(objective: &Objective, evidence: &Evidence<'_>) -> Vec<ShownBeside> {
    let during = objective.during.as_deref();
    let one = |beside: &crate::scenario::Beside| {
        let measured = counter::measure(&beside.selector, during, evidence);
        let (observed, reason) = match measured {
            Ok(growths) => (Observed::of(growths.total(1.0)), doubt(&growths)),
            Err(reason) => (Observed::Nothing, Some(reason.reason)),
        };
        let (name, expression) = (beside.name.clone(), beside.selector.clone());
        ShownBeside { name, expression, observed, reason }
    };
    objective.beside.iter().map(one).collect()
}

/// Why counters may have grown by more than what was seen.
fn doubt(growths: &Growths) -> Option<String> {
    let restarted = growths.restarted.as_ref().map(allowed_restart::doubt);
    let doubts: Vec<Doubt> =
        gone_series::doubt(&growths.gone).into_iter().chain(restarted).collect();
    let reasons: Vec<String> = doubts.into_iter().map(|doubt| doubt.reason).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// The same where nothing could be measured.
pub(super) fn not_measured(objective: &Objective, reason: &str) -> Vec<ShownBeside> {
    let one = |beside: &crate::scenario::Beside| ShownBeside {
        name: beside.name.clone(),
        expression: beside.selector.clone(),
        observed: Observed::Nothing,
        reason: Some(reason.to_owned()),
    };
    objective.beside.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Beside, Comparator, ObjectiveKind, Restarts};
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, objective, scrapes_every, steady, store_of,
    };
    use crate::slo::{JudgedObjective, Ruling, Verdict, judge, rule};
    use crate::units::Unit;

    fn judged(series: &SeriesStore) -> (JudgedObjective, Ruling) {
        let load = steady(vec![answered("csv", [5; 100])]);
        let evidence = Evidence { restarts: Restarts::Allow, ..evidence_of(&load, series) };
        let kind = ObjectiveKind::Counter {
            selector: "rejected_total".into(),
            unit: Unit::Plain,
            scale: 1.0,
        };
        let mut objective = objective(kind, &[(Comparator::Equal, 0.0)]);
        objective.beside =
            vec![Beside { name: "rejected".into(), selector: "rejected_total".into() }];
        (judge(&objective, &evidence), rule(&objective, &evidence))
    }

    fn shown(series: &SeriesStore) -> ShownBeside {
        judged(series).0.beside.remove(0)
    }

    fn rejected(value: impl Fn(usize) -> Option<f64>) -> SeriesStore {
        let mut store = store_of(scrapes_every(1_000, 1_000, 5_000));
        let labels = [("__name__", "rejected_total"), ("instance", "target")];
        add_series(&mut store, FamilyKind::Counter, &labels, value);
        store
    }

    #[test]
    fn what_was_there_all_the_time_is_shown_without_a_doubt() {
        let shown = shown(&rejected(|at| Some(7.0 + at as f64)));
        assert_eq!((shown.observed, shown.reason), (Observed::Number(4.0), None));
    }

    #[test]
    fn a_counter_that_the_closing_scrape_lost_is_shown_with_a_doubt() {
        let shown = shown(&rejected(|at| (at < 4).then_some(7.0)));
        assert_eq!(shown.observed, Observed::Number(0.0));
        assert!(shown.reason.unwrap().contains("disappeared before the closing scrape"));
    }

    #[test]
    fn a_counter_of_a_process_that_may_restart_and_did_is_shown_with_a_doubt() {
        let mut store = rejected(|_| Some(7.0));
        let labels = [("__name__", "process_start_time_seconds"), ("instance", "target")];
        let started = |at: usize| Some(if at < 2 { 100.0 } else { 230.5 });
        add_series(&mut store, FamilyKind::Gauge, &labels, started);
        let shown = shown(&store);
        assert_eq!(shown.observed, Observed::Number(0.0));
        assert!(shown.reason.unwrap().starts_with("`target` restarted"));
    }

    #[test]
    fn what_decides_is_the_same_without_what_is_shown() {
        let (judged, ruling) = judged(&rejected(|at| Some(7.0 + at as f64)));
        assert_eq!(ruling.verdict, Verdict::Fail);
        let JudgedObjective { verdict, reason, codes, .. } = judged;
        assert_eq!(ruling, Ruling { verdict, reason, codes });
    }
}
