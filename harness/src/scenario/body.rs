//! What a request has in it, as it is lowered: bodies with `{{name}}` for data sets and
//! values, paths and headers with `{{name}}` for values.
//!
//! Data sets are put in once, before the load, and only where no problem stands.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::codes;
use super::context::Context;
use super::fields;
use super::names::{Named, Names};
use super::placeholder::{self, Segment, segments};
use super::template::{Form, Template, ValueOf};
use super::tree::{Node, Value};

/// A body before its data sets are put in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Bytes(Vec<u8>),
    DataSet(String),
    Value(ValueOf, Form),
    Template(Template),
}

impl Piece {
    fn is_fixed(&self) -> bool {
        match self {
            Self::Bytes(_) | Self::DataSet(_) => true,
            Self::Template(template) => template.fixed().is_some(),
            Self::Value(..) => false,
        }
    }
}

/// A body that is ready.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// The same bytes for every request.
    Fixed(Bytes),
    /// Put together for each.
    Varying(Template),
}

/// Puts bodies together; equal ones share their bytes.
pub(super) fn build(drafts: &[&Draft], names: &Names) -> Vec<Body> {
    let mut built: Vec<(&Draft, Body)> = Vec::new();
    for draft in drafts {
        let body = match built.iter().find(|(other, _)| other == draft) {
            Some((_, body)) => body.clone(),
            None => draft.build(names),
        };
        built.push((draft, body));
    }
    built.into_iter().map(|(_, body)| body).collect()
}

impl Draft {
    /// Lowers `json:`.
    pub(super) fn json(node: &Node, names: &mut Names, cx: &mut Context) -> Self {
        let mut draft = Self::default();
        draft.push_json(node, names, cx);
        draft
    }

    /// Lowers `body:`.
    pub(super) fn text(node: &Node, names: &mut Names, cx: &mut Context) -> Self {
        let mut draft = Self::default();
        draft.push_text(node.text().unwrap_or_default(), Form::Plain, node, names, cx);
        draft
    }

    /// A body in which no data set is put.
    pub(super) fn of(template: Template) -> Self {
        Self(vec![Piece::Template(template)])
    }

    fn build(&self, names: &Names) -> Body {
        match self.fixed(names) {
            Some(bytes) => Body::Fixed(bytes.into()),
            None => Body::Varying(self.template(names)),
        }
    }

    /// All of it, where no part is a value. Written once: a body may be most of the memory.
    fn fixed(&self, names: &Names) -> Option<Vec<u8>> {
        if !self.0.iter().all(Piece::is_fixed) {
            return None;
        }
        let mut bytes = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Bytes(some) => bytes.extend_from_slice(some),
                Piece::DataSet(name) => names.push_json(name, &mut bytes),
                Piece::Template(template) => bytes.extend_from_slice(template.fixed()?),
                Piece::Value(..) => return None,
            }
        }
        Some(bytes)
    }

    fn template(&self, names: &Names) -> Template {
        let mut template = Template::default();
        for piece in &self.0 {
            match piece {
                Piece::Bytes(bytes) => template.push_fixed(bytes),
                Piece::DataSet(name) => {
                    let mut rows = Vec::new();
                    names.push_json(name, &mut rows);
                    template.push_fixed(&rows);
                }
                Piece::Value(value, form) => template.push_value(value.clone(), *form),
                Piece::Template(inner) => template.push(inner),
            }
        }
        template
    }

    fn push_bytes(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
            _ => self.0.push(Piece::Bytes(bytes.to_vec())),
        }
    }

    fn push_text(
        &mut self,
        text: &str,
        form: Form,
        node: &Node,
        names: &mut Names,
        cx: &mut Context,
    ) {
        for segment in segments(text, node, cx) {
            match segment {
                Segment::Text(text) => self.push_bytes(&form.written(text)),
                Segment::Name(name) => self.push_name(name, form, node, names, cx),
            }
        }
    }

    fn push_name(
        &mut self,
        name: &str,
        form: Form,
        node: &Node,
        names: &mut Names,
        cx: &mut Context,
    ) {
        self.0.extend(names.resolve(name, form, node, cx).map(|named| match named {
            Named::Rows(name) => Piece::DataSet(name),
            Named::Value(value) => Piece::Value(value, form),
        }));
    }

    fn push_json(&mut self, node: &Node, names: &mut Names, cx: &mut Context) {
        match &node.value {
            Value::Text(text) => self.push_json_text(text, node, names, cx),
            Value::List(items) => {
                self.push_bytes(b"[");
                for (at, item) in items.iter().enumerate() {
                    self.push_bytes(if at > 0 { b"," } else { b"" });
                    self.push_json(item, names, cx);
                }
                self.push_bytes(b"]");
            }
            Value::Map(entries) => self.push_json_map(entries, names, cx),
            _ => {
                let value = json_value(node, cx).unwrap_or_default();
                self.push_bytes(value.to_string().as_bytes());
            }
        }
    }

    /// A name that stands alone keeps its type.
    fn push_json_text(&mut self, text: &str, node: &Node, names: &mut Names, cx: &mut Context) {
        if let [Segment::Name(name)] = segments(text, node, cx)[..] {
            self.push_name(name, Form::Json, node, names, cx);
            return;
        }
        self.push_bytes(b"\"");
        self.push_text(text, Form::InJson, node, names, cx);
        self.push_bytes(b"\"");
    }

    fn push_json_map(&mut self, entries: &[(Node, Node)], names: &mut Names, cx: &mut Context) {
        self.push_bytes(b"{");
        let mut seen = BTreeSet::new();
        for (at, (key, value)) in entries.iter().enumerate() {
            self.push_bytes(if at > 0 { b",\"" } else { b"\"" });
            let name = json_key(key, &mut seen, cx).unwrap_or_default();
            self.push_text(&name, Form::InJson, key, names, cx);
            self.push_bytes(b"\":");
            self.push_json(value, names, cx);
        }
        self.push_bytes(b"}");
    }
}

/// Lowers a text that is not a body, such as the value of a header: its values take one form.
pub(super) fn template(
    text: &str,
    form: Form,
    node: &Node,
    names: &mut Names,
    cx: &mut Context,
) -> Option<Template> {
    let before = cx.problem_count();
    let mut template = Template::default();
    for segment in segments(text, node, cx) {
        push_segment(segment, form, &mut template, node, names, cx);
    }
    (cx.problem_count() == before).then_some(template)
}

/// Lowers a path: a name at its beginning is a path itself, any other is encoded.
pub(super) fn path(
    text: &str,
    node: &Node,
    names: &mut Names,
    cx: &mut Context,
) -> Option<Template> {
    let before = cx.problem_count();
    let mut template = Template::default();
    for (at, segment) in segments(text, node, cx).into_iter().enumerate() {
        let form = if at == 0 { Form::Path } else { Form::InPath };
        push_segment(segment, form, &mut template, node, names, cx);
    }
    (cx.problem_count() == before).then_some(template)
}

fn push_segment(
    segment: Segment<'_>,
    form: Form,
    template: &mut Template,
    node: &Node,
    names: &mut Names,
    cx: &mut Context,
) {
    match segment {
        Segment::Text(text) => template.push_fixed(&form.written(text)),
        Segment::Name(name) => {
            if let Some(Named::Value(value)) = names.resolve(name, form, node, cx) {
                template.push_value(value, form);
            }
        }
    }
}

/// A key of a JSON object: unique.
fn json_key(key: &Node, seen: &mut BTreeSet<String>, cx: &mut Context) -> Option<String> {
    let name = fields::scalar_text(key, cx)?;
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
        Value::Float(_) if is_whole_as_written(node, cx) => {
            cx.error(
                codes::INVALID_VALUE,
                node.span,
                "a whole number of so many digits is not kept",
            )
            .help("write it as a text in quotes, or look for its digits with `contains`");
            None
        }
        Value::Float(value) => match serde_json::Number::from_f64(*value) {
            Some(number) => Some(number.into()),
            None => unrepresentable(node, cx),
        },
        Value::Text(text) => placeholder::literal(text, node, cx).map(Into::into),
        Value::List(items) => items.iter().map(|item| json_value(item, cx)).collect(),
        Value::Map(entries) => {
            let mut seen = BTreeSet::new();
            let mut object = serde_json::Map::new();
            for (key, value) in entries {
                let name = json_key(key, &mut seen, cx)
                    .and_then(|name| placeholder::literal(&name, key, cx));
                let value = json_value(value, cx);
                object.insert(name?, value?);
            }
            Some(object.into())
        }
    }
}

/// Whether a number that became a float stands there without a point or an exponent: it has
/// lost digits.
fn is_whole_as_written(node: &Node, cx: &Context) -> bool {
    let written = cx.source(node.span).slice(node.span);
    let digits = written.trim_start_matches(['-', '+']);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

fn unrepresentable(node: &Node, cx: &mut Context) -> Option<serde_json::Value> {
    cx.error(codes::INVALID_VALUE, node.span, "JSON has no such number")
        .help("write it as a text, in quotes");
    None
}
