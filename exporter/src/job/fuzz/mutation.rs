//! Mutants: inputs with a few places changed, cut, repeated or crossed with others.

use std::ops::Range;

/// What JSON is made of, and what it must not have.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"\\",
    b"\\\"",
    b"\\u",
    b"\\ud83d",
    b"\\ude00",
    b"\\u0061",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"false",
    b"-",
    b"0",
    b"01",
    b"1e400",
    b"1.",
    b"\"a\":",
    b"\"b\":1",
    b",\"x\":1",
    b"},{",
    b" ",
    b"\n",
    b"\t",
    b"\x00",
    b"\x1f",
    b"\x7f",
    b"\xc3",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xc3\xa7",
];
/// Longest input: short ones are quick, and cut at every place sooner.
const MAX_INPUT_BYTES: usize = 400;

/// Numbers from a seed: `SplitMix64`.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).unwrap()
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let (one, other) = (self.below(length + 1), self.below(length + 1));
        one.min(other)..one.max(other)
    }
}

/// A mutant of one of the corpus.
pub(super) fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut input = random.one(corpus).clone();
    for _ in 0..=random.below(4) {
        let place = random.range(input.len());
        match random.below(7) {
            0 => {
                input.splice(place.start..place.start, random.one(TOKENS).iter().copied());
            }
            1 => {
                let end = input.len().min(place.start + 1);
                input.splice(place.start..end, random.one(TOKENS).iter().copied());
            }
            2 => {
                let end = input.len().min(place.start + 1 + random.below(4));
                input.drain(place.start..end);
            }
            3 => {
                let piece = input[place].to_vec();
                let at = random.below(input.len() + 1);
                input.splice(at..at, piece);
            }
            4 => {
                let other = random.one(corpus);
                let piece = other[random.range(other.len())].to_vec();
                input.splice(place, piece);
            }
            5 => {
                if let Some(byte) = input.get_mut(place.start) {
                    *byte ^= 1 << random.below(8);
                }
            }
            _ => input.truncate(place.end),
        }
        input.truncate(MAX_INPUT_BYTES);
    }
    input
}
