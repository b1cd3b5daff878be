//! Reads one row of JSON into the cells of a [`Row`].
//!
//! Values are taken as the text they were written in: a number keeps its digits,
//! a string is decoded, null is empty, nested values become compact JSON. serde
//! validates every byte; no tree of values is built.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::format::{CellKind, Row};

/// What is wrong with a row besides its syntax. serde errors are text, so the
/// kind travels in the first byte of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    /// Not JSON, or a string that is not text.
    Syntax,
    /// A key appears twice.
    RepeatedKey,
    /// More or fewer cells than columns.
    Mismatch,
}

const REPEATED_KEY: char = '\u{1}';
const MISMATCH: char = '\u{2}';

/// The columns of an export and what reading rows of them needs.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    /// For each column, the last row that had it.
    seen_in_row: Vec<u64>,
    row_number: u64,
    extra_keys: Vec<String>,
    extra_key_count: u64,
}

impl Columns {
    /// Columns with these names.
    pub(super) fn new(names: Vec<String>) -> Self {
        let seen_in_row = vec![0; names.len()];
        Self { names, seen_in_row, row_number: 0, extra_keys: Vec::new(), extra_key_count: 0 }
    }

    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Keys of all rows that are not columns.
    pub(super) fn extra_key_count(&self) -> u64 {
        self.extra_key_count
    }

    /// Bytes that the buffers hold.
    pub(super) fn held_bytes(&self) -> usize {
        let names: usize = self.names.iter().chain(&self.extra_keys).map(String::capacity).sum();
        names + self.names.capacity() * (size_of::<String>() + size_of::<u64>())
    }

    /// Reads the text of an object or array into `row`.
    pub(super) fn read(&mut self, text: &str, row: &mut Row) -> Result<(), serde_json::Error> {
        row.reset(self.names.len());
        self.row_number += 1;
        self.extra_keys.clear();
        let mut deserializer = serde_json::Deserializer::from_str(text);
        RowSeed { columns: self, row }.deserialize(&mut deserializer)?;
        deserializer.end()
    }

    /// Which column a key is; the one after the last match is tried first, because
    /// rows mostly have the order of the columns.
    fn find(&self, key: &str, likely: usize) -> Option<usize> {
        if self.names.get(likely).is_some_and(|name| name == key) {
            return Some(likely);
        }
        self.names.iter().position(|name| name == key)
    }

    /// Notes a key; `false` if the row had it already.
    fn note(&mut self, column: Option<usize>, key: &str) -> bool {
        if let Some(seen) = column.and_then(|column| self.seen_in_row.get_mut(column)) {
            return std::mem::replace(seen, self.row_number) != self.row_number;
        }
        self.extra_key_count += 1;
        let is_new = !self.extra_keys.iter().any(|extra| extra == key);
        self.extra_keys.push(key.to_owned());
        is_new
    }
}

/// Reads the keys of an object, in order.
pub(super) fn read_keys(text: &str) -> Result<Vec<String>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let keys = deserializer.deserialize_map(KeysVisitor)?;
    deserializer.end()?;
    Ok(keys)
}

/// Tells faults of a row apart, with the message for a person.
pub(super) fn explain(error: &serde_json::Error) -> (RowFault, String) {
    let text = error.to_string();
    // serde_json appends the place, which means nothing inside one row.
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    for (mark, fault) in [(REPEATED_KEY, RowFault::RepeatedKey), (MISMATCH, RowFault::Mismatch)] {
        if let Some(message) = message.strip_prefix(mark) {
            return (fault, message.to_owned());
        }
    }
    (RowFault::Syntax, message.to_owned())
}

fn repeated_key<E: Error>(key: &str) -> E {
    E::custom(format!("{REPEATED_KEY}the row has the key `{key}` twice"))
}

struct RowSeed<'a> {
    columns: &'a mut Columns,
    row: &'a mut Row,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row that is an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut likely = 0;
        while let Some(Key(key)) = map.next_key()? {
            let column = self.columns.find(&key, likely);
            if !self.columns.note(column, &key) {
                return Err(repeated_key(&key));
            }
            let value: &RawValue = map.next_value()?;
            if let Some(column) = column {
                likely = column + 1;
                fill(self.row, column, value.get())?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<(), A::Error> {
        let expected = self.columns.names.len();
        let mut found = 0;
        while let Some(value) = cells.next_element::<&RawValue>()? {
            if found < expected {
                fill(self.row, found, value.get())?;
            }
            found += 1;
        }
        if found == expected {
            return Ok(());
        }
        Err(A::Error::custom(format!(
            "{MISMATCH}the row has {found} cells and there are {expected} columns"
        )))
    }
}

/// Fills a cell with the value of this JSON text.
fn fill<E: Error>(row: &mut Row, column: usize, json: &str) -> Result<(), E> {
    match json.as_bytes().first() {
        Some(b'"') => {
            let decoded = decode_string(json).map_err(E::custom)?;
            row.set(column, CellKind::Text, |text| text.push_str(&decoded));
        }
        Some(b'n') => row.set(column, CellKind::Empty, |_| ()),
        Some(b'{' | b'[') => row.set(column, CellKind::Other, |text| push_compact(text, json)),
        Some(b't' | b'f') => row.set(column, CellKind::Other, |text| text.push_str(json)),
        _ => row.set(column, CellKind::Number, |text| text.push_str(json)),
    }
    Ok(())
}

fn decode_string(json: &str) -> Result<Cow<'_, str>, serde_json::Error> {
    match json.get(1..json.len().saturating_sub(1)) {
        Some(inner) if memchr::memchr(b'\\', inner.as_bytes()).is_none() => {
            Ok(Cow::Borrowed(inner))
        }
        _ => serde_json::from_str(json).map(Cow::Owned),
    }
}

/// Appends valid JSON without the white space between its tokens.
fn push_compact(text: &mut String, json: &str) {
    let mut in_string = false;
    let mut escaped = false;
    text.extend(json.chars().filter(|character| {
        let keep = in_string || !character.is_ascii_whitespace();
        match character {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && *character == '\\' && !escaped;
        keep
    }));
}

/// A key, borrowed where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(key)))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(key.to_owned())))
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
        let mut keys = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            if keys.iter().any(|known| known == &key) {
                return Err(repeated_key(&key));
            }
            keys.push(key.into_owned());
            map.next_value::<serde::de::IgnoredAny>()?;
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(columns: &[&str], json: &str) -> Result<Vec<(CellKind, String)>, (RowFault, String)> {
        let mut columns = Columns::new(columns.iter().map(|&name| name.to_owned()).collect());
        let mut row = Row::default();
        columns.read(json, &mut row).map_err(|error| explain(&error))?;
        Ok(row.cells().map(|(kind, text)| (kind, text.to_owned())).collect())
    }

    fn texts(columns: &[&str], json: &str) -> Vec<String> {
        read(columns, json).unwrap().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn numbers_stay_as_they_were_written() {
        let row = r#"{"a":1.10,"b":-0,"c":1e400,"d":12345678901234567890123}"#;
        assert_eq!(
            texts(&["a", "b", "c", "d"], row),
            ["1.10", "-0", "1e400", "12345678901234567890123"]
        );
    }

    #[test]
    fn strings_are_decoded_null_is_empty_and_nested_values_are_compact() {
        let row = r#"{"s":"\u0131\n\"x\\","n":null,"b":true,"o":{ "k" : [1, "a \" b"] }}"#;
        assert_eq!(
            texts(&["s", "n", "b", "o"], row),
            ["ı\n\"x\\", "", "true", r#"{"k":[1,"a \" b"]}"#]
        );
    }

    #[test]
    fn a_missing_key_is_empty_and_an_extra_one_is_counted() {
        let mut columns = Columns::new(vec!["a".into(), "b".into()]);
        let mut row = Row::default();
        columns.read(r#"{"x":1,"b":2,"y":{"a":3}}"#, &mut row).unwrap();
        assert_eq!(row.cells().map(|(_, text)| text).collect::<Vec<_>>(), ["", "2"]);
        assert_eq!(columns.extra_key_count(), 2);
    }

    #[test]
    fn a_repeated_key_is_refused_whether_it_is_a_column_or_not() {
        for json in [r#"{"a":1,"a":2}"#, r#"{"x":1,"x":2}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(read(&["a"], json).unwrap_err().0, RowFault::RepeatedKey, "{json}");
        }
        assert_eq!(texts(&["a"], r#"{"a":1}"#), ["1"]);
    }

    #[test]
    fn an_array_must_have_as_many_cells_as_columns() {
        assert_eq!(texts(&["a", "b"], r#"[1,"x"]"#), ["1", "x"]);
        for json in ["[1]", "[1,2,3]", "[]"] {
            assert_eq!(read(&["a", "b"], json).unwrap_err().0, RowFault::Mismatch, "{json}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for json in [
            r#"{"a":1x}"#,
            r#"{"a":01}"#,
            r#"{"a":}"#,
            r#"{"a" 1}"#,
            r#"{"a":1,}"#,
            r"{a:1}",
            r#"{"a":"\ud800"}"#,
            r#"{"a":tru}"#,
            "{\"a\":\"\u{1}\"}",
            r#"{"a":[1,}"#,
            "[1,,2]",
        ] {
            assert_eq!(read(&["a"], json).unwrap_err().0, RowFault::Syntax, "{json}");
        }
    }

    #[test]
    fn the_first_row_gives_its_keys_in_order() {
        assert_eq!(read_keys(r#"{"b":1,"a":{"x":2},"c":[]}"#).unwrap(), ["b", "a", "c"]);
        assert!(read_keys(r#"{"b":1,"b":2}"#).is_err());
    }
}
