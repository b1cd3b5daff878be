//! File formats: rows of text cells in, bytes of a file out.
//!
//! A format writes as it goes and keeps nothing that grows with the rows. It
//! knows neither HTTP nor metrics, and not where its bytes go.

mod csv;
mod pdf;
mod row;

use std::io::{self, Write};

use thiserror::Error;

pub use self::pdf::FONT;
pub(crate) use self::{
    csv::{CsvOptions, Formulas},
    row::{CellKind, Row},
};

/// A file format. The order is that of [`Format::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// Pages of a table.
    Pdf,
}

impl Format {
    /// Every format.
    pub(crate) const ALL: [Self; 2] = [Self::Csv, Self::Pdf];

    /// The name in requests, metrics and file names.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Pdf => "pdf",
        }
    }

    /// The format with this name.
    pub(crate) fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.label() == label)
    }

    /// The media type of the file.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Pdf => "application/pdf",
        }
    }
}

/// What a request may choose about its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormatOptions {
    /// For CSV.
    pub(crate) csv: CsvOptions,
    /// Heading of each page of a PDF.
    pub(crate) title: Option<String>,
}

/// Text that a file does not show as it was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextLosses {
    /// Characters without a glyph: a replacement is drawn, the text is kept.
    pub(crate) unmapped_characters: u64,
    /// Characters of scripts that need shaping: drawn unshaped, in logical order.
    pub(crate) unshaped_characters: u64,
    /// Cells that did not fit and end in an ellipsis.
    pub(crate) cut_cells: u64,
}

impl std::ops::AddAssign for TextLosses {
    fn add_assign(&mut self, other: Self) {
        self.unmapped_characters += other.unmapped_characters;
        self.unshaped_characters += other.unshaped_characters;
        self.cut_cells += other.cut_cells;
    }
}

/// Why a file could not be made.
#[derive(Debug, Error)]
pub(crate) enum FormatError {
    /// The bytes could not be written.
    #[error(transparent)]
    Write(#[from] io::Error),
    /// The table does not fit the format.
    #[error("{0}")]
    DoesNotFit(String),
    /// A defect in the font that is built in.
    #[error("the built-in font cannot be used: {0}")]
    Font(String),
}

/// A file in the making.
pub(crate) trait RowWriter: Send {
    /// Adds a row; its cells are as many as the columns.
    fn write_row(&mut self, row: &Row) -> Result<(), FormatError>;

    /// Hands on what is buffered and can be.
    fn flush(&mut self) -> Result<(), FormatError>;

    /// Writes what belongs at the end.
    fn finish(self: Box<Self>) -> Result<TextLosses, FormatError>;

    /// Bytes that the buffers of this writer hold.
    fn held_bytes(&self) -> usize;
}

/// Starts a file of these columns.
pub(crate) fn open(
    format: Format,
    columns: &[String],
    options: &FormatOptions,
    file: impl Write + Send + 'static,
) -> Result<Box<dyn RowWriter>, FormatError> {
    match format {
        Format::Csv => Ok(Box::new(csv::CsvFile::begin(columns, options.csv, file)?)),
        Format::Pdf => {
            let title = options.title.as_deref();
            Ok(Box::new(pdf::PdfFile::begin(columns, title, file)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for so many bytes.
    struct Disk {
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let written = bytes.len().min(self.room);
            self.room -= written;
            if written > 0 { Ok(written) } else { Err(io::ErrorKind::StorageFull.into()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write(format: Format, room: usize) -> Result<TextLosses, FormatError> {
        let columns = ["a".to_owned()];
        let mut file = open(format, &columns, &FormatOptions::default(), Disk { room })?;
        let mut row = Row::default();
        row.reset(1);
        row.set(0, CellKind::Text, |text| text.push_str("some text"));
        for _ in 0..200 {
            file.write_row(&row)?;
        }
        file.finish()
    }

    #[test]
    fn a_disk_that_is_full_at_any_byte_is_an_error() {
        for (format, size) in Format::ALL.map(|format| (format, size(format))) {
            assert!(write(format, size).is_ok());
            for room in (0..size).step_by(97).chain([size - 1]) {
                let error = write(format, room);
                assert!(matches!(error, Err(FormatError::Write(_))), "{format:?}, {room} bytes");
            }
        }
    }

    /// Bytes of that file: the least room that is enough.
    fn size(format: Format) -> usize {
        let (mut too_little, mut enough) = (0, 1 << 20);
        while enough - too_little > 1 {
            let middle = usize::midpoint(too_little, enough);
            if write(format, middle).is_ok() { enough = middle } else { too_little = middle }
        }
        enough
    }
}
