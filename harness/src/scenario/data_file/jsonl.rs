//! A JSON object on each line: every value keeps its type, and numbers their digits.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Fault, Found, without_mark};
use crate::scenario::datum::Datum;

/// Looks at every row.
pub(super) fn inspect(text: &str) -> Result<Found, Fault> {
    let mut rows = 0;
    let mut fields = BTreeSet::new();
    for (number, line) in lines(text) {
        let Row(row) = serde_json::from_str(line).map_err(|error| fault(number, &error))?;
        rows += 1;
        let mut of_row = BTreeSet::new();
        for (field, _) in row {
            if !of_row.insert(field.clone()) {
                return Err(format!("line {number}: the key `{field}` stands there twice"));
            }
        }
        fields.extend(of_row);
    }
    Ok(Found { rows, fields: fields.into_iter().collect() })
}

/// A field of every row.
pub(super) fn column(text: &str, field: &str) -> Vec<Option<Datum>> {
    let value = |(_, line)| {
        let Row(row) = serde_json::from_str(line).unwrap_or_default();
        let found = row.into_iter().find(|(known, _)| known == field);
        found.map(|(_, value)| Datum::raw_json(value.get()))
    };
    lines(text).map(value).collect()
}

/// The line on which a row stands, from 1.
pub(super) fn line(text: &str, row: usize) -> Option<usize> {
    lines(text).nth(row).map(|(number, _)| number)
}

/// All rows as a JSON array, each as it is written.
pub(super) fn json(text: &str) -> Vec<u8> {
    let rows: Vec<&str> = lines(text).map(|(_, line)| line).collect();
    format!("[{}]", rows.join(",")).into_bytes()
}

/// The pairs of an object, as they come: a map would hide a key that stands twice.
#[derive(Default)]
struct Row<'t>(Vec<(String, &'t RawValue)>);

impl<'de> Deserialize<'de> for Row<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Pairs)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Row(pairs))
    }
}

/// Lines that are not blank, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = (1..).zip(without_mark(text).lines());
    numbered.map(|(number, line)| (number, line.trim())).filter(|(_, line)| !line.is_empty())
}

fn fault(line: usize, error: &serde_json::Error) -> Fault {
    let at = format!("line {line}, column {}", error.column());
    if error.is_data() {
        return format!("{at}: this line is not a JSON object");
    }
    format!("{at}: this line is not JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "{\"name\": \"ada\", \"price\": 1.10}\n\n {\"name\":\"b\\\"b\"}\r\n";

    #[test]
    fn values_keep_their_types_and_digits() {
        let found = inspect(USERS).unwrap();
        assert_eq!((found.rows, found.fields), (2, vec!["name".into(), "price".into()]));
        let mut price = Vec::new();
        let prices = column(USERS, "price");
        prices[0].as_ref().unwrap().push_json(&mut price);
        assert_eq!(price, b"1.10");
        assert_eq!((&prices[1], line(USERS, 1)), (&None, Some(3)));
        assert_eq!(column(USERS, "name")[1], Some(Datum::text("b\"b")));
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&json(USERS)).unwrap();
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn what_is_wrong_has_its_line_and_column() {
        let fault = |text| inspect(text).err().unwrap();
        assert_eq!(fault("{}\n{\"a\": }\n"), "line 2, column 7: this line is not JSON");
        assert_eq!(fault("[1]\n"), "line 1, column 0: this line is not a JSON object");
        assert_eq!(fault("{} {}\n"), "line 1, column 4: this line is not JSON");
        let twice = "{\"a\": 1}\n{\"b\": 1, \"c\": 2, \"b\": 3}\n";
        assert_eq!(fault(twice), "line 2: the key `b` stands there twice");
    }
}
