//! `slo:` — what must hold: short forms, long forms, included files and overrides.
//!
//! Every entry becomes a map with the keys of the long form first. So an override
//! is a map laid over a map, and there is one place that lowers objectives.

use std::path::PathBuf;

use super::client;
use super::context::Context;
use super::fields::{self, Fields, closest};
use super::files;
use super::finding::Finding;
use super::keys;
use super::model::{ClientExpression, Objective, ObjectiveKind, Objectives, Threshold};
use super::position::span_within;
use super::promql;
use super::source::Span;
use super::threshold::{self, Expected};
use super::tree::{Node, Value};
use crate::units::Unit;

/// The deepest chain of includes; a loop is found before that.
const DEEPEST_INCLUDE: usize = 16;

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

/// Lowers `slo:`; without surroundings (a list of objectives by itself) names of
/// phases and requests are not checked.
pub(super) fn objectives(
    file: &Fields,
    surroundings: Option<&Surroundings>,
    cx: &mut Context,
) -> Option<Objectives> {
    let node = file.get("slo")?;
    if node.text() == Some("none") {
        return Some(Objectives::LoadOnly);
    }
    let Value::List(items) = &node.value else {
        fields::wrong_type(node, "a list of objectives, or `none`", cx)
            .help("`slo: none` is the explicit form for load without a verdict");
        return None;
    };
    if items.is_empty() {
        let at = file.key("slo").map_or(node.span, |key| key.span);
        cx.error(at, "`slo` is empty: nothing to judge is never a pass")
            .help("add an objective, or write `slo: none` for load without a verdict");
        return None;
    }
    let before = cx.problem_count();
    let mut list = List::default();
    list.add_all(items, &mut vec![cx.source(node.span).path.clone()], cx);
    let complete = cx.problem_count() == before;
    let count = list.entries.len();
    let lowered: Vec<_> =
        list.entries.iter().filter_map(|entry| lower(entry, surroundings, cx)).collect();
    (complete && lowered.len() == count).then_some(Objectives::Judged(lowered))
}

/// Objectives in file order, each still a map.
#[derive(Default)]
struct List {
    entries: Vec<Entry>,
}

struct Entry {
    id: Option<String>,
    at: Span,
    map: Vec<(Node, Node)>,
    /// How many files away from the scenario it is written.
    depth: usize,
}

impl List {
    fn add_all(&mut self, items: &[Node], chain: &mut Vec<PathBuf>, cx: &mut Context) {
        let taken: Vec<_> =
            items.iter().filter_map(|item| item.get("id")?.text().map(str::to_owned)).collect();
        for item in items {
            match &item.value {
                Value::Text(_) => self.add_short(item, &taken, chain.len(), cx),
                Value::Map(_) if item.get("include").is_some() => self.include(item, chain, cx),
                Value::Map(entries) => self.add_long(item, entries, chain.len(), cx),
                _ => {
                    fields::wrong_type(item, "an objective: a text or a map", cx)
                        .help("for example `- 'p95(latency) < 1s'`");
                }
            }
        }
    }

    fn add_short(&mut self, node: &Node, taken: &[String], depth: usize, cx: &mut Context) {
        let text = node.text().unwrap_or_default();
        let short = match client::split_short_form(text) {
            Ok(short) => short,
            Err(finding) => return finding.report(node, cx),
        };
        let part = |(at, length): (usize, usize)| Node {
            span: span_within(cx.source(node.span), node, at, length),
            value: Value::Text(text[at..at + length].to_owned()),
            replaced: Vec::new(),
        };
        let key = |name: &str| Node {
            span: node.span,
            value: Value::Text(name.to_owned()),
            replaced: Vec::new(),
        };
        let mut map =
            vec![(key("client"), part(short.expression)), (key("is"), part(short.threshold))];
        map.extend(short.during.map(|during| (key("during"), part(during))));
        let id = self.derive_id(&map, taken);
        let id_node = Node { value: Value::Text(id.clone()), ..key("id") };
        map.push((key("id"), id_node));
        self.entries.push(Entry { id: Some(id), at: node.span, map, depth });
    }

    /// A readable id that nothing else has.
    fn derive_id(&self, map: &[(Node, Node)], taken: &[String]) -> String {
        let value = |name| map.iter().find(|(key, _)| key.text() == Some(name))?.1.text();
        let parsed = value("client").and_then(|text| client::parse(text).ok());
        let base = parsed
            .map_or_else(String::new, |parsed| client::slug(&parsed.expression, value("during")));
        let is_taken = |id: &String| {
            taken.contains(id) || self.entries.iter().any(|entry| entry.id.as_ref() == Some(id))
        };
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut candidates = std::iter::once(base.clone()).chain(numbered);
        candidates.find(|id| !is_taken(id)).unwrap_or_default()
    }

    fn add_long(&mut self, node: &Node, map: &[(Node, Node)], depth: usize, cx: &mut Context) {
        let id = node.get("id").and_then(Node::text).map(str::to_owned);
        let at = node.get("id").map_or_else(|| fields::start_of(node), |id| id.span);
        let known = self.entries.iter_mut().find(|entry| entry.id.is_some() && entry.id == id);
        match known {
            Some(entry) if entry.depth > depth => entry.override_with(map, at, depth),
            Some(entry) => {
                let first = cx.place(entry.at);
                let id = id.unwrap_or_default();
                cx.error(at, format!("duplicate id `{id}`")).help(format!(
                    "{}:{} has it already; only an included objective is overridden",
                    first.file, first.line
                ));
            }
            None => self.entries.push(Entry { id, at, map: map.to_vec(), depth }),
        }
    }

    fn include(&mut self, item: &Node, chain: &mut Vec<PathBuf>, cx: &mut Context) {
        let Some(fields) = Fields::of(item, &keys::INCLUDE, cx) else { return };
        let Some(node) = fields.get("include") else { return };
        let Some(name) = fields::text(node, cx) else { return };
        let path =
            cx.source(node.span).path.parent().unwrap_or(std::path::Path::new("")).join(name);
        if chain.iter().any(|other| files::same(other, &path)) {
            cx.error(node.span, format!("`{name}` includes itself"))
                .help("remove this include, or the one that leads back here");
            return;
        }
        if chain.len() >= DEEPEST_INCLUDE {
            cx.error(node.span, "too many includes within each other")
                .help("include the file directly");
            return;
        }
        let source = match files::load(&path) {
            Ok(source) => source,
            Err(error) => {
                cx.error(node.span, format!("cannot include `{name}`: {error}"))
                    .help("the path is relative to this file");
                return;
            }
        };
        let Some(root) = files::parse(&source, cx) else { return };
        if root.get("load").is_some() {
            cx.error(node.span, format!("`{name}` is a scenario, not a list of objectives"))
                .help("include a file that has only `slo`");
            return;
        }
        let Some(file) = Fields::of(&root, &keys::OBJECTIVE_LIST, cx) else { return };
        let Some(items) = file.list("slo", cx) else { return };
        chain.push(path);
        self.add_all(items, chain, cx);
        chain.pop();
    }
}

impl Entry {
    /// Lays a later map over this one: its keys win, and a new kind replaces the old.
    fn override_with(&mut self, map: &[(Node, Node)], at: Span, depth: usize) {
        let is_kind =
            |key: &Node| key.text().is_some_and(|name| keys::OBJECTIVE_KINDS.contains(&name));
        let new_kind = map.iter().any(|(key, _)| is_kind(key));
        self.map.retain(|(key, _)| {
            let replaced = map.iter().any(|(new, _)| new.value == key.value);
            let of_old_kind = is_kind(key) || matches!(key.text(), Some("unit" | "window"));
            !(replaced || new_kind && of_old_kind)
        });
        self.map.extend_from_slice(map);
        self.at = at;
        self.depth = depth;
    }
}

fn lower(entry: &Entry, around: Option<&Surroundings>, cx: &mut Context) -> Option<Objective> {
    let node = Node {
        span: Span { length: 1, ..entry.at },
        value: Value::Map(entry.map.clone()),
        replaced: Vec::new(),
    };
    let node = Node { span: entry.at, ..node };
    let fields = Fields::of(&node, &keys::OBJECTIVE, cx)?;
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
        place: cx.place(entry.at),
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
