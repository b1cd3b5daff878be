//! The rows of a request, from `[` to `]`, each straight into the file.

use super::{
    Job, RowCounts,
    cells::{self, NoRow, RowFault},
    columns::Columns,
    framer::{frame_value, too_long},
    input::{ByteSource, Input},
    output::PartialFile,
};
use crate::{
    config::Limits,
    format::{self, Format, FormatError, FormatOptions, Row, RowWriter, TextLosses},
    problem::{Problem, Reason},
};

/// Rows between two looks at the clock, the client and the memory in use; a CSV
/// file is written in pieces of so many rows.
const ROWS_PER_CHUNK: u64 = 1_000;

/// What the file is to be.
pub(super) struct Plan<'a> {
    /// The format.
    pub(super) format: Format,
    /// The columns; the keys of the first row if absent.
    pub(super) columns: Option<Named>,
    /// What the request chose.
    pub(super) options: &'a FormatOptions,
}

/// Columns that are named somewhere.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// The names.
    pub(super) names: Vec<String>,
    /// Byte of the request where they stand.
    pub(super) offset: u64,
}

/// A file with all its rows, synced.
#[derive(Debug)]
pub(super) struct Written {
    /// The file.
    pub(super) file: PartialFile,
    /// What the rows had.
    pub(super) rows: RowCounts,
    /// Text that is not shown as it was given.
    pub(super) losses: TextLosses,
}

/// Reads the array at the input and writes its rows. `bytes` follows the size of
/// the file, also when this fails.
pub(super) fn write<S: ByteSource>(
    job: &Job<'_>,
    input: &mut Input<S>,
    plan: Plan<'_>,
    bytes: &mut u64,
) -> Result<Written, Problem> {
    let (file, writer) = PartialFile::create(job.directory)?;
    let result = Table::new(job, input, plan).and_then(|table| table.write(writer));
    *bytes = file.written_bytes();
    let (rows, losses) = result?;
    file.sync()?;
    Ok(Written { file, rows, losses })
}

struct Table<'a, S> {
    job: &'a Job<'a>,
    input: &'a mut Input<S>,
    format: Format,
    options: &'a FormatOptions,
    columns: Columns,
    /// Byte of the request where the columns are named.
    columns_offset: u64,
    row: Row,
    records: u64,
    /// First byte of the first row: rows are all objects or all arrays.
    first_byte: Option<u8>,
}

impl<'a, S: ByteSource> Table<'a, S> {
    /// Reads up to the first row.
    fn new(job: &'a Job<'a>, input: &'a mut Input<S>, plan: Plan<'a>) -> Result<Self, Problem> {
        input.expect(b'[', "the array of rows")?;
        let Named { names, offset: columns_offset } = match plan.columns {
            Some(named) => named,
            None => first_row_keys(job, input)?,
        };
        check_columns(&names, &job.limits).map_err(|problem| problem.at(columns_offset))?;
        Ok(Self {
            job,
            input,
            format: plan.format,
            options: plan.options,
            columns: Columns::new(names),
            columns_offset,
            row: Row::default(),
            records: 0,
            first_byte: None,
        })
    }

    fn write(
        mut self,
        file: impl std::io::Write + Send + 'static,
    ) -> Result<(RowCounts, TextLosses), Problem> {
        let mut writer = format::open(self.format, self.columns.names(), self.options, file)
            .map_err(|error| does_not_fit_at(self.columns_offset, error))?;
        if self.input.peek_expecting("a row or `]`")? != b']' {
            loop {
                self.read_row()?;
                writer.write_row(&self.row)?;
                self.count_row(writer.as_mut())?;
                if self.input.peek_expecting("`,` or `]` after a row")? != b',' {
                    break;
                }
                self.input.consume(1);
            }
        }
        self.input.expect(b']', "`,` or `]` after a row")?;
        self.note_memory(writer.as_ref());
        let losses = writer.finish()?;
        let extra_keys = self.columns.extra_key_count();
        Ok((RowCounts { records: self.records, extra_keys }, losses))
    }

    fn read_row(&mut self) -> Result<(), Problem> {
        let first = self.input.peek_expecting("a row")?;
        if !matches!(first, b'{' | b'[') {
            return Err(not_a_row(self.input, first));
        }
        if *self.first_byte.get_or_insert(first) != first {
            let message = "rows are all objects or all arrays, and this one differs from the first";
            return Err(Problem::new(Reason::RowMismatch, message).at(self.input.offset()));
        }
        let length = self.read_cells()?;
        self.check_cells(length, self.input.offset())?;
        self.input.consume(length);
        Ok(())
    }

    /// Refuses cells that are longer than may be. No text is longer than what it was
    /// read from, so only long rows are looked at.
    fn check_cells(&self, row_bytes: usize, offset: u64) -> Result<(), Problem> {
        let limit = self.job.limits.max_cell_bytes;
        if row_bytes <= limit {
            return Ok(());
        }
        let names = self.columns.names().iter();
        match names.zip(self.row.cells()).find(|(_, (_, text))| text.len() > limit) {
            None => Ok(()),
            Some((name, (_, text))) => {
                let (row, bytes) = (self.records + 1, text.len());
                let message = format!(
                    "row {row}: the cell of `{name}` has {bytes} bytes and at most {limit} may be; shorten it"
                );
                Err(Problem::new(Reason::CellTooLong, message).at(offset))
            }
        }
    }

    /// Fills the row; the length of its text.
    fn read_cells(&mut self) -> Result<usize, Problem> {
        let limit = self.job.limits.max_row_bytes;
        let mut read = self.read_what_is_there();
        if read == Err(NoRow::Incomplete) {
            // Its end is looked for, not read for again and again as pieces come.
            let framed = frame_value(self.input, limit, "a row");
            read = self.read_what_is_there();
            if !matches!(read, Err(NoRow::Wrong { .. })) {
                framed?;
            }
        }
        let length = read.map_err(|error| row_problem(error, self.input, self.records))?;
        if length > limit {
            return Err(too_long("a row", limit).at(self.input.offset()));
        }
        Ok(length)
    }

    fn read_what_is_there(&mut self) -> Result<usize, NoRow> {
        cells::read_row(self.input.unused(), &mut self.columns, &mut self.row)
    }

    fn count_row(&mut self, writer: &mut dyn RowWriter) -> Result<(), Problem> {
        self.records += 1;
        if self.records > self.job.limits.max_rows {
            let limit = self.job.limits.max_rows;
            let message = format!("there are more than {limit} rows; make several exports of them");
            return Err(Problem::new(Reason::TooManyRows, message).at(self.input.offset()));
        }
        if self.records.is_multiple_of(ROWS_PER_CHUNK) {
            writer.flush()?;
            self.note_memory(writer);
            self.job.control.check()?;
        }
        Ok(())
    }

    fn note_memory(&self, writer: &dyn RowWriter) {
        let held = self.input.held_bytes()
            + self.row.held_bytes()
            + self.columns.held_bytes()
            + writer.held_bytes();
        self.job.metrics.held(self.format, held as u64);
    }
}

/// The keys of the first row, which stays unread.
fn first_row_keys<S: ByteSource>(job: &Job<'_>, input: &mut Input<S>) -> Result<Named, Problem> {
    match input.peek_expecting("a row or `]`")? {
        b'{' => {}
        b']' => {
            let message = "there are no rows and no `columns`; name the columns";
            return Err(Problem::new(Reason::BadRequest, message).at(input.offset()));
        }
        b'[' => {
            let message = "rows that are arrays need `columns`, which is missing";
            return Err(Problem::new(Reason::BadRequest, message).at(input.offset()));
        }
        other => return Err(not_a_row(input, other)),
    }
    let place = frame_value(input, job.limits.max_row_bytes, "a row")?;
    let names =
        cells::read_keys(&input.unused()[place]).map_err(|error| row_problem(error, input, 0))?;
    Ok(Named { names, offset: input.offset() })
}

/// Refuses columns that no file can have.
fn check_columns(names: &[String], limits: &Limits) -> Result<(), Problem> {
    let Limits { max_columns, max_cell_bytes, .. } = *limits;
    if names.is_empty() {
        return Err(Problem::new(Reason::BadRequest, "there are no columns; name at least one"));
    }
    if names.len() > max_columns {
        let found = names.len();
        let message =
            format!("there are {found} columns and at most {max_columns} may be; name fewer");
        return Err(Problem::new(Reason::TooManyColumns, message));
    }
    if let Some(index) = names.iter().position(|name| name.len() > max_cell_bytes) {
        let message = format!(
            "the name of column {} has more than {max_cell_bytes} bytes; shorten it",
            index + 1
        );
        return Err(Problem::new(Reason::CellTooLong, message));
    }
    let distinct: std::collections::HashSet<&str> = names.iter().map(String::as_str).collect();
    if distinct.len() < names.len() {
        return Err(Problem::new(Reason::RepeatedKey, "`columns` names a column twice"));
    }
    Ok(())
}

/// The problem of a row that begins with this byte of the input: a value that is JSON and
/// no row is the wrong shape, anything else is not JSON.
fn not_a_row<S: ByteSource>(input: &Input<S>, first: u8) -> Problem {
    let reason = match first {
        b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => Reason::BadRequest,
        _ => Reason::BadJson,
    };
    Problem { reason, ..input.unexpected(first, "a row, an object or an array,") }
}

fn row_problem<S: ByteSource>(error: NoRow, input: &Input<S>, row_index: u64) -> Problem {
    let NoRow::Wrong { fault, offset, message } = error else {
        return input.ends_early("the rest of a row");
    };
    let reason = match fault {
        RowFault::Syntax => Reason::BadJson,
        RowFault::RepeatedKey => Reason::RepeatedKey,
        RowFault::Mismatch => Reason::RowMismatch,
    };
    Problem::new(reason, format!("row {}: {message}", row_index + 1))
        .at(input.offset() + offset as u64)
}

/// Where the columns do not fit the format, they stand at this byte.
fn does_not_fit_at(offset: u64, error: FormatError) -> Problem {
    let is_request = matches!(error, FormatError::DoesNotFit(_));
    let problem = Problem::from(error);
    if is_request { problem.at(offset) } else { problem }
}

impl From<FormatError> for Problem {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Write(error) => error.into(),
            FormatError::DoesNotFit(message) => Self::new(Reason::BadRequest, message),
            FormatError::Font(message) => Self::new(Reason::Internal, message),
        }
    }
}
