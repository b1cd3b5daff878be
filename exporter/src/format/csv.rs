//! CSV by RFC 4180: UTF-8, CRLF, quotes where they are needed.
//!
//! Cells that a spreadsheet would run as a formula are written as they are
//! (`raw`, the default: the file says what the data says) or, on request
//! (`escape`), with an apostrophe in front. Only strings are escaped, and not
//! those that are plain numbers such as `-5`.

use std::io::Write;

use super::{CellKind, FormatError, Row, RowWriter, TextLosses};

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
    writer: csv::Writer<W>,
    formulas: Formulas,
    escaped: String,
}

impl<W: Write + Send> CsvFile<W> {
    /// Writes the header.
    pub(super) fn begin(
        columns: &[String],
        options: CsvOptions,
        mut file: W,
    ) -> Result<Self, FormatError> {
        if options.byte_order_mark {
            file.write_all("\u{feff}".as_bytes())?;
        }
        let writer = csv::WriterBuilder::new()
            .delimiter(options.delimiter)
            .terminator(csv::Terminator::CRLF)
            .buffer_capacity(BUFFER_BYTES)
            .from_writer(file);
        let mut csv_file = Self { writer, formulas: options.formulas, escaped: String::new() };
        for column in columns {
            csv_file.write_cell(CellKind::Text, column)?;
        }
        csv_file.end_row()?;
        Ok(csv_file)
    }

    fn write_cell(&mut self, kind: CellKind, text: &str) -> Result<(), FormatError> {
        let must_escape = self.formulas == Formulas::Escape
            && matches!(kind, CellKind::Text | CellKind::Other)
            && is_formula(text);
        if !must_escape {
            return self.writer.write_field(text).map_err(write_error);
        }
        self.escaped.clear();
        self.escaped.push('\'');
        self.escaped.push_str(text);
        self.writer.write_field(&self.escaped).map_err(write_error)
    }

    fn end_row(&mut self) -> Result<(), FormatError> {
        self.writer.write_record(None::<&[u8]>).map_err(write_error)
    }
}

impl<W: Write + Send> RowWriter for CsvFile<W> {
    fn write_row(&mut self, row: &Row) -> Result<(), FormatError> {
        for (kind, text) in row.cells() {
            self.write_cell(kind, text)?;
        }
        self.end_row()
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        Ok(self.writer.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<TextLosses, FormatError> {
        self.writer.flush()?;
        Ok(TextLosses::default())
    }

    fn held_bytes(&self) -> usize {
        BUFFER_BYTES + self.escaped.capacity()
    }
}

/// Whether a spreadsheet would run the text: it starts like a formula, by the
/// list of OWASP, "CSV Injection", and is not a plain number.
fn is_formula(text: &str) -> bool {
    let starts_like_one = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    starts_like_one && text.parse::<f64>().is_err()
}

fn write_error(error: csv::Error) -> FormatError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => FormatError::Write(error),
        other => FormatError::DoesNotFit(format!("the csv writer refuses a row: {other:?}")),
    }
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
