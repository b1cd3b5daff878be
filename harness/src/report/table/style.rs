//! Marks, colours, wrapping, and what the tables have in common.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, TableStyle};

use super::TableOptions;
use crate::archive::{Measured, MeasuredWord, UnitName};
use crate::slo::Verdict;
use crate::units::{Unit, format_quantity};

/// Narrower terminals are drawn as if they were this wide.
const LEAST_WIDTH: usize = 40;

/// How everything is drawn.
#[derive(Clone, Copy)]
pub(super) struct Style {
    width: usize,
    colour: bool,
}

impl Style {
    pub(super) fn new(options: TableOptions) -> Self {
        Self { width: options.width.max(LEAST_WIDTH), colour: options.colour }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.painted(text, "1")
    }

    /// `PASS`, `FAIL` or `INCONCLUSIVE`.
    pub(super) fn word(self, verdict: Verdict) -> String {
        self.painted(&verdict.word().to_uppercase(), colour_of(verdict))
    }

    /// One character for a verdict.
    pub(super) fn mark(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Pass => "✓",
            Verdict::Fail => "✗",
            Verdict::Inconclusive => "?",
        }
    }

    fn painted(self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A mark in its colour, for the start of a line.
    pub(super) fn painted_mark(self, verdict: Verdict) -> String {
        self.painted(Self::mark(verdict), colour_of(verdict))
    }

    /// A table without borders in which only the column `flexible` may wrap.
    pub(super) fn table(self, header: &[&str], flexible: usize) -> Table {
        let mut table = Table::new();
        table.load_style(TableStyle::new()).force_no_tty();
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(self.width).unwrap_or(u16::MAX));
        table.set_header(header.iter().copied());
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if at != flexible {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        table
    }

    /// The lines of a table, marks at their start painted.
    pub(super) fn drawn(self, table: &Table) -> String {
        let mut text = String::new();
        for line in table.trim_fmt().lines() {
            let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive];
            let marked = verdicts.into_iter().find_map(|verdict| {
                let rest = line.strip_prefix(Self::mark(verdict))?;
                Some(self.painted_mark(verdict) + rest)
            });
            text += marked.as_deref().unwrap_or(line).trim_end();
            text.push('\n');
        }
        text
    }
}

/// Numbers stand to the right.
pub(super) fn align_right(table: &mut Table, columns: std::ops::Range<usize>) {
    for at in columns {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn colour_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "32",
        Verdict::Fail => "31",
        Verdict::Inconclusive => "33",
    }
}

/// Text broken at spaces to the style's width, continued lines indented.
pub(super) fn wrapped(text: &str, indent: usize, style: Style) -> String {
    let mut lines = String::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > style.width {
            lines += &line;
            lines.push('\n');
            line = " ".repeat(indent);
            used = indent;
            line += word;
        } else {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line += word;
        }
        used += length;
    }
    lines + &line + "\n"
}

/// A measured value for people.
pub(super) fn show(measured: Option<Measured>, unit: UnitName) -> String {
    match measured {
        None => "nothing".into(),
        Some(Measured::Number(value)) => format_quantity(value, Unit::from(unit)),
        Some(Measured::Word(MeasuredWord::Unbounded)) => "unbounded".into(),
        Some(Measured::Word(MeasuredWord::NotANumber)) => "NaN".into(),
        Some(Measured::Word(MeasuredWord::PositiveInfinity)) => "+Inf".into(),
        Some(Measured::Word(MeasuredWord::NegativeInfinity)) => "-Inf".into(),
    }
}
