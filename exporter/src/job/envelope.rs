//! The object around the rows: `format`, `columns`, `user` and the options.
//!
//! Keys come in any order. When `format` and `columns` come before `data`, rows
//! go straight from the request into the file. Otherwise the text of `data` is
//! put aside on the disk and read again at the end. A key that would change a
//! file which is already written is an error, not ignored.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    Finished, Job, Learned,
    framer::{Framer, frame_value},
    input::{ByteSource, Input},
    rows::{self, Named, Plan, Written},
};
use crate::{
    format::{Format, FormatOptions, Formulas},
    problem::{Problem, Reason},
};

/// Unknown keys that are named in the answer; more are not worth their memory.
const MAX_IGNORED_KEYS: usize = 20;
/// Bytes read at a time from rows that were put aside.
const SPOOL_READ_BYTES: usize = 64 << 10;

/// Reads a whole request. `learned` is filled on the way.
pub(super) fn read<S: ByteSource>(
    job: &Job<'_>,
    source: S,
    learned: &mut Learned,
) -> Result<Finished, Problem> {
    let mut envelope = Envelope::new(job, Input::new(source, 0), learned);
    envelope.read_keys()?;
    envelope.finish()
}

/// What has become of `data`.
enum Data {
    /// Not come yet.
    Missing,
    /// In the file.
    Written(Written),
    /// On the disk, as it came; it stood at this byte of the request.
    Aside(File, u64),
}

struct Envelope<'a, S> {
    job: &'a Job<'a>,
    input: Input<S>,
    learned: &'a mut Learned,
    columns: Option<Named>,
    options: FormatOptions,
    data: Data,
    seen: Vec<String>,
    ignored: Vec<String>,
}

impl<'a, S: ByteSource> Envelope<'a, S> {
    fn new(job: &'a Job<'a>, input: Input<S>, learned: &'a mut Learned) -> Self {
        Self {
            job,
            input,
            learned,
            columns: None,
            options: FormatOptions::default(),
            data: Data::Missing,
            seen: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// From `{` to the end of the body.
    fn read_keys(&mut self) -> Result<(), Problem> {
        self.input.expect(b'{', "an object")?;
        if self.input.peek_expecting("a key or `}`")? != b'}' {
            loop {
                self.read_key_and_value()?;
                if self.input.peek_expecting("`,` or `}` after a value")? != b',' {
                    break;
                }
                self.input.consume(1);
            }
        }
        self.input.expect(b'}', "`,` or `}` after a value")?;
        match self.input.peek()? {
            None => Ok(()),
            Some(byte) => Err(self.input.unexpected(byte, "the end of the body")),
        }
    }

    fn read_key_and_value(&mut self) -> Result<(), Problem> {
        let found = self.input.peek_expecting("a key")?;
        if found != b'"' {
            return Err(self.input.unexpected(found, "a key"));
        }
        let offset = self.input.offset();
        let key: String = self.read_value("a key")?;
        if self.seen.contains(&key) {
            let message = format!("the key `{key}` appears twice");
            return Err(Problem::new(Reason::RepeatedKey, message).at(offset));
        }
        self.input.expect(b':', "`:` after a key")?;
        self.read_value_of(&key, offset)?;
        self.seen.push(key);
        Ok(())
    }

    fn read_value_of(&mut self, key: &str, offset: u64) -> Result<(), Problem> {
        let shapes_the_file = matches!(key, "columns" | "title" | "formulas" | "delimiter" | "bom");
        if shapes_the_file && matches!(self.data, Data::Written(_)) {
            let message =
                format!("`{key}` comes after `data` and can no longer be heeded; put it first");
            return Err(Problem::new(Reason::BadRequest, message).at(offset));
        }
        match key {
            "format" => self.learned.format = Some(self.read_format()?),
            "columns" => self.columns = self.read_columns()?,
            "user" => self.learned.user = self.read_value("`user`, a string,")?,
            "title" => self.options.title = self.read_value("`title`, a string,")?,
            "formulas" => self.options.csv.formulas = self.read_formulas()?,
            "delimiter" => self.options.csv.delimiter = self.read_delimiter()?,
            "bom" => self.options.csv.byte_order_mark = self.read_value("`bom`, a boolean,")?,
            "data" => self.read_data()?,
            _ => self.ignore(key)?,
        }
        Ok(())
    }

    fn read_data(&mut self) -> Result<(), Problem> {
        let found = self.input.peek_expecting("`data`, an array,")?;
        if found != b'[' {
            let problem = self.input.unexpected(found, "`data`, an array,");
            return Err(Problem { reason: Reason::BadRequest, ..problem });
        }
        self.data = match (self.learned.format, self.columns.take()) {
            (Some(format), Some(named)) => {
                let plan = Plan { format, columns: Some(named), options: &self.options };
                let bytes = &mut self.learned.bytes;
                Data::Written(rows::write(self.job, &mut self.input, plan, bytes)?)
            }
            (_, columns) => {
                self.columns = columns;
                self.put_aside()?
            }
        };
        Ok(())
    }

    /// Copies the text of the array to a file without a name.
    fn put_aside(&mut self) -> Result<Data, Problem> {
        let offset = self.input.offset();
        let mut file = tempfile::tempfile_in(self.job.directory)?;
        let mut framer = Framer::starting_with(b'[')
            .ok_or_else(|| Problem::new(Reason::Internal, "an array has no end"))?;
        loop {
            let piece = self.input.unused().as_bytes();
            let end = framer.find_end(piece);
            let length = end.unwrap_or(piece.len());
            file.write_all(&piece[..length])?;
            self.input.consume(length);
            if end.is_some() {
                file.seek(SeekFrom::Start(0))?;
                return Ok(Data::Aside(file, offset));
            }
            self.job.control.check()?;
            if !self.input.read_more()? {
                return Err(self.input.ends_early("the rest of `data`"));
            }
        }
    }

    fn finish(mut self) -> Result<Finished, Problem> {
        let Some(format) = self.learned.format else {
            let message = "`format` is missing; write \"csv\" or \"pdf\"";
            return Err(Problem::new(Reason::BadRequest, message).at(self.input.offset()));
        };
        let written = match self.data {
            Data::Written(written) => written,
            Data::Aside(file, offset) => {
                let source = SpooledRows { file };
                let plan = Plan { format, columns: self.columns.take(), options: &self.options };
                let mut input = Input::new(source, offset);
                rows::write(self.job, &mut input, plan, &mut self.learned.bytes)?
            }
            Data::Missing => {
                let message = "`data` is missing; give an array of rows";
                return Err(Problem::new(Reason::BadRequest, message).at(self.input.offset()));
            }
        };
        let Written { file, rows, losses } = written;
        Ok(Finished { file, format, rows, losses, ignored_keys: self.ignored })
    }

    fn read_format(&mut self) -> Result<Format, Problem> {
        let offset = self.value_offset()?;
        let label: String = self.read_value("`format`, a string,")?;
        Format::from_label(&label).ok_or_else(|| {
            let message = format!("the format `{label}` is unknown; write \"csv\" or \"pdf\"");
            Problem::new(Reason::BadRequest, message).at(offset)
        })
    }

    fn read_columns(&mut self) -> Result<Option<Named>, Problem> {
        let offset = self.value_offset()?;
        let names: Option<Vec<String>> = self.read_value("`columns`, an array of strings,")?;
        Ok(names.map(|names| Named { names, offset }))
    }

    fn read_formulas(&mut self) -> Result<Formulas, Problem> {
        let offset = self.value_offset()?;
        match self.read_value::<String>("`formulas`, a string,")?.as_str() {
            "raw" => Ok(Formulas::Raw),
            "escape" => Ok(Formulas::Escape),
            other => {
                let message = format!("`formulas` is `{other}`; write \"raw\" or \"escape\"");
                Err(Problem::new(Reason::BadRequest, message).at(offset))
            }
        }
    }

    fn read_delimiter(&mut self) -> Result<u8, Problem> {
        let offset = self.value_offset()?;
        let text: String = self.read_value("`delimiter`, a string,")?;
        if let [byte @ (b',' | b';' | b'\t' | b'|')] = text.as_bytes() {
            return Ok(*byte);
        }
        let message = "`delimiter` must be one of , ; | and tab";
        Err(Problem::new(Reason::BadRequest, message).at(offset))
    }

    /// Byte of the request where the next value begins.
    fn value_offset(&mut self) -> Result<u64, Problem> {
        self.input.peek_expecting("a value")?;
        Ok(self.input.offset())
    }

    fn ignore(&mut self, key: &str) -> Result<(), Problem> {
        self.read_value::<serde::de::IgnoredAny>(&format!("the value of `{key}`"))?;
        if self.ignored.len() < MAX_IGNORED_KEYS {
            self.ignored.push(key.to_owned());
        }
        Ok(())
    }

    /// Reads a small value of this type.
    fn read_value<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, Problem> {
        let place = frame_value(&mut self.input, self.job.limits.max_row_bytes, what)?;
        let (length, offset) = (place.end, self.input.offset());
        let text = &self.input.unused()[place];
        let value = serde_json::from_str(text).map_err(|error| {
            let reason = if error.is_data() { Reason::BadRequest } else { Reason::BadJson };
            let message = format!("{what} cannot be read: {error}");
            Problem::new(reason, message).at(offset + error_offset(&error, text))
        })?;
        self.input.consume(length);
        Ok(value)
    }
}

/// Rows that were put aside.
struct SpooledRows {
    file: File,
}

impl ByteSource for SpooledRows {
    fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let mut piece = Vec::with_capacity(SPOOL_READ_BYTES);
        (&self.file).take(SPOOL_READ_BYTES as u64).read_to_end(&mut piece)?;
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    fn held_bytes(&self) -> usize {
        SPOOL_READ_BYTES
    }
}

/// The byte in `text` that a serde error points to.
fn error_offset(error: &serde_json::Error, text: &str) -> u64 {
    let line_start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    (line_start + error.column().saturating_sub(1)).min(text.len()) as u64
}
