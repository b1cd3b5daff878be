//! What an objective measures: its one key that says so, and the keys that go with it.

use super::client;
use super::codes;
use super::context::Context;
use super::fields::{self, Fields, closest};
use super::finding::Finding;
use super::keys;
use super::model::{
    ClientExpression, ClientTotal, Distance, ObjectiveKind, Reconcile, Tolerance, Totalled,
};
use super::objective::{MetricsFrom, PRESENT, Surroundings, unknown_name};
use super::position::span_within;
use super::promql;
use super::source::Span;
use super::threshold;
use super::tolerance;
use super::tree::Node;
use crate::units::Unit;

/// A kind with what must be checked against the rest of the objective.
pub(super) struct Kind {
    pub(super) kind: ObjectiveKind,
    /// Where the expression names `$phase`.
    pub(super) uses_phase: Option<Span>,
}

impl Kind {
    fn of(kind: ObjectiveKind) -> Self {
        Self { kind, uses_phase: None }
    }
}

/// What an objective measures, by the one key that says so.
pub(super) fn kind(
    fields: &Fields,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Kind> {
    if !fields.has("reconcile") {
        refuse_beside(fields, &["within"], "only `reconcile` has it", cx);
    }
    if let Some(node) = fields.get("client") {
        refuse_beside(fields, &["unit", "window"], "a client expression knows its own", cx);
        return client_kind(node, around, cx);
    }
    let name = keys::OBJECTIVE_KINDS.iter().find(|name| fields.has(name))?;
    if around.is_some_and(|around| around.metrics == MetricsFrom::Nowhere) {
        let at = fields.key(name).map_or(fields.at, |key| key.span);
        cx.error(
            codes::NEEDS_METRICS,
            at,
            format!("`{name}` needs the target's metrics, but `metrics` is none"),
        )
        .help("add `metrics: { path: /metrics, every: 1s }`");
    }
    if *name != "promql" {
        refuse_beside(fields, &["window"], "only `promql` has ranges", cx);
    }
    let node = fields.get(name)?;
    match *name {
        "promql" => promql_kind(node, fields, cx),
        "counter" => {
            let unit = unit(fields, cx);
            let selector = selector(node, cx)?;
            let (unit, scale) = unit?;
            Some(Kind::of(ObjectiveKind::Counter { selector, unit, scale }))
        }
        "series" => present_kind(node, fields, cx),
        _ => reconcile_kind(node, fields, around, cx),
    }
}

fn promql_kind(node: &Node, fields: &Fields, cx: &mut Context) -> Option<Kind> {
    let text = fields::text(node, cx);
    let unit = unit(fields, cx);
    let text = text?;
    let checked = promql::check(text).map_err(|findings| report_all(findings, node, cx)).ok()?;
    warn_about_unknown(text, node, cx);
    let includes_before_run = match fields.get("window") {
        Some(window) => window_includes_before_run(window, cx)?,
        None => false,
    };
    let (unit, scale) = unit?;
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

/// A plain selector.
pub(super) fn selector(node: &Node, cx: &mut Context) -> Option<String> {
    let text = fields::text(node, cx)?;
    promql::check_selector(text).map_err(|findings| report_all(findings, node, cx)).ok()?;
    warn_about_unknown(text, node, cx);
    Some(text.trim().to_owned())
}

fn present_kind(node: &Node, fields: &Fields, cx: &mut Context) -> Option<Kind> {
    refuse_beside(fields, &["unit"], "presence has no unit", cx);
    let is = fields.get("is");
    match is.and_then(Node::text).map(str::trim) {
        Some(PRESENT) => {}
        Some("absent") => {
            let at = is.map_or(fields.at, |is| is.span);
            cx.error(codes::SERIES_PRESENCE, at, "`absent` is not supported: a misspelt name would be absent too").help(
                "say `counter: SELECTOR` with `is: '== 0'`, or ask `promql: absent(…)` with `is: '== 1'`",
            );
            return None;
        }
        _ => {
            let at = is.map_or(fields.at, |is| is.span);
            cx.error(codes::SERIES_PRESENCE, at, "`series` can only be `present`")
                .help("write `is: present`; for a comparison use `counter`, or `promql`");
            return None;
        }
    }
    Some(Kind::of(ObjectiveKind::Present { selector: selector(node, cx)? }))
}

fn reconcile_kind(
    node: &Node,
    fields: &Fields,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Kind> {
    refuse_beside(fields, &["is"], "the two must be the same; `within` says how nearly", cx);
    let sides = Fields::of(node, &keys::RECONCILE, cx)?;
    let client = sides.get("client").and_then(|node| client_total(node, around, cx));
    let selector = sides.get("counter").and_then(|node| selector(node, cx));
    let stated = unit(fields, cx);
    let client = client?;
    let (unit, scale) = reconciled_unit(client.of, stated?, fields, cx)?;
    let within = match fields.get("within") {
        None => Tolerance { distance: Distance::Amount(0.0), text: "0".into() },
        Some(node) => {
            let text = fields::scalar_text(node, cx)?;
            tolerance::parse(&text, unit).map_err(|finding| finding.report(node, cx)).ok()?
        }
    };
    let reconcile = Reconcile { client, selector: selector?, unit, scale, within };
    Some(Kind::of(ObjectiveKind::Reconcile(reconcile)))
}

/// The unit of both sides, and the size of one of the counter's.
fn reconciled_unit(
    of: Totalled,
    (unit, scale): (Unit, f64),
    fields: &Fields,
    cx: &mut Context,
) -> Option<(Unit, f64)> {
    let wanted = match of {
        Totalled::Requests(_) => Unit::Plain,
        Totalled::Bytes(_) => Unit::Bytes,
    };
    if unit == wanted || unit == Unit::Plain {
        return Some((wanted, scale));
    }
    let at = fields.get("unit").map_or(fields.at, |node| node.span);
    let message = match wanted {
        Unit::Bytes => "this unit is not one of bytes, but the client's total is",
        _ => "the client counts requests, which have no unit",
    };
    cx.error(codes::WRONG_UNIT, at, message).help("the counter must count the same as the client");
    None
}

/// A client expression that is a total: a count or bytes.
fn client_total(
    node: &Node,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<ClientTotal> {
    match client_expression(node, around, cx)? {
        ClientExpression::Count { counted, filter } => {
            Some(ClientTotal { of: Totalled::Requests(counted), filter })
        }
        ClientExpression::Bytes { transferred, filter } => {
            Some(ClientTotal { of: Totalled::Bytes(transferred), filter })
        }
        ClientExpression::Time { .. }
        | ClientExpression::SuccessRatio { .. }
        | ClientExpression::ResponseRate { .. }
        | ClientExpression::Span => {
            cx.error(codes::CLIENT_EXPRESSION, node.span, "only a total can be reconciled")
                .help("write `count(…)` or `bytes(…)`, such as count(responses)");
            None
        }
    }
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
    cx.error(codes::INVALID_VALUE, node.span, "`window` is `includes_before_run` or absent")
        .help("it says that a range longer than the run is meant");
    None
}

/// Reports keys that do not go with the objective's kind.
fn refuse_beside(fields: &Fields, names: &[&str], why: &str, cx: &mut Context) {
    let kind = keys::OBJECTIVE_KINDS.iter().find(|kind| fields.has(kind)).unwrap_or(&"nothing");
    for name in names {
        if let Some(key) = fields.key(name) {
            cx.error(codes::CONFLICTING_KEYS, key.span, format!("`{name}` beside `{kind}`"))
                .help(format!("remove `{name}`: {why}"));
        }
    }
}

fn client_kind(node: &Node, around: Option<&Surroundings>, cx: &mut Context) -> Option<Kind> {
    client_expression(node, around, cx).map(|one| Kind::of(ObjectiveKind::Client(one)))
}

fn client_expression(
    node: &Node,
    around: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<ClientExpression> {
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
    Some(parsed.expression)
}

/// The unit and its size in the base unit.
fn unit(fields: &Fields, cx: &mut Context) -> Option<(Unit, f64)> {
    let Some(node) = fields.get("unit") else {
        return Some((Unit::Plain, 1.0));
    };
    let name = fields::scalar_text(node, cx)?;
    let unit = threshold::unit(&name);
    if unit.is_none() {
        let problem = cx.error(codes::WRONG_UNIT, node.span, format!("unknown unit `{name}`"));
        if let Some(meant) = closest(&name, keys::UNIT_NAMES.iter().copied()) {
            problem.label(format!("did you mean `{meant}`?"));
        }
        problem.help(format!("known units: {}", keys::UNIT_NAMES.join(", ")));
    }
    unit
}
