//! A JSON object on each line: every value keeps its type, and numbers their digits.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use super::{Fault, Found, without_mark};
use crate::scenario::datum::Datum;

/// Looks at every row.
pub(super) fn inspect(text: &str) -> Result<Found, Fault> {
    let mut rows = 0;
    let mut fields = BTreeSet::new();
    for (number, line) in lines(text) {
        let row: Row<'_> = serde_json::from_str(line).map_err(|error| fault(number, &error))?;
        rows += 1;
        fields.extend(row.into_keys());
    }
    Ok(Found { rows, fields: fields.into_iter().collect() })
}

/// A field of every row.
pub(super) fn column(text: &str, field: &str) -> Vec<Option<Datum>> {
    let value = |(_, line)| {
        let row: Row<'_> = serde_json::from_str(line).unwrap_or_default();
        row.get(field).map(|value| Datum::raw_json(value.get()))
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

type Row<'t> = BTreeMap<String, &'t RawValue>;

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
    }
}
