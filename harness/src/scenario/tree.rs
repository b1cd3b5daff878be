//! YAML as a tree of nodes that know their place in the file.
//!
//! Derived deserialization stops at the first wrong type; a tree can be lowered
//! by hand, so that every problem of a file is found. Anchors, aliases and merge
//! keys are resolved here; a node that came through an alias carries the place
//! where it is written, not where it is used.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Spanned};

use super::codes;
use super::problem::Problem;
use super::source::{Source, Span};

/// The deepest nesting of maps and lists: a scenario needs ten, and each level takes
/// some tens of kilobytes of stack while it is read.
const DEEPEST_NESTING: usize = 24;

/// The most values of one file, those behind aliases counted at each use.
const MOST_NODES: usize = 20_000;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Where it is written; for a map or list, where it begins.
    pub(super) span: Span,
    /// What is written.
    pub(super) value: Value,
    /// How `${NAME}` changed a text, for positions inside it.
    pub(super) replaced: Vec<Replacement>,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing: `key:`, `~`, `null`.
    Null,
    /// `true` or `false`; `yes` and `on` are texts.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Everything else that is a scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in file order; a key may be there twice.
    Map(Vec<(Node, Node)>),
}

/// One `${NAME}` in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    /// Where the replacement begins in the new text.
    pub(super) start: usize,
    /// How long it is there.
    pub(super) length: usize,
    /// How long `${NAME}` was.
    pub(super) was: usize,
}

/// Reads a text; a syntax error is one problem, because what follows it cannot
/// be told from its consequences.
pub(super) fn parse(source: &Arc<Source>, file: usize) -> Result<Node, Problem> {
    let parsed: Result<Raw, _> =
        serde_saphyr::from_str_with_options(&source.text, reading_options());
    match parsed {
        Ok(raw) => Converter { source, file }.node(raw),
        Err(error) => Err(syntax_problem(source, file, &error)),
    }
}

impl Node {
    /// What the node is, in words, for "expected …, found …".
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key of a map.
    pub(super) fn get(&self, wanted: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries.iter().find(|(key, _)| key.text() == Some(wanted)).map(|(_, value)| value)
    }
}

fn reading_options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST_NESTING,
            flow_nesting_limit: DEEPEST_NESTING,
            max_nodes: MOST_NODES,
            max_events: 3 * MOST_NODES,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        leading_zero_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    }
}

fn syntax_problem(source: &Arc<Source>, file: usize, error: &serde_saphyr::Error) -> Problem {
    let error = error.without_snippet();
    let (code, message) = match limit_message(error) {
        Some(message) => (codes::TOO_LARGE, message),
        None => (codes::INVALID_YAML, format!("not valid YAML: {}", syntax_message(error))),
    };
    let Some(location) = error.location() else {
        return Problem::whole_file(code, source, message);
    };
    let span = span_of(source, file, location);
    let mut problem = Problem::at(code, source, span, message);
    if line_has_bare_variable(source, span.start) {
        problem.help("inside `{ … }` and `[ … ]` write \"${NAME}\" in quotes");
    }
    problem
}

/// What a file has too much of, if that is what is wrong with it.
fn limit_message(error: &serde_saphyr::Error) -> Option<String> {
    use serde_saphyr::Error;
    match error {
        Error::AliasError { error, .. } => limit_message(error),
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => Some(too_deep()),
        Error::Budget {
            breach: BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. }, ..
        } => Some(format!(
            "more than {MOST_NODES} values in one file, those behind aliases counted at each use; \
             split the file, or generate rows with `data`"
        )),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => Some(
            "the aliases of this file stand for more than any scenario needs; write out what is \
             meant, or generate rows with `data`"
                .to_owned(),
        ),
        // The scanner below the reader has no variant of its own for it.
        other => other.to_string().contains("recursion limit exceeded").then(too_deep),
    }
}

fn too_deep() -> String {
    format!("maps and lists are nested more than {DEEPEST_NESTING} deep; no scenario needs that")
}

/// The first line of the reader's message, without its own account of the place.
fn syntax_message(error: &serde_saphyr::Error) -> String {
    if matches!(error, serde_saphyr::Error::MultipleDocuments { .. }) {
        return "more than one document in the file; keep one and remove `---`".to_owned();
    }
    let text = error.to_string();
    let first_line = text.lines().next().unwrap_or_default();
    first_line.split(" at line ").next().unwrap_or(first_line).trim_end_matches('.').to_owned()
}

/// Whether the line of a byte has a `${` that is not in quotes: YAML takes its
/// brace for the start of a map.
fn line_has_bare_variable(source: &Source, byte: usize) -> bool {
    let byte = source.floor(byte);
    let start = source.text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
    let line = source.text[start..].lines().next().unwrap_or_default();
    line.match_indices("${").any(|(at, _)| !line[..at].ends_with(['"', '\'']))
}

fn span_of(source: &Source, file: usize, location: Location) -> Span {
    let span = location.span();
    let as_usize = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let start = span.byte_offset().map_or_else(
        || source.offset(as_usize(location.line()), as_usize(location.column())),
        as_usize,
    );
    let length = span.byte_len().map_or(0, as_usize);
    let start = source.floor(start);
    Span { file, start, length: length.min(source.text.len() - start) }
}

/// Lowers what the YAML reader gives into nodes.
struct Converter<'a> {
    source: &'a Arc<Source>,
    file: usize,
}

impl Converter<'_> {
    fn node(&self, raw: Raw) -> Result<Node, Problem> {
        let span = span_of(self.source, self.file, raw.0.defined);
        let value = match raw.0.value {
            RawValue::Scalar(value) => value,
            RawValue::List(items) => Value::List(
                items.into_iter().map(|item| self.node(item)).collect::<Result<_, _>>()?,
            ),
            RawValue::Map(entries) => Value::Map(self.entries(entries)?),
        };
        let length = match value {
            // A collection's end is not known: its place is its first character.
            Value::List(_) | Value::Map(_) => span.length.min(1),
            _ => span.length,
        };
        Ok(Node { span: Span { length, ..span }, value, replaced: Vec::new() })
    }

    fn entries(&self, raw: Vec<(Raw, Raw)>) -> Result<Vec<(Node, Node)>, Problem> {
        let mut own = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in raw {
            let (key, value) = (self.node(key)?, self.node(value)?);
            if key.text() == Some("<<") && self.source.slice(key.span) == "<<" {
                merged.extend(self.merge_source(value)?);
            } else {
                own.push((key, value));
            }
        }
        for (key, value) in merged {
            // A key of the map itself wins, and so does the first of several merges.
            if !own.iter().any(|(known, _)| known.value == key.value) {
                own.push((key, value));
            }
        }
        Ok(own)
    }

    fn merge_source(&self, node: Node) -> Result<Vec<(Node, Node)>, Problem> {
        match node.value {
            Value::Map(entries) => Ok(entries),
            Value::List(items) => {
                let maps = items.into_iter().map(|item| self.merge_source(item));
                Ok(maps.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            }
            _ => Err(Problem::at(
                codes::INVALID_YAML,
                self.source,
                node.span,
                "`<<` must be an alias of a map",
            )),
        }
    }
}

/// What the YAML reader gives.
struct Raw(Spanned<RawValue>);

enum RawValue {
    Scalar(Value),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Null))
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<RawValue, E> {
        self.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Integer(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Integer(value)))
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<RawValue, E> {
        let value = i128::try_from(value).map_err(|_| E::custom("number is too large"))?;
        Ok(RawValue::Scalar(Value::Integer(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Text(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<RawValue, E> {
        Ok(RawValue::Scalar(Value::Text(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<RawValue, E> {
        Err(E::custom("binary values are not supported"))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(text: &str) -> Result<(Arc<Source>, Node), Problem> {
        let source = Arc::new(Source::new(Path::new("test.yaml"), text));
        parse(&source, 0).map(|node| (source, node))
    }

    fn problem(text: &str) -> (usize, usize, String) {
        let problem = read(text).unwrap_err();
        let place = problem.place();
        (place.line, place.column, problem.message().to_owned())
    }

    #[test]
    fn every_scalar_knows_its_place() {
        let (source, root) = read("a: ü\nb: [x, 'it''s', \"q\\\"x\"]\n").unwrap();
        let list = root.get("b").unwrap();
        let Value::List(items) = &list.value else { panic!("{list:?}") };
        let written: Vec<_> = items.iter().map(|item| source.slice(item.span)).collect();
        assert_eq!(written, ["x", "'it''s'", "\"q\\\"x\""]);
        assert_eq!(source.place(items[0].span.start).column, 5);
        assert_eq!(root.get("a").unwrap().text(), Some("ü"));
    }

    #[test]
    fn an_alias_carries_the_place_where_its_node_is_written() {
        let (source, root) = read("a: &x {k: 1, l: two}\nb: *x\nc: {<<: *x, k: 2}\n").unwrap();
        let aliased = root.get("b").unwrap().get("l").unwrap();
        assert_eq!(source.place(aliased.span.start).line, 1);
        let merged = root.get("c").unwrap();
        assert_eq!(merged.get("k").unwrap().value, Value::Integer(2));
        assert_eq!(merged.get("l").unwrap().text(), Some("two"));
        let Value::Map(entries) = &merged.value else { panic!("{merged:?}") };
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn only_true_and_false_are_booleans_and_only_plain_digits_are_numbers() {
        let (_, root) = read("a: yes\nb: true\nc: 007\nd: 1_000\ne: 0x10\nf: ~\n").unwrap();
        let value = |key| root.get(key).unwrap().value.clone();
        assert_eq!(value("a"), Value::Text("yes".into()));
        assert_eq!(value("b"), Value::Bool(true));
        assert_eq!(value("c"), Value::Text("007".into()));
        assert_eq!(value("d"), Value::Text("1_000".into()));
        assert_eq!(value("e"), Value::Integer(16));
        assert_eq!(value("f"), Value::Null);
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        assert_eq!(problem("a: b: c\n").0, 1);
        assert_eq!(problem("a: 1\nb: *nope\n").0, 2);
        assert!(problem("a: 1\nb: !foo x\n").2.contains("unsupported tag `!foo`"));
        assert!(problem("a: 1\n---\nb: 2\n").2.contains("more than one document"));
    }

    #[test]
    fn a_variable_without_quotes_in_braces_gets_advice() {
        let problem = read("a: {r: ${X}}\n").unwrap_err();
        assert!(problem.help_text().unwrap().contains("in quotes"));
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        for text in ["[".repeat(100_000), "- ".repeat(10_000)] {
            let message = read(&text).unwrap_err().message().to_owned();
            assert!(message.contains("nested more than 24 deep"), "{message}");
        }
    }

    #[test]
    fn what_aliases_blow_up_is_told_as_too_many_values() {
        let lines = ('a'..'j').zip('b'..='j').map(|(from, to)| {
            let aliases = format!("*{from}, ").repeat(6);
            format!("{to}: &{to} [{aliases}]\n")
        });
        let text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned() + &lines.collect::<String>();
        let message = read(&text).unwrap_err().message().to_owned();
        assert!(message.starts_with("more than 20000 values"), "{message}");
        assert!(!message.contains("budget"), "{message}");
    }
}
