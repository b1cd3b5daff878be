//! The numbers of a record as every table shows them: one row an objective, one row a
//! request and phase, and the lines below. The tables differ only in how they are drawn.

use std::collections::BTreeMap;

use super::scrapes::scrapes_line;
use super::words::{mark, printable};
use super::{flows, generator};
use crate::archive::{
    BesideRecord, Measured, MeasuredWord, Model, RequestRecord, ScenarioRecord, SloRecord, Times,
    UncertaintyRecord, UnitName,
};
use crate::units::{Unit, format_quantity};

/// The columns of [`objective`]; the first is the verdict's mark.
pub(super) const OBJECTIVE: [&str; 8] =
    ["", "objective", "observed", "target", "margin", "between", "n", "source"];

/// The columns of [`OBJECTIVE`] that give way where a table is too wide: texts that people
/// write.
pub(super) const WRAPPING_OF_OBJECTIVE: [usize; 2] = [1, 3];

/// Whether a column of [`OBJECTIVE`] holds numbers.
pub(super) fn is_number_of_objective(column: usize) -> bool {
    (2..7).contains(&column)
}

/// The columns of [`requests`].
pub(super) const REQUEST: [&str; 9] =
    ["request", "phase", "model", "count", "failed", "p50", "p95", "p99", "max"];

/// The columns of [`REQUEST`] that give way where a table is too wide.
pub(super) const WRAPPING_OF_REQUEST: [usize; 2] = [0, 1];

/// Whether a column of [`REQUEST`] holds numbers.
pub(super) fn is_number_of_request(column: usize) -> bool {
    column >= 3
}

/// What is said where nothing was sent.
pub(super) const NOTHING_SENT: &str = "no request was sent";

/// One objective.
pub(super) fn objective(slo: &SloRecord) -> [String; 8] {
    let unit = Unit::from(slo.unit);
    [
        mark(slo.verdict).to_owned(),
        printable(&slo.id),
        show(slo.observed, slo.unit),
        slo.target.clone(),
        or_dash(slo.margin.map(|margin| format_quantity(margin, unit))),
        or_dash(slo.uncertainty.map(|range| between(range, unit))),
        or_dash(slo.samples.map(|samples| samples.to_string())),
        slo.source.clone(),
    ]
}

/// What is shown beside an objective, one row each: no mark, no target.
pub(super) fn beside(slo: &SloRecord) -> Vec<[String; 8]> {
    let row = |shown: &BesideRecord| {
        let name = format!("  {}", printable(&shown.name));
        let observed = beside_observed(shown);
        let dash = || "-".to_owned();
        [String::new(), name, observed, "shown".into(), dash(), dash(), dash(), "counter".into()]
    };
    slo.beside.iter().map(row).collect()
}

/// What a counter grew by; it may have been more where there is a reason to doubt it.
fn beside_observed(shown: &BesideRecord) -> String {
    let observed = show(shown.observed, UnitName::Plain);
    let is_in_doubt = shown.observed.is_some() && shown.reason.is_some();
    if is_in_doubt { format!("{observed} (in doubt)") } else { observed }
}

/// An objective's row, and those of what is shown beside it.
pub(super) fn objective_rows(slo: &SloRecord) -> Vec<[String; 8]> {
    let mut rows = vec![objective(slo)];
    rows.extend(beside(slo));
    rows
}

/// An objective's numbers in one line, for formats without a table.
pub(super) fn objective_line(slo: &SloRecord) -> String {
    let [_, _, observed, target, margin, between, n, source] = objective(slo);
    let shown = |[_, name, observed, ..]: [String; 8]| format!("; {} {observed}", name.trim());
    let beside: String = beside(slo).into_iter().map(shown).collect();
    format!(
        "observed {observed}, target {target}, margin {margin}, between {between}, n {n}, \
         source {source}{beside}"
    )
}

fn or_dash(value: Option<String>) -> String {
    value.unwrap_or_else(|| "-".into())
}

/// A measured value for people.
fn show(measured: Option<Measured>, unit: UnitName) -> String {
    match measured {
        None => "nothing".into(),
        Some(Measured::Number(value)) => format_quantity(value, Unit::from(unit)),
        Some(Measured::Word(MeasuredWord::Unbounded)) => "unbounded".into(),
        Some(Measured::Word(MeasuredWord::NotANumber)) => "NaN".into(),
        Some(Measured::Word(MeasuredWord::PositiveInfinity)) => "+Inf".into(),
        Some(Measured::Word(MeasuredWord::NegativeInfinity)) => "-Inf".into(),
        Some(Measured::Word(MeasuredWord::Fired)) => "fired".into(),
        Some(Measured::Word(MeasuredWord::StayedQuiet)) => "quiet".into(),
        Some(Measured::Word(MeasuredWord::PendingAtEnd)) => "pending".into(),
        // In full it would take a fourth of a terminal; the reason says it.
        Some(Measured::Word(MeasuredWord::CouldNotHaveFired)) => "could not".into(),
    }
}

/// `11.2–14.1 ms`, or `38 ms–∞` without an upper end.
fn between(range: UncertaintyRecord, unit: Unit) -> String {
    let end = |value: Option<f64>| value.map(|value| format_quantity(value, unit));
    match (end(range.low), end(range.high)) {
        (Some(low), Some(high)) => {
            let same_unit = low.split_once(' ').zip(high.split_once(' '));
            match same_unit {
                Some(((number, one), (_, other))) if one == other => format!("{number}–{high}"),
                _ => format!("{low}–{high}"),
            }
        }
        (Some(low), None) => format!("{low}–∞"),
        (None, Some(high)) => format!("≤ {high}"),
        (None, None) => "-".into(),
    }
}

/// The requests that were sent; repetitions of a phase are one row, and one whose
/// requests failed in part is followed by its good answers alone.
pub(super) fn requests(scenario: &ScenarioRecord) -> Vec<[String; 9]> {
    let mut rows = Vec::new();
    for request in shown(scenario) {
        let star = if is_unmeasured(scenario, request) { "*" } else { "" };
        let phase = format!("{}{star}", request.phase);
        let name = [request.name.clone(), phase, model_name(request.model).into()];
        let counts = [request.count.to_string(), request.failed.to_string()];
        rows.push(joined(name, counts, &request.latency_seconds));
        if request.failed > 0 && request.succeeded > 0 {
            let name = ["  ok only".into(), String::new(), String::new()];
            let counts = [request.succeeded.to_string(), String::new()];
            rows.push(joined(name, counts, &request.latency_ok_seconds));
        }
    }
    rows
}

fn joined(name: [String; 3], counts: [String; 2], times: &Times) -> [String; 9] {
    let [request, phase, model] = name;
    let [count, failed] = counts;
    let [p50, p95, p99, max] = [times.p50, times.p95, times.p99, times.max].map(time);
    [request, phase, model, count, failed, p50, p95, p99, max]
}

fn shown(scenario: &ScenarioRecord) -> impl Iterator<Item = &RequestRecord> {
    let is_repeated = |request: &&RequestRecord| {
        let mut phases = scenario.phases.iter();
        phases.any(|phase| phase.name == request.phase && phase.group.is_some())
    };
    scenario
        .requests
        .iter()
        .filter(move |request| !is_repeated(request))
        .chain(&scenario.repeated_requests)
        .filter(|request| request.count > 0)
}

fn is_unmeasured(scenario: &ScenarioRecord, request: &RequestRecord) -> bool {
    scenario.phases.iter().any(|phase| !phase.measured && phase.name == request.phase)
}

/// A measured time for people.
pub(super) fn time(measured: Option<Measured>) -> String {
    match measured {
        None => "-".into(),
        Some(Measured::Word(MeasuredWord::Unbounded)) => "∞".into(),
        other => show(other, UnitName::Seconds),
    }
}

/// How requests arrived, in a word.
pub(super) fn model_name(model: Model) -> &'static str {
    match model {
        Model::Open => "open",
        Model::Closed => "closed",
        Model::Mixed => "mixed",
    }
}

/// Lines below the requests: what `*` and ∞ mean, failures by kind, the generator, the
/// scrapes, and what else should be known.
pub(super) fn notes(scenario: &ScenarioRecord) -> Vec<String> {
    let requests: Vec<&RequestRecord> = shown(scenario).collect();
    let mut lines = Vec::new();
    if requests.iter().any(|request| is_unmeasured(scenario, request)) {
        lines.push("* not measured: shown, and left out of verdicts".to_owned());
    }
    lines.extend(failures(&requests));
    lines.extend(flows::lines(scenario));
    if let Some(generator) = &scenario.generator {
        lines.extend(generator::lines(generator, &requests));
    }
    if let Some(scrapes) = &scenario.scrapes {
        lines.push(scrapes_line(scrapes));
    }
    lines.extend(scenario.notes.iter().map(|note| format!("note: {note}")));
    lines.iter().map(|line| printable(line)).collect()
}

fn failures(requests: &[&RequestRecord]) -> Option<String> {
    let mut failures: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in requests.iter().flat_map(|request| &request.failures) {
        *failures.entry(kind).or_default() += count;
    }
    let kinds: Vec<String> =
        failures.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    (!kinds.is_empty())
        .then(|| format!("failures: {} (∞: the value falls on one of them)", kinds.join(", ")))
}

/// A time in seconds for people.
pub(super) fn seconds(seconds: f64) -> String {
    format_quantity(seconds, Unit::Seconds)
}
