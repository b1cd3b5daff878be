//! From pages to the bytes of a file, by printpdf. It is held in memory as a whole,
//! which a few pages may be, and what printpdf has to complain about is an error.

use std::collections::BTreeSet;

use printpdf::{
    Color, FontId, Line, LinePoint, Op, PdfDocument, PdfFontHandle, PdfPage, PdfParseErrorSeverity,
    PdfSaveOptions, Point, Pt, Rgb, TextItem, parse_pdf_date,
};

use super::PdfError;
use super::font::Font;
use super::sheet::{Colour, MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Page, Piece};

/// Left and right end of the line below a table's header.
const RULE: (f32, f32) = (MARGIN, PAGE_WIDTH - MARGIN);
const RULE_WIDTH: f32 = 0.4;

/// The whole file.
pub(super) fn write(
    pages: &[Page],
    font: &Font<'_>,
    title: &str,
    created: &str,
) -> Result<Vec<u8>, PdfError> {
    let mut document = PdfDocument::new(title);
    document.metadata.info.creator = "slogate".into();
    document.metadata.info.producer = "slogate".into();
    let digits: String = created.chars().filter(char::is_ascii_digit).take(14).collect();
    if let Ok(date) = parse_pdf_date(&format!("D:{digits}+00'00'")) {
        document.metadata.info.creation_date = date;
        document.metadata.info.modification_date = date;
    }
    let texts = pages.iter().flat_map(|page| &page.texts);
    let characters: BTreeSet<char> = texts.flat_map(|text| text.text.chars()).collect();
    let font = document.add_font(&font.subset(&characters)?);
    document.with_pages(pages.iter().map(|page| page_of(page, &font)).collect());
    let mut warnings = Vec::new();
    let mut file = document.to_lopdf_document(&PdfSaveOptions::default(), &mut warnings);
    if let Some(warning) =
        warnings.into_iter().find(|one| one.severity != PdfParseErrorSeverity::Info)
    {
        return Err(PdfError::Document(warning.msg));
    }
    // printpdf states a conformance to PDF/X in every document; this one claims none.
    let info = match file.trailer.get(b"Info") {
        Ok(info) => info.as_reference().ok(),
        Err(_) => None,
    };
    if let Some(Ok(info)) = info.map(|id| file.get_dictionary_mut(id)) {
        info.remove(b"GTS_PDFXVersion");
    }
    file.compress();
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(|error| PdfError::Document(error.to_string()))?;
    Ok(bytes)
}

fn page_of(page: &Page, font: &FontId) -> PdfPage {
    let mut operations = vec![
        Op::SetOutlineThickness { pt: Pt(RULE_WIDTH) },
        Op::SetOutlineColor { col: paint(Colour::Grey) },
    ];
    operations.extend(page.rules.iter().map(|y| Op::DrawLine { line: rule(*y) }));
    for text in &page.texts {
        operations.extend(text_operations(text, font));
    }
    PdfPage::new(Pt(PAGE_WIDTH).into(), Pt(PAGE_HEIGHT).into(), operations)
}

fn text_operations(piece: &Piece, font: &FontId) -> [Op; 6] {
    [
        Op::StartTextSection,
        Op::SetFillColor { col: paint(piece.colour) },
        Op::SetFont { font: PdfFontHandle::External(font.clone()), size: Pt(piece.size) },
        Op::SetTextCursor { pos: Point { x: Pt(piece.x), y: Pt(piece.y) } },
        Op::ShowText { items: vec![TextItem::Text(piece.text.clone())] },
        Op::EndTextSection,
    ]
}

fn rule(y: f32) -> Line {
    let (left, right) = RULE;
    let points = [left, right];
    let points = points.map(|x| LinePoint { p: Point { x: Pt(x), y: Pt(y) }, bezier: false });
    Line { points: points.into(), is_closed: false }
}

fn paint(colour: Colour) -> Color {
    let (r, g, b) = match colour {
        Colour::Black => (0.0, 0.0, 0.0),
        Colour::Grey => (0.4, 0.4, 0.4),
        Colour::Green => (0.05, 0.42, 0.15),
        Colour::Amber => (0.6, 0.37, 0.0),
        Colour::Red => (0.7, 0.05, 0.05),
    };
    Color::Rgb(Rgb { r, g, b, icc_profile: None })
}
