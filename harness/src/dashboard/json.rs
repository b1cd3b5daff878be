//! JSON with the place of every value: a dashboard has thousands of lines, and whoever is told
//! of a mistake wants the one.
//!
//! `serde_json` reads first and says what is no JSON; this reads again and keeps the places, so it
//! need not be strict. Of a key that is there twice the last value counts, as in Grafana, and whoever
//! reads may refuse it.

use std::collections::HashSet;

use slogate_promql::Place;

/// Lists and objects within each other: dashboards have a dozen, and trees are walked by recursion.
const MOST_LEVELS: usize = 100;

/// A value and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Bytes from the start of the text.
    pub(super) at: usize,
    pub(super) value: Value,
}

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// Why a text is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotJson {
    pub(super) place: Place,
    pub(super) message: String,
}

/// A key that its object has before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RepeatedKey {
    /// Bytes from the start of the text.
    pub(super) at: usize,
    pub(super) key: String,
}

impl Node {
    /// Reads a whole text.
    pub(super) fn parse(text: &str) -> Result<Self, NotJson> {
        Self::parse_noting_repeated(text).map(|(root, _)| root)
    }

    /// The same, and every key that its object has before; of those the last value counts.
    pub(super) fn parse_noting_repeated(text: &str) -> Result<(Self, Vec<RepeatedKey>), NotJson> {
        serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| not_json(&error))?;
        let mut reader = Reader { text, at: 0, levels: 0, repeated: Vec::new() };
        match reader.value() {
            Some(root) => Ok((root, reader.repeated)),
            None => Err(NotJson {
                place: place_of(text, reader.at),
                message: if reader.levels > MOST_LEVELS {
                    format!("more than {MOST_LEVELS} lists and objects within each other")
                } else {
                    "a text or number that cannot be read".to_owned()
                },
            }),
        }
    }

    /// The value of a key, `None` also where this is no object or the value is `null`.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Object(fields) = &self.value else { return None };
        let found = fields.iter().rfind(|(name, _)| name == key).map(|(_, node)| node);
        found.filter(|node| node.value != Value::Null)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Object(_) => "an object",
        }
    }
}

/// The line and column of a byte of a text, both from 1; the column in characters.
pub(super) fn place_of(text: &str, at: usize) -> Place {
    places_of(text, &[at]).pop().unwrap_or_default()
}

/// The same of several bytes, which are in order: the text is gone through once.
pub(super) fn places_of(text: &str, sorted: &[usize]) -> Vec<Place> {
    let mut place = Place { line: 1, column: 1 };
    let mut letters = text.char_indices().peekable();
    let mut places = Vec::with_capacity(sorted.len());
    for at in sorted {
        while let Some((_, letter)) = letters.next_if(|(begin, _)| begin < at) {
            place = match letter {
                '\n' => Place { line: place.line + 1, column: 1 },
                _ => Place { column: place.column + 1, ..place },
            };
        }
        places.push(place);
    }
    places
}

/// Where in the text of a file a part of a string begins: `at` is its opening quote, `offset`
/// the bytes of the string's value before the part.
pub(super) fn inside_string(text: &str, at: usize, offset: usize) -> usize {
    let written = &text.as_bytes()[at..];
    let (mut read, mut value) = (1, 0);
    while value < offset && read < written.len() {
        let (taken, made) = match (written[read], written.get(read + 1)) {
            (b'\\', Some(b'u')) => return at + read,
            (b'\\', _) => (2, 1),
            _ => (1, 1),
        };
        read += taken;
        value += made;
    }
    at + read
}

fn not_json(error: &serde_json::Error) -> NotJson {
    let place = Place { line: error.line().max(1), column: error.column().max(1) };
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default().to_owned();
    NotJson { place, message }
}

/// Reads a text that is known to be JSON.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Lists and objects that are open.
    levels: usize,
    repeated: Vec<RepeatedKey>,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Node> {
        let first = self.next_sign()?;
        let at = self.at;
        let value = match first {
            b'{' => self.within(Self::object)?,
            b'[' => self.within(Self::list)?,
            b'"' => Value::Text(self.string()?),
            _ => self.word()?,
        };
        Some(Node { at, value })
    }

    fn within(&mut self, read: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        self.levels += 1;
        if self.levels > MOST_LEVELS {
            return None;
        }
        let value = read(self)?;
        self.levels -= 1;
        Some(value)
    }

    /// The next byte that is no blank; it is not taken.
    fn next_sign(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }

    fn object(&mut self) -> Option<Value> {
        let mut fields = Vec::new();
        let mut known = HashSet::new();
        self.at += 1;
        while self.next_sign()? != b'}' {
            let at = self.at;
            let key = self.string()?;
            self.next_sign()?;
            self.at += 1;
            if !known.insert(key.clone()) {
                self.repeated.push(RepeatedKey { at, key: key.clone() });
            }
            fields.push((key, self.value()?));
            self.pass_comma()?;
        }
        self.at += 1;
        Some(Value::Object(fields))
    }

    fn list(&mut self) -> Option<Value> {
        let mut nodes = Vec::new();
        self.at += 1;
        while self.next_sign()? != b']' {
            nodes.push(self.value()?);
            self.pass_comma()?;
        }
        self.at += 1;
        Some(Value::List(nodes))
    }

    fn pass_comma(&mut self) -> Option<()> {
        if self.next_sign()? == b',' {
            self.at += 1;
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let rest = &self.text.as_bytes()[self.at..];
        let mut end = 1;
        while *rest.get(end)? != b'"' {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        let written = &self.text[self.at..=self.at + end];
        self.at += end + 1;
        serde_json::from_str(written).ok()
    }

    fn word(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| matches!(c, ',' | ']' | '}') || c.is_ascii_whitespace());
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "null" => Some(Value::Null),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            number => number.parse().ok().map(Value::Number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place() {
        let text = "{\n  \"a\": [1, {\"b\": \"ü\\\"x\"}],\n  \"a2\": null, \"c\": -1.5e3\n}";
        let root = Node::parse(text).unwrap();
        let list = root.get("a").unwrap();
        let Value::List(nodes) = &list.value else { panic!("{list:?}") };
        let inner = nodes[1].get("b").unwrap();
        assert_eq!((inner.text(), place_of(text, inner.at).column), (Some("ü\"x"), 18));
        assert_eq!(place_of(text, nodes[1].at).line, 2);
        assert_eq!(root.get("a2"), None);
        assert_eq!(root.get("c").unwrap().value, Value::Number(-1500.0));
    }

    #[test]
    fn a_part_of_a_string_is_found_behind_escapes() {
        let text = r#"  "a{b=\"c\"} + oops(d)""#;
        let value = Node::parse(text).unwrap();
        let offset = value.text().unwrap().find("oops").unwrap();
        assert_eq!(inside_string(text, value.at, offset), text.find("oops").unwrap());
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let broken = Node::parse("{\n  \"a\": 1,\n}").unwrap_err();
        assert_eq!((broken.place.line, broken.message.as_str()), (3, "key must be a string"));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep = Node::parse(&deep).unwrap_err();
        assert!(deep.message.starts_with("more than 100 lists") && deep.place.column == 101);
        assert!(Node::parse("").is_err() && Node::parse("{} x").is_err());
        let (twice, repeated) =
            Node::parse_noting_repeated(r#"{"a": 1, "b": {"a": 3}, "a": 2}"#).unwrap();
        assert_eq!(twice.get("a").unwrap().value, Value::Number(2.0));
        assert_eq!(repeated, [RepeatedKey { at: 24, key: "a".to_owned() }]);
    }
}
