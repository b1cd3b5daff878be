//! Bytes that a connection has received and nobody has taken yet.
//!
//! One read into it for an answer of the usual length; it grows for those that are longer.
//! What the bytes mean, and how many are too many, others say.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use crate::load::malformed::Malformed;

/// Room at first, bytes: most heads with a small body, and little for ten thousand users.
const FIRST_BYTES: usize = 4 * 1024;
/// Most room that is made in order to read a long body in few pieces, bytes.
const LONG_READ_BYTES: usize = 64 * 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct ReadBuffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether the last read filled all of the room: there is probably more.
    was_filled: bool,
}

impl ReadBuffer {
    /// What was received and not taken, in order.
    pub(super) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Takes so many of the bytes.
    pub(super) fn take(&mut self, count: usize) {
        self.start += count;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Gives back the room of a long answer, where all of it was taken.
    pub(super) fn shrink(&mut self) {
        if self.start == self.end && self.bytes.len() > LONG_READ_BYTES {
            self.bytes = Vec::new();
        }
    }

    /// An error where what is not taken yet is longer than so many bytes.
    pub(super) fn is_within(&self, most: u32) -> Result<(), Malformed> {
        if self.unread().len() as u64 > u64::from(most) {
            return Err(Malformed::TooLong(most));
        }
        Ok(())
    }

    /// Reads once; 0 is the end of the stream.
    pub(super) fn poll_fill(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let mut room = ReadBuf::new(&mut self.bytes[self.end..]);
        ready!(Pin::new(stream).poll_read(context, &mut room))?;
        let read = room.filled().len();
        self.was_filled = room.remaining() == 0;
        self.end += read;
        Poll::Ready(Ok(read))
    }

    fn make_room(&mut self) {
        let length = self.bytes.len();
        let is_empty = self.start == self.end;
        if length == 0 {
            self.bytes.resize(FIRST_BYTES, 0);
        } else if is_empty && self.was_filled && length < LONG_READ_BYTES {
            self.bytes.resize(2 * length, 0);
        } else if self.end == length && self.start > 0 {
            self.bytes.copy_within(self.start.., 0);
            (self.start, self.end) = (0, self.end - self.start);
        } else if self.end == length {
            self.bytes.resize(2 * length, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn fill(buffer: &mut ReadBuffer, mut bytes: &[u8]) -> usize {
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(read) = buffer.poll_fill(&mut bytes, &mut context) else { panic!() };
        read.unwrap()
    }

    #[test]
    fn what_is_taken_is_gone_and_the_rest_stays_in_order() {
        let mut buffer = ReadBuffer::default();
        assert_eq!((fill(&mut buffer, b"abc"), buffer.unread()), (3, &b"abc"[..]));
        buffer.take(2);
        assert_eq!((fill(&mut buffer, b"de"), buffer.unread()), (2, &b"cde"[..]));
        buffer.take(3);
        assert_eq!((fill(&mut buffer, b""), buffer.unread()), (0, &b""[..]));
    }

    #[test]
    fn it_grows_for_what_is_not_taken_and_to_a_limit_for_what_is() {
        let long = vec![b'x'; 1_000_000];
        let mut kept = ReadBuffer::default();
        while kept.unread().len() < 300_000 {
            fill(&mut kept, &long);
        }
        assert!(kept.is_within(300_000).is_err());
        assert!(kept.unread().iter().all(|byte| *byte == b'x'));
        let mut passed = ReadBuffer::default();
        for _ in 0..100 {
            let read = fill(&mut passed, &long);
            passed.take(read);
        }
        assert_eq!(passed.bytes.len(), LONG_READ_BYTES);
    }

    #[test]
    fn room_is_made_by_moving_before_it_is_made_by_growing() {
        let mut buffer = ReadBuffer::default();
        fill(&mut buffer, &vec![b'x'; FIRST_BYTES]);
        buffer.take(FIRST_BYTES - 1);
        assert_eq!(fill(&mut buffer, b"y"), 1);
        assert_eq!((buffer.unread(), buffer.bytes.len()), (&b"xy"[..], FIRST_BYTES));
    }
}
