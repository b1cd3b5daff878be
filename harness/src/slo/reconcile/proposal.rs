//! What to say when nothing was reconciled: whether some counter of the target grew by
//! exactly the number of answers, and the objective that would hold it to that.

use std::collections::BTreeMap;

use slogate_promql::{Labels, METRIC_NAME};

use crate::series::FamilyKind;
use crate::slo::algebra::counter_growth::{Counted, growth};
use crate::slo::scraped::{OWN_SERIES, ScrapeEnds, kind_of};
use crate::slo::{Evidence, JudgedObjective, Source, Verdict};

/// Labels that scraping adds: they select no part of what a target counts.
const SCRAPE_LABELS: [&str; 3] = [METRIC_NAME, "instance", "job"];

/// The note of a run with metrics in which nothing was reconciled; `None` if something
/// was and agreed, or if there is nothing to reconcile.
pub fn note(judged: &[JudgedObjective], evidence: &Evidence<'_>) -> Option<String> {
    let reconciled =
        judged.iter().any(|one| one.source == Source::Reconcile && one.verdict == Verdict::Pass);
    let answers: u64 = {
        let measured = evidence.load.phases.iter().filter(|phase| phase.measured);
        measured.flat_map(|phase| &phase.requests).map(|one| one.responses).sum()
    };
    if reconciled || answers == 0 || evidence.windows.run.is_err() {
        return None;
    }
    Some(match selector_that_grew_by(answers as f64, evidence) {
        Some(selector) => format!(
            "{selector} grew by exactly the {answers} responses that came; hold it to that with \
             `- {{ id: agree, reconcile: {{ client: 'count(responses)', counter: '{selector}' }} }}`"
        ),
        None => format!(
            "nothing reconciles: no counter of the target grew by the {answers} responses that \
             came, so it is not shown that these are the metrics of what was loaded"
        ),
    })
}

/// The simplest selector whose series together grew by so much: a whole metric before
/// one value of a label.
fn selector_that_grew_by(wanted: f64, evidence: &Evidence<'_>) -> Option<String> {
    let mut whole: BTreeMap<String, f64> = BTreeMap::new();
    let mut by_label: BTreeMap<String, f64> = BTreeMap::new();
    for (labels, grown) in growths(evidence) {
        let name = labels.get(METRIC_NAME).unwrap_or_default();
        *whole.entry(name.to_owned()).or_default() += grown;
        let own = labels.iter().filter(|(label, _)| !SCRAPE_LABELS.contains(label));
        for (label, value) in own {
            *by_label.entry(format!("{name}{{{label}={value:?}}}")).or_default() += grown;
        }
    }
    let fits = |totals: BTreeMap<String, f64>| {
        let fitting = totals.into_iter().filter(|(_, grown)| (grown - wanted).abs() < 0.5);
        // One that is named after requests is more likely to count them.
        fitting.map(|(selector, _)| selector).min_by_key(|one| !one.contains("request"))
    };
    fits(whole).or_else(|| fits(by_label))
}

/// How much each of the target's counters, and each histogram's count, grew over the run.
fn growths<'a>(evidence: &'a Evidence<'_>) -> Vec<(&'a Labels, f64)> {
    let Ok(window) = evidence.windows.run else { return Vec::new() };
    let ends = ScrapeEnds::find(evidence.series, window);
    let counts = evidence.series.iter().filter(|one| {
        let name = one.labels.get(METRIC_NAME).unwrap_or_default();
        !name.starts_with(OWN_SERIES)
            && match kind_of(evidence.series, name) {
                Some(FamilyKind::Counter) => true,
                Some(FamilyKind::Histogram | FamilyKind::Summary) => name.ends_with("_count"),
                _ => false,
            }
    });
    counts
        .filter_map(|one| {
            let (samples, at_opening) = ends.counted(one)?;
            Some((one.labels, growth(Counted { samples: &samples, at_opening })))
        })
        .collect()
}
