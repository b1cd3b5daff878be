//! Reads one row of JSON into the cells of a [`Row`].
//!
//! Values are taken as the text they were written in: a number keeps its digits,
//! a string is decoded, null is empty, nested values become compact JSON. Each
//! byte is read once, and no tree of values is built.

use std::{borrow::Cow, collections::HashSet};

use super::{
    columns::{Columns, Repeated},
    scan::{Invalid, JsonString, Scanner, Stop},
};
use crate::format::{CellKind, Row};

/// Why a text is no row.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoRow {
    /// It ends before the row does.
    Incomplete,
    /// Something in it is wrong, at this byte of it.
    Wrong {
        /// What kind of thing.
        fault: RowFault,
        /// Its place in the text.
        offset: usize,
        /// The sentence for a person.
        message: String,
    },
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowFault {
    /// Not JSON, or a string that is not text.
    Syntax,
    /// A key appears twice.
    RepeatedKey,
    /// More or fewer cells than columns.
    Mismatch,
}

impl From<Stop> for NoRow {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Incomplete => Self::Incomplete,
            Stop::Invalid(invalid) => {
                let Invalid { offset, message } = *invalid;
                Self::Wrong { fault: RowFault::Syntax, offset, message }
            }
        }
    }
}

/// Reads the object or array that `text` begins with, `{` or `[`, into `row`; its length.
pub(super) fn read_row(text: &str, columns: &mut Columns, row: &mut Row) -> Result<usize, NoRow> {
    row.reset(columns.names().len());
    columns.begin_row();
    let mut scanner = Scanner::new(text);
    match scanner.peek()? {
        b'[' => read_array(&mut scanner, columns.names().len(), row)?,
        _ => read_object(&mut scanner, columns, row)?,
    }
    columns.end_row();
    Ok(scanner.position())
}

/// Reads the keys of the object that is `text`, in order.
pub(super) fn read_keys(text: &str) -> Result<Vec<String>, NoRow> {
    let mut scanner = Scanner::new(text);
    let (mut keys, mut known) = (Vec::new(), HashSet::new());
    read_members(&mut scanner, |scanner| {
        let place = scanner.position();
        let (_, key) = read_key(scanner)?;
        if !known.insert(key.clone().into_owned()) {
            return Err(repeated_key(place, &key));
        }
        keys.push(key.into_owned());
        scanner.expect(b':', "`:` after a key")?;
        Ok(scanner.value(|_| ())?)
    })?;
    Ok(keys)
}

fn read_object(
    scanner: &mut Scanner<'_>,
    columns: &mut Columns,
    row: &mut Row,
) -> Result<(), NoRow> {
    read_members(scanner, |scanner| {
        let column = read_column(scanner, columns)?;
        scanner.expect(b':', "`:` after a key")?;
        match column {
            Some(column) => read_cell(scanner, row, column),
            None => Ok(scanner.value(|_| ())?),
        }
    })
}

/// Reads an object, of which `read_member` reads each key and value.
fn read_members<'a>(
    scanner: &mut Scanner<'a>,
    mut read_member: impl FnMut(&mut Scanner<'a>) -> Result<(), NoRow>,
) -> Result<(), NoRow> {
    scanner.expect(b'{', "an object")?;
    if scanner.peek()? != b'}' {
        loop {
            if scanner.peek()? != b'"' {
                return Err(scanner.unexpected("a key").into());
            }
            read_member(scanner)?;
            if scanner.peek()? != b',' {
                break;
            }
            scanner.advance(1);
        }
    }
    Ok(scanner.expect(b'}', "`,` or `}`")?)
}

/// Reads a key, whose quote is the next byte: its column.
fn read_column(scanner: &mut Scanner<'_>, columns: &mut Columns) -> Result<Option<usize>, NoRow> {
    if let Some((column, length)) = columns.repeat(scanner.rest()) {
        scanner.advance(length);
        return Ok(column);
    }
    let place = scanner.position();
    let (written, key) = read_key(scanner)?;
    columns.look_up(written, &key).map_err(|Repeated| repeated_key(place, &key))
}

/// A key as it was written, and what it says.
fn read_key<'a>(scanner: &mut Scanner<'a>) -> Result<(&'a str, Cow<'a, str>), NoRow> {
    let string = scanner.string()?;
    Ok((string.written(), text_of(string)?))
}

fn text_of(string: JsonString<'_>) -> Result<Cow<'_, str>, Stop> {
    if let Some(plain) = string.plain() {
        return Ok(Cow::Borrowed(plain));
    }
    let mut text = String::new();
    string.decode_into(&mut text)?;
    Ok(Cow::Owned(text))
}

fn read_array(scanner: &mut Scanner<'_>, expected: usize, row: &mut Row) -> Result<(), NoRow> {
    let start = scanner.position();
    scanner.expect(b'[', "an array")?;
    let mut found = 0;
    if scanner.peek()? != b']' {
        loop {
            read_cell(scanner, row, found)?;
            found += 1;
            if scanner.peek()? != b',' {
                break;
            }
            scanner.advance(1);
        }
    }
    scanner.expect(b']', "`,` or `]`")?;
    if found == expected {
        return Ok(());
    }
    let message = format!("the row has {found} cells and there are {expected} columns");
    Err(NoRow::Wrong { fault: RowFault::Mismatch, offset: start, message })
}

/// Reads a value into a cell; one beyond the row is read and not kept.
fn read_cell(scanner: &mut Scanner<'_>, row: &mut Row, column: usize) -> Result<(), NoRow> {
    match scanner.peek()? {
        b'"' => {
            let string = scanner.string()?;
            row.set(column, CellKind::Text, |text| string.decode_into(text))?;
        }
        b'-' | b'0'..=b'9' => {
            let number = scanner.number()?;
            row.set(column, CellKind::Number, |text| text.push_str(number));
        }
        b'n' => {
            scanner.literal("null")?;
        }
        _ => {
            row.set(column, CellKind::Other, |text| scanner.value(|token| text.push_str(token)))?;
        }
    }
    Ok(())
}

fn repeated_key(offset: usize, key: &str) -> NoRow {
    let message = format!("the row has the key `{key}` twice");
    NoRow::Wrong { fault: RowFault::RepeatedKey, offset, message }
}

#[cfg(test)]
mod tests;
