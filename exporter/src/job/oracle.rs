//! Rows as `serde_json` reads them, which the reading of rows is held against.

use std::{collections::HashSet, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A row by its keys, of which some may be there twice, or by its places.
pub(super) enum RawRow {
    Object(Vec<(String, Box<RawValue>)>),
    Array(Vec<Box<RawValue>>),
}

impl<'de> Deserialize<'de> for RawRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = RawRow;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or an array")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRow, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(RawRow::Object(pairs))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut cells: A) -> Result<RawRow, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = cells.next_element()? {
                    values.push(value);
                }
                Ok(RawRow::Array(values))
            }
        }
        deserializer.deserialize_any(Rows)
    }
}

impl RawRow {
    pub(super) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// The text of each cell; `None` if it is no row of these columns.
    pub(super) fn texts(&self, columns: &[&str]) -> Option<Vec<String>> {
        match self {
            Self::Array(values) if values.len() == columns.len() => {
                values.iter().map(|value| text(value)).collect()
            }
            Self::Array(_) => None,
            Self::Object(members) => {
                let distinct: HashSet<&String> = members.iter().map(|(key, _)| key).collect();
                if distinct.len() < members.len() {
                    return None;
                }
                let value_of = |name: &&str| members.iter().find(|(key, _)| key == name);
                let cell = |name| value_of(name).map_or(Some(String::new()), |(_, v)| text(v));
                columns.iter().map(cell).collect()
            }
        }
    }
}

/// The text of a cell; `None` if it is no text, as half a surrogate pair is none.
fn text(value: &RawValue) -> Option<String> {
    let json = value.get();
    match json.as_bytes()[0] {
        b'"' => serde_json::from_str(json).ok(),
        b'n' => Some(String::new()),
        _ => Some(without_blanks(json)),
    }
}

/// Valid JSON without the white space between its tokens.
fn without_blanks(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |character: &char| {
        let keep = in_string || !character.is_ascii_whitespace();
        in_string ^= *character == '"' && !escaped;
        escaped = in_string && *character == '\\' && !escaped;
        keep
    };
    json.chars().filter(keep).collect()
}
