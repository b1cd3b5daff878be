//! The objects of the embedded font, written when all characters are known.
//!
//! One composite font: codes are character ids (Identity-H), a map leads from them
//! to the glyphs of the subset, another to their text.

use std::io::{self, Write};

use pdf_writer::{
    Name, Rect, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use subsetter::GlyphRemapper;

use super::{
    document::{Document, Fixed},
    glyphs::{FONT, Glyph, Glyphs},
};
use crate::format::FormatError;

const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Thickness of stems, which no table of the font states; readers use it only to
/// imitate a missing font, and this one is embedded.
const STEM_WIDTH: f32 = 80.0;

/// Writes the font with the characters that were used.
pub(super) fn write<W: Write>(
    document: &mut Document<W>,
    glyphs: &Glyphs,
) -> Result<(), FormatError> {
    let mut remapper = GlyphRemapper::new();
    for glyph in glyphs.used() {
        remapper.remap(glyph.id);
    }
    let subset = subsetter::subset(FONT, 0, &remapper)
        .map_err(|error| FormatError::Font(error.to_string()))?;
    let name = subset_name(glyphs.used());
    write_font_file(document, &subset)?;
    write_code_maps(document, glyphs.used(), &remapper)?;
    write_descriptor(document, glyphs, &name)?;
    write_dictionaries(document, glyphs.used(), &name)?;
    Ok(())
}

fn write_font_file<W: Write>(document: &mut Document<W>, subset: &[u8]) -> io::Result<()> {
    let length = i32::try_from(subset.len()).map_err(io::Error::other)?;
    document.write_fixed_stream(Fixed::FontFile, subset, |stream| {
        stream.pair(Name(b"Length1"), length);
    })
}

fn write_code_maps<W: Write>(
    document: &mut Document<W>,
    glyphs: &[Glyph],
    remapper: &GlyphRemapper,
) -> io::Result<()> {
    let mut to_unicode = UnicodeCmap::<u16>::new(Name(b"Custom"), IDENTITY);
    let mut to_glyph = Vec::new();
    for glyph in glyphs {
        let id = character_id(glyph);
        to_unicode.pair(id, glyph.character);
        // Codes grow with each character, so the map does too.
        to_glyph.resize(2 * usize::from(id), 0);
        let in_subset = remapper.get(glyph.id).unwrap_or(0);
        to_glyph.extend_from_slice(&in_subset.to_be_bytes());
    }
    document.write_fixed_stream(Fixed::ToUnicode, &to_unicode.finish(), |_| ())?;
    document.write_fixed_stream(Fixed::CidToGid, &to_glyph, |_| ())
}

fn write_descriptor<W: Write>(
    document: &mut Document<W>,
    glyphs: &Glyphs,
    name: &str,
) -> io::Result<()> {
    let face = glyphs.face();
    let scale = 1_000.0 / f32::from(face.units_per_em());
    let scaled = |units: i16| (f32::from(units) * scale).round();
    let bounds = face.global_bounding_box();
    document.write_fixed(Fixed::FontDescriptor, |chunk, id| {
        let mut descriptor = chunk.font_descriptor(id);
        descriptor.name(Name(name.as_bytes()));
        descriptor.flags(FontFlags::SYMBOLIC);
        descriptor.bbox(Rect::new(
            scaled(bounds.x_min),
            scaled(bounds.y_min),
            scaled(bounds.x_max),
            scaled(bounds.y_max),
        ));
        descriptor.italic_angle(0.0);
        descriptor.ascent(scaled(face.ascender()));
        descriptor.descent(scaled(face.descender()));
        descriptor.cap_height(scaled(face.capital_height().unwrap_or(face.ascender())));
        descriptor.stem_v(STEM_WIDTH);
        descriptor.font_file2(Fixed::FontFile.reference());
    })
}

fn write_dictionaries<W: Write>(
    document: &mut Document<W>,
    glyphs: &[Glyph],
    name: &str,
) -> io::Result<()> {
    document.write_fixed(Fixed::CidFont, |chunk, id| {
        let mut font = chunk.cid_font(id);
        font.subtype(CidFontType::Type2);
        font.base_font(Name(name.as_bytes()));
        font.system_info(IDENTITY);
        font.font_descriptor(Fixed::FontDescriptor.reference());
        font.default_width(0.0);
        font.cid_to_gid_map_stream(Fixed::CidToGid.reference());
        let mut widths = font.widths();
        // Character ids have gaps where a byte would need an escape.
        let is_next = |a: &Glyph, b: &Glyph| character_id(a) + 1 == character_id(b);
        for run in glyphs.chunk_by(is_next) {
            let run_widths = run.iter().map(|glyph| f32::from(glyph.width));
            widths.consecutive(run.first().map_or(0, character_id), run_widths);
        }
    })?;
    document.write_fixed(Fixed::Font, |chunk, id| {
        let mut font = chunk.type0_font(id);
        font.base_font(Name(name.as_bytes()));
        font.encoding_predefined(Name(b"Identity-H"));
        font.descendant_font(Fixed::CidFont.reference());
        font.to_unicode(Fixed::ToUnicode.reference());
    })
}

fn character_id(glyph: &Glyph) -> u16 {
    u16::from_be_bytes(glyph.code)
}

/// The name with a tag of six capitals that tells subsets apart: ISO 32000-1, 9.6.4.
/// The tag is a hash (FNV-1a) of the characters.
fn subset_name(glyphs: &[Glyph]) -> String {
    let mut hash = glyphs.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, glyph| {
        (hash ^ u64::from(u32::from(glyph.character))).wrapping_mul(0x0100_0000_01b3)
    });
    let mut tag = String::new();
    for _ in 0..6 {
        tag.push(char::from(b'A' + (hash % 26) as u8));
        hash /= 26;
    }
    format!("{tag}+DejaVuSans")
}
