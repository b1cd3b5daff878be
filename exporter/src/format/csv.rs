//! CSV by RFC 4180: UTF-8, CRLF, quotes where they are needed.
//!
//! Cells that a spreadsheet would run as a formula are written as they are
//! (`raw`, the default: the file says what the data says) or, on request
//! (`escape`), with an apostrophe in front. Only strings are escaped, and not
//! those that are plain numbers such as `-5`.
//!
//! The bytes are those of the `csv` crate's writer, which the tests hold them to;
//! looking at eight bytes in one step takes less time than its writer does.

use std::io::Write;

use super::{CellKind, FormatError, Row, RowWriter, TextLosses};
use crate::words::{WORD, Word};

/// Bytes that are collected before they go to the file.
const BUFFER_BYTES: usize = 64 << 10;

/// What happens to cells that a spreadsheet would run as a formula.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Formulas {
    /// They are written as they are.
    #[default]
    Raw,
    /// They get an apostrophe in front.
    Escape,
}

/// What a request may choose about a CSV file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvOptions {
    /// Policy for formulas.
    pub(crate) formulas: Formulas,
    /// Byte between cells.
    pub(crate) delimiter: u8,
    /// Whether a byte order mark comes first, which Excel needs to see UTF-8.
    pub(crate) byte_order_mark: bool,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { formulas: Formulas::Raw, delimiter: b',', byte_order_mark: false }
    }
}

/// A CSV file in the making.
pub(super) struct CsvFile<W: Write> {
    file: W,
    /// Lines that go to the file next.
    buffer: Vec<u8>,
    formulas: Formulas,
    delimiter: u8,
}

impl<W: Write + Send> CsvFile<W> {
    /// Writes the header.
    pub(super) fn begin(
        columns: &[String],
        options: CsvOptions,
        file: W,
    ) -> Result<Self, FormatError> {
        let CsvOptions { formulas, delimiter, byte_order_mark } = options;
        let mut buffer = Vec::with_capacity(BUFFER_BYTES);
        if byte_order_mark {
            buffer.extend_from_slice("\u{feff}".as_bytes());
        }
        let mut csv_file = Self { file, buffer, formulas, delimiter };
        csv_file.write_line(columns.iter().map(|column| (CellKind::Text, column.as_str())))?;
        Ok(csv_file)
    }

    fn write_line<'a>(
        &mut self,
        cells: impl ExactSizeIterator<Item = (CellKind, &'a str)>,
    ) -> Result<(), FormatError> {
        let is_single = cells.len() == 1;
        for (index, (kind, text)) in cells.enumerate() {
            if index > 0 {
                self.buffer.push(self.delimiter);
            }
            self.push_cell(kind, text);
            if is_single && text.is_empty() {
                // A line with nothing in it is no row to most readers.
                self.buffer.extend_from_slice(b"\"\"");
            }
        }
        self.buffer.extend_from_slice(b"\r\n");
        if self.buffer.len() >= BUFFER_BYTES { self.hand_on() } else { Ok(()) }
    }

    fn push_cell(&mut self, kind: CellKind, text: &str) {
        let must_escape = self.formulas == Formulas::Escape
            && matches!(kind, CellKind::Text | CellKind::Other)
            && is_formula(text);
        let prefix = if must_escape { "'" } else { "" };
        if needs_quotes(text.as_bytes(), self.delimiter) {
            push_quoted(&mut self.buffer, prefix, text);
        } else {
            self.buffer.extend_from_slice(prefix.as_bytes());
            self.buffer.extend_from_slice(text.as_bytes());
        }
    }

    fn hand_on(&mut self) -> Result<(), FormatError> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write + Send> RowWriter for CsvFile<W> {
    fn write_row(&mut self, row: &Row) -> Result<(), FormatError> {
        self.write_line(row.cells())
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        self.hand_on()?;
        Ok(self.file.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<TextLosses, FormatError> {
        self.flush()?;
        Ok(TextLosses::default())
    }

    fn held_bytes(&self) -> usize {
        self.buffer.capacity()
    }
}

/// Whether a reader would see more or less than one cell: RFC 4180, 2.6 and 2.7.
fn needs_quotes(text: &[u8], delimiter: u8) -> bool {
    let in_word = |word: &[u8; WORD]| {
        let word = Word::new(*word);
        word.equal(b'"') | word.equal(delimiter) | word.equal(b'\n') | word.equal(b'\r') != 0
    };
    match text.last_chunk() {
        // The last word overlaps the one before it.
        Some(last) => text.as_chunks().0.iter().any(in_word) || in_word(last),
        None => text.iter().any(|byte| [b'"', delimiter, b'\n', b'\r'].contains(byte)),
    }
}

fn push_quoted(buffer: &mut Vec<u8>, prefix: &str, text: &str) {
    buffer.push(b'"');
    buffer.extend_from_slice(prefix.as_bytes());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        buffer.extend_from_slice(before.as_bytes());
        buffer.extend_from_slice(b"\"\"");
        rest = after;
    }
    buffer.extend_from_slice(rest.as_bytes());
    buffer.push(b'"');
}

/// Whether a spreadsheet would run the text: it starts like a formula, by the
/// list of OWASP, "CSV Injection", and is not a plain number.
fn is_formula(text: &str) -> bool {
    let starts_like_one = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    starts_like_one && text.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(options: CsvOptions, columns: &[&str], cells: &[(CellKind, &str)]) -> String {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let mut bytes = Vec::new();
        let mut file = Box::new(CsvFile::begin(&columns, options, &mut bytes).unwrap());
        let mut row = Row::default();
        row.reset(cells.len());
        for (column, (kind, text)) in cells.iter().enumerate() {
            row.set(column, *kind, |buffer| buffer.push_str(text));
        }
        file.write_row(&row).unwrap();
        file.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn quotes_what_needs_quotes_and_ends_lines_as_rfc_4180_says() {
        let cells =
            [(CellKind::Text, "a,b"), (CellKind::Text, "say \"hi\""), (CellKind::Empty, "")];
        let text = write(CsvOptions::default(), &["x", "y", "z"], &cells);
        assert_eq!(text, "x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",\r\n");
    }

    #[test]
    fn a_row_of_one_empty_cell_is_still_a_row() {
        let text = write(CsvOptions::default(), &["x"], &[(CellKind::Empty, "")]);
        assert_eq!(text, "x\r\n\"\"\r\n");
    }

    #[test]
    fn writes_formulas_as_they_are_unless_asked() {
        let cells = [(CellKind::Text, "=1+1"), (CellKind::Text, "-5"), (CellKind::Number, "-5")];
        let raw = write(CsvOptions::default(), &["a", "b", "c"], &cells);
        assert_eq!(raw, "a,b,c\r\n=1+1,-5,-5\r\n");
        let escape = CsvOptions { formulas: Formulas::Escape, ..CsvOptions::default() };
        assert_eq!(write(escape, &["a", "b", "c"], &cells), "a,b,c\r\n'=1+1,-5,-5\r\n");
    }

    #[test]
    fn delimiter_and_byte_order_mark_are_options() {
        let options =
            CsvOptions { delimiter: b';', byte_order_mark: true, ..CsvOptions::default() };
        let text = write(options, &["a", "b"], &[(CellKind::Text, "1,5"), (CellKind::Text, ";")]);
        assert_eq!(text, "\u{feff}a;b\r\n1,5;\";\"\r\n");
    }

    proptest::proptest! {
        #[test]
        fn the_csv_crate_writes_and_reads_the_same(
            rows in proptest::collection::vec(
                proptest::collection::vec("[a-dç;,|\t\"\r\n ']{0,20}", 3),
                1..5,
            ),
            delimiter in proptest::sample::select(vec![b',', b';', b'|', b'\t']),
            columns in 1..=3_usize,
        ) {
            let options = CsvOptions { delimiter, ..CsvOptions::default() };
            let rows: Vec<&[String]> = rows.iter().map(|row| &row[..columns]).collect();
            let mut bytes = Vec::new();
            let mut file = Box::new(CsvFile::begin(rows[0], options, &mut bytes).unwrap());
            for row in &rows[1..] {
                let cells = row.iter().map(|text| (CellKind::Text, text.as_str()));
                file.write_line(cells).unwrap();
            }
            file.finish().unwrap();
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new());
            for row in &rows {
                writer.write_record(*row).unwrap();
            }
            proptest::prop_assert_eq!(&bytes, &writer.into_inner().unwrap());
            let mut reader = csv::ReaderBuilder::new()
                .delimiter(delimiter)
                .has_headers(false)
                .from_reader(bytes.as_slice());
            for (found, row) in reader.records().zip(rows) {
                proptest::prop_assert_eq!(found.unwrap(), row.to_vec());
            }
        }
    }

    #[test]
    fn a_write_error_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let file = CsvFile::begin(&["a".into()], CsvOptions::default(), Full).unwrap();
        assert!(matches!(Box::new(file).finish(), Err(FormatError::Write(_))));
    }
}
