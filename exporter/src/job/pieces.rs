//! A body that lies in memory, as if it came from the network.

use bytes::Bytes;

use super::ByteSource;
use crate::problem::Problem;

/// The rest of a body, and how long its next piece is: at least a byte.
pub(crate) struct Pieces<L> {
    rest: Bytes,
    next_length: L,
}

impl<L: FnMut() -> usize> Pieces<L> {
    pub(crate) fn new(body: Bytes, next_length: L) -> Self {
        Self { rest: body, next_length }
    }
}

impl<L: FnMut() -> usize> ByteSource for Pieces<L> {
    fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let length = (self.next_length)().min(self.rest.len());
        Ok((length > 0).then(|| self.rest.split_to(length)))
    }

    fn held_bytes(&self) -> usize {
        0
    }
}
