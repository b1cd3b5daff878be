//! Any value, as the text of its tokens.
//!
//! No recursion: a deep value costs a byte a level, not the stack.

use super::{Scanner, Stop};

impl<'a> Scanner<'a> {
    /// Reads a value and hands on the text of each token, without white space.
    pub(in crate::job) fn value(&mut self, mut token: impl FnMut(&'a str)) -> Result<(), Stop> {
        let mut open = Vec::new();
        loop {
            let first = self.peek()?;
            let is_complete = if matches!(first, b'{' | b'[') {
                token(self.take_byte());
                open.push(first);
                self.begins_empty(first, &mut token)?
            } else {
                token(self.scalar()?);
                true
            };
            if is_complete && self.close(&mut open, &mut token)? {
                return Ok(());
            }
        }
    }

    /// What follows an opening bracket: a closing one is left for [`Self::close`].
    fn begins_empty(&mut self, opening: u8, token: &mut impl FnMut(&'a str)) -> Result<bool, Stop> {
        if self.peek()? == closing(opening) {
            return Ok(true);
        }
        if opening == b'{' {
            self.key(token)?;
        }
        Ok(false)
    }

    /// Closes what is complete; whether everything is. Otherwise a value follows.
    fn close(&mut self, open: &mut Vec<u8>, token: &mut impl FnMut(&'a str)) -> Result<bool, Stop> {
        while let Some(opening) = open.last().copied() {
            let found = self.peek()?;
            if found == closing(opening) {
                token(self.take_byte());
                open.pop();
            } else if found == b',' {
                token(self.take_byte());
                if opening == b'{' {
                    self.key(token)?;
                }
                return Ok(false);
            } else {
                let end = char::from(closing(opening));
                return Err(self.unexpected(&format!("`,` or `{end}`")));
            }
        }
        Ok(true)
    }

    fn key(&mut self, token: &mut impl FnMut(&'a str)) -> Result<(), Stop> {
        if self.peek()? != b'"' {
            return Err(self.unexpected("a key"));
        }
        token(self.string()?.written());
        self.expect(b':', "`:` after a key")?;
        token(":");
        Ok(())
    }

    fn scalar(&mut self) -> Result<&'a str, Stop> {
        match self.next_byte()? {
            b'"' => Ok(self.string()?.written()),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Reads the byte that was peeked at.
    fn take_byte(&mut self) -> &'a str {
        let start = self.position;
        self.position += 1;
        &self.text[start..self.position]
    }
}

fn closing(opening: u8) -> u8 {
    if opening == b'{' { b'}' } else { b']' }
}
