//! `data:` — rows by name: generated, or from a file.

use std::path::PathBuf;
use std::sync::Arc;

use super::codes;
use super::column::{Column, RowOrder};
use super::context::Context;
use super::data_file::{DataFile, MOST_ROWS, Notation};
use super::datum::Datum;
use super::fields::{self, Fields, closest};
use super::keys;
use super::rows;
use super::source::Span;
use super::template::{Form, is_path};
use super::tree::Node;

/// A file whose rows a scenario sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFile {
    /// The name of its data set.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many rows it has; at least 1.
    pub rows: u64,
}

/// Rows that go by a name.
#[derive(Debug)]
pub(super) struct DataSet {
    /// Where its name stands.
    pub(super) at: Span,
    order: RowOrder,
    /// `None` for one that is wrong: that is reported already, and a use of it is not a
    /// second problem.
    rows: Option<Rows>,
}

#[derive(Debug)]
enum Rows {
    Generated { rows: u64, seed: u64 },
    File(Box<DataFile>),
}

impl DataSet {
    /// Lowers one entry of `data:`.
    pub(super) fn lower(key: &Node, node: &Node, cx: &mut Context) -> Self {
        let wrong = Self { at: key.span, order: RowOrder::Sequential, rows: None };
        let Some(fields) = Fields::of(node, &keys::DATA_SET, cx) else { return wrong };
        let seed =
            if fields.has("seed") { fields.whole("seed", 0..=u64::MAX, cx) } else { Some(0) };
        let order = order(&fields, seed, cx);
        let rows = match (fields.get("csv"), fields.get("jsonl")) {
            (Some(file), _) => of_file(file, Notation::Csv, cx),
            (None, Some(file)) => of_file(file, Notation::Jsonl, cx),
            (None, None) => {
                let rows = fields.whole("rows", 1..=MOST_ROWS, cx);
                rows.zip(seed).map(|(rows, seed)| Rows::Generated { rows, seed })
            }
        };
        match order {
            Some(order) => Self { order, rows, ..wrong },
            None => wrong,
        }
    }

    /// Whether nothing is wrong with it.
    pub(super) fn is_right(&self) -> bool {
        self.rows.is_some()
    }

    /// The file that it comes from, if it does.
    pub(super) fn file(&self, name: &str) -> Option<SentFile> {
        let Some(Rows::File(file)) = &self.rows else { return None };
        let (path, sha256) = (file.path.clone(), file.sha256.clone());
        Some(SentFile { name: name.to_owned(), path, sha256, rows: file.rows })
    }

    /// Appends all rows as a JSON array of objects.
    pub(super) fn push_json(&self, out: &mut Vec<u8>) {
        match &self.rows {
            Some(Rows::Generated { rows, seed }) => rows::push_json(*rows, *seed, out),
            Some(Rows::File(file)) => out.extend(file.json()),
            None => {}
        }
    }

    /// A field of every row, where each has one that can stand there; reports it
    /// otherwise.
    pub(super) fn column(
        &self,
        (set, field): (&str, &str),
        form: Form,
        node: &Node,
        cx: &mut Context,
    ) -> Option<Arc<Column>> {
        let rows = self.rows.as_ref()?;
        if !rows.fields().iter().any(|known| known == field) {
            unknown_field((set, field), &rows.fields(), node, cx);
            return None;
        }
        let mut values = Vec::new();
        for (row, value) in rows.column(field).into_iter().enumerate() {
            if let Some(fault) = unfit(value.as_ref(), form) {
                let place = rows.place(row);
                let message = format!("`{{{{{set}.{field}}}}}` cannot stand here: {place} {fault}");
                cx.error(codes::UNUSABLE_DATA, node.span, message).help(
                    "every row needs a value that can be sent; complete it, or remove the row",
                );
                return None;
            }
            values.extend(value);
        }
        Column::new(values, self.order).map(Arc::new)
    }
}

impl Rows {
    fn fields(&self) -> Vec<String> {
        match self {
            Self::Generated { .. } => rows::FIELDS.map(str::to_owned).to_vec(),
            Self::File(file) => file.fields.clone(),
        }
    }

    fn column(&self, field: &str) -> Vec<Option<Datum>> {
        match self {
            Self::Generated { rows, seed } => rows::column(*rows, *seed, field),
            Self::File(file) => file.column(field),
        }
    }

    /// Where a row is, for people.
    fn place(&self, row: usize) -> String {
        match self {
            Self::Generated { .. } => format!("row {}", row + 1),
            Self::File(file) => {
                format!("line {} of {}", file.line(row).unwrap_or_default(), file.path.display())
            }
        }
    }
}

/// Whether every value of a field can stand in a place of that form.
pub(super) fn fits(column: &Column, form: Form) -> bool {
    column.values().iter().all(|value| unfit(Some(value), form).is_none())
}

/// Why a value cannot stand where it should, without the value: it may be a secret.
fn unfit(value: Option<&Datum>, form: Form) -> Option<&'static str> {
    let Some(value) = value else { return Some("has no such field") };
    match form {
        Form::Json => None,
        _ if value.is_null() => Some("has null there, which is no text"),
        Form::Path if !is_path(value.as_str()) => Some("is no path from `/`"),
        Form::Header if http::HeaderValue::from_str(value.as_str()).is_err() => {
            Some("has a character that no header may have")
        }
        _ => None,
    }
}

fn unknown_field((set, field): (&str, &str), known: &[String], node: &Node, cx: &mut Context) {
    let message = format!("the data set `{set}` has no field `{field}`");
    let problem = cx.error(codes::UNKNOWN_NAME, node.span, message);
    if let Some(meant) = closest(field, known.iter().map(String::as_str)) {
        problem.label(format!("did you mean `{{{{{set}.{meant}}}}}`?"));
    }
    problem.help(format!("its fields: {}", known.join(", ")));
}

fn order(fields: &Fields, seed: Option<u64>, cx: &mut Context) -> Option<RowOrder> {
    let is_random = match fields.get("order").map(|node| (node, node.text())) {
        None | Some((_, Some("sequential"))) => false,
        Some((_, Some("random"))) => true,
        Some((node, _)) => {
            cx.error(codes::INVALID_VALUE, node.span, "expected `sequential` or `random`")
                .help("it says which row an iteration has");
            return None;
        }
    };
    if let (false, false, Some(key)) = (is_random, fields.has("rows"), fields.key("seed")) {
        cx.error(codes::CONFLICTING_KEYS, key.span, "`seed` decides nothing here")
            .help("write `order: random` beside it, or remove it");
        return None;
    }
    Some(if is_random { RowOrder::Random { seed: seed? } } else { RowOrder::Sequential })
}

fn of_file(node: &Node, notation: Notation, cx: &mut Context) -> Option<Rows> {
    let name = fields::text(node, cx)?;
    let folder = cx.source(node.span).path.parent().map(ToOwned::to_owned).unwrap_or_default();
    match DataFile::read(&folder.join(name), notation) {
        Ok(file) => Some(Rows::File(Box::new(file))),
        Err(fault) => {
            cx.error(codes::UNUSABLE_DATA, node.span, format!("{name}: {fault}"))
                .help("paths are relative to the scenario file; the file is read with it");
            None
        }
    }
}
