//! Request bodies: templates with `{{name}}` for data sets, put together once,
//! before the load.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;

use super::codes;
use super::context::Context;
use super::fields::{self, Fields, closest, start_of};
use super::keys;
use super::rows;
use super::tree::{Node, Value};

/// The most rows of one data set: 160 MB of JSON.
const MOST_ROWS: u64 = 1_000_000;

/// A body before its data sets are put in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Bytes(Vec<u8>),
    DataSet(String),
}

/// The data sets of a file.
#[derive(Debug, Default)]
pub(super) struct DataSets {
    by_name: BTreeMap<String, DataSet>,
    used: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug)]
struct DataSet {
    rows: u64,
    seed: u64,
    at: super::source::Span,
}

impl DataSets {
    /// Lowers `data:`.
    pub(super) fn lower(file: &Fields, cx: &mut Context) -> Self {
        let mut sets = Self::default();
        let Some(node) = file.get("data") else {
            return sets;
        };
        let Value::Map(entries) = &node.value else {
            fields::wrong_type(node, "a map from names to data sets", cx)
                .help("write `data: { records: { rows: 1000, seed: 42 } }`");
            return sets;
        };
        for (key, value) in entries {
            let name =
                fields::scalar_text(key, cx).and_then(|text| fields::valid_name(key, text, cx));
            let set = data_set(key, value, cx);
            let Some(name) = name else { continue };
            sets.insert(name, set, key, cx);
        }
        sets
    }

    fn insert(&mut self, name: String, set: Option<DataSet>, key: &Node, cx: &mut Context) {
        match self.by_name.entry(name) {
            Entry::Occupied(taken) => {
                cx.error(
                    codes::DUPLICATE_NAME,
                    key.span,
                    format!("duplicate data set `{}`", taken.key()),
                )
                .help("every data set needs its own name");
            }
            Entry::Vacant(free) => {
                // One that is wrong is reported already: a use of it is not a second problem.
                free.insert(set.unwrap_or(DataSet { rows: 0, seed: 0, at: key.span }));
            }
        }
    }

    /// Warns about data sets that no body uses.
    pub(super) fn warn_unused(&self, cx: &mut Context) {
        for (name, set) in
            self.by_name.iter().filter(|(name, set)| set.rows > 0 && !self.used.contains(*name))
        {
            cx.warning(codes::UNUSED_DATA, set.at, format!("data set `{name}` is not used"))
                .help(format!("write \"{{{{{name}}}}}\" in a request's `json`, or remove it"));
        }
    }

    /// Puts bodies together; equal ones share their bytes.
    pub(super) fn build(&self, templates: &[Template]) -> Vec<Bytes> {
        let mut sets: HashMap<&str, Bytes> = HashMap::new();
        let mut built: HashMap<&Template, Bytes> = HashMap::new();
        let mut bodies = Vec::with_capacity(templates.len());
        for template in templates {
            let body =
                built.entry(template).or_insert_with(|| self.put_together(template, &mut sets));
            bodies.push(body.clone());
        }
        bodies
    }

    fn put_together<'a>(
        &'a self,
        template: &'a Template,
        sets: &mut HashMap<&'a str, Bytes>,
    ) -> Bytes {
        let mut body = Vec::new();
        for piece in &template.0 {
            match piece {
                Piece::Bytes(bytes) => body.extend_from_slice(bytes),
                Piece::DataSet(name) => {
                    let rows = sets.entry(name).or_insert_with(|| self.rows(name));
                    body.extend_from_slice(rows);
                }
            }
        }
        body.into()
    }

    fn rows(&self, name: &str) -> Bytes {
        self.by_name.get(name).map(|set| rows::json(set.rows, set.seed)).unwrap_or_default().into()
    }

    /// Whether the name is a data set; reports it otherwise.
    fn resolve(&mut self, name: &str, node: &Node, cx: &mut Context) -> bool {
        if self.by_name.contains_key(name) {
            self.used.insert(name.to_owned());
            return true;
        }
        let meant = closest(name, self.by_name.keys().map(String::as_str));
        let problem = cx.error(
            codes::UNKNOWN_NAME,
            node.span,
            format!("`{{{{{name}}}}}` is not a data set of this file"),
        );
        if let Some(meant) = meant {
            problem.label(format!("did you mean `{{{{{meant}}}}}`?"));
        }
        problem.help(format!("define it: `data: {{ {name}: {{ rows: 1000, seed: 42 }} }}`"));
        false
    }
}

fn data_set(key: &Node, node: &Node, cx: &mut Context) -> Option<DataSet> {
    let fields = Fields::of(node, &keys::DATA_SET, cx)?;
    let rows = fields.whole("rows", 1..=MOST_ROWS, cx);
    let seed = if fields.has("seed") { fields.whole("seed", 0..=u64::MAX, cx) } else { Some(0) };
    Some(DataSet { rows: rows?, seed: seed?, at: key.span })
}

impl Template {
    /// Lowers `json:`.
    pub(super) fn json(node: &Node, sets: &mut DataSets, cx: &mut Context) -> Self {
        let mut template = Self::default();
        template.push_json(node, sets, cx);
        template
    }

    /// Lowers `body:`.
    pub(super) fn text(node: &Node, sets: &mut DataSets, cx: &mut Context) -> Self {
        let mut template = Self::default();
        let mut rest = node.text().unwrap_or_default();
        while let Some((before, name, after)) = next_placeholder(rest, node, cx) {
            template.push_bytes(before.as_bytes());
            if sets.resolve(name, node, cx) {
                template.0.push(Piece::DataSet(name.to_owned()));
            }
            rest = after;
        }
        template.push_bytes(rest.as_bytes());
        template
    }

    /// A body that is ready as it is.
    pub(super) fn plain(text: &str) -> Self {
        let mut template = Self::default();
        template.push_bytes(text.as_bytes());
        template
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    fn push_json(&mut self, node: &Node, sets: &mut DataSets, cx: &mut Context) {
        match &node.value {
            Value::Text(text) => self.push_json_text(text, node, sets, cx),
            Value::List(items) => {
                self.push_bytes(b"[");
                for (at, item) in items.iter().enumerate() {
                    self.push_bytes(if at > 0 { b"," } else { b"" });
                    self.push_json(item, sets, cx);
                }
                self.push_bytes(b"]");
            }
            Value::Map(entries) => self.push_json_map(entries, sets, cx),
            _ => {
                let value = json_value(node, cx).unwrap_or_default();
                self.push_bytes(value.to_string().as_bytes());
            }
        }
    }

    fn push_json_text(&mut self, text: &str, node: &Node, sets: &mut DataSets, cx: &mut Context) {
        match next_placeholder(text, node, cx) {
            Some(("", name, "")) => {
                if sets.resolve(name, node, cx) {
                    self.0.push(Piece::DataSet(name.to_owned()));
                }
            }
            Some((_, name, _)) => {
                cx.error(
                    codes::NOT_SUPPORTED,
                    node.span,
                    format!("`{{{{{name}}}}}` within a longer text is not supported yet"),
                )
                .help(format!("a data set is a list: let it stand alone, \"{{{{{name}}}}}\""));
            }
            None => self.push_bytes(serde_json::Value::from(text).to_string().as_bytes()),
        }
    }

    fn push_json_map(&mut self, entries: &[(Node, Node)], sets: &mut DataSets, cx: &mut Context) {
        self.push_bytes(b"{");
        let mut seen = BTreeSet::new();
        for (at, (key, value)) in entries.iter().enumerate() {
            self.push_bytes(if at > 0 { b"," } else { b"" });
            let name = json_key(key, &mut seen, cx).unwrap_or_default();
            self.push_bytes(serde_json::Value::from(name).to_string().as_bytes());
            self.push_bytes(b":");
            self.push_json(value, sets, cx);
        }
        self.push_bytes(b"}");
    }
}

/// A key of a JSON object: unique, and without templates.
fn json_key(key: &Node, seen: &mut BTreeSet<String>, cx: &mut Context) -> Option<String> {
    let name = fields::scalar_text(key, cx)?;
    if name.contains("{{") {
        cx.error(codes::NOT_SUPPORTED, key.span, "`{{…}}` in a key is not supported yet");
    }
    if !seen.insert(name.clone()) {
        cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate key `{name}`"))
            .help("remove one of the two");
    }
    Some(name)
}

/// A node as a JSON value, without templates.
pub(super) fn json_value(node: &Node, cx: &mut Context) -> Option<serde_json::Value> {
    match &node.value {
        Value::Null => Some(serde_json::Value::Null),
        Value::Bool(value) => Some((*value).into()),
        Value::Integer(value) => match serde_json::Number::from_i128(*value) {
            Some(number) => Some(number.into()),
            None => unrepresentable(node, cx),
        },
        Value::Float(value) => match serde_json::Number::from_f64(*value) {
            Some(number) => Some(number.into()),
            None => unrepresentable(node, cx),
        },
        Value::Text(text) if text.contains("{{") => {
            cx.error(codes::NOT_SUPPORTED, node.span, "`{{…}}` is not supported here yet");
            None
        }
        Value::Text(text) => Some(text.as_str().into()),
        Value::List(items) => items.iter().map(|item| json_value(item, cx)).collect(),
        Value::Map(entries) => {
            let mut seen = BTreeSet::new();
            let mut object = serde_json::Map::new();
            for (key, value) in entries {
                let (key, value) = (json_key(key, &mut seen, cx), json_value(value, cx));
                object.insert(key?, value?);
            }
            Some(object.into())
        }
    }
}

fn unrepresentable(node: &Node, cx: &mut Context) -> Option<serde_json::Value> {
    cx.error(codes::INVALID_VALUE, node.span, "JSON has no such number")
        .help("write it as a text, in quotes");
    None
}

/// The text before the first `{{name}}`, the name, and the text after it.
fn next_placeholder<'t>(
    text: &'t str,
    node: &Node,
    cx: &mut Context,
) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once("{{")?;
    let found = rest.split_once("}}").map(|(name, after)| (before, name.trim(), after));
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    };
    match found {
        Some(found) if is_name(found.1) => Some(found),
        _ => {
            cx.error(
                codes::PLACEHOLDER_SYNTAX,
                start_of(node),
                "`{{` must be followed by the name of a data set and `}}`",
            )
            .help(
                "for example \"{{records}}\"; the characters `{{` themselves are not supported yet",
            );
            None
        }
    }
}
