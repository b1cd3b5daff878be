//! What goes out of a request: its body, as far as the target's window goes.

use std::cell::Cell;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use h2::SendStream;

/// What went out of a request: what the target had room for.
pub(super) struct Sent {
    body_bytes: Cell<u64>,
    /// When the last of it was handed over; of a request without a body, its head.
    at: Cell<Instant>,
}

impl Sent {
    pub(super) fn new() -> Self {
        Self { body_bytes: Cell::new(0), at: Cell::new(Instant::now()) }
    }

    pub(super) fn body_bytes(&self) -> u64 {
        self.body_bytes.get()
    }

    pub(super) fn at(&self) -> Instant {
        self.at.get()
    }

    fn add(&self, bytes: u64) {
        self.body_bytes.set(self.body_bytes.get() + bytes);
        self.at.set(Instant::now());
    }
}

/// A body on its way to the target, as far as the target's window goes.
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    left: Bytes,
    so_far: Rc<Sent>,
}

impl Upload {
    /// The head has gone out.
    pub(super) fn begin(stream: SendStream<Bytes>, left: Bytes, so_far: Rc<Sent>) -> Self {
        so_far.at.set(Instant::now());
        Self { stream, left, so_far }
    }

    /// Ready when there is nothing more to send, or nobody who takes it.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.left.is_empty() {
            self.stream.reserve_capacity(self.left.len());
            while self.stream.capacity() == 0 {
                match ready!(self.stream.poll_capacity(context)) {
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return self.give_up(),
                }
            }
            let piece = self.left.split_to(self.stream.capacity().min(self.left.len()));
            let (is_last, bytes) = (self.left.is_empty(), piece.len() as u64);
            if self.stream.send_data(piece, is_last).is_err() {
                return self.give_up();
            }
            self.so_far.add(bytes);
        }
        Poll::Ready(())
    }

    fn give_up(&mut self) -> Poll<()> {
        self.left.clear();
        Poll::Ready(())
    }
}
