//! What to say when nothing was reconciled: whether some counter of the target grew by
//! exactly the number of answers, and the objective that would hold it to that.

use crate::slo::growth::{Selection, growths, selections};
use crate::slo::{Evidence, JudgedObjective, Source, Verdict};

/// The note of a run with metrics in which nothing was reconciled; `None` if something
/// was and agreed, or if there is nothing to reconcile.
pub fn note(judged: &[JudgedObjective], evidence: &Evidence<'_>) -> Option<String> {
    let reconciled =
        judged.iter().any(|one| one.source == Source::Reconcile && one.verdict == Verdict::Pass);
    let answers = evidence.load.measured_answers();
    if reconciled || answers == 0 || evidence.windows.run.is_err() {
        return None;
    }
    Some(match selector_that_grew_by(answers, evidence) {
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
fn selector_that_grew_by(answers: u64, evidence: &Evidence<'_>) -> Option<String> {
    let mut fitting = selections(&growths(evidence));
    fitting.retain(|one| one.grew_by(answers));
    let (whole, parts): (Vec<Selection>, Vec<Selection>) =
        fitting.into_iter().partition(|one| one.label.is_none());
    // One that is named after requests is more likely to count them.
    let likeliest = |some: Vec<Selection>| {
        some.iter().map(Selection::selector).min_by_key(|one| !one.contains("request"))
    };
    likeliest(whole).or_else(|| likeliest(parts))
}
