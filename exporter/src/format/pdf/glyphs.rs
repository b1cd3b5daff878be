//! From text to codes of the embedded font, with widths and an ellipsis.
//!
//! Each character gets a two-byte code when it is first used, made of printable
//! bytes only, because others would be written as octal escapes. Which glyph of the
//! subset a code draws is settled at the end, so nothing need be known up
//! front, and a character without a glyph keeps its own text for copying over the
//! glyph of the replacement character.

use ttf_parser::{Face, GlyphId};
use unicode_normalization::{
    IsNormalized, UnicodeNormalization, char::canonical_combining_class, is_nfc_quick,
};

use super::script::needs_shaping;
use crate::format::{FormatError, TextLosses};

/// DejaVu Sans, whole: Latin with Turkish, Greek, Cyrillic and much more.
pub const FONT: &[u8] = include_bytes!("../../../assets/DejaVuSans.ttf");

/// Printable bytes that a PDF string holds without an escape.
const PLAIN_BYTES: [u8; 92] = plain_bytes();
/// Codes of two such bytes.
const MAX_CODES: usize = PLAIN_BYTES.len() * PLAIN_BYTES.len();
/// Drawn for characters that the font does not have.
const REPLACEMENT: char = '\u{fffd}';
/// Drawn where a text is cut.
const ELLIPSIS: char = '…';
/// Places of these two in the table.
const REPLACEMENT_INDEX: u16 = 0;
const ELLIPSIS_INDEX: u16 = 1;
/// Characters of one block of the look-up table.
const BLOCK: usize = 256;
/// Blocks up to the last Unicode character.
const BLOCKS: usize = 0x11_0000 / BLOCK;

/// How well a character can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Well,
    Unmapped,
    Unshaped,
}

/// A character that the document uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyph {
    /// The text it stands for.
    pub(super) character: char,
    /// The glyph in the whole font.
    pub(super) id: u16,
    /// Its advance in thousandths of the font size, rounded.
    pub(super) width: u16,
    /// Its code in the document.
    pub(super) code: [u8; 2],
    drawn: Drawn,
    /// Whether composing a text never changes this character nor moves it.
    is_composed: bool,
}

/// The characters of one document.
pub(super) struct Glyphs {
    face: Face<'static>,
    used: Vec<Glyph>,
    /// Index into `used` plus one, by character; 0 for one not seen yet.
    blocks: Vec<Option<Box<[u16; BLOCK]>>>,
}

/// A text that was made to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fitted {
    /// Its width in thousandths of the font size.
    pub(super) width: i32,
    /// What it does not show.
    pub(super) losses: TextLosses,
}

impl Glyphs {
    /// The font, with no character used but the replacement and the ellipsis.
    pub(super) fn new() -> Result<Self, FormatError> {
        let face = Face::parse(FONT, 0).map_err(|error| FormatError::Font(error.to_string()))?;
        let blocks = (0..BLOCKS).map(|_| None).collect();
        let mut glyphs = Self { face, used: Vec::new(), blocks };
        glyphs.index(REPLACEMENT);
        glyphs.index(ELLIPSIS);
        Ok(glyphs)
    }

    /// The font they come from.
    pub(super) fn face(&self) -> &Face<'static> {
        &self.face
    }

    /// The characters used so far, in the order of their codes.
    pub(super) fn used(&self) -> &[Glyph] {
        &self.used
    }

    /// Appends the codes of as much of `text` as fits into `room`.
    pub(super) fn fit(&mut self, text: &str, room: i32, codes: &mut Vec<u8>) -> Fitted {
        let start = codes.len();
        let as_it_is = self.fit_characters(text.chars(), room, codes, |glyph| glyph.is_composed);
        as_it_is.unwrap_or_else(|| {
            codes.truncate(start);
            self.fit_characters(text.nfc(), room, codes, |_| true).unwrap_or_default()
        })
    }

    /// The width of a text, at most about `room`.
    pub(super) fn measure(&mut self, text: &str, room: i32) -> i32 {
        let mut width = 0;
        for character in text.chars() {
            width += i32::from(self.glyph(character).width);
            if width > room {
                break;
            }
        }
        width
    }

    /// Bytes that the tables hold.
    pub(super) fn held_bytes(&self) -> usize {
        let blocks = self.blocks.iter().flatten().count() * size_of::<[u16; BLOCK]>();
        blocks + BLOCKS * size_of::<usize>() + self.used.capacity() * size_of::<Glyph>()
    }

    /// `None` at the first character that is not `accepted`.
    fn fit_characters(
        &mut self,
        characters: impl Iterator<Item = char>,
        room: i32,
        codes: &mut Vec<u8>,
        accepted: impl Fn(&Glyph) -> bool,
    ) -> Option<Fitted> {
        let room_before_ellipsis = room - i32::from(self.used[usize::from(ELLIPSIS_INDEX)].width);
        let mut fitted = Fitted::default();
        // The longest beginning that leaves room for an ellipsis, if one is needed.
        let (mut shorter, mut shorter_end) = (fitted, codes.len());
        for character in characters {
            let glyph = self.glyph(character);
            if !accepted(&glyph) {
                return None;
            }
            let width = fitted.width + i32::from(glyph.width);
            if width > room {
                codes.truncate(shorter_end);
                return Some(self.end_in_ellipsis(shorter, codes));
            }
            codes.extend_from_slice(&glyph.code);
            fitted.width = width;
            if glyph.drawn != Drawn::Well {
                fitted.losses.add(glyph.drawn);
            }
            if width <= room_before_ellipsis {
                (shorter, shorter_end) = (fitted, codes.len());
            }
        }
        Some(fitted)
    }

    fn end_in_ellipsis(&self, mut shorter: Fitted, codes: &mut Vec<u8>) -> Fitted {
        let ellipsis = self.used[usize::from(ELLIPSIS_INDEX)];
        codes.extend_from_slice(&ellipsis.code);
        shorter.width += i32::from(ellipsis.width);
        shorter.losses.cut_cells = 1;
        shorter
    }

    #[inline]
    fn glyph(&mut self, character: char) -> Glyph {
        let index = self.index(visible(character));
        self.used[usize::from(index)]
    }

    #[inline]
    fn index(&mut self, character: char) -> u16 {
        let code = u32::from(character) as usize;
        let known = self.blocks[code / BLOCK].as_ref().map_or(0, |block| block[code % BLOCK]);
        if known > 0 { known - 1 } else { self.add(character) }
    }

    #[cold]
    fn add(&mut self, character: char) -> u16 {
        let place = u32::from(character) as usize;
        let next = self.used.len();
        let (Some(code), Ok(index)) = (code(next), u16::try_from(next)) else {
            return REPLACEMENT_INDEX;
        };
        let own_glyph =
            if character.is_control() { None } else { self.face.glyph_index(character) };
        let glyph = own_glyph.unwrap_or_else(|| self.replacement_glyph());
        let drawn = match own_glyph {
            None => Drawn::Unmapped,
            Some(_) if needs_shaping(character) => Drawn::Unshaped,
            // Somebody sent it, or it stands for a character that got no code.
            Some(_) if character == REPLACEMENT => Drawn::Unmapped,
            Some(_) => Drawn::Well,
        };
        let is_composed = is_composed(character);
        let character = if character.is_control() { REPLACEMENT } else { character };
        let (id, width) = (glyph.0, self.width(glyph));
        let block = self.blocks[place / BLOCK].get_or_insert_with(|| Box::new([0; BLOCK]));
        block[place % BLOCK] = index + 1;
        self.used.push(Glyph { character, id, width, code, drawn, is_composed });
        index
    }

    fn replacement_glyph(&self) -> GlyphId {
        self.face.glyph_index(REPLACEMENT).unwrap_or_default()
    }

    fn width(&self, glyph: GlyphId) -> u16 {
        let advance = u32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0));
        let units_per_em = u32::from(self.face.units_per_em());
        u16::try_from((advance * 1_000 + units_per_em / 2) / units_per_em).unwrap_or(u16::MAX)
    }
}

impl TextLosses {
    fn add(&mut self, drawn: Drawn) {
        match drawn {
            Drawn::Well => {}
            Drawn::Unmapped => self.unmapped_characters += 1,
            Drawn::Unshaped => self.unshaped_characters += 1,
        }
    }
}

/// A text of such characters only is in NFC: Unicode Standard Annex #15, section 9.
fn is_composed(character: char) -> bool {
    is_nfc_quick(std::iter::once(character)) == IsNormalized::Yes
        && canonical_combining_class(character) == 0
}

/// Line breaks and tabs become spaces: a row has one line.
fn visible(character: char) -> char {
    if matches!(character, '\n' | '\r' | '\t') { ' ' } else { character }
}

fn code(index: usize) -> Option<[u8; 2]> {
    let count = PLAIN_BYTES.len();
    (index < MAX_CODES).then(|| [PLAIN_BYTES[index / count], PLAIN_BYTES[index % count]])
}

const fn plain_bytes() -> [u8; 92] {
    let mut bytes = [0; 92];
    let (mut byte, mut count) = (b' ', 0);
    while byte <= b'~' {
        if byte != b'(' && byte != b')' && byte != b'\\' {
            bytes[count] = byte;
            count += 1;
        }
        byte += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENTY: i32 = 1_000_000;

    fn fit(text: &str, room: i32) -> (String, Fitted) {
        let mut glyphs = Glyphs::new().unwrap();
        let mut codes = Vec::new();
        let fitted = glyphs.fit(text, room, &mut codes);
        let character =
            |code: &[u8]| glyphs.used().iter().find(|glyph| glyph.code == code).unwrap().character;
        (codes.chunks(2).map(character).collect(), fitted)
    }

    #[test]
    fn turkish_greek_and_cyrillic_are_drawn_without_loss() {
        let text = "Iğdır'da şöyle çok güzel İş Ελληνικά Русский";
        let (drawn, fitted) = fit(text, PLENTY);
        assert_eq!((drawn.as_str(), fitted.losses), (text, TextLosses::default()));
    }

    #[test]
    fn a_text_that_does_not_fit_ends_in_an_ellipsis_and_stays_inside() {
        let (drawn, fitted) = fit("a rather long text", 5_000);
        assert!(
            drawn.ends_with('…') && "a rather long text".starts_with(drawn.trim_end_matches('…'))
        );
        assert!(fitted.width <= 5_000);
        assert_eq!(fitted.losses.cut_cells, 1);
    }

    #[test]
    fn a_text_that_just_fits_is_not_cut() {
        let width = Glyphs::new().unwrap().measure("fits", PLENTY);
        assert_eq!(fit("fits", width).0, "fits");
        assert_eq!(fit("fits", width - 1).1.losses.cut_cells, 1);
    }

    #[test]
    fn characters_without_a_glyph_keep_their_text_and_are_counted() {
        let (drawn, fitted) = fit("a漢字b\u{1}", PLENTY);
        assert_eq!(drawn, "a漢字b\u{fffd}");
        assert_eq!(fitted.losses.unmapped_characters, 3);
    }

    #[test]
    fn characters_that_need_shaping_are_counted() {
        assert_eq!(fit("سلام", PLENTY).1.losses.unshaped_characters, 4);
    }

    #[test]
    fn decomposed_text_is_composed() {
        let (drawn, fitted) = fit("s\u{327}g\u{306}", PLENTY);
        assert_eq!((drawn.as_str(), fitted.losses), ("şğ", TextLosses::default()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_drawn_is_the_composed_text(
            text in r"[a-z\u{e4}\u{ac00}-\u{ac20}\u{1100}-\u{1105}\u{1161}-\u{1165}\u{11a8}-\u{11ac}\u{300}-\u{304}\u{323}\u{327}\u{345}\u{5b0}\u{3b1}\u{212b}\u{fb00}]{0,12}"
        ) {
            let composed: String = text.nfc().collect();
            proptest::prop_assert_eq!(fit(&text, PLENTY).0, composed);
        }
    }

    #[test]
    fn a_character_gets_one_code_however_often_it_comes() {
        let mut glyphs = Glyphs::new().unwrap();
        glyphs.fit("aaabbbaaa", PLENTY, &mut Vec::new());
        let characters: Vec<_> = glyphs.used().iter().map(|glyph| glyph.character).collect();
        assert_eq!(characters, [REPLACEMENT, ELLIPSIS, 'a', 'b']);
    }

    #[test]
    fn more_characters_than_codes_are_counted_and_not_lost_in_silence() {
        let text: String = ('\u{4e00}'..='\u{9fff}').take(MAX_CODES + 10).collect();
        let (_, fitted) = fit(&text, i32::MAX);
        assert_eq!(fitted.losses.unmapped_characters, MAX_CODES as u64 + 10);
    }
}
