//! Numbers by the grammar of RFC 8259, section 6. They keep their digits: no value
//! is computed, so none is too large.

use super::{Scanner, Stop};

impl<'a> Scanner<'a> {
    /// Reads a number, and gives it as it was written.
    pub(in crate::job) fn number(&mut self) -> Result<&'a str, Stop> {
        let start = self.position;
        if self.next_byte()? == b'-' {
            self.position += 1;
        }
        match self.next_byte()? {
            b'0' => self.position += 1,
            _ => self.digits()?,
        }
        if self.next_byte()? == b'.' {
            self.position += 1;
            self.digits()?;
        }
        if matches!(self.next_byte()?, b'e' | b'E') {
            self.position += 1;
            if matches!(self.next_byte()?, b'+' | b'-') {
                self.position += 1;
            }
            self.digits()?;
        }
        // More digits, or anything else, are refused by what comes next.
        Ok(&self.text[start..self.position])
    }

    /// Reads at least one digit. Behind the last one of the text another could come.
    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.position;
        while self.next_byte()?.is_ascii_digit() {
            self.position += 1;
        }
        if self.position == start {
            return Err(self.unexpected("a digit of a number"));
        }
        Ok(())
    }
}
