//! Marks, colours, wrapping, and how a table is drawn.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableStyle};

use super::TableOptions;
use super::columns::{broken, gap_behind, widths};
use crate::report::words::{mark, printable};
use crate::slo::Verdict;

/// Narrower terminals are drawn as if they were this wide.
const LEAST_WIDTH: usize = 40;

/// How everything is drawn.
#[derive(Clone, Copy)]
pub(in crate::report) struct Style {
    width: usize,
    colour: bool,
}

impl Style {
    pub(in crate::report) fn new(options: TableOptions) -> Self {
        Self { width: options.width.max(LEAST_WIDTH), colour: options.colour }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.painted(text, "1")
    }

    /// `PASS`, `FAIL` or `INCONCLUSIVE`.
    pub(super) fn word(self, verdict: Verdict) -> String {
        self.painted(&verdict.word().to_uppercase(), colour_of(verdict))
    }

    fn painted(self, text: &str, code: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A mark in its colour, for the start of a line.
    fn painted_mark(self, verdict: Verdict) -> String {
        self.painted(mark(verdict), colour_of(verdict))
    }

    /// A sentence behind its mark.
    pub(super) fn sentence(self, verdict: Verdict, text: &str) -> String {
        let plain = wrapped(&format!("{} {text}", mark(verdict)), 2, self);
        let rest = plain.strip_prefix(mark(verdict)).unwrap_or(&plain);
        self.painted_mark(verdict) + rest
    }

    /// A table without borders. Columns that are `flexible` break where it is too wide;
    /// numbers stand to the right.
    pub(in crate::report) fn table<const N: usize>(
        self,
        header: [&str; N],
        rows: Vec<[String; N]>,
        flexible: &[usize],
        is_number: fn(usize) -> bool,
    ) -> String {
        let widths = widths(header, &rows, flexible, self.width);
        let mut table = Table::new();
        table.load_style(TableStyle::new()).force_no_tty();
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header);
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, gap_behind(header[at])));
            if is_number(at) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        for row in rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| Cell::new(broken(cell, width)));
            table.add_row(cells.collect::<Vec<_>>());
        }
        self.drawn(&table)
    }

    /// The lines of a table, marks at their start painted.
    fn drawn(self, table: &Table) -> String {
        let mut text = String::new();
        for line in table.trim_fmt().lines() {
            let verdicts = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive];
            let marked = verdicts.into_iter().find_map(|verdict| {
                let rest = line.strip_prefix(mark(verdict))?;
                Some(self.painted_mark(verdict) + rest)
            });
            text += marked.as_deref().unwrap_or(line).trim_end();
            text.push('\n');
        }
        text
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
pub(in crate::report) fn wrapped(text: &str, indent: usize, style: Style) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in printable(text).lines() {
        let mut words = line.split(' ');
        let before = if lines.is_empty() { 0 } else { indent };
        let mut line = " ".repeat(before) + words.next().unwrap_or_default();
        for word in words {
            if line.chars().count() + 1 + word.chars().count() > style.width {
                lines.push(line);
                line = " ".repeat(indent) + word;
            } else {
                line = line + " " + word;
            }
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}
