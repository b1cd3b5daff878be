//! Judges whether the load generator and the target counted the same.
//!
//! The client's side is exact for its phases, the target's for its window. They are
//! about the same requests where the window has exact ends: those of the run have,
//! for nothing is in flight at the opening and the closing scrape; those of a phase
//! have only if no other request was under way around them.

mod proposal;

use super::algebra::reconcile::{self as rule, Between, Totals};
use super::algebra::{allowed_restart, every_element, gone_series};
use super::client::{Selected, bytes_of, count_of};
use super::judged::{Finding, Observed};
use super::{Doubt, Evidence, Window, client_expression_text, codes, counter};
use crate::load::{PhaseResult, RequestResult};
use crate::scenario::{
    ClientTotal, Counted, Objective, Outcome, Reconcile, RequestFilter, Totalled, Transferred,
};
use crate::series::ScrapeRecord;

pub use proposal::note;

/// `count(responses) = export_requests_total`.
pub(super) fn text(reconcile: &Reconcile) -> String {
    let client = client_expression_text(&reconcile.client.clone().into());
    format!("{client} = {}", reconcile.selector)
}

/// Judges a reconciliation.
pub(super) fn judge(
    reconcile: &Reconcile,
    objective: &Objective,
    evidence: &Evidence<'_>,
) -> Finding {
    let during = objective.during.as_deref();
    let measured = counter::measure(&reconcile.selector, during, evidence)
        .and_then(|growths| Ok((growths, Sides::of(&reconcile.client, during, evidence)?)));
    let (growths, sides) = match measured {
        Ok(measured) => measured,
        Err(reason) => return Finding::nothing(reason),
    };
    let totals = Totals {
        client: sides.client,
        counter: growths.total(reconcile.scale),
        unit: reconcile.unit,
        within: &reconcile.within,
        between: sides.between,
    };
    let ruling = every_element::rule_not_finite(totals.counter, reconcile.unit)
        .unwrap_or_else(|| rule::rule(&totals));
    let mut finding = Finding::new(Observed::of(totals.difference()), ruling);
    if let Some(restarted) = &growths.restarted {
        return Finding::nothing(allowed_restart::doubt(restarted));
    }
    if let Some(doubt) = gone_series::doubt(&growths.gone) {
        finding.ruling = doubt.into();
    }
    finding.ruling.reason.push_str(&growths.summary());
    finding.margin = Some(totals.allowed() - totals.difference().abs());
    finding.samples = Some(sides.answered);
    finding.arrivals = sides.selected.arrivals();
    finding
}

/// The client's side, and what may lie between it and the target's.
struct Sides<'a> {
    client: f64,
    /// Complete responses, whatever they were.
    answered: u64,
    between: Between,
    selected: Selected<'a>,
}

impl<'a> Sides<'a> {
    fn of(
        total: &ClientTotal,
        during: Option<&str>,
        evidence: &Evidence<'a>,
    ) -> Result<Self, Doubt> {
        let window = evidence.window(during)?;
        if let Some(name) = during {
            exact_ends(name, window, evidence)?;
        }
        let selected = Selected::of(&total.filter, during, evidence)?;
        let answered = selected.sum(|request| request.responses);
        if answered == 0 {
            return Err(Doubt::new(
                codes::NO_SAMPLES,
                "no request was answered, so there is nothing to reconcile",
            ));
        }
        let client = selected.sum(|request| amount(total, request)) as f64;
        let between = between(total, (&selected, window), evidence);
        Ok(Self { client, answered, between, selected })
    }
}

/// What one request result adds to a total.
fn amount(total: &ClientTotal, request: &RequestResult) -> u64 {
    match total.of {
        Totalled::Requests(counted) => count_of(counted, total.filter.outcome, request),
        Totalled::Bytes(transferred) => bytes_of(transferred, request),
    }
}

fn between(
    total: &ClientTotal,
    (selected, window): (&Selected<'_>, Window),
    evidence: &Evidence<'_>,
) -> Between {
    let unanswered = selected.sum(|request| request.sent.saturating_sub(request.responses));
    let retried = selected.sum(|request| request.retried);
    let repeats = selected.sum(|request| request.repeats);
    let redirects = selected.sum(|request| request.redirects);
    let (warm_up, has_warm_up) = unanswered_before(&total.filter, evidence);
    let peak = evidence.load.generator.peak_in_flight;
    let within = window.opened_ms..window.closed_ms;
    let scrapes = evidence.series.scrapes().iter().filter(|one| within.contains(&one.at_ms));
    Between {
        unanswered: if counts_unanswered(total) { 0 } else { unanswered },
        // Bodies that were sent twice are in the client's total twice.
        unconfirmed: match total.of {
            Totalled::Bytes(Transferred::Sent) => unanswered + retried + repeats,
            _ if counts_unanswered(total) => unanswered,
            _ => 0,
        },
        retried,
        repeats,
        redirects,
        before: warm_up + if has_warm_up { peak } else { 0 },
        last: peak,
        largest: largest(total, &selected.requests),
        scrapes: scrapes.count() as u64,
    }
}

/// Whether requests that got no answer are in the client's total.
fn counts_unanswered(total: &ClientTotal) -> bool {
    match total.of {
        Totalled::Requests(Counted::Responses) | Totalled::Bytes(Transferred::Received) => false,
        Totalled::Requests(_) => total.filter.outcome != Some(Outcome::Ok),
        Totalled::Bytes(Transferred::Sent) => true,
    }
}

/// Requests of leading phases that are not measured and got no answer: the target may
/// have worked on them within the window. And whether there was such a phase.
fn unanswered_before(filter: &RequestFilter, evidence: &Evidence<'_>) -> (u64, bool) {
    let leading: Vec<&PhaseResult> =
        evidence.load.phases.iter().take_while(|phase| !phase.measured).collect();
    let wanted =
        |one: &&RequestResult| filter.request.as_ref().is_none_or(|name| *name == one.name);
    let requests = leading.iter().flat_map(|phase| phase.requests.iter().filter(wanted));
    let unanswered = requests.map(|one| one.sent.saturating_sub(one.responses)).sum();
    (unanswered, !leading.is_empty())
}

/// What one request is at most in a total: of bytes, the mean of the kind of request
/// that has the largest.
fn largest(total: &ClientTotal, requests: &[&RequestResult]) -> f64 {
    let Totalled::Bytes(transferred) = total.of else { return 1.0 };
    let mean = |request: &&RequestResult| {
        let count = match transferred {
            Transferred::Sent => request.sent + request.retried + request.repeats,
            Transferred::Received => request.responses,
        };
        bytes_of(transferred, request) as f64 / count.max(1) as f64
    };
    requests.iter().map(mean).fold(0.0, f64::max).ceil()
}

/// Whether the scrapes at the ends of a phase lie between its requests and all others.
fn exact_ends(name: &str, window: Window, evidence: &Evidence<'_>) -> Result<(), Doubt> {
    let is_meant = |phase: &&PhaseResult| {
        let planned = evidence.planned.iter().find(|planned| planned.name == phase.name);
        planned.is_some_and(|planned| planned.goes_by(name))
    };
    let (own, others): (Vec<&PhaseResult>, Vec<&PhaseResult>) =
        evidence.load.measured_phases().partition(is_meant);
    if others.is_empty() {
        return Ok(());
    }
    let scrapes = evidence.series.scrapes();
    if scrapes.iter().any(|one| scrapes.first().is_some_and(|first| first.instance != one.instance))
    {
        return Err(no_exact_ends(name, "several instances are not scraped at one instant"));
    }
    let (opened_ms, closed_ms) =
        (ended(scrapes, window.opened_ms), ended(scrapes, window.closed_ms));
    for phase in own {
        let inside =
            phase.first_intended_ms >= opened_ms && phase.last_response_ms <= window.closed_ms;
        if !inside {
            return Err(no_exact_ends(name, "a scrape at its ends was made while it ran"));
        }
    }
    for phase in others {
        let outside =
            phase.last_response_ms <= window.opened_ms || phase.first_intended_ms >= closed_ms;
        if !outside {
            let why = format!("requests of `{}` were under way between its scrapes", phase.name);
            return Err(no_exact_ends(name, &why));
        }
    }
    Ok(())
}

fn no_exact_ends(name: &str, why: &str) -> Doubt {
    Doubt::new(
        rule::CODE,
        format!("phase `{name}` has no exact ends: {why}; reconcile over the whole run instead"),
    )
}

/// When the scrape that began at a time was over, milliseconds since the epoch.
fn ended(scrapes: &[ScrapeRecord], began_ms: i64) -> i64 {
    let took = scrapes.iter().find(|one| one.at_ms == began_ms).map(|one| one.took);
    let took_ms = took.map_or(0, |took| took.as_nanos().div_ceil(1_000_000));
    began_ms.saturating_add(i64::try_from(took_ms).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::LoadResult;
    use crate::scenario::{Distance, ObjectiveKind, Tolerance, Unmoved};
    use crate::series::{FamilyKind, SeriesStore};
    use crate::slo::fixtures::{
        add_series, answered, evidence_of, load_of, objective, phase, scrapes_every, steady,
        store_of, with_failures,
    };
    use crate::slo::{JudgedObjective, Verdict, judge_each};
    use crate::units::Unit;

    const REQUESTS: &str = "export_requests_total";

    fn counted(total: f64) -> SeriesStore {
        let mut store = store_of(scrapes_every(250, 1_000, 5_000));
        let last = (store.scrapes().len() - 1) as f64;
        let labels = [("__name__", REQUESTS), ("format", "csv")];
        // 70 older requests must not count.
        add_series(&mut store, FamilyKind::Counter, &labels, |at| {
            Some(70.0 + (total * at as f64 / last).floor())
        });
        store
    }

    fn agree(of: Totalled, outcome: Option<Outcome>, within: Distance) -> ObjectiveKind {
        let filter = RequestFilter { request: None, outcome };
        ObjectiveKind::Reconcile(Reconcile {
            client: ClientTotal { of, filter },
            selector: REQUESTS.into(),
            unit: match of {
                Totalled::Requests(_) => Unit::Plain,
                Totalled::Bytes(_) => Unit::Bytes,
            },
            scale: 1.0,
            within: Tolerance { distance: within, text: "so much".into() },
        })
    }

    fn responses() -> ObjectiveKind {
        agree(Totalled::Requests(Counted::Responses), None, Distance::Amount(0.0))
    }

    fn judged_with_note(
        load: &LoadResult,
        series: &SeriesStore,
        (kind, during): (ObjectiveKind, Option<&str>),
    ) -> (JudgedObjective, Option<String>) {
        let evidence = Evidence { unmoved: Unmoved::Doubt, ..evidence_of(load, series) };
        let mut objective = objective(kind, &[]);
        objective.during = during.map(str::to_owned);
        let judged: Vec<JudgedObjective> = judge_each(std::slice::from_ref(&objective), &evidence)
            .into_iter()
            .map(|(_, judged)| judged)
            .collect();
        let note = note(&judged, &evidence);
        (judged.into_iter().next().unwrap(), note)
    }

    fn judged(load: &LoadResult, series: &SeriesStore, kind: ObjectiveKind) -> JudgedObjective {
        judged_with_note(load, series, (kind, None)).0
    }

    #[test]
    fn every_response_was_counted_once() {
        let load = steady(vec![answered("csv", [5; 400])]);
        let (agreed, note) = judged_with_note(&load, &counted(400.0), (responses(), None));
        assert_eq!(agreed.verdict, Verdict::Pass);
        assert_eq!(agreed.expression, "count(responses) = export_requests_total");
        assert_eq!((agreed.target.as_str(), agreed.margin), ("within so much", Some(0.0)));
        assert_eq!(
            agreed.reason,
            "the client counted 400 and the target 400 \
             (export_requests_total{format=\"csv\"} +400; 1 series)"
        );
        assert_eq!(note, None);
    }

    #[test]
    fn what_the_target_did_not_count_is_a_fail() {
        let load = steady(vec![answered("csv", [5; 400])]);
        let (missed, note) = judged_with_note(&load, &counted(300.0), (responses(), None));
        assert!(note.unwrap().starts_with("nothing reconciles"));
        assert_eq!((missed.observed, missed.verdict), (Observed::Number(-100.0), Verdict::Fail));
        assert_eq!(missed.margin, Some(-100.0));
        let near = agree(Totalled::Requests(Counted::Responses), None, Distance::Share(0.3));
        assert_eq!(judged(&load, &counted(300.0), near).verdict, Verdict::Pass);
    }

    #[test]
    fn requests_without_an_answer_make_a_difference_uncertain() {
        let mut request = answered("csv", [5; 390]);
        request.intended += 10;
        request.sent += 10;
        request.failed += 10;
        let load = steady(vec![request]);
        assert_eq!(judged(&load, &counted(390.0), responses()).verdict, Verdict::Pass);
        assert_eq!(judged(&load, &counted(397.0), responses()).verdict, Verdict::Inconclusive);
        assert_eq!(judged(&load, &counted(401.0), responses()).verdict, Verdict::Fail);
        let sent = || agree(Totalled::Requests(Counted::Sent), None, Distance::Amount(0.0));
        assert_eq!(judged(&load, &counted(397.0), sent()).verdict, Verdict::Inconclusive);
        assert_eq!(judged(&load, &counted(389.0), sent()).verdict, Verdict::Fail);
    }

    #[test]
    fn failures_agree_and_so_do_none_of_them() {
        let failed = || {
            let of = Totalled::Requests(Counted::Responses);
            agree(of, Some(Outcome::Failed), Distance::Amount(0.0))
        };
        let load = steady(vec![with_failures(answered("csv", [5; 90]), 10)]);
        assert_eq!(judged(&load, &counted(10.0), failed()).verdict, Verdict::Pass);
        assert_eq!(judged(&load, &counted(0.0), failed()).verdict, Verdict::Fail);
        // No counter moved, so that the agreement proves nothing about this process.
        let good = steady(vec![answered("csv", [5; 90])]);
        assert_eq!(judged(&good, &counted(0.0), failed()).verdict, Verdict::Inconclusive);
    }

    #[test]
    fn bytes_are_compared_in_the_counters_unit() {
        let mut request = answered("csv", [5; 100]);
        request.bytes_sent = 120_000;
        let load = steady(vec![request]);
        let mut kind = agree(Totalled::Bytes(Transferred::Sent), None, Distance::Amount(0.0));
        let ObjectiveKind::Reconcile(reconcile) = &mut kind else { panic!() };
        reconcile.scale = 1e3;
        assert_eq!(judged(&load, &counted(120.0), kind.clone()).verdict, Verdict::Pass);
        let missed = judged(&load, &counted(60.0), kind);
        assert!(missed.reason.contains("off by 60 kB"), "{}", missed.reason);
    }

    #[test]
    fn without_an_answer_there_is_nothing_to_reconcile() {
        let mut request = answered("csv", []);
        (request.intended, request.sent, request.failed) = (5, 5, 5);
        let nothing = judged(&steady(vec![request]), &counted(0.0), responses());
        assert_eq!(nothing.verdict, Verdict::Inconclusive);
        assert!(nothing.reason.contains("nothing to reconcile"), "{}", nothing.reason);
    }

    #[test]
    fn a_warm_up_that_was_given_up_may_end_within_the_window() {
        let mut warm_up = phase("warm-up");
        warm_up.measured = false;
        let mut given_up = answered("csv", []);
        (given_up.intended, given_up.sent, given_up.failed) = (2, 2, 2);
        warm_up.requests = vec![given_up];
        let mut load = steady(vec![answered("csv", [5; 400])]);
        load.phases.insert(0, warm_up);
        assert_eq!(judged(&load, &counted(402.0), responses()).verdict, Verdict::Inconclusive);
        assert_eq!(judged(&load, &counted(403.0), responses()).verdict, Verdict::Fail);
    }

    fn two_phases(pause_ms: i64) -> LoadResult {
        let one = |name: &str, from_ms, to_ms| PhaseResult {
            first_intended_ms: from_ms,
            last_response_ms: to_ms,
            requests: vec![answered("csv", [5; 200])],
            ..phase(name)
        };
        load_of(vec![one("first", 1_010, 3_000 - pause_ms), one("second", 3_100, 4_900)])
    }

    #[test]
    fn a_phase_is_reconciled_where_its_ends_are_exact() {
        let during = |load: &LoadResult| {
            judged_with_note(load, &counted(400.0), (responses(), Some("second"))).0
        };
        let apart = during(&two_phases(10));
        assert_eq!(apart.verdict, Verdict::Pass, "{}", apart.reason);
        let together = during(&two_phases(-50));
        assert_eq!(together.verdict, Verdict::Inconclusive);
        assert_eq!(
            together.reason,
            "phase `second` has no exact ends: requests of `first` were under way between its \
             scrapes; reconcile over the whole run instead"
        );
    }

    #[test]
    fn a_counter_that_grew_by_the_responses_is_proposed() {
        let load = steady(vec![answered("csv", [5; 400])]);
        let counter =
            || ObjectiveKind::Counter { selector: REQUESTS.into(), unit: Unit::Plain, scale: 1.0 };
        let note = |series: &SeriesStore| {
            judged_with_note(&load, series, (counter(), None)).1.unwrap_or_default()
        };
        let mut store = counted(400.0);
        assert!(
            note(&store).starts_with("export_requests_total grew by exactly the 400 responses"),
            "{}",
            note(&store)
        );
        let labels = [("__name__", REQUESTS), ("format", "pdf")];
        add_series(&mut store, FamilyKind::Counter, &labels, |at| Some(at as f64));
        assert!(
            note(&store).starts_with("export_requests_total{format=\"csv\"} grew by exactly"),
            "{}",
            note(&store)
        );
        assert!(note(&counted(380.0)).starts_with("nothing reconciles"));
    }
}
