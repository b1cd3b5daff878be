//! Exports without a network: a request that lies in memory, or rows that were read.
//!
//! For the benchmarks, which tell the parts of an export apart, and for nobody else:
//! it is no part of the interface that keeps its shape.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;

use crate::{
    format::{self, CellKind, Format, FormatOptions, Row},
    job::{Job, Pieces},
    metrics::Metrics,
    problem::Problem,
};

/// Bytes of a piece: as many as a connection buffers.
const PIECE_BYTES: usize = 64 << 10;

/// Makes files of requests that lie in memory.
pub struct Exporter {
    directory: PathBuf,
    metrics: Arc<Metrics>,
}

impl Exporter {
    /// Files are made in `directory`, which must exist.
    pub fn new(directory: &Path) -> Result<Self, prometheus::Error> {
        Ok(Self { directory: directory.to_owned(), metrics: Arc::new(Metrics::new()?) })
    }

    /// Makes the file, syncs it, and removes it: its size in bytes, or what is wrong
    /// with the request.
    pub fn export(&self, body: Bytes) -> Result<u64, String> {
        self.run(body, PIECE_BYTES).map_err(|problem| problem.to_string())
    }

    fn run(&self, body: Bytes, piece_bytes: usize) -> Result<u64, Problem> {
        let job = Job::with_default_limits(&self.directory, &self.metrics);
        let (_, finished) = job.run(Pieces::new(body, || piece_bytes));
        finished.map(|finished| finished.file.written_bytes())
    }
}

/// Writes a PDF of rows that were read: as many cells each as there are columns,
/// of which those that are `numeric` hold numbers.
pub fn write_pdf<'a>(
    columns: &[String],
    numeric: &[bool],
    rows: impl Iterator<Item = &'a [String]>,
    file: impl Write + Send + 'static,
) -> Result<(), String> {
    let mut writer = format::open(Format::Pdf, columns, &FormatOptions::default(), file)
        .map_err(|error| error.to_string())?;
    let mut row = Row::default();
    for cells in rows {
        row.reset(columns.len());
        for ((column, cell), is_number) in cells.iter().enumerate().zip(numeric) {
            let kind = if *is_number { CellKind::Number } else { CellKind::Text };
            row.set(column, kind, |text| text.push_str(cell));
        }
        writer.write_row(&row).map_err(|error| error.to_string())?;
    }
    writer.finish().map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
