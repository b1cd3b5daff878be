//! Comma-separated values with a header: every value is a text, as for `k6` and `JMeter`.

use std::collections::BTreeSet;

use ::csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::{Fault, Found, without_mark};
use crate::scenario::datum::Datum;

/// Looks at every row.
pub(super) fn inspect(text: &str) -> Result<Found, Fault> {
    if memchr::memchr_iter(b'"', text.as_bytes()).count() % 2 == 1 {
        return Err("a quote is not closed; a quote in a value is written twice".to_owned());
    }
    let mut reader = reader(text);
    let header = reader.headers().map_err(|error| fault(text, &error))?;
    let fields: Vec<String> = header.iter().map(str::to_owned).collect();
    check_header(&fields)?;
    let mut rows = 0;
    for record in reader.records() {
        record.map_err(|error| fault(text, &error))?;
        rows += 1;
    }
    Ok(Found { rows, fields })
}

fn check_header(fields: &[String]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (at, field) in fields.iter().enumerate() {
        if field.trim().is_empty() {
            return Err(format!("line 1, column {}: a field without a name", at + 1));
        }
        if !seen.insert(field) {
            return Err(format!("line 1, column {}: `{field}` is there twice", at + 1));
        }
    }
    Ok(())
}

/// All rows as a JSON array of objects.
pub(super) fn json(text: &str) -> Vec<u8> {
    let mut out = vec![b'['];
    let mut reader = reader(text);
    let header = reader.headers().cloned().unwrap_or_default();
    for (at, record) in reader.records().flatten().enumerate() {
        out.extend_from_slice(if at > 0 { b",{" } else { b"{" });
        push_members(&header, &record, &mut out);
        out.push(b'}');
    }
    out.push(b']');
    out
}

fn push_members(header: &StringRecord, record: &StringRecord, out: &mut Vec<u8>) {
    for (at, (field, value)) in header.iter().zip(record).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        Datum::text(field).push_json(out);
        out.push(b':');
        Datum::text(value).push_json(out);
    }
}

/// A field of every row.
pub(super) fn column(text: &str, field: &str) -> Vec<Option<Datum>> {
    let mut reader = reader(text);
    let at = reader.headers().ok().and_then(|header| header.iter().position(|one| one == field));
    let value = |record: StringRecord| at.and_then(|at| record.get(at)).map(Datum::text);
    reader.records().flatten().map(value).collect()
}

/// The line on which a row begins, from 1.
pub(super) fn line(text: &str, row: usize) -> Option<usize> {
    let record = reader(text).into_records().flatten().nth(row)?;
    record.position().map(|position| line_at(text, position))
}

/// The library counts the end of a line only when it has read past it.
fn line_at(text: &str, position: &::csv::Position) -> usize {
    let text = without_mark(text);
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX).min(text.len());
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let ends = text.as_bytes()[start..].iter().take_while(|byte| is_end(byte)).count();
    memchr::memchr_iter(b'\n', &text.as_bytes()[..start + ends]).count() + 1
}

fn reader(text: &str) -> Reader<&[u8]> {
    ReaderBuilder::new().from_reader(without_mark(text).as_bytes())
}

fn fault(text: &str, error: &::csv::Error) -> Fault {
    match error.kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, |position| line_at(text, position));
            format!("line {line}: {len} values, and the header has {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "\u{feff}name,note\r\nada,\"a, \"\"b\"\"\"\r\n\nbob,\"two\nlines\"\n";

    #[test]
    fn values_are_texts_whatever_they_look_like() {
        let found = inspect("id,ok\n007,true\n").unwrap();
        assert_eq!((found.rows, found.fields), (1, vec!["id".to_owned(), "ok".to_owned()]));
        assert_eq!(json("id,ok\n007,true\n"), br#"[{"id":"007","ok":"true"}]"#);
    }

    #[test]
    fn quotes_line_ends_and_a_byte_order_mark_are_read() {
        assert_eq!(inspect(USERS).unwrap().fields, ["name", "note"]);
        let rows: serde_json::Value = serde_json::from_slice(&json(USERS)).unwrap();
        assert_eq!(rows[0]["note"], "a, \"b\"");
        assert_eq!(rows[1]["note"], "two\nlines");
        let notes = column(USERS, "note");
        assert_eq!(notes, [Some(Datum::text("a, \"b\"")), Some(Datum::text("two\nlines"))]);
        assert_eq!((line(USERS, 0), line(USERS, 1), line(USERS, 2)), (Some(2), Some(4), None));
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        let fault = |text| inspect(text).err().unwrap();
        assert_eq!(fault("a,b\n1,2\n3\n"), "line 3: 1 values, and the header has 2");
        assert_eq!(fault("a,b,a\n"), "line 1, column 3: `a` is there twice");
        assert_eq!(fault("a,\n1,2\n"), "line 1, column 2: a field without a name");
        assert!(fault("a,b\n1,\"2\n3,4\n").contains("a quote is not closed"));
        assert_eq!(inspect("a,b\n").unwrap().rows, 0);
    }
}
