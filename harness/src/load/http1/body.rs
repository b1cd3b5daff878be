//! The body of an answer as it stands on the wire (RFC 9112 §6, §7.1): where it ends, and
//! which of the bytes are content. Trailers are read and passed over.

use httparse::{EMPTY_HEADER, Status};

use super::head::MOST_HEADERS;
use crate::load::malformed::Malformed;

/// What is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    Done,
    /// So many bytes; at least 1.
    Left(u64),
    /// Chunks, from here on.
    Chunked(Chunked),
    /// Whatever comes before the connection is closed.
    UntilClose,
}

/// Where in a chunked body the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunked {
    /// In the line with a chunk's length.
    Size,
    /// In its content, of which so many bytes are to come.
    Content(u64),
    /// In the line break behind its content.
    End,
    /// Behind the last chunk.
    Trailers,
}

impl Body {
    /// A body of so many bytes.
    pub(super) fn of_length(bytes: u64) -> Self {
        if bytes == 0 { Self::Done } else { Self::Left(bytes) }
    }

    /// Hands over the content among these bytes, and tells how many of them were taken: all
    /// that belong to the body, but for an unfinished line.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<usize, Malformed> {
        match self {
            Self::Done => Ok(0),
            Self::UntilClose => {
                content(bytes);
                Ok(bytes.len())
            }
            Self::Left(left) => {
                let (piece, rest) = split(bytes, *left);
                content(piece);
                *self = Self::of_length(rest);
                Ok(piece.len())
            }
            Self::Chunked(_) => self.take_chunks(bytes, content),
        }
    }

    fn take_chunks(
        &mut self,
        bytes: &[u8],
        mut content: impl FnMut(&[u8]),
    ) -> Result<usize, Malformed> {
        let mut taken = 0;
        while let Self::Chunked(at) = *self {
            let Some((count, next)) = at.step(&bytes[taken..], &mut content)? else { break };
            taken += count;
            *self = next;
        }
        Ok(taken)
    }
}

impl Chunked {
    /// Takes one part of the body: how many bytes it has, and what comes after it; `None`
    /// where it is not all there.
    fn step(
        self,
        bytes: &[u8],
        content: &mut impl FnMut(&[u8]),
    ) -> Result<Option<(usize, Body)>, Malformed> {
        Ok(match self {
            // Nothing at all would be read as 0: the end of a body that was cut off.
            Self::Size if bytes.first().is_some_and(|first| !first.is_ascii_hexdigit()) => {
                return Err(Malformed::Chunk);
            }
            Self::Size => match httparse::parse_chunk_size(bytes)? {
                Status::Partial => None,
                Status::Complete((count, 0)) => Some((count, Body::Chunked(Self::Trailers))),
                Status::Complete((count, size)) => {
                    Some((count, Body::Chunked(Self::Content(size))))
                }
            },
            Self::Content(_) if bytes.is_empty() => None,
            Self::Content(left) => {
                let (piece, rest) = split(bytes, left);
                content(piece);
                let next = if rest == 0 { Self::End } else { Self::Content(rest) };
                Some((piece.len(), Body::Chunked(next)))
            }
            Self::End => match bytes {
                [] | [b'\r'] => None,
                [b'\r', b'\n', ..] => Some((2, Body::Chunked(Self::Size))),
                _ => return Err(Malformed::Chunk),
            },
            Self::Trailers => {
                let mut room = [EMPTY_HEADER; MOST_HEADERS];
                match httparse::parse_headers(bytes, &mut room)? {
                    Status::Partial => None,
                    Status::Complete((count, _)) => Some((count, Body::Done)),
                }
            }
        })
    }
}

/// The first of these bytes, at most so many, and how many are left to come.
fn split(bytes: &[u8], left: u64) -> (&[u8], u64) {
    let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
    (&bytes[..count], left - count as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of a body that comes in pieces of so many bytes, and what is left over.
    fn read(mut body: Body, wire: &[u8], piece: usize) -> Result<(Vec<u8>, usize), Malformed> {
        let (mut unread, mut content) = (Vec::new(), Vec::new());
        for piece in wire.chunks(piece) {
            unread.extend_from_slice(piece);
            let taken = body.take(&unread, |some| content.extend_from_slice(some))?;
            unread.drain(..taken);
        }
        if body == Body::Done || body == Body::UntilClose {
            return Ok((content, unread.len()));
        }
        panic!("{body:?} after {content:?}")
    }

    const CHUNKED: Body = Body::Chunked(Chunked::Size);

    #[test]
    fn content_is_the_same_however_it_comes_in() {
        let chunks = b"5\r\nhello\r\n6;a=b\r\n world\r\n000\r\nx-sum: 1\r\n\r\nHTTP";
        for piece in 1..=chunks.len() {
            assert_eq!(read(CHUNKED, chunks, piece), Ok((b"hello world".to_vec(), 4)), "{piece}");
            assert_eq!(read(Body::Left(3), b"abcd", piece), Ok((b"abc".to_vec(), 1)));
            assert_eq!(read(Body::UntilClose, b"abcd", piece), Ok((b"abcd".to_vec(), 0)));
            assert_eq!(read(Body::Done, b"abcd", piece), Ok((Vec::new(), 4)));
        }
        assert_eq!(read(CHUNKED, b"0\r\n\r\n", 1), Ok((Vec::new(), 0)));
    }

    #[test]
    fn chunks_that_are_none_are_told() {
        for wire in [
            &b"x\r\n"[..],
            b"-1\r\n",
            b"\r\n",
            b"fffffffffffffffff\r\n",
            b"2\r\nabc\r\n",
            b"2\r\nab\rc",
            b"0\r\na b: c\r\n\r\n",
        ] {
            for piece in [1, wire.len()] {
                assert!(read(CHUNKED, wire, piece).is_err(), "{wire:?}");
            }
        }
    }
}
