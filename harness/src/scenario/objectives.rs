//! `slo:` — what must hold: short forms, long forms, included files and overrides.
//!
//! Every entry becomes a map with the keys of the long form first. So an override
//! is a map laid over a map, and there is one place that lowers objectives.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::client;
use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::files;
use super::finding::Finding;
use super::keys;
use super::model::Objectives;
use super::objective::{self, Surroundings};
use super::objective_id;
use super::overrides::{self, Entry};
use super::position::span_within;
use super::series_form;
use super::source::Span;
use super::tree::{Node, Value};

/// The deepest chain of includes; a loop is found before that.
const DEEPEST_INCLUDE: usize = 16;

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
        cx.error(codes::NO_OBJECTIVE, at, "`slo` is empty: nothing to judge is never a pass")
            .help("add an objective, or write `slo: none` for load without a verdict");
        return None;
    }
    let before = cx.problem_count();
    let mut list = List::default();
    list.add_all(items, &mut vec![cx.source(node.span).path.clone()], cx);
    overrides::take_strays(&mut list.entries, &list.included, cx);
    let complete = cx.problem_count() == before;
    let count = list.entries.len();
    let lowered: Vec<_> = list
        .entries
        .iter()
        .filter_map(|entry| objective::lower(&entry.node(), surroundings, cx))
        .collect();
    for (name, at) in &list.phases_of_broken_forms {
        objective::check_phase(name, *at, surroundings, cx);
    }
    (complete && lowered.len() == count).then_some(Objectives::Judged(lowered))
}

/// Objectives in file order, each still a map.
#[derive(Default)]
struct List {
    entries: Vec<Entry>,
    /// The ids of all objectives that were included.
    included: BTreeSet<String>,
    /// What short forms that could not be read say after `during`.
    phases_of_broken_forms: Vec<(String, Span)>,
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
        let parts = match short_form_parts(text) {
            Ok(parts) => parts,
            Err(finding) => {
                finding.report(node, cx);
                self.phases_of_broken_forms.extend(client::phase_of_short_form(text).map(
                    |(at, length)| {
                        let span = span_within(cx.source(node.span), node, at, length);
                        (text[at..at + length].to_owned(), span)
                    },
                ));
                return;
            }
        };
        let key = |name: &str| Node {
            span: node.span,
            value: Value::Text(name.to_owned()),
            replaced: Vec::new(),
        };
        let part = |(at, length): (usize, usize)| Node {
            span: span_within(cx.source(node.span), node, at, length),
            value: Value::Text(text[at..at + length].to_owned()),
            replaced: Vec::new(),
        };
        let mut map: Vec<_> = parts.into_iter().map(|(name, at)| (key(name), part(at))).collect();
        let id = self.derive_id(&map, taken);
        let id_node = Node { value: Value::Text(id.clone()), ..key("id") };
        map.push((key("id"), id_node));
        self.entries.push(Entry { id: Some(id), at: node.span, map, depth });
    }

    /// A readable id that nothing else has.
    fn derive_id(&self, map: &[(Node, Node)], taken: &[String]) -> String {
        let value = |name| map.iter().find(|(key, _)| key.text() == Some(name))?.1.text();
        let of_client = |text| {
            let parsed = client::parse(text).ok()?;
            Some(objective_id::readable(&parsed.expression, value("during")))
        };
        let of_series = || Some(objective_id::of_present(value("series")?, value("during")));
        let base = value("client").and_then(of_client).or_else(of_series).unwrap_or_default();
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
                let shown = id.as_deref().unwrap_or_default();
                cx.error(codes::DUPLICATE_NAME, at, format!("duplicate id `{shown}`")).help(
                    format!(
                        "{}:{} has it already; only an included objective is overridden, after its \
                     `include`",
                        first.file, first.line
                    ),
                );
                // It is read all the same, so that what else is wrong with it is found too.
                self.entries.push(Entry { id, at, map: map.to_vec(), depth });
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
            cx.error(codes::INCLUDE_LOOP, node.span, format!("`{name}` includes itself"))
                .help("remove this include, or the one that leads back here");
            return;
        }
        if chain.len() >= DEEPEST_INCLUDE {
            cx.error(codes::TOO_LARGE, node.span, "too many includes within each other")
                .help("include the file directly");
            return;
        }
        let source = match files::load(&path) {
            Ok(source) => source,
            Err(error) => {
                cx.error(
                    codes::UNREADABLE_FILE,
                    node.span,
                    format!("cannot include `{name}`: {error}"),
                )
                .help("the path is relative to this file");
                return;
            }
        };
        let Some(root) = files::parse(&source, cx) else { return };
        if root.get("load").is_some() {
            cx.error(
                codes::WRONG_FILE_KIND,
                node.span,
                format!("`{name}` is a scenario, not a list of objectives"),
            )
            .help("include a file that has only `slo`");
            return;
        }
        let Some(file) = Fields::of(&root, &keys::OBJECTIVE_LIST, cx) else { return };
        let Some(items) = file.list("slo", cx) else { return };
        chain.push(path);
        self.add_all(items, chain, cx);
        let ids = self.entries.iter().filter(|entry| entry.depth == chain.len());
        self.included.extend(ids.filter_map(|entry| entry.id.clone()));
        chain.pop();
    }
}

/// The keys of the long form that a short form stands for, each with its place in the text.
type Parts = Vec<(&'static str, (usize, usize))>;

fn short_form_parts(text: &str) -> Result<Parts, Finding> {
    let (mut parts, during) = if series_form::is_about_series(text) {
        let form = series_form::split(text)?;
        (vec![("series", form.selector), ("is", form.state)], form.during)
    } else {
        let form = client::split_short_form(text)?;
        (vec![("client", form.expression), ("is", form.threshold)], form.during)
    };
    parts.extend(during.map(|during| ("during", during)));
    Ok(parts)
}
