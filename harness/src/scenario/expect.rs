//! `expect:` — what a good answer looks like.

use super::body::json_value;
use super::codes;
use super::context::Context;
use super::fields::{self, Fields};
use super::header::{self, Reserved};
use super::json_path;
use super::keys;
use super::model::{Expect, ExpectJson, JsonPath, JsonWanted, Threshold};
use super::placeholder;
use super::targets::{Domain, pointless};
use super::threshold::{self, Expected};
use super::tree::{Node, Value};

/// Every header of an answer may be looked at.
const NONE_RESERVED: Reserved = Reserved { names: &[], by: "" };
/// Bytes of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;

pub(super) fn expect(node: &Node, cx: &mut Context) -> Option<Expect> {
    let fields = Fields::of(node, &keys::EXPECT, cx)?;
    if let Value::Map(entries) = &node.value {
        refuse_nothing(entries, node, cx);
    }
    let status = fields.get("status").map(|node| statuses(node, cx));
    let headers = fields.get("headers").map(|node| headers(node, cx));
    let bytes = fields.get("bytes").map(|node| bytes(node, cx));
    let contains = fields.get("contains").map(|node| texts(node, cx));
    let sha256 = fields.get("sha256").map(|node| sha256(node, cx));
    let json = fields.get("json").map(|node| expect_json(node, equal, cx));
    let json_is = fields.get("json_is").map(|node| expect_json(node, described, cx));
    Some(Expect {
        status: read(status)?.unwrap_or_default(),
        headers: read(headers)?.unwrap_or_default(),
        bytes: read(bytes)?,
        contains: read(contains)?.unwrap_or_default(),
        sha256: read(sha256)?,
        json: [read(json)?, read(json_is)?].into_iter().flatten().flatten().collect(),
    })
}

/// `None` for a key that is there and wrong.
#[expect(clippy::option_option, reason = "outer: whether it is right; inner: whether it is there")]
fn read<T>(value: Option<Option<T>>) -> Option<Option<T>> {
    match value {
        Some(None) => None,
        Some(value) => Some(value),
        None => Some(None),
    }
}

fn headers(node: &Node, cx: &mut Context) -> Option<Vec<(String, String)>> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from header names to values", cx);
        return None;
    };
    refuse_nothing(entries, node, cx);
    let mut headers: Vec<(String, String)> = Vec::new();
    for (key, node) in entries {
        let name = header::name(key, &NONE_RESERVED, cx);
        let value = fields::scalar_text(node, cx)
            .and_then(|text| placeholder::literal(&text, node, cx))
            .and_then(|text| header::value(text, node, cx));
        let (Some(name), Some(value)) = (name, value) else { continue };
        if header::is_new(&headers, &name, key, cx) {
            headers.push((name, value));
        }
    }
    (headers.len() == entries.len()).then_some(headers)
}

fn refuse_nothing<T>(entries: &[T], node: &Node, cx: &mut Context) {
    if entries.is_empty() {
        cx.error(codes::EMPTY_VALUE, node.span, "nothing is expected here")
            .help("say what a good answer has, or remove the key");
    }
}

fn bytes(node: &Node, cx: &mut Context) -> Option<Threshold> {
    let text = fields::scalar_text(node, cx)?;
    let parsed = threshold::parse(&text, Expected::Length);
    let threshold = parsed.map_err(|finding| finding.report(node, cx)).ok()?;
    if let Some(found) = pointless(&Domain::of_bytes(), std::slice::from_ref(&threshold)) {
        cx.error(found.code, node.span, found.message)
            .help("write a length that a right answer has and a wrong one has not");
        return None;
    }
    Some(threshold)
}

/// A text, or all of several.
fn texts(node: &Node, cx: &mut Context) -> Option<Vec<String>> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    refuse_nothing(items, node, cx);
    let texts: Vec<_> = items.iter().map(|item| literal_text(item, cx)).collect();
    texts.into_iter().collect()
}

fn literal_text(node: &Node, cx: &mut Context) -> Option<String> {
    placeholder::literal(fields::text(node, cx)?, node, cx)
}

fn sha256(node: &Node, cx: &mut Context) -> Option<[u8; DIGEST_BYTES]> {
    let text = fields::scalar_text(node, cx)?;
    let digest = digest_of_hex(text.trim());
    if digest.is_none() {
        cx.error(codes::INVALID_VALUE, node.span, "a SHA-256 digest has 64 hexadecimal digits")
            .help("`sha256sum FILE` prints it; put it in quotes");
    }
    digest
}

fn digest_of_hex(text: &str) -> Option<[u8; DIGEST_BYTES]> {
    let is_hex =
        text.len() == 2 * DIGEST_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_hex {
        return None;
    }
    let mut digest = [0; DIGEST_BYTES];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// Empty stands for any 2xx.
fn statuses(node: &Node, cx: &mut Context) -> Option<Vec<u16>> {
    let Value::List(items) = &node.value else {
        let statuses = status(node, cx)?;
        return Some(if statuses == (200..=299).collect::<Vec<_>>() {
            Vec::new()
        } else {
            statuses
        });
    };
    if items.is_empty() {
        cx.error(codes::EMPTY_VALUE, node.span, "no status would be good")
            .help("write for example [200, 202]");
        return None;
    }
    let lowered: Vec<_> = items.iter().map(|item| status(item, cx)).collect();
    let mut all: Vec<u16> =
        lowered.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

/// `200` or `2xx`.
pub(super) fn status(node: &Node, cx: &mut Context) -> Option<Vec<u16>> {
    let text = fields::scalar_text(node, cx)?;
    if let Some(class) = text.strip_suffix("xx").and_then(|class| class.parse::<u16>().ok())
        && (1..=5).contains(&class)
    {
        return Some((class * 100..=class * 100 + 99).collect());
    }
    match text.parse::<u16>() {
        Ok(status) if (100..=599).contains(&status) => Some(vec![status]),
        _ => {
            cx.error(codes::INVALID_VALUE, node.span, format!("`{text}` is not an HTTP status"))
                .help("write for example 200, [200, 202] or 2xx");
            None
        }
    }
}

fn expect_json(
    node: &Node,
    wanted: fn(&Node, &mut Context) -> Option<JsonWanted>,
    cx: &mut Context,
) -> Option<Vec<ExpectJson>> {
    let Value::Map(entries) = &node.value else {
        fields::wrong_type(node, "a map from paths to values", cx)
            .help("write for example `json: { $.success: true }`");
        return None;
    };
    refuse_nothing(entries, node, cx);
    let mut expected: Vec<ExpectJson> = Vec::new();
    for (key, value) in entries {
        let (path, is) = (path(key, cx), wanted(value, cx));
        let (Some(path), Some(is)) = (path, is) else { continue };
        if expected.iter().any(|other| other.path.steps == path.steps) {
            cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate path `{}`", path.text))
                .help("remove one of the two");
        }
        expected.push(ExpectJson { path, is });
    }
    (expected.len() == entries.len()).then_some(expected)
}

fn equal(node: &Node, cx: &mut Context) -> Option<JsonWanted> {
    json_value(node, cx).map(JsonWanted::Equal)
}

/// `present`, or a comparison with a plain number.
fn described(node: &Node, cx: &mut Context) -> Option<JsonWanted> {
    let text = fields::scalar_text(node, cx)?;
    if text == "present" {
        return Some(JsonWanted::Present);
    }
    match threshold::parse(&text, Expected::Number) {
        Ok(threshold) if !is_compared_exactly(&threshold) => {
            let message = "a whole number of so many digits is not compared exactly here";
            cx.error(codes::INVALID_VALUE, node.span, message)
                .help("to ask for this very one, write it in `json`; else choose a rounder one");
            None
        }
        Ok(threshold) => Some(JsonWanted::Number(threshold)),
        Err(finding) => {
            finding.report(node, cx);
            None
        }
    }
}

/// Whether a whole number is still the one that was written, and one that JSON's integers reach.
#[expect(clippy::cast_possible_truncation, reason = "saturating is another number as well")]
fn is_compared_exactly(threshold: &Threshold) -> bool {
    let number = threshold.text.trim_start_matches(['<', '>', '=', '!', ' ']);
    let is_whole = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+'));
    let reached = i128::from(i64::MIN)..=i128::from(u64::MAX);
    !is_whole
        || number
            .parse::<i128>()
            .is_ok_and(|whole| reached.contains(&whole) && whole == threshold.bound as i128)
}

/// A path into the JSON of an answer.
pub(super) fn path(node: &Node, cx: &mut Context) -> Option<JsonPath> {
    match json_path::parse(&fields::scalar_text(node, cx)?) {
        Ok(path) => Some(path),
        Err(error) => {
            cx.error(codes::INVALID_VALUE, node.span, error.to_string());
            None
        }
    }
}
