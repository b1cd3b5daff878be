//! YAML as a tree of nodes that know where they stand.
//!
//! Derived deserialization stops at the first error and turns `0x10` into 16.
//! Rule files and unit tests need every error of a file, each with its place,
//! and the text of a scalar as it is written: so they are read into this tree
//! and lowered by hand.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use crate::duration::parse_duration_ms;
use crate::number::parse_number;

/// Deeper nesting than this is refused. Rule files need eight levels; an
/// unoptimized build overflows a stack of 2 MiB at less than sixty.
const MOST_LEVELS: usize = 24;

/// A place in a file; both count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing that is wrong in a YAML text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) place: Place,
    pub(crate) message: String,
    /// Whether it is only that a field is not known.
    pub(crate) is_unknown_field: bool,
}

impl Problem {
    pub(crate) fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), is_unknown_field: false }
    }
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    /// Whether it is a scalar between quotes, which is a text whatever is in it.
    pub(crate) is_quoted: bool,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Nothing: an empty value, `~` or `null`.
    Null,
    /// A scalar: decoded if it is quoted, otherwise as it is written.
    Scalar(String),
    List(Vec<Node>),
    /// Pairs in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// The key of a pair.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) place: Place,
    pub(crate) name: String,
}

/// Reads one document. An empty text is a null node.
pub(crate) fn parse(text: &str) -> Result<Node, Problem> {
    if text.trim().is_empty() {
        let place = Place { line: 1, column: 1 };
        return Ok(Node { place, is_quoted: false, content: Content::Null });
    }
    let error = match serde_saphyr::from_str_with_options::<Raw>(text, options()) {
        Ok(raw) => return Ok(raw.into_node(text)),
        Err(error) => error,
    };
    let place = error.location().map_or_else(Place::default, place_of);
    if let serde_saphyr::Error::MultipleDocuments { .. } = error.without_snippet()
        && let Some(first) = followed_by_nothing(text)
    {
        return parse(first);
    }
    Err(Problem::new(place, worded(&error.without_snippet().to_string())))
}

/// The text before the mark of another document in which nothing is.
fn followed_by_nothing(text: &str) -> Option<&str> {
    let is_mark = |line: &str| matches!(line.trim_end(), "---" | "...");
    let says_nothing =
        |line: &str| is_mark(line) || line.trim().is_empty() || line.trim_start().starts_with('#');
    let mut first = None;
    let mut end = text.len();
    for line in text.split_inclusive('\n').rev().take_while(|line| says_nothing(line)) {
        end -= line.len();
        if is_mark(line) {
            first = Some(&text[..end]);
        }
    }
    first.filter(|first| !first.trim().is_empty())
}

/// The deserializer's own limits, but for the depth.
fn options() -> serde_saphyr::Options {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_depth = MOST_LEVELS;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    // A scalar is kept as it is written, whatever number it is.
    options.non_finite_float_policy = serde_saphyr::options::NonFiniteFloatPolicy::PassThrough;
    options
}

impl Content {
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Scalar(_) => "a scalar",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Node {
    /// A problem at this node's place.
    pub(crate) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.place, message)
    }

    /// The scalar's text; `what` names the field in the problem.
    pub(crate) fn text(&self, what: &str) -> Result<&str, Problem> {
        match &self.content {
            Content::Scalar(text) => Ok(text),
            other => {
                Err(self.problem(format!("`{what}` must be a single value, not {}", other.kind())))
            }
        }
    }

    /// As [`Self::text`], but nothing is the empty text.
    pub(crate) fn text_or_empty(&self, what: &str) -> Result<&str, Problem> {
        if matches!(self.content, Content::Null) { Ok("") } else { self.text(what) }
    }

    /// The list's elements; nothing is an empty list.
    pub(crate) fn list(&self, what: &str) -> Result<&[Node], Problem> {
        match &self.content {
            Content::Null => Ok(&[]),
            Content::List(nodes) => Ok(nodes),
            other => Err(self.problem(format!("`{what}` must be a list, not {}", other.kind()))),
        }
    }

    /// The map's pairs; nothing is an empty map.
    pub(crate) fn map(&self, what: &str) -> Result<&[(Key, Node)], Problem> {
        match &self.content {
            Content::Null => Ok(&[]),
            Content::Map(pairs) => Ok(pairs),
            other => Err(self.problem(format!("`{what}` must be a map, not {}", other.kind()))),
        }
    }
}

/// The fields of a map whose keys are known; problems are collected, so that all
/// of a file are reported at once.
pub(crate) struct Fields<'n> {
    pairs: &'n [(Key, Node)],
}

impl<'n> Fields<'n> {
    /// The fields of a node; each key that is not `known` is a problem.
    pub(crate) fn of(
        node: &'n Node,
        what: &str,
        known: &[&str],
        problems: &mut Vec<Problem>,
    ) -> Self {
        let pairs = node.map(what).unwrap_or_else(|problem| {
            problems.push(problem);
            &[]
        });
        for (key, _) in pairs.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            let (name, known) = (&key.name, known.join(", "));
            let message = format!("unknown field `{name}` in {what}; known are {known}");
            problems.push(Problem { is_unknown_field: true, ..Problem::new(key.place, message) });
        }
        Self { pairs }
    }

    /// The value of a field, unless it is absent or null.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        let (_, node) = self.pairs.iter().find(|(key, _)| key.name == name)?;
        (!matches!(node.content, Content::Null)).then_some(node)
    }

    /// A field read by `read`; a problem makes it absent.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        problems: &mut Vec<Problem>,
        read: impl FnOnce(&'n Node) -> Result<T, Problem>,
    ) -> Option<T> {
        collect(read(self.get(name)?), problems)
    }

    /// A field that is a single value.
    pub(crate) fn text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        self.read(name, problems, |node| node.text(name).map(str::to_owned))
    }

    /// A field that is a duration, in milliseconds.
    pub(crate) fn duration_ms(&self, name: &str, problems: &mut Vec<Problem>) -> Option<i64> {
        self.read(name, problems, |node| {
            parse_duration_ms(node.text(name)?).map_err(|error| node.problem(error.to_string()))
        })
    }

    /// A field that is a list; empty if it is absent.
    pub(crate) fn list(&self, name: &str, problems: &mut Vec<Problem>) -> &'n [Node] {
        self.read(name, problems, |node| node.list(name)).unwrap_or_default()
    }

    /// A field that is a map from names to texts; empty if it is absent.
    pub(crate) fn texts(&self, name: &str, problems: &mut Vec<Problem>) -> Vec<NamedText<'n>> {
        let pairs = self.read(name, problems, |node| node.map(name)).unwrap_or_default();
        let mut texts = Vec::with_capacity(pairs.len());
        for (key, node) in pairs {
            if let Some(text) = collect(node.text_or_empty(&key.name), problems) {
                texts.push(NamedText { key, node, text });
            }
        }
        texts
    }
}

/// One pair of a map from names to texts.
pub(crate) struct NamedText<'n> {
    pub(crate) key: &'n Key,
    pub(crate) node: &'n Node,
    pub(crate) text: &'n str,
}

/// A number as YAML 1.1 reads it, which promtool's reader keeps to: `010` is eight. Infinities and
/// not-a-number begin with a dot; Go's spelling without it is a text to promtool, and refused.
pub(crate) fn yaml_number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    let sign = &plain[..plain.len() - unsigned.len()];
    let signed = |number: u64| if sign == "-" { -(number as f64) } else { number as f64 };
    let of_base = |digits: &str, base: u32| u64::from_str_radix(digits, base).ok().map(signed);
    match unsigned.strip_prefix('.') {
        Some("inf" | "Inf" | "INF") => return parse_number(&format!("{sign}inf")),
        Some("nan" | "NaN" | "NAN") if sign.is_empty() => return Some(f64::NAN),
        _ => {}
    }
    if let Some(digits) = unsigned.strip_prefix("0o") {
        return of_base(digits, 8);
    }
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return of_base(digits, 2);
    }
    let is_octal = unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    if is_octal {
        return of_base(unsigned, 8);
    }
    parse_number(&plain).filter(|number| number.is_finite())
}

/// Takes a value, or notes the problem.
pub(crate) fn collect<T>(result: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

/// As the deserializer gives it, numbers already decoded.
struct Raw(Spanned<RawContent>);

enum RawContent {
    Null,
    /// A scalar whose decoded form is not its text.
    Decoded,
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

impl Raw {
    fn into_node(self, source: &str) -> Node {
        let place = place_of(self.0.referenced);
        let is_text = matches!(self.0.value, RawContent::Text(_));
        let is_quoted = is_text && written(source, self.0.defined).starts_with(['"', '\'']);
        let content = match self.0.value {
            RawContent::Null => Content::Null,
            RawContent::Decoded => Content::Scalar(written(source, self.0.defined)),
            RawContent::Text(text) => Content::Scalar(text),
            RawContent::List(nodes) => {
                Content::List(nodes.into_iter().map(|node| node.into_node(source)).collect())
            }
            RawContent::Map(pairs) => Content::Map(
                pairs
                    .into_iter()
                    .map(|(key, value)| (key.into_key(source), value.into_node(source)))
                    .collect(),
            ),
        };
        Node { place, is_quoted, content }
    }

    fn into_key(self, source: &str) -> Key {
        let node = self.into_node(source);
        let name = match node.content {
            Content::Scalar(text) => text,
            other => other.kind().to_owned(),
        };
        Key { place: node.place, name }
    }
}

fn place_of(location: Location) -> Place {
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Place { line: size(location.line()), column: size(location.column()) }
}

/// The text of a scalar as it stands in the source.
fn written(source: &str, location: Location) -> String {
    let span = location.span();
    let range = || {
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        source.get(start..start.checked_add(length)?)
    };
    range().unwrap_or_default().trim().to_owned()
}

/// What the deserializer says, without the place, which is told beside it, and without advice to
/// those who program with it.
fn worded(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.rsplit_once(" at line ").map_or(line, |(text, _)| text);
    let line = line.split_once(", set DuplicateKeyPolicy").map_or(line, |(text, _)| text);
    if line.starts_with("multiple YAML documents") {
        "a second YAML document begins here (`---`), and Prometheus reads only the first; give each \
         a file of its own"
            .to_owned()
    } else if line.starts_with("budget breached: Depth") {
        format!("nesting is deeper than {MOST_LEVELS} levels; take levels out")
    } else if line.starts_with("budget breached") {
        "the file is larger than what is read; split it".to_owned()
    } else {
        line.to_owned()
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawContent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<RawContent, E> {
        Ok(RawContent::Decoded)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<RawContent, E> {
        Ok(RawContent::Text(text.to_owned()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<RawContent, E> {
        Ok(RawContent::Null)
    }

    fn visit_none<E: de::Error>(self) -> Result<RawContent, E> {
        Ok(RawContent::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawContent, D::Error> {
        RawContent::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawContent, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = elements.next_element()? {
            nodes.push(node);
        }
        Ok(RawContent::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawContent, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = entries.next_entry()? {
            pairs.push(pair);
        }
        Ok(RawContent::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str, name: &str) -> Node {
        let node = parse(text).unwrap();
        let pair = node.map("test").unwrap().iter().find(|(key, _)| key.name == name);
        pair.unwrap().1.clone()
    }

    #[test]
    fn scalars_keep_their_text() {
        let text = "a: 0x10\nb: 1e3\nc: \"0x\\t10\"\nd: 1d\ne: true\nf: |\n  up\n  == 0\ng: '1'\nh: 1 # x\n";
        for (name, written) in [
            ("a", "0x10"),
            ("b", "1e3"),
            ("c", "0x\t10"),
            ("d", "1d"),
            ("e", "true"),
            ("f", "up\n== 0\n"),
            ("g", "1"),
            ("h", "1"),
        ] {
            let node = field(text, name);
            assert_eq!(node.text(name).unwrap(), written, "{name}");
            assert_eq!(node.is_quoted, ["c", "g"].contains(&name), "{name}");
        }
    }

    #[test]
    fn nodes_know_their_places() {
        let node = field("a: 1\nb:\n  - x\n  - y\n", "b");
        let second = &node.list("b").unwrap()[1];
        assert_eq!(second.place, Place { line: 4, column: 5 });
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let problem = parse("a: 1\nb: [1\n").unwrap_err();
        assert!(problem.place.line >= 2, "{problem:?}");
        assert!(parse("a: 1\na: 2\n").unwrap_err().message.contains("duplicate"));
    }

    #[test]
    fn the_deserializer_is_not_quoted_to_who_writes_rules() {
        let deep = format!("a: {}{}", "[".repeat(40), "]".repeat(40));
        for (text, said) in [
            ("a: 1\n---\nb: 2\n", "a second YAML document"),
            ("a: 1\na: 2\n", "duplicate mapping key: a"),
            (deep.as_str(), "nesting is deeper than 24 levels"),
        ] {
            let message = parse(text).unwrap_err().message;
            assert!(message.starts_with(said), "{message}");
            assert!(!message.contains("at line") && !message.contains("Options"), "{message}");
        }
    }

    #[test]
    fn a_mark_behind_which_nothing_is_begins_no_document() {
        for text in ["a: 1\n---\n", "---\na: 1\n...\n", "a: 1\n---\n# the end\n\n---"] {
            assert_eq!(parse(text).unwrap().map("test").unwrap().len(), 1, "{text:?}");
        }
        let second = parse("a: 1\n---\n# b\nb: 2\n").unwrap_err();
        assert!(second.message.contains("Prometheus reads only the first"), "{second:?}");
    }

    #[test]
    fn aliases_and_merge_keys_are_expanded() {
        let text = "- &one\n  a: &x 1\n  b: *x\n- <<: *one\n  a: 2\n";
        let node = parse(text).unwrap();
        let second = node.list("test").unwrap()[1].map("second").unwrap();
        let get = |name| {
            let (_, value) = second.iter().find(|(key, _)| key.name == name).unwrap();
            value.text(name).unwrap()
        };
        assert_eq!((get("a"), get("b")), ("2", "1"));
    }
}
