//! A drawing of dots in characters: Braille patterns of two by four dots, or stars where a
//! terminal has no Unicode.

use super::table::Charset;

/// Dots of one character, and what it looks like with some of them.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    charset: Charset,
    columns: usize,
    rows: usize,
    /// The dots of each character, as the bits of Unicode's Braille patterns.
    cells: Vec<u8>,
}

/// Bits of the dots of a Braille pattern, by row and column (Unicode 16, chapter 21.1).
const BRAILLE_BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
/// The Braille pattern without a dot.
const BLANK_BRAILLE: u32 = 0x2800;

impl Canvas {
    pub(super) fn new(charset: Charset, columns: usize, rows: usize) -> Self {
        Self { charset, columns, rows, cells: vec![0; columns * rows] }
    }

    /// Dots from left to right.
    pub(super) fn width(&self) -> usize {
        self.columns * self.dots().0
    }

    /// Dots from bottom to top.
    pub(super) fn height(&self) -> usize {
        self.rows * self.dots().1
    }

    fn dots(&self) -> (usize, usize) {
        match self.charset {
            Charset::Unicode => (2, 4),
            Charset::Ascii => (1, 1),
        }
    }

    /// Sets a dot, counted from the left and from the bottom; outside there is nothing to set.
    pub(super) fn set(&mut self, (x, y): (usize, usize)) {
        if x >= self.width() || y >= self.height() {
            return;
        }
        let (wide, high) = self.dots();
        let from_top = self.height() - 1 - y;
        let cell = from_top / high * self.columns + x / wide;
        let bit = match self.charset {
            Charset::Unicode => BRAILLE_BITS[from_top % high][x % wide],
            Charset::Ascii => 1,
        };
        self.cells[cell] |= bit;
    }

    /// A line between two dots that stand at different places from left to right, or above
    /// each other.
    pub(super) fn line(&mut self, from: (usize, usize), to: (usize, usize)) {
        let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
        for step in 0..=steps {
            let between = |a: usize, b: usize| (a * (steps - step) + b * step + steps / 2) / steps;
            self.set((between(from.0, to.0), between(from.1, to.1)));
        }
    }

    /// The lines, from the top.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        let character = |bits: &u8| match (self.charset, bits) {
            (_, 0) => ' ',
            (Charset::Unicode, bits) => {
                char::from_u32(BLANK_BRAILLE + u32::from(*bits)).unwrap_or(' ')
            }
            (Charset::Ascii, _) => '*',
        };
        self.cells.chunks(self.columns.max(1)).map(move |row| row.iter().map(character).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(charset: Charset, from: (usize, usize), to: (usize, usize)) -> Vec<String> {
        let mut canvas = Canvas::new(charset, 4, 2);
        canvas.line(from, to);
        canvas.lines().collect()
    }

    #[test]
    fn a_line_goes_from_dot_to_dot() {
        assert_eq!(drawn(Charset::Ascii, (0, 0), (3, 1)), ["  **", "**  "]);
        assert_eq!(drawn(Charset::Unicode, (0, 0), (7, 7)), ["  ⡠⠊", "⡠⠊  "]);
        assert_eq!(drawn(Charset::Unicode, (3, 0), (3, 7)), [" ⢸  ", " ⢸  "]);
    }

    #[test]
    fn outside_there_is_nothing() {
        assert_eq!(drawn(Charset::Ascii, (9, 9), (9, 9)), ["    ", "    "]);
    }
}
