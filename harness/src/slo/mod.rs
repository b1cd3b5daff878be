//! The judge: evidence in, verdicts out, no I/O.
//!
//! A pass needs proof, a fail needs a miss that chance or the generator cannot
//! explain, and everything else is inconclusive with a reason that a person can
//! act on. The rules are in [`algebra`], one file each; `docs/verdict.md` tells
//! them in prose. What this layer deliberately does not do: decide exit codes
//! (`gate`), or know of several scenarios.

mod alerts;
pub mod algebra;
mod beside;
mod binomial;
mod by_itself;
mod client;
mod client_text;
pub mod codes;
mod counter;
mod evidence;
#[cfg(test)]
pub(crate) mod fixtures;
mod growth;
mod judged;
mod machine_cpu;
mod moved;
mod one_process;
mod present;
mod promql;
mod reconcile;
mod ruling;
mod scraped;
mod verdict;
mod verification;
mod windows;

pub use alerts::{AlertActivity, AlertEnding, AlertEvidence, WatchedAlert, watched_alerts};
pub use beside::ShownBeside;
pub use by_itself::{moves_by_itself, names_a_path_of_scrapes};
pub use client_text::client_expression_text;
pub use evidence::{Evidence, InstanceWindows, MissingWindow, PlannedPhase, Window, Windows};
pub use growth::{Growth, Selection, growths, selections};
pub use judged::{
    Arrivals, Finding, JudgedObjective, Observed, Source, Uncertainty, UncertaintyKind,
};
pub use machine_cpu::machine_shares;
pub use moved::target_moved;
pub use promql::ExpressionWindows;
pub use reconcile::note as reconciliation_note;
pub use ruling::{Doubt, Ruling};
pub use scraped::{missing as missing_series, missing_of as missing_series_of};
pub use verdict::Verdict;
pub use verification::{Agreement, Compared, LeftOut, Question, SAME_SAMPLES, questions};

use crate::scenario::{AlertExpectation, Objective, ObjectiveKind, Restarts};
use crate::series::InstanceChange;
use crate::units::Unit;
use algebra::generator_behind::Miss;
use algebra::one_process::ReadTwice;
use algebra::stopped_early::{self, RestOfRun};
use algebra::{
    generator_behind, never_sent, nothing_succeeded, restart, sent_again, starved_machine,
    threshold, unmoved,
};

/// Why nothing of the client's is judged where slogate sends nothing itself.
const NO_CLIENT: &str = "slogate sent nothing itself, so there is no client to judge; use `promql` or \
                         `counter`, or `slogate run`";

/// Rules one objective, and measures nothing that is only shown.
pub fn rule(objective: &Objective, evidence: &Evidence<'_>) -> Ruling {
    about_the_run(&find(objective, evidence), objective, evidence)
}

/// Judges one objective.
pub fn judge(objective: &Objective, evidence: &Evidence<'_>) -> JudgedObjective {
    let finding = find(objective, evidence);
    let ruling = about_the_run(&finding, objective, evidence);
    let judged = report(objective, Subject::of(&objective.kind), finding, ruling);
    JudgedObjective { beside: beside::measure(objective, evidence), ..judged }
}

/// What was measured for an objective, and how that is ruled by itself.
fn find(objective: &Objective, evidence: &Evidence<'_>) -> Finding {
    match &objective.kind {
        ObjectiveKind::Client(_) | ObjectiveKind::Reconcile(_) if evidence.planned.is_empty() => {
            Finding::nothing(Doubt::new(codes::NO_CLIENT, NO_CLIENT))
        }
        ObjectiveKind::Client(expression) => client::judge(expression, objective, evidence),
        ObjectiveKind::Promql { expression, unit, scale, includes_before_run } => {
            let query = promql::Query {
                text: expression,
                unit: *unit,
                scale: *scale,
                includes_before_run: *includes_before_run,
            };
            promql::judge(query, objective, evidence)
        }
        ObjectiveKind::Counter { selector, unit, scale } => {
            counter::judge(selector, (*unit, *scale), objective, evidence)
        }
        ObjectiveKind::Present { selector } => present::judge(selector, objective, evidence),
        ObjectiveKind::Reconcile(reconcile) => reconcile::judge(reconcile, objective, evidence),
        ObjectiveKind::Alert(alert) => alerts::judge(alert, objective, evidence),
    }
}

/// Whether waiting for a CPU explains that an objective is missed, whoever had the CPU.
pub fn waiting_explains(objective: &Objective, evidence: &Evidence<'_>) -> bool {
    machine_cpu::waiting_explains(&find(objective, evidence), objective, evidence)
}

/// Why a miss that waiting explains may be other processes' doing, if they had the CPU
/// while the load of its objective ran.
pub fn starvation(objective: &Objective, evidence: &Evidence<'_>) -> Option<String> {
    starved_machine::excuse(&machine_cpu::shares_during(objective, evidence)?)
}

/// Judges each objective, in order.
pub fn judge_each<'o>(
    objectives: &'o [Objective],
    evidence: &Evidence<'_>,
) -> Vec<(&'o Objective, JudgedObjective)> {
    objectives.iter().map(|objective| (objective, judge(objective, evidence))).collect()
}

/// A ruling over the whole scenario for each instance of the target that was not
/// one process all the time; never a pass.
pub fn judge_instances(evidence: &Evidence<'_>) -> Vec<(InstanceChange, Ruling)> {
    let changes = evidence.instance_changes().into_iter();
    let counts =
        |change: &InstanceChange| evidence.restarts == Restarts::Fail || !change.kind.is_restart();
    changes.filter(counts).map(|change| (change.clone(), restart::rule(&change))).collect()
}

/// Restarts that the scenario allows, in words.
pub fn allowed_restarts(evidence: &Evidence<'_>) -> Vec<String> {
    let restarts = evidence.allowed_restarts();
    restarts.iter().map(|change| format!("{change} (`restarts: allow`)")).collect()
}

/// An objective that could not be judged at all, because the run never got that far.
pub fn not_judged(objective: &Objective, doubt: Doubt) -> JudgedObjective {
    let subject = Subject::of(&objective.kind);
    let reason = doubt.reason.clone();
    let finding = Finding::nothing(doubt);
    let ruling = finding.ruling.clone();
    let judged = report(objective, subject, finding, ruling);
    JudgedObjective { beside: beside::not_measured(objective, &reason), ..judged }
}

/// What an objective is about, for the report.
struct Subject {
    source: Source,
    expression: String,
    unit: Unit,
    /// What must hold, where no threshold says it.
    target: Option<String>,
}

impl Subject {
    fn of(kind: &ObjectiveKind) -> Self {
        match kind {
            ObjectiveKind::Client(expression) => Self {
                source: Source::Client,
                expression: client_expression_text(expression),
                unit: client::unit(expression),
                target: None,
            },
            ObjectiveKind::Promql { expression, unit, .. } => {
                Self::plain(Source::Promql, expression, *unit)
            }
            ObjectiveKind::Counter { selector, unit, .. } => {
                Self::plain(Source::Counter, selector, *unit)
            }
            ObjectiveKind::Present { selector } => Self {
                target: Some("present".into()),
                ..Self::plain(Source::Series, selector, Unit::Plain)
            },
            ObjectiveKind::Reconcile(reconcile) => Self {
                source: Source::Reconcile,
                expression: reconcile::text(reconcile),
                unit: reconcile.unit,
                target: Some(format!("within {}", reconcile.within.text)),
            },
            ObjectiveKind::Alert(alert) => {
                Self::plain(Source::Alert, &alert.expressions.join("; "), Unit::Plain)
            }
        }
    }

    fn plain(source: Source, expression: &str, unit: Unit) -> Self {
        Self { source, expression: expression.to_owned(), unit, target: None }
    }
}

/// The rules that are about the run as a whole.
fn about_the_run(finding: &Finding, objective: &Objective, evidence: &Evidence<'_>) -> Ruling {
    let (ruling, targets) = (finding.ruling.clone(), &objective.thresholds);
    let ruling = match one_process::read_twice(&objective.kind, evidence) {
        Some([one, other]) => {
            let read = ReadTwice {
                instances: [&one, &other],
                copies: one_process::copies(&objective.kind),
                value: finding.observed.number(),
                targets,
            };
            algebra::one_process::rule(ruling, &read)
        }
        None => ruling,
    };
    let ruling = match moved::nothing_moved(&objective.kind, evidence) {
        Some(answers) => unmoved::rule(ruling, answers),
        None => ruling,
    };
    let ruling = match generator_behind::find(evidence.load) {
        Some(behind) => {
            let miss = match &objective.kind {
                ObjectiveKind::Client(expression) => {
                    Miss::Requests(client::exceptions(expression, objective, evidence))
                }
                ObjectiveKind::Promql { .. } => {
                    promql::own_exceptions(finding, objective, evidence)
                        .map_or(Miss::Target(targets), Miss::Requests)
                }
                // What was not there may have come with the requests that were missed.
                ObjectiveKind::Present { .. } => Miss::Requests(Vec::new()),
                _ => Miss::Target(targets),
            };
            generator_behind::rule(ruling, behind, &miss)
        }
        None => ruling,
    };
    let ruling = match nothing_succeeded::find(evidence.load) {
        Some(fruitless)
            if !asks_for_failures(&objective.kind)
                || !nothing_succeeded::something_succeeded(evidence.load) =>
        {
            nothing_succeeded::rule(ruling, &fruitless)
        }
        _ => ruling,
    };
    let ruling = match never_sent::find(evidence.load) {
        Some(request) => never_sent::rule(ruling, request),
        None => ruling,
    };
    let ruling = match sent_again::find(evidence.load) {
        Some(many) if is_about_answers(&objective.kind) => sent_again::rule(ruling, &many),
        _ => ruling,
    };
    let ruling = match stopped_early::find(evidence.load, &evidence.planned) {
        Some(why) => {
            let measured = (finding.observed, rest_of_run(finding, &objective.kind));
            stopped_early::rule(ruling, &why, measured, targets)
        }
        None => ruling,
    };
    // Last: it is about what is still a miss.
    match machine_cpu::explains(finding, objective, evidence) {
        Some(shares) => starved_machine::rule(ruling, &shares),
        None => ruling,
    }
}

/// Whether an objective is about what came of requests, but for their being sent again.
fn is_about_answers(kind: &ObjectiveKind) -> bool {
    matches!(kind, ObjectiveKind::Client(expression) if !client::counts_retried(expression))
}

/// Whether an objective is about how requests end, so that their failing is its subject.
fn asks_for_failures(kind: &ObjectiveKind) -> bool {
    match kind {
        ObjectiveKind::Client(expression) => client::asks_for_failures(expression),
        // What must fire is often about failures.
        ObjectiveKind::Alert(alert) => alert.expected != AlertExpectation::Quiet,
        _ => false,
    }
}

/// What a longer run could have done to the value of an objective.
fn rest_of_run(finding: &Finding, kind: &ObjectiveKind) -> RestOfRun {
    match kind {
        ObjectiveKind::Client(expression) => client::rest_of_run(expression),
        // More alerts may fire, and none that fired can be taken back.
        ObjectiveKind::Counter { .. } | ObjectiveKind::Alert(_) => RestOfRun::Raises,
        ObjectiveKind::Promql { expression, .. } => match finding.uncertainty {
            // A quantile or a share, which its own rules weighed.
            Some(_) => RestOfRun::Confirms,
            None if promql::is_lowest_of_the_window(expression) => RestOfRun::Lowers,
            // Expressions can be anything; too much of something is taken to stay too much.
            None => RestOfRun::Raises,
        },
        ObjectiveKind::Present { .. } | ObjectiveKind::Reconcile(_) => RestOfRun::Moves,
    }
}

fn report(
    objective: &Objective,
    subject: Subject,
    finding: Finding,
    ruling: Ruling,
) -> JudgedObjective {
    let targets: Vec<&str> = objective.thresholds.iter().map(|one| one.text.as_str()).collect();
    let has_distance = subject.source != Source::Alert;
    let margin = finding.observed.number().filter(|_| has_distance).and_then(|value| {
        let margins = objective.thresholds.iter().filter_map(|one| threshold::margin(value, one));
        margins.min_by(f64::total_cmp)
    });
    let target = subject.target.unwrap_or_else(|| targets.join(" and "));
    JudgedObjective {
        id: objective.id.clone(),
        description: objective.description.clone(),
        source: subject.source,
        expression: subject.expression,
        observed: finding.observed,
        unit: subject.unit,
        target,
        margin: margin.or(finding.margin),
        samples: finding.samples,
        uncertainty: finding.uncertainty,
        element: finding.element,
        beside: Vec::new(),
        during: objective.during.clone(),
        arrivals: finding.arrivals,
        verdict: ruling.verdict,
        reason: ruling.reason,
        codes: ruling.codes,
        place: objective.place.clone(),
    }
}

/// The ruling over all thresholds: each must hold, and without any nothing passes.
fn over_thresholds(
    objective: &Objective,
    rule: impl FnMut(&crate::scenario::Threshold) -> Ruling,
) -> Ruling {
    all_of(objective.thresholds.iter().map(rule))
}

/// All must hold, and every miss is told; of none nothing passes.
fn all_of(rulings: impl IntoIterator<Item = Ruling>) -> Ruling {
    rulings.into_iter().reduce(Ruling::and).unwrap_or_else(|| {
        Ruling::inconclusive(codes::NO_TARGET, "the objective has no target; add `is:`")
    })
}
