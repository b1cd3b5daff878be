//! `capture:` — what a step takes out of its answer for the steps after it.

use regex::bytes::{Regex, RegexBuilder};

use super::codes;
use super::context::Context;
use super::expect;
use super::fields::{self, Fields};
use super::header::{self, Reserved};
use super::keys;
use super::model::JsonPath;
use super::names::Names;
use super::tree::{Node, Value};

/// Memory of one compiled expression, bytes: as much as the library's own limit.
const LARGEST_REGEX_BYTES: usize = 10 * 1024 * 1024;
/// Every header of an answer may be taken.
const NONE_RESERVED: Reserved = Reserved { names: &[], by: "" };

/// A value of an answer, under a name.
#[derive(Clone, Debug)]
pub struct Capture {
    /// What later steps call it.
    pub name: String,
    /// Where it is.
    pub from: CaptureFrom,
}

/// Where a value is in an answer.
#[derive(Clone, Debug)]
pub enum CaptureFrom {
    /// At a path of the JSON body; it keeps its type.
    Json(JsonPath),
    /// In a header; the first line of it.
    Header(String),
    /// Where an expression first matches the body: its first group, or all of it.
    Regex(Regex),
}

/// Lowers `capture:` of a step; its names are known to the steps after it.
pub(super) fn captures(
    fields: &Fields,
    names: &mut Names,
    cx: &mut Context,
) -> Option<Vec<Capture>> {
    let Some(node) = fields.get("capture") else { return Some(Vec::new()) };
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from names to places of the answer", cx)
            .help("write for example `capture: { token: { json: $.token } }`");
        return None;
    };
    if entries.is_empty() {
        cx.error(codes::EMPTY_VALUE, fields::start_of(node), "nothing is captured here")
            .help("write for example `capture: { token: { json: $.token } }`, or remove it");
    }
    let mut captures = Vec::new();
    for (key, value) in entries {
        let name = fields::scalar_text(key, cx).and_then(|text| fields::valid_name(key, text, cx));
        let from = from(value, cx);
        let Some(name) = name else { continue };
        names.capture(&name, key, cx);
        captures.extend(from.map(|from| Capture { name, from }));
    }
    (captures.len() == entries.len() && !entries.is_empty()).then_some(captures)
}

fn from(node: &Node, cx: &mut Context) -> Option<CaptureFrom> {
    let fields = Fields::of(node, &keys::CAPTURE, cx)?;
    if let Some(path) = fields.get("json") {
        return expect::path(path, cx).map(CaptureFrom::Json);
    }
    if let Some(name) = fields.get("header") {
        return header::name(name, &NONE_RESERVED, cx).map(CaptureFrom::Header);
    }
    let node = fields.get("regex")?;
    let text = fields::text(node, cx)?;
    let built = RegexBuilder::new(text).size_limit(LARGEST_REGEX_BYTES).build();
    if built.is_err() {
        cx.error(codes::INVALID_VALUE, node.span, "this is not a regular expression")
            .help("the notation is that of Rust's `regex`, which is close to RE2's");
    }
    built.ok().map(CaptureFrom::Regex)
}
