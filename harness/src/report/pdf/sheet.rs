//! Pages in the making: text that wraps, tables whose rows stay whole, a footer.
//!
//! Lengths are points; `y` is the distance of a baseline from the lower edge, as in PDF.

use super::font::Font;
use crate::report::words::{ENDS_OF_WORDS, printable};

/// A4, in points.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
/// Free on each side.
pub(super) const MARGIN: f32 = 40.0;
const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Baseline of the footer.
const FOOTER: f32 = 24.0;
const TABLE_SIZE: f32 = 7.5;
const FOOTER_SIZE: f32 = 6.5;
/// Distance of two baselines, in sizes.
const LEADING: f32 = 1.3;
/// Between two columns.
const GAP: f32 = 9.0;
/// Columns that wrap are not made narrower.
const LEAST_COLUMN: f32 = 50.0;

/// Colours that stay apart in grey as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Black,
    Grey,
    Green,
    Amber,
    Red,
}

/// A piece of text at its place.
pub(super) struct Piece {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) colour: Colour,
    pub(super) text: String,
}

/// What is on one page.
#[derive(Default)]
pub(super) struct Page {
    pub(super) texts: Vec<Piece>,
    /// Baselines of thin lines across the page.
    pub(super) rules: Vec<f32>,
}

/// Pages, and where the next line goes.
pub(super) struct Sheet<'a> {
    font: &'a Font<'a>,
    pages: Vec<Page>,
    y: f32,
    footer: String,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(font: &'a Font<'a>, footer: String) -> Self {
        Self { font, pages: vec![Page::default()], y: PAGE_HEIGHT - MARGIN, footer }
    }

    pub(super) fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// The pages with their footers.
    pub(super) fn finish(mut self) -> Vec<Page> {
        let count = self.pages.len();
        let footer = self.font.drawable(&printable(&self.footer));
        for (at, page) in self.pages.iter_mut().enumerate() {
            let text = format!("{footer} · page {} of {count}", at + 1);
            let text =
                Piece { x: MARGIN, y: FOOTER, size: FOOTER_SIZE, colour: Colour::Grey, text };
            page.texts.push(text);
        }
        self.pages
    }

    pub(super) fn gap(&mut self, height: f32) {
        self.y -= height;
    }

    /// Goes to the next page if there is not this much left on this one.
    pub(super) fn keep_together(&mut self, height: f32) {
        if self.y - height < MARGIN {
            self.pages.push(Page::default());
            self.y = PAGE_HEIGHT - MARGIN;
        }
    }

    /// Text over the whole width; its second and further lines are indented.
    pub(super) fn text(&mut self, text: &str, size: f32, colour: Colour, indent: f32) {
        for (at, line) in self.lines(text, size, WIDTH - indent).into_iter().enumerate() {
            self.next_line(size);
            let x = MARGIN + if at == 0 { 0.0 } else { indent };
            self.put(x, size, colour, line);
        }
    }

    /// A table; `colours` are those of the first cell of each row. Columns that are
    /// `flexible` wrap where it is too wide.
    pub(super) fn table<const N: usize>(
        &mut self,
        header: [&str; N],
        rows: &[[String; N]],
        colours: &[Colour],
        flexible: &[usize],
        is_number: fn(usize) -> bool,
    ) {
        let widths = self.widths(header, rows, flexible);
        self.gap(TABLE_SIZE * 0.4);
        self.keep_together(TABLE_SIZE * LEADING * 3.0);
        self.row(&header.map(str::to_owned), widths, Colour::Black, is_number);
        let below = self.y - TABLE_SIZE * 0.3;
        self.page().rules.push(below);
        self.gap(TABLE_SIZE * 0.25);
        for (row, colour) in rows.iter().zip(colours) {
            self.row(row, widths, *colour, is_number);
        }
        self.gap(TABLE_SIZE * 0.4);
    }

    fn row<const N: usize>(
        &mut self,
        row: &[String; N],
        widths: [f32; N],
        first: Colour,
        is_number: fn(usize) -> bool,
    ) {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| self.lines(cell, TABLE_SIZE, width))
            .collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        self.keep_together(TABLE_SIZE * LEADING * height as f32);
        for line in 0..height {
            self.next_line(TABLE_SIZE);
            let mut left = MARGIN;
            for (at, width) in widths.into_iter().enumerate() {
                if let Some(text) = cells.get(at).and_then(|cell| cell.get(line)) {
                    let spare = width - self.font.width(text, TABLE_SIZE);
                    let x = if is_number(at) { left + spare } else { left };
                    let colour = if at == 0 { first } else { Colour::Black };
                    self.put(x, TABLE_SIZE, colour, text.clone());
                }
                left += width + GAP;
            }
        }
    }

    fn widths<const N: usize>(
        &self,
        header: [&str; N],
        rows: &[[String; N]],
        flexible: &[usize],
    ) -> [f32; N] {
        let mut widths = header.map(|name| self.font.width(name, TABLE_SIZE));
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                let cell = self.font.drawable(&printable(cell));
                *widest = self.font.width(&cell, TABLE_SIZE).max(*widest);
            }
        }
        let gaps = GAP * (N - 1) as f32;
        while widths.iter().sum::<f32>() + gaps > WIDTH {
            let widest = flexible
                .iter()
                .copied()
                .max_by(|one, other| widths[*one].total_cmp(&widths[*other]));
            match widest {
                Some(at) if widths[at] > LEAST_COLUMN => widths[at] -= 1.0,
                _ => break,
            }
        }
        widths
    }

    /// Lines that fit, broken behind the ends of words; a word that is wider than a
    /// line is broken where it must.
    fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let text = self.font.drawable(&printable(text).replace(['\n', '\t'], " "));
        let fits = |line: &str| self.font.width(line.trim_end(), size) <= width + 0.01;
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_inclusive(ENDS_OF_WORDS) {
            if !line.is_empty() && !fits(&(line.clone() + word)) {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for character in word.chars() {
                line.push(character);
                if !fits(&line) && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(character);
                }
            }
        }
        lines.push(line.trim_end().to_owned());
        lines
    }

    fn next_line(&mut self, size: f32) {
        self.keep_together(size * LEADING);
        self.y -= size * LEADING;
    }

    fn put(&mut self, x: f32, size: f32, colour: Colour, text: String) {
        let y = self.y;
        if !text.is_empty() {
            self.page().texts.push(Piece { x, y, size, colour, text });
        }
    }

    fn page(&mut self) -> &mut Page {
        if self.pages.is_empty() {
            self.pages.push(Page::default());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }
}
