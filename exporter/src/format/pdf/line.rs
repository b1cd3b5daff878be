//! One line of a table as one operation of a content stream: texts, and moves
//! between them.
//!
//! Lines are most of a document, so their bytes are put together here; codes of
//! characters have no byte that a string would have to escape. Everything else of a
//! page is written by `pdf-writer`.

use super::{glyphs::Glyphs, layout::Column};
use crate::format::{CellKind, TextLosses};

/// The operation before each line: ISO 32000-1, 9.4.2.
pub(super) const NEXT: &[u8] = b"T*\n";

/// Draws the cells into their columns, and tells what is lost: ISO 32000-1, 9.4.3.
pub(super) fn draw<'a>(
    page: &mut Vec<u8>,
    glyphs: &mut Glyphs,
    codes: &mut Vec<u8>,
    cells: impl Iterator<Item = (&'a Column, (CellKind, &'a str))>,
) -> TextLosses {
    let mut losses = TextLosses::default();
    let mut pen = 0;
    page.push(b'[');
    for (column, (kind, text)) in cells.filter(|(_, (_, text))| !text.is_empty()) {
        codes.clear();
        let fitted = glyphs.fit(text, column.width, codes);
        losses += fitted.losses;
        let spare = if kind == CellKind::Number { column.width - fitted.width } else { 0 };
        let start = column.left + spare;
        if start != pen {
            page.extend_from_slice(itoa::Buffer::new().format(pen - start).as_bytes());
        }
        page.push(b'(');
        page.extend_from_slice(codes);
        page.push(b')');
        pen = start + fitted.width;
    }
    page.extend_from_slice(b"] TJ\n");
    losses
}
