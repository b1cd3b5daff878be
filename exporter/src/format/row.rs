//! One row of cells, reused for every row of an export.
//!
//! All text of a row lies in one buffer, so that a row costs no allocation once
//! the buffer has grown to the longest one.

use std::ops::Range;

/// What a cell holds, for formats that show kinds differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CellKind {
    /// Nothing: null, or a key that the row does not have.
    #[default]
    Empty,
    /// A string.
    Text,
    /// A number, as it was written.
    Number,
    /// A boolean, or nested values as compact JSON.
    Other,
}

/// A row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    text: String,
    cells: Vec<(CellKind, Range<usize>)>,
}

impl Row {
    /// Empties the row and gives it this many empty cells.
    pub(crate) fn reset(&mut self, columns: usize) {
        self.text.clear();
        self.cells.clear();
        self.cells.resize(columns, (CellKind::Empty, 0..0));
    }

    /// Fills a cell by appending its text; a cell beyond the row is ignored. Gives
    /// what `append` gives.
    pub(crate) fn set<T>(
        &mut self,
        column: usize,
        kind: CellKind,
        append: impl FnOnce(&mut String) -> T,
    ) -> T {
        let start = self.text.len();
        let appended = append(&mut self.text);
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = (kind, start..self.text.len());
        }
        appended
    }

    /// The cells in the order of the columns.
    pub(crate) fn cells(&self) -> impl ExactSizeIterator<Item = (CellKind, &str)> {
        self.cells.iter().map(|(kind, range)| (*kind, &self.text[range.clone()]))
    }

    /// Bytes that the buffers hold.
    pub(crate) fn held_bytes(&self) -> usize {
        self.text.capacity() + self.cells.capacity() * size_of::<(CellKind, Range<usize>)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_the_order_of_columns_whatever_order_they_come_in() {
        let mut row = Row::default();
        row.reset(3);
        row.set(2, CellKind::Number, |text| text.push('7'));
        row.set(0, CellKind::Text, |text| text.push_str("ab"));
        let cells: Vec<_> = row.cells().collect();
        let expected = [(CellKind::Text, "ab"), (CellKind::Empty, ""), (CellKind::Number, "7")];
        assert_eq!(cells, expected);
    }
}
