//! Which column a key of a row is, and whether the row had it already.
//!
//! Rows mostly repeat the keys of the row before them, letter by letter and in the
//! same order. So those are remembered as they were written, and a row that repeats
//! them needs no other look: none of them can appear twice. From the first key
//! that differs on, keys are looked up and noted one by one.

use std::collections::{HashMap, HashSet};

/// Keys that are remembered; rows have more of them only where they are not columns.
const MAX_REMEMBERED_KEYS: usize = 1_024;

/// The columns of an export.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    /// Keys of the row before.
    remembered: Vec<Key>,
    /// How many of them this row has repeated, while it has no other keys.
    repeated: usize,
    /// Whether this row has other keys, so that they are noted.
    differs: bool,
    /// For each column, the last row that is noted to have it.
    seen_in_row: Vec<u64>,
    row_number: u64,
    /// Keys of this row that are noted and are no columns.
    extra_keys: HashSet<String>,
    extra_keys_in_row: u64,
    extra_key_count: u64,
}

#[derive(Debug)]
struct Key {
    /// With its quotes.
    written: Box<str>,
    text: Box<str>,
    column: Option<usize>,
}

/// A key appears twice in a row.
#[derive(Debug)]
pub(super) struct Repeated;

impl Columns {
    /// Columns with these names.
    pub(super) fn new(names: Vec<String>) -> Self {
        let by_name = names.iter().cloned().zip(0..).collect();
        let seen_in_row = vec![0; names.len()];
        Self {
            names,
            by_name,
            remembered: Vec::new(),
            repeated: 0,
            differs: false,
            seen_in_row,
            row_number: 0,
            extra_keys: HashSet::new(),
            extra_keys_in_row: 0,
            extra_key_count: 0,
        }
    }

    /// The names.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Keys of all whole rows that are not columns.
    pub(super) fn extra_key_count(&self) -> u64 {
        self.extra_key_count
    }

    /// Bytes that the buffers hold.
    pub(super) fn held_bytes(&self) -> usize {
        let names: usize = self.names.iter().map(String::capacity).sum();
        let extra: usize = self.extra_keys.iter().map(String::capacity).sum();
        let remembered: usize =
            self.remembered.iter().map(|key| key.written.len() + key.text.len()).sum();
        2 * names
            + extra
            + remembered
            + self.names.capacity() * size_of::<(String, u64)>()
            + self.by_name.capacity() * size_of::<(String, usize)>()
            + self.extra_keys.capacity() * size_of::<String>()
            + self.remembered.capacity() * size_of::<Key>()
    }

    /// A row begins, from its first key.
    pub(super) fn begin_row(&mut self) {
        self.row_number += 1;
        self.repeated = 0;
        self.differs = false;
        self.extra_keys.clear();
        self.extra_keys_in_row = 0;
    }

    /// A row has ended and is whole.
    pub(super) fn end_row(&mut self) {
        self.extra_key_count += self.extra_keys_in_row;
    }

    /// The column of the next key, and the length of the key, if `json` begins with
    /// the key that the row before had at this place.
    #[inline]
    pub(super) fn repeat(&mut self, json: &[u8]) -> Option<(Option<usize>, usize)> {
        let key = self.remembered.get(self.repeated).filter(|_| !self.differs)?;
        if !json.starts_with(key.written.as_bytes()) {
            return None;
        }
        self.repeated += 1;
        self.extra_keys_in_row += u64::from(key.column.is_none());
        Some((key.column, key.written.len()))
    }

    /// The column of the next key, which is none that [`Self::repeat`] knows.
    pub(super) fn look_up(&mut self, written: &str, text: &str) -> Result<Option<usize>, Repeated> {
        if !self.differs {
            self.differ();
        }
        let column = self.by_name.get(text).copied();
        if !self.note(column, text) {
            return Err(Repeated);
        }
        self.extra_keys_in_row += u64::from(column.is_none());
        if self.remembered.len() < MAX_REMEMBERED_KEYS {
            self.remembered.push(Key { written: written.into(), text: text.into(), column });
        }
        Ok(column)
    }

    /// From here on the row has other keys than the one before: those it had are
    /// noted, and the others of the row before forgotten.
    fn differ(&mut self) {
        self.differs = true;
        self.remembered.truncate(self.repeated);
        let remembered = std::mem::take(&mut self.remembered);
        for key in &remembered {
            self.note(key.column, &key.text);
        }
        self.remembered = remembered;
    }

    /// Notes a key; `false` if the row had it already.
    fn note(&mut self, column: Option<usize>, text: &str) -> bool {
        match column.and_then(|column| self.seen_in_row.get_mut(column)) {
            Some(seen) => std::mem::replace(seen, self.row_number) != self.row_number,
            None => self.extra_keys.insert(text.to_owned()),
        }
    }
}
