//! The font of a document: how wide a text is, which characters it has, and the part of
//! it that is embedded.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{FontMetrics, ParsedFont, PdfFontMetricsStub};
use subsetter::GlyphRemapper;

use super::PdfError;

/// What stands for a character that the font does not have.
const REPLACEMENT: char = '\u{fffd}';
/// The name in the file, behind the tag of a subset (ISO 32000-1, 9.6.4). There is one
/// font in a document, so one tag is enough to tell subsets apart.
const NAME: &str = "SLOGAT+DejaVuSans";

/// A TrueType font that was read.
pub(super) struct Font<'a> {
    bytes: &'a [u8],
    parsed: ParsedFont,
}

impl<'a> Font<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, PdfError> {
        let parsed = ParsedFont::from_bytes(bytes, 0, &mut Vec::new()).ok_or(PdfError::Font)?;
        Ok(Self { bytes, parsed })
    }

    /// The text with everything replaced that the font cannot draw.
    pub(super) fn drawable(&self, text: &str) -> String {
        text.chars().map(|c| if self.glyph(c).is_some() { c } else { REPLACEMENT }).collect()
    }

    /// Width in points at a size in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let units: u32 = text.chars().map(|c| u32::from(self.advance(c))).sum();
        units as f32 * size / f32::from(self.parsed.units_per_em.max(1))
    }

    fn glyph(&self, character: char) -> Option<u16> {
        self.parsed.lookup_glyph_index(u32::from(character)).filter(|glyph| *glyph != 0)
    }

    fn advance(&self, character: char) -> u16 {
        let glyph = self.glyph(character).unwrap_or(0);
        self.parsed.get_glyph_width(glyph).unwrap_or(0)
    }

    /// The font with these characters alone: a twentieth of its size. printpdf does this
    /// itself only with a feature that brings a layout engine.
    pub(super) fn subset(&self, characters: &BTreeSet<char>) -> Result<ParsedFont, PdfError> {
        let mut remapper = GlyphRemapper::new();
        let mut glyphs = BTreeMap::new();
        let mut widths = BTreeMap::new();
        for character in characters {
            let Some(glyph) = self.glyph(*character) else { continue };
            let in_subset = remapper.remap(glyph);
            glyphs.insert(u32::from(*character), in_subset);
            widths.insert(in_subset, self.advance(*character));
        }
        let bytes = subsetter::subset(self.bytes, 0, &remapper)?;
        let FontMetrics { ascent, descent } = self.parsed.font_metrics;
        let mut subset = ParsedFont::with_glyph_data(
            bytes,
            0,
            Some(NAME.to_owned()),
            glyphs,
            widths,
            self.parsed.units_per_em,
            FontMetrics { ascent, descent },
        );
        subset.pdf_font_metrics = PdfFontMetricsStub::clone(&self.parsed.pdf_font_metrics);
        Ok(subset)
    }
}
