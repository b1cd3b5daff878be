//! PDF: a table of fifty records a page, with a heading, a repeated header line
//! and `page x of y`.
//!
//! Pages are written as they fill, so memory does not grow with the rows except
//! for twelve bytes a page. Columns get their widths from the first page. Text is
//! cut to its column with an ellipsis; numbers stand at the right.

mod document;
mod font;
mod glyphs;
mod layout;
mod line;
mod script;

pub use glyphs::FONT;

use std::io::Write;

use pdf_writer::{Content, Date, Finish, Name, Rect, Str, TextStr};

use self::{
    document::{Document, Fixed},
    glyphs::{Fitted, Glyphs},
    layout::{Column, RECORDS_PER_PAGE},
};
use super::{CellKind, FormatError, Row, RowWriter, TextLosses};

/// Heading of a document whose request names none.
const DEFAULT_TITLE: &str = "Export";
/// The font and the number of pages, as content streams call them.
const FONT_NAME: Name<'static> = Name(b"F");
const PAGE_COUNT_NAME: Name<'static> = Name(b"N");
/// Text of rows that may wait for the layout of the first page, in bytes.
const MAX_WAITING_BYTES: usize = 256 << 10;
/// Grey of the band behind the header line, 0 black to 1 white.
const HEADER_GREY: f32 = 0.9;
/// A width that no text on a page reaches, in thousandths of the font size.
const FULL_WIDTH: i32 = 70_000;

/// A PDF file in the making.
pub(super) struct PdfFile<W: Write> {
    document: Document<W>,
    glyphs: Glyphs,
    title: String,
    header: Vec<String>,
    /// Empty until the first page is laid out.
    columns: Vec<Column>,
    /// Rows that wait for that.
    waiting: Vec<Row>,
    /// The content stream of this page.
    page: Vec<u8>,
    rows_on_page: usize,
    losses: TextLosses,
    codes: Vec<u8>,
}

impl<W: Write> PdfFile<W> {
    /// Starts a document with these columns.
    pub(super) fn begin(
        columns: &[String],
        title: Option<&str>,
        file: W,
    ) -> Result<Self, FormatError> {
        if columns.len() > layout::MAX_COLUMNS {
            return Err(FormatError::DoesNotFit(format!(
                "a page holds at most {} columns and there are {}; use csv or fewer columns",
                layout::MAX_COLUMNS,
                columns.len()
            )));
        }
        Ok(Self {
            document: Document::begin(file)?,
            glyphs: Glyphs::new()?,
            title: title.unwrap_or(DEFAULT_TITLE).to_owned(),
            header: columns.to_vec(),
            columns: Vec::new(),
            waiting: Vec::new(),
            page: Vec::new(),
            rows_on_page: 0,
            losses: TextLosses::default(),
            codes: Vec::new(),
        })
    }

    fn is_first_page_complete(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(Row::held_bytes).sum();
        self.waiting.len() >= RECORDS_PER_PAGE || bytes > MAX_WAITING_BYTES
    }

    /// Gives the columns their widths, and draws the rows that waited for them.
    fn lay_out(&mut self) -> Result<(), FormatError> {
        let waiting = std::mem::take(&mut self.waiting);
        let glyphs = &mut self.glyphs;
        let mut needed: Vec<i32> =
            self.header.iter().map(|text| glyphs.measure(text, FULL_WIDTH)).collect();
        for row in &waiting {
            for (width, (_, text)) in needed.iter_mut().zip(row.cells()) {
                *width = glyphs.measure(text, FULL_WIDTH).max(*width);
            }
        }
        self.columns = layout::place_columns(&needed);
        mark_numeric(&mut self.columns, &waiting);
        self.begin_page();
        waiting.iter().try_for_each(|row| self.draw_row(row))
    }

    fn draw_row(&mut self, row: &Row) -> Result<(), FormatError> {
        if self.rows_on_page == RECORDS_PER_PAGE {
            self.end_page()?;
            self.begin_page();
        }
        self.rows_on_page += 1;
        self.page.extend_from_slice(line::NEXT);
        let cells = self.columns.iter().zip(row.cells());
        self.losses += line::draw(&mut self.page, &mut self.glyphs, &mut self.codes, cells);
        Ok(())
    }

    fn begin_page(&mut self) {
        self.rows_on_page = 0;
        let mut content = Content::new();
        draw_header_band(&mut content);
        let (title, size) = (self.title.as_str(), layout::TITLE_SIZE);
        let place = (layout::MARGIN, layout::TITLE_BASELINE);
        let mut losses = draw_text(&mut content, &mut self.glyphs, place, size, title).losses;
        content.begin_text();
        content.set_font(FONT_NAME, layout::FONT_SIZE);
        content.set_leading(layout::ROW_HEIGHT);
        // The header line and the rows each begin one leading above their first.
        content.set_text_matrix(line_start(layout::HEADER_BASELINE + layout::ROW_HEIGHT));
        self.append(content);
        losses += self.draw_header();
        let mut content = Content::new();
        content.set_text_matrix(line_start(layout::FIRST_ROW_BASELINE + layout::ROW_HEIGHT));
        self.append(content);
        // What title and header lose is counted once, not once a page.
        if self.document.page_count() == 0 {
            self.losses += losses;
        }
    }

    fn draw_header(&mut self) -> TextLosses {
        let cells = self.columns.iter().zip(&self.header).map(|(column, text)| {
            let kind = if column.is_numeric { CellKind::Number } else { CellKind::Text };
            (column, (kind, text.as_str()))
        });
        self.page.extend_from_slice(line::NEXT);
        line::draw(&mut self.page, &mut self.glyphs, &mut self.codes, cells)
    }

    fn append(&mut self, content: Content) {
        self.page.extend_from_slice(&content.finish());
        self.page.push(b'\n');
    }

    fn end_page(&mut self) -> Result<(), FormatError> {
        let mut content = Content::new();
        content.end_text();
        let text = format!("page {} of ", self.document.page_count() + 1);
        let (left, baseline) = (layout::PAGE_NUMBER_LEFT, layout::FOOTER_BASELINE);
        let size = layout::FONT_SIZE;
        let fitted = draw_text(&mut content, &mut self.glyphs, (left, baseline), size, &text);
        let left = left + fitted.width as f32 * size / 1_000.0;
        content.save_state();
        content.transform([1.0, 0.0, 0.0, 1.0, left, baseline]);
        content.x_object(PAGE_COUNT_NAME);
        content.restore_state();
        self.append(content);
        self.document.write_page(&self.page)?;
        self.page.clear();
        Ok(())
    }
}

impl<W: Write + Send> RowWriter for PdfFile<W> {
    fn write_row(&mut self, row: &Row) -> Result<(), FormatError> {
        if !self.columns.is_empty() {
            return self.draw_row(row);
        }
        self.waiting.push(row.clone());
        if self.is_first_page_complete() { self.lay_out() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), FormatError> {
        Ok(self.document.flush()?)
    }

    fn finish(mut self: Box<Self>) -> Result<TextLosses, FormatError> {
        if self.columns.is_empty() {
            self.lay_out()?;
        }
        self.end_page()?;
        let Self { mut document, mut glyphs, title, losses, .. } = *self;
        write_page_count(&mut document, &mut glyphs)?;
        write_frame(&mut document, &title)?;
        font::write(&mut document, &glyphs)?;
        document.finish()?;
        Ok(losses)
    }

    fn held_bytes(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(Row::held_bytes).sum();
        self.document.held_bytes()
            + self.glyphs.held_bytes()
            + waiting
            + self.page.capacity()
            + self.codes.capacity()
    }
}

/// Marks the columns that hold numbers, and nothing else but empty cells.
fn mark_numeric(columns: &mut [Column], rows: &[Row]) {
    for (index, column) in columns.iter_mut().enumerate() {
        let mut kinds = rows.iter().filter_map(|row| row.cells().nth(index)).map(|(kind, _)| kind);
        let is_number = |kind| matches!(kind, CellKind::Number | CellKind::Empty);
        column.is_numeric =
            kinds.clone().any(|kind| kind == CellKind::Number) && kinds.all(is_number);
    }
}

fn line_start(baseline: f32) -> [f32; 6] {
    [1.0, 0.0, 0.0, 1.0, layout::MARGIN, baseline]
}

fn draw_header_band(content: &mut Content) {
    let width = layout::PAGE_WIDTH - 2.0 * layout::MARGIN + 4.0;
    content.set_fill_gray(HEADER_GREY);
    content.rect(layout::MARGIN - 2.0, layout::HEADER_BASELINE - 3.0, width, 11.0);
    content.fill_nonzero();
    content.set_fill_gray(0.0);
}

fn draw_text(
    content: &mut Content,
    glyphs: &mut Glyphs,
    (left, baseline): (f32, f32),
    size: f32,
    text: &str,
) -> Fitted {
    let mut codes = Vec::new();
    let fitted = glyphs.fit(text, FULL_WIDTH, &mut codes);
    content.begin_text();
    content.set_font(FONT_NAME, size);
    content.next_line(left, baseline);
    content.show(Str(&codes));
    content.end_text();
    fitted
}

/// The number of pages, which each page draws and only the end knows.
fn write_page_count<W: Write>(
    document: &mut Document<W>,
    glyphs: &mut Glyphs,
) -> Result<(), FormatError> {
    let mut codes = Vec::new();
    glyphs.fit(&document.page_count().to_string(), FULL_WIDTH, &mut codes);
    let mut content = Content::new();
    content.begin_text();
    content.set_font(FONT_NAME, layout::FONT_SIZE);
    content.show(Str(&codes));
    content.end_text();
    let content = content.finish();
    document.write_fixed(Fixed::PageCount, |chunk, id| {
        let mut form = chunk.form_xobject(id, &content);
        form.bbox(Rect::new(0.0, -layout::FONT_SIZE, 100.0, layout::FONT_SIZE * 2.0));
        form.resources().fonts().pair(FONT_NAME, Fixed::Font.reference());
    })?;
    Ok(())
}

/// What holds the pages together.
fn write_frame<W: Write>(document: &mut Document<W>, title: &str) -> Result<(), FormatError> {
    document.write_fixed(Fixed::Resources, |chunk, id| {
        let mut resources = chunk.indirect(id).start::<pdf_writer::writers::Resources<'_>>();
        resources.fonts().pair(FONT_NAME, Fixed::Font.reference());
        resources.x_objects().pair(PAGE_COUNT_NAME, Fixed::PageCount.reference());
    })?;
    document.write_fixed(Fixed::Catalog, |chunk, id| {
        let mut catalog = chunk.indirect(id).start::<pdf_writer::writers::Catalog<'_>>();
        catalog.pages(Fixed::Pages.reference());
        catalog.viewer_preferences().display_doc_title(true).finish();
    })?;
    document.write_fixed(Fixed::Info, |chunk, id| {
        let mut info = chunk.indirect(id).start::<pdf_writer::writers::DocumentInfo<'_>>();
        info.title(TextStr(title));
        info.producer(TextStr("slogate exporter"));
        info.creation_date(now());
    })?;
    Ok(())
}

fn now() -> Date {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    Date::new(u16::try_from(now.year()).unwrap_or(0))
        .month(part(now.month()))
        .day(part(now.day()))
        .hour(part(now.hour()))
        .minute(part(now.minute()))
        .second(part(now.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
