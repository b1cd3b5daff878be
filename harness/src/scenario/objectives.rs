//! `slo:` — what must hold: short forms, long forms, included files and overrides.
//!
//! Every entry becomes a map with the keys of the long form first. So an override
//! is a map laid over a map, and there is one place that lowers objectives.

use std::path::PathBuf;

use super::client;
use super::context::Context;
use super::fields::{self, Fields};
use super::files;
use super::keys;
use super::model::Objectives;
use super::objective::{self, Surroundings};
use super::objective_id;
use super::position::span_within;
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
        cx.error(at, "`slo` is empty: nothing to judge is never a pass")
            .help("add an objective, or write `slo: none` for load without a verdict");
        return None;
    }
    let before = cx.problem_count();
    let mut list = List::default();
    list.add_all(items, &mut vec![cx.source(node.span).path.clone()], cx);
    let complete = cx.problem_count() == before;
    let count = list.entries.len();
    let lowered: Vec<_> = list
        .entries
        .iter()
        .filter_map(|entry| objective::lower(&entry.node(), surroundings, cx))
        .collect();
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
        let base = parsed.map_or_else(String::new, |parsed| {
            objective_id::readable(&parsed.expression, value("during"))
        });
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
                cx.error(at, format!("duplicate id `{shown}`")).help(format!(
                    "{}:{} has it already; only an included objective is overridden",
                    first.file, first.line
                ));
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
    /// The objective as a map that stands where its id does.
    fn node(&self) -> Node {
        Node { span: self.at, value: Value::Map(self.map.clone()), replaced: Vec::new() }
    }

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
