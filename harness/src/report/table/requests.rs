//! What was sent, and how long the answers took.

use std::collections::BTreeMap;

use super::style::{Style, align_right, wrapped};
use crate::archive::{
    GeneratorRecord, Measured, MeasuredWord, Model, RequestRecord, ScenarioRecord, Times, UnitName,
};
use crate::units::{Unit, format_quantity};

/// The requests of a scenario; repetitions of a phase are one row.
pub(super) fn section(scenario: &ScenarioRecord, style: Style) -> String {
    let repeated = |request: &&RequestRecord| {
        let mut phases = scenario.phases.iter();
        phases.any(|phase| phase.name == request.phase && phase.group.is_some())
    };
    let shown: Vec<&RequestRecord> = scenario
        .requests
        .iter()
        .filter(|request| !repeated(request))
        .chain(&scenario.repeated_requests)
        .filter(|request| request.count > 0)
        .collect();
    if shown.is_empty() {
        return "\nno request was sent\n".into();
    }
    let unmeasured: Vec<&str> = scenario
        .phases
        .iter()
        .filter(|phase| !phase.measured)
        .map(|phase| phase.name.as_str())
        .collect();
    let mut section = String::from("\n") + &rows(&shown, &unmeasured, style);
    if shown.iter().any(|request| unmeasured.contains(&request.phase.as_str())) {
        section += "* not measured: shown, and left out of verdicts\n";
    }
    section += &notes(scenario, &shown, style);
    section
}

fn rows(shown: &[&RequestRecord], unmeasured: &[&str], style: Style) -> String {
    let header = ["request", "phase", "model", "count", "failed", "p50", "p95", "p99", "max"];
    let mut table = style.table(&header, 0);
    for request in shown {
        let mark = if unmeasured.contains(&request.phase.as_str()) { "*" } else { "" };
        let phase = format!("{}{mark}", request.phase);
        let name = [request.name.clone(), phase, model_name(request.model).into()];
        let counts = [request.count.to_string(), request.failed.to_string()];
        table.add_row(name.into_iter().chain(counts).chain(quantiles(&request.latency_seconds)));
        if request.failed > 0 && request.succeeded > 0 {
            let name = ["  ok only".into(), String::new(), String::new()];
            let counts = [request.succeeded.to_string(), String::new()];
            let times = quantiles(&request.latency_ok_seconds);
            table.add_row(name.into_iter().chain(counts).chain(times));
        }
    }
    align_right(&mut table, 3..header.len());
    style.drawn(&table)
}

fn quantiles(times: &Times) -> [String; 4] {
    [times.p50, times.p95, times.p99, times.max].map(time)
}

fn time(measured: Option<Measured>) -> String {
    match measured {
        None => "-".into(),
        Some(Measured::Word(MeasuredWord::Unbounded)) => "∞".into(),
        other => super::style::show(other, UnitName::Seconds),
    }
}

fn model_name(model: Model) -> &'static str {
    match model {
        Model::Open => "open",
        Model::Closed => "closed",
        Model::Mixed => "mixed",
    }
}

/// Lines below the table: what ∞ means, failures by kind, the generator, the scrapes.
fn notes(scenario: &ScenarioRecord, shown: &[&RequestRecord], style: Style) -> String {
    let mut lines = String::new();
    let mut failures: BTreeMap<&str, u64> = BTreeMap::new();
    for (kind, count) in shown.iter().flat_map(|request| &request.failures) {
        *failures.entry(kind).or_default() += count;
    }
    if !failures.is_empty() {
        let kinds: Vec<String> =
            failures.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let text = format!("failures: {} (∞: the value falls on one of them)", kinds.join(", "));
        lines += &wrapped(&text, 2, style);
    }
    if let Some(generator) = &scenario.generator {
        lines += &wrapped(&generator_line(generator, shown), 2, style);
    }
    if let Some(scrapes) = &scenario.scrapes {
        let error = scrapes.first_errors.first();
        let error = error.map_or_else(String::new, |error| format!(" ({error})"));
        let text = format!("scrapes: {} good, {} failed{error}", scrapes.good, scrapes.failed);
        lines += &wrapped(&text, 2, style);
    }
    for note in &scenario.notes {
        lines += &wrapped(&format!("note: {note}"), 2, style);
    }
    lines
}

fn generator_line(generator: &GeneratorRecord, shown: &[&RequestRecord]) -> String {
    let sum = |count: fn(&RequestRecord) -> u64| -> u64 {
        shown.iter().map(|request| count(request)).sum()
    };
    let retried = match sum(|request| request.retried) {
        0 => String::new(),
        some => format!("{some} sent again on a fresh connection, "),
    };
    format!(
        "generator: lag p99 {}, {} late, {} dropped, {} missed, {retried}{} CPU in {}",
        time(generator.lag_seconds.p99),
        sum(|request| request.late),
        sum(|request| request.dropped),
        generator.missed_by_generator,
        format_quantity(generator.cpu_seconds, Unit::Seconds),
        format_quantity(generator.wall_seconds, Unit::Seconds),
    )
}
