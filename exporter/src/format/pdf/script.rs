//! Which characters come out wrong when each is drawn by itself, left to right.
//!
//! A font may well have glyphs for them, so a look at the font does not tell:
//! these scripts join, reorder or stack letters, or run from right to left. They
//! are drawn all the same, and counted.

/// Blocks of scripts that need shaping or run from right to left, and invisible
/// characters that steer them (Unicode 15, Blocks.txt).
const NEED_SHAPING: &[(u32, u32)] = &[
    (0x0590, 0x08FF),     // Hebrew, Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic
    (0x0900, 0x0DFF),     // Devanagari to Sinhala
    (0x0E00, 0x0FFF),     // Thai, Lao, Tibetan
    (0x1000, 0x109F),     // Myanmar
    (0x1100, 0x11FF),     // Hangul jamo
    (0x1700, 0x18AF),     // Philippine scripts, Khmer, Mongolian
    (0x1900, 0x1CFF),     // Limbu to Vedic extensions
    (0x200C, 0x200F),     // joiners and direction marks
    (0x202A, 0x202E),     // direction embeddings
    (0x2066, 0x2069),     // direction isolates
    (0xA800, 0xABFF),     // Syloti Nagri to Meetei Mayek
    (0xFB1D, 0xFDFF),     // Hebrew and Arabic presentation forms
    (0xFE00, 0xFE0F),     // variation selectors
    (0xFE70, 0xFEFE),     // Arabic presentation forms B
    (0x1_0800, 0x1_11FF), // right-to-left and Indic scripts of the supplementary plane
    (0x1_1200, 0x1_1FFF), // more Indic scripts
    (0x1_E800, 0x1_EFFF), // Mende Kikakui, Adlam, Arabic mathematical letters
    (0xE_0100, 0xE_01EF), // more variation selectors
];

/// Whether the character needs more than its glyph. Combining marks do; text is
/// composed before, so that only marks without a composed letter are left.
pub(super) fn needs_shaping(character: char) -> bool {
    let code = u32::from(character);
    if code < 0x0300 {
        return false;
    }
    NEED_SHAPING.iter().any(|(first, last)| (*first..=*last).contains(&code))
        || unicode_normalization::char::is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_greek_and_cyrillic_stand_by_themselves() {
        assert!(!"ğüşıöçĞÜŞİÖÇ αβγΩάή абвЖё 漢字 — “”…€".chars().any(needs_shaping));
    }

    #[test]
    fn arabic_hebrew_indic_thai_and_lone_marks_need_shaping() {
        assert!("سلامשלוםनमสวัсٱ\u{0301}\u{200d}".chars().filter(|c| *c != 'с').all(needs_shaping));
    }
}
