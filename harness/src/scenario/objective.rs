//! One objective in its long form: what is measured, of which requests and phase,
//! and what it must be.

use super::client;
use super::context::Context;
use super::fields::{self, Fields, closest};
use super::finding::Finding;
use super::keys;
use super::model::{ClientExpression, Objective, ObjectiveKind, Threshold};
use super::position::span_within;
use super::promql;
use super::source::Span;
use super::threshold::{self, Expected};
use super::tree::{Node, Value};
use crate::units::Unit;

/// What the rest of the scenario has, for names in objectives.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// Phases by name, groups of repeated phases among them, and whether each is measured.
    pub(super) phases: Vec<(String, bool)>,
    /// Requests by name.
    pub(super) requests: Vec<String>,
    /// Whether there are metrics.
    pub(super) has_metrics: bool,
}

/// Lowers the map of an objective; without surroundings (a list of objectives by
/// itself) names of phases and requests are not checked.
pub(super) fn lower(
    node: &Node,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Objective> {
    let fields = Fields::of(node, &keys::OBJECTIVE, cx)?;
    let id = fields.name("id", cx);
    let description = fields.get("description").map(|node| fields::text(node, cx));
    let during = fields.has("during").then(|| during(&fields, around, cx));
    let kind = kind(&fields, around, cx);
    let expected = kind.as_ref().map_or(Expected::Anything, |kind| expected(&kind.kind));
    let thresholds = thresholds(&fields, expected, cx);
    if let (Some(kind), Some(thresholds)) = (&kind, &thresholds) {
        check_bucket_bounds(&kind.kind, thresholds, &fields, cx);
    }
    if let Some(at) = kind.as_ref().and_then(|kind| kind.uses_phase)
        && during.is_none()
    {
        cx.error(at, "`$phase` without `during`")
            .help("add `during: PHASE`, or write `$run` for the whole measured run");
        return None;
    }
    Some(Objective {
        id: id?,
        description: match description {
            Some(description) => Some(description?.to_owned()),
            None => None,
        },
        kind: kind?.kind,
        thresholds: thresholds?,
        during: match during {
            Some(during) => Some(during?),
            None => None,
        },
        place: cx.place(node.span),
    })
}

/// A quantile never shows more than the highest finite bound, so that a threshold
/// there could not be missed.
fn check_bucket_bounds(
    kind: &ObjectiveKind,
    thresholds: &[Threshold],
    fields: &Fields,
    cx: &mut Context,
) {
    let (Some(known), ObjectiveKind::Promql { expression, scale, .. }) = (cx.known, kind) else {
        return;
    };
    let Some(highest) = known.highest_judged_bound(expression) else { return };
    for threshold in thresholds.iter().filter(|threshold| threshold.bound / scale >= highest) {
        let at = fields.get("is").map_or(fields.at, |node| node.span);
        let message = format!(
            "`{}` is at or above the histogram's highest finite bound, {highest}",
            threshold.text
        );
        cx.error(at, message).help("the quantile could never show a miss; judge below that bound");
    }
}

fn during(fields: &Fields, around: Option<&Surroundings>, cx: &mut Context) -> Option<String> {
    let name = fields.name("during", cx)?;
    let node = fields.get("during")?;
    let Some(around) = around else {
        return Some(name);
    };
    match around.phases.iter().find(|(known, _)| *known == name) {
        Some((_, true)) => Some(name),
        Some((_, false)) => {
            cx.error(node.span, format!("phase `{name}` is not measured"))
                .help("its `measure: false` leaves it out of every verdict");
            None
        }
        None => {
            let names: Vec<_> = around.phases.iter().map(|(known, _)| known.as_str()).collect();
            unknown_name(node.span, "phase", &name, &names, cx);
            None
        }
    }
}

fn unknown_name(at: Span, what: &str, name: &str, known: &[&str], cx: &mut Context) {
    let problem = cx.error(at, format!("unknown {what} `{name}`"));
    if let Some(meant) = closest(name, known.iter().copied()) {
        problem.label(format!("did you mean `{meant}`?"));
    }
    problem.help(format!("this scenario has: {}", known.join(", ")));
}

/// A kind with what must be checked against the rest of the objective.
struct Kind {
    kind: ObjectiveKind,
    uses_phase: Option<Span>,
}

fn kind(fields: &Fields, around: Option<&Surroundings>, cx: &mut Context) -> Option<Kind> {
    if let Some(node) = fields.get("client") {
        refuse_beside("client", &["unit", "window"], fields, cx);
        return client_kind(node, around, cx);
    }
    let (name, node) = match (fields.get("promql"), fields.get("counter")) {
        (Some(node), _) => ("promql", node),
        (None, Some(node)) => ("counter", node),
        (None, None) => return None,
    };
    let text = fields::text(node, cx);
    let (unit, scale) = unit(fields, cx)?;
    if around.is_some_and(|around| !around.has_metrics) {
        let at = fields.key(name).map_or(node.span, |key| key.span);
        cx.error(at, format!("`{name}` needs the target's metrics, but `metrics` is none"))
            .help("add `metrics: { path: /metrics, every: 1s }`");
    }
    let text = text?;
    if name == "counter" {
        refuse_beside("counter", &["window"], fields, cx);
        let selector = text.trim().to_owned();
        promql::check_selector(text).map_err(|findings| report_all(findings, node, cx)).ok()?;
        warn_about_unknown(text, node, cx);
        return Some(Kind {
            kind: ObjectiveKind::Counter { selector, unit, scale },
            uses_phase: None,
        });
    }
    let checked = promql::check(text).map_err(|findings| report_all(findings, node, cx)).ok()?;
    warn_about_unknown(text, node, cx);
    let includes_before_run = match fields.get("window") {
        Some(window) => window_includes_before_run(window, cx)?,
        None => false,
    };
    Some(Kind {
        kind: ObjectiveKind::Promql {
            expression: text.trim().to_owned(),
            unit,
            scale,
            includes_before_run,
        },
        uses_phase: checked
            .phase_at
            .map(|at| span_within(cx.source(node.span), node, at, "$phase".len())),
    })
}

fn warn_about_unknown(text: &str, node: &Node, cx: &mut Context) {
    if let Some(known) = cx.known {
        known.warn_about(text, node, cx);
    }
}

fn report_all(findings: Vec<Finding>, node: &Node, cx: &mut Context) {
    for finding in findings {
        finding.report(node, cx);
    }
}

fn window_includes_before_run(node: &Node, cx: &mut Context) -> Option<bool> {
    if node.text() == Some("includes_before_run") {
        return Some(true);
    }
    cx.error(node.span, "`window` is `includes_before_run` or absent")
        .help("it says that a range longer than the run is meant");
    None
}

fn refuse_beside(kind: &str, names: &[&str], fields: &Fields, cx: &mut Context) {
    for name in names {
        if let Some(key) = fields.key(name) {
            cx.error(key.span, format!("`{name}` beside `{kind}`"))
                .help(format!("remove `{name}`"));
        }
    }
}

fn client_kind(node: &Node, around: Option<&Surroundings>, cx: &mut Context) -> Option<Kind> {
    let text = fields::text(node, cx)?;
    let parsed = client::parse(text).map_err(|finding| finding.report(node, cx)).ok()?;
    if let (Some(around), Some((at, length))) = (around, parsed.request_at) {
        let name = &text[at..at + length];
        if !around.requests.iter().any(|known| known == name) {
            let span = span_within(cx.source(node.span), node, at, length);
            let known: Vec<_> = around.requests.iter().map(String::as_str).collect();
            unknown_name(span, "request", name, &known, cx);
            return None;
        }
    }
    Some(Kind { kind: ObjectiveKind::Client(parsed.expression), uses_phase: None })
}

/// The unit and its size in the base unit.
fn unit(fields: &Fields, cx: &mut Context) -> Option<(Unit, f64)> {
    let Some(node) = fields.get("unit") else {
        return Some((Unit::Plain, 1.0));
    };
    let name = fields::scalar_text(node, cx)?;
    let unit = threshold::unit(&name);
    if unit.is_none() {
        let problem = cx.error(node.span, format!("unknown unit `{name}`"));
        if let Some(meant) = closest(&name, keys::UNIT_NAMES.iter().copied()) {
            problem.label(format!("did you mean `{meant}`?"));
        }
        problem.help(format!("known units: {}", keys::UNIT_NAMES.join(", ")));
    }
    unit
}

fn expected(kind: &ObjectiveKind) -> Expected {
    match kind {
        ObjectiveKind::Client(ClientExpression::Time { .. } | ClientExpression::Span) => {
            Expected::Time
        }
        ObjectiveKind::Client(ClientExpression::Count { .. }) => Expected::Count,
        ObjectiveKind::Client(ClientExpression::SuccessRatio { .. }) => Expected::Share,
        ObjectiveKind::Client(ClientExpression::ResponseRate { .. }) => Expected::Rate,
        ObjectiveKind::Promql { unit, .. } | ObjectiveKind::Counter { unit, .. } => {
            Expected::Stated(*unit)
        }
    }
}

fn thresholds(fields: &Fields, expected: Expected, cx: &mut Context) -> Option<Vec<Threshold>> {
    let node = fields.get("is")?;
    let items = match &node.value {
        Value::List(items) if items.is_empty() => {
            cx.error(node.span, "`is` is empty: it would always hold")
                .help("write for example `< 10s`");
            return None;
        }
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let lowered: Vec<_> = items.iter().map(|item| one_threshold(item, expected, cx)).collect();
    lowered.into_iter().collect()
}

fn one_threshold(node: &Node, expected: Expected, cx: &mut Context) -> Option<Threshold> {
    let text = fields::scalar_text(node, cx)?;
    threshold::parse(&text, expected).map_err(|finding| finding.report(node, cx)).ok()
}
