//! Eight bytes in one step: which of them are a certain byte, or below one.
//!
//! From "Bit Twiddling Hacks" (S. E. Anderson, "Determine if a word has a byte equal
//! to n"): the lowest mark is exact, those above one may be wrong, because the
//! subtraction borrows from them.

/// Bytes in a word.
pub(super) const WORD: usize = size_of::<u64>();

/// The highest bit of each byte.
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// A word in memory order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word(u64);

impl Word {
    /// Of these bytes.
    #[inline]
    pub(super) const fn new(bytes: [u8; WORD]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// Marks of the bytes that are `byte`.
    #[inline]
    pub(super) const fn equal(self, byte: u8) -> u64 {
        Self(self.0 ^ repeat(byte)).below(1)
    }

    /// Marks of the bytes that are less than `bound`, which is at most 128.
    #[inline]
    pub(super) const fn below(self, bound: u8) -> u64 {
        self.0.wrapping_sub(repeat(bound)) & !self.0 & HIGH_BITS
    }
}

/// The place of the lowest mark.
#[inline]
pub(super) const fn first(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; WORD])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_mark_is_that_of_the_first_byte_sought() {
        for sought in [0, 1, b' ', b'"', b'\\', 0x7f, 0x80, 0xff] {
            for filler in (0..=255).filter(|filler| *filler != sought) {
                assert_eq!(Word::new([filler; WORD]).equal(sought), 0);
                for place in 0..WORD {
                    let mut bytes = [filler; WORD];
                    bytes[place..].fill(sought);
                    assert_eq!(first(Word::new(bytes).equal(sought)), place);
                }
            }
        }
    }

    #[test]
    fn the_lowest_mark_is_that_of_the_first_byte_below() {
        for byte in 0..=255 {
            let marks = Word::new([0x80, 0xff, b' ', byte, 0, b'a', 1, 2]).below(b' ');
            assert_eq!(first(marks), if byte < b' ' { 3 } else { 4 }, "{byte}");
        }
    }
}
