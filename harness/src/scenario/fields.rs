//! The keys of one map, checked against its table, and their values as the types
//! that the model wants.
//!
//! Each getter reports a wrong value and answers `None`; the caller asks for all
//! of them before it gives up, so that every problem is found.

use std::time::Duration;

use super::codes;
use super::context::Context;
use super::keys::{Presence, Table};
use super::source::Span;
use super::tree::{Node, Value};
use crate::units::parse_duration;

/// A map whose keys are known, unique and complete (or reported).
pub(super) struct Fields<'n> {
    /// Where the map begins.
    pub(super) at: Span,
    found: Vec<(&'static str, &'n Node, &'n Node)>,
    /// Keys that a reported key was probably meant to be.
    meant: Vec<&'static str>,
    /// A key that is not supported yet may stand for any other.
    has_unsupported: bool,
}

impl<'n> Fields<'n> {
    /// Checks a node against a table; `None` when it is not a map at all.
    pub(super) fn of(node: &'n Node, table: &'static Table, cx: &mut Context) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let keys = table.names().collect::<Vec<_>>().join(", ");
            wrong_type(node, &format!("a map ({})", table.name), cx)
                .help(format!("{} is a map with the keys {keys}", with_article(table.name)));
            return None;
        };
        let at = start_of(node);
        let mut fields = Self { at, found: Vec::new(), meant: Vec::new(), has_unsupported: false };
        for (key, value) in entries {
            fields.take(key, value, table, cx);
        }
        fields.check_presence(table, cx);
        Some(fields)
    }

    fn take(&mut self, key: &'n Node, value: &'n Node, table: &'static Table, cx: &mut Context) {
        let Some(name) = key.text() else {
            cx.error(
                codes::WRONG_TYPE,
                key.span,
                format!("a key must be a text, found {}", key.kind()),
            );
            return;
        };
        let Some(known) = table.names().find(|known| *known == name) else {
            self.has_unsupported |= table.unsupported.contains(&name);
            self.meant.extend(unknown_key(key, name, table, cx));
            return;
        };
        match self.key(known) {
            Some(first) => {
                let line = cx.place(first.span).line;
                cx.error(codes::DUPLICATE_KEY, key.span, format!("duplicate key `{name}`"))
                    .label("here again")
                    .help(format!("it stands on line {line} already; remove one of the two"));
            }
            None => self.found.push((known, key, value)),
        }
    }

    fn check_presence(&self, table: &'static Table, cx: &mut Context) {
        for key in table.keys {
            if key.presence == Presence::Required && self.lacks(key.name) {
                cx.error(
                    codes::MISSING_KEY,
                    self.at,
                    format!("missing key `{}` in this {}", key.name, table.name),
                )
                .label(format!("this {} has no `{}`", table.name, key.name))
                .help(key.about);
            }
        }
        for group in table.one_of {
            self.check_exactly_one(group, table, cx);
        }
    }

    fn check_exactly_one(&self, group: &[&'static str], table: &'static Table, cx: &mut Context) {
        let present: Vec<_> = group.iter().filter(|name| self.has(name)).collect();
        match present[..] {
            [] if group.iter().any(|name| !self.lacks(name)) => {}
            [] => {
                cx.error(
                    codes::MISSING_KEY,
                    self.at,
                    format!("this {} needs one of {}", table.name, quoted(group)),
                )
                .label(format!("has none of {}", quoted(group)));
            }
            [_] => {}
            [first, second, ..] => {
                let at = self.key(second).map_or(self.at, |key| key.span);
                cx.error(
                    codes::CONFLICTING_KEYS,
                    at,
                    format!("`{second}` beside `{first}` in one {}", table.name),
                )
                .help(format!("keep exactly one of {}", quoted(group)));
            }
        }
    }

    /// The key as it stands in the file.
    pub(super) fn key(&self, name: &str) -> Option<&'n Node> {
        self.found.iter().find(|(known, ..)| *known == name).map(|(_, key, _)| *key)
    }

    /// The value of a key.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.found.iter().find(|(known, ..)| *known == name).map(|(.., value)| *value)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.key(name).is_some()
    }

    /// Whether a key is missing without a reported reason, such as a typing error.
    pub(super) fn lacks(&self, name: &str) -> bool {
        !self.has(name) && !self.meant.contains(&name) && !self.has_unsupported
    }

    /// A text that is not empty.
    pub(super) fn text(&self, name: &str, cx: &mut Context) -> Option<&'n str> {
        text(self.get(name)?, cx)
    }

    /// A name: `[A-Za-z0-9_.-]+`.
    pub(super) fn name(&self, name: &str, cx: &mut Context) -> Option<String> {
        let node = self.get(name)?;
        valid_name(node, scalar_text(node, cx)?, cx)
    }

    /// A whole number within bounds.
    pub(super) fn whole(
        &self,
        name: &str,
        bounds: std::ops::RangeInclusive<u64>,
        cx: &mut Context,
    ) -> Option<u64> {
        whole(self.get(name)?, bounds, cx)
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, name: &str, cx: &mut Context) -> Option<bool> {
        let node = self.get(name)?;
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::Text(text) if !node.replaced.is_empty() && text == "true" => Some(true),
            Value::Text(text) if !node.replaced.is_empty() && text == "false" => Some(false),
            _ => {
                wrong_type(node, "true or false", cx);
                None
            }
        }
    }

    /// A duration longer than nothing.
    pub(super) fn duration(&self, name: &str, cx: &mut Context) -> Option<Duration> {
        let node = self.get(name)?;
        let text = scalar_text(node, cx)?;
        match parse_duration(&text) {
            Ok(Duration::ZERO) => {
                cx.error(
                    codes::OUT_OF_RANGE,
                    node.span,
                    format!("`{name}` must be longer than nothing"),
                );
                None
            }
            Ok(duration) => Some(duration),
            Err(error) => {
                cx.error(codes::INVALID_QUANTITY, node.span, error.to_string())
                    .help("a duration has a unit: 250ms, 10s, 1m30s");
                None
            }
        }
    }

    /// The items of a list with at least one item.
    pub(super) fn list(&self, name: &str, cx: &mut Context) -> Option<&'n [Node]> {
        let node = self.get(name)?;
        match &node.value {
            Value::List(items) if items.is_empty() => {
                let at = self.key(name).map_or(node.span, |key| key.span);
                cx.error(
                    codes::EMPTY_VALUE,
                    at,
                    format!("`{name}` is empty; it needs at least one entry"),
                );
                None
            }
            Value::List(items) => Some(items),
            _ => {
                wrong_type(node, "a list", cx);
                None
            }
        }
    }
}

/// Where a node visibly begins: the first key of a map, the node itself otherwise.
pub(super) fn start_of(node: &Node) -> Span {
    match &node.value {
        Value::Map(entries) if node.span.length == 0 => {
            entries.first().map_or(node.span, |(key, _)| key.span)
        }
        Value::List(items) if node.span.length == 0 => items.first().map_or(node.span, start_of),
        _ => node.span,
    }
}

/// A text that is not empty.
pub(super) fn text<'n>(node: &'n Node, cx: &mut Context) -> Option<&'n str> {
    match node.text() {
        Some(text) if text.trim().is_empty() => {
            cx.error(codes::EMPTY_VALUE, node.span, "this text is empty");
            None
        }
        Some(text) => Some(text),
        None => {
            wrong_type(node, "a text", cx);
            None
        }
    }
}

/// A scalar as text: a number or a boolean as it is written.
pub(super) fn scalar_text(node: &Node, cx: &mut Context) -> Option<String> {
    match &node.value {
        Value::Text(_) => text(node, cx).map(str::to_owned),
        Value::Integer(_) | Value::Float(_) | Value::Bool(_) if node.replaced.is_empty() => {
            Some(cx.source(node.span).slice(node.span).to_owned())
        }
        Value::Integer(value) => Some(value.to_string()),
        Value::Float(value) => Some(value.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) => {
            wrong_type(node, "a text", cx);
            None
        }
    }
}

/// A name: `[A-Za-z0-9_.-]+`.
pub(super) fn valid_name(node: &Node, text: String, cx: &mut Context) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if !text.is_empty() && text.chars().all(allowed) {
        return Some(text);
    }
    cx.error(codes::INVALID_NAME, node.span, format!("`{text}` is not a name"))
        .help("a name is made of letters A-Z and a-z, digits, `_`, `.` and `-`");
    None
}

/// A whole number within bounds.
pub(super) fn whole(
    node: &Node,
    bounds: std::ops::RangeInclusive<u64>,
    cx: &mut Context,
) -> Option<u64> {
    let value = match &node.value {
        Value::Integer(value) => Some(*value),
        Value::Text(text) if !node.replaced.is_empty() => text.trim().parse().ok(),
        _ => None,
    };
    let Some(value) = value else {
        wrong_type(node, "a whole number", cx);
        return None;
    };
    match u64::try_from(value) {
        Ok(value) if bounds.contains(&value) => Some(value),
        _ => {
            let (least, most) = (bounds.start(), bounds.end());
            let message = if value < i128::from(*least) {
                format!("{value} is too small; at least {least}")
            } else {
                format!("{value} is too large; at most {most}")
            };
            cx.error(codes::OUT_OF_RANGE, node.span, message);
            None
        }
    }
}

/// Reports that a node is of another type than it must be.
pub(super) fn wrong_type<'c>(
    node: &Node,
    expected: &str,
    cx: &'c mut Context,
) -> &'c mut super::problem::Problem {
    let message = format!("expected {expected}, found {}", node.kind());
    cx.error(codes::WRONG_TYPE, start_of(node), message)
}

/// Reports a key; gives the key that was probably meant.
fn unknown_key(
    key: &Node,
    name: &str,
    table: &'static Table,
    cx: &mut Context,
) -> Option<&'static str> {
    if table.unsupported.contains(&name) {
        let help = match name {
            "alerts" | "alert" => format!(
                "remove `{name}`: alerts are judged by the `alerts` block of a scenario, beside its \
                 `slo`"
            ),
            _ => format!("remove `{name}`: nothing of a file is ever ignored"),
        };
        cx.error(codes::NOT_SUPPORTED, key.span, format!("`{name}` is not supported yet"))
            .help(help);
        return None;
    }
    let suggestion = closest(name, table.names());
    let known = table.names().collect::<Vec<_>>().join(", ");
    let problem = cx.error(
        codes::UNKNOWN_KEY,
        key.span,
        format!("unknown key `{name}` in this {}", table.name),
    );
    match suggestion {
        Some(meant) => problem.label(format!("did you mean `{meant}`?")),
        None => problem,
    }
    .help(format!("known keys: {known}"));
    suggestion
}

/// The candidate that a word was probably meant to be.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lowered = word.to_lowercase();
    let distance =
        |candidate: &&str| strsim::damerau_levenshtein(&lowered, &candidate.to_lowercase());
    let nearest = candidates.into_iter().min_by_key(distance)?;
    let allowed = nearest.chars().count().div_ceil(3).min(3);
    (distance(&nearest) <= allowed).then_some(nearest)
}

/// `a phase`, `an objective`.
fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near_and_nothing_that_is_far() {
        let known = ["requests", "rate", "iterations"];
        assert_eq!(closest("request", known), Some("requests"));
        assert_eq!(closest("Rate", known), Some("rate"));
        assert_eq!(closest("iteratoins", known), Some("iterations"));
        assert_eq!(closest("colour", known), None);
        assert_eq!(closest("x", []), None);
    }
}
