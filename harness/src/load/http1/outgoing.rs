//! A request on its way out: head and body in as few writes as can be.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::AsyncWrite as _;

use super::encode;
use crate::load::plan::PreparedRequest;
use crate::load::wire::Stream;

/// A body up to this length goes out behind its head in one piece, bytes: copying so much
/// costs less than a second piece.
const SMALL_BODY_BYTES: usize = 8 * 1024;

/// A request on its way.
pub(super) struct Outgoing {
    /// The head, and a small body.
    head: Vec<u8>,
    /// Bytes of it that are no body.
    head_bytes: usize,
    /// A body that is shared, not copied.
    body: Bytes,
    written: usize,
    /// When the last of it was written, so far.
    written_at: Instant,
    is_flushed: bool,
    /// How writing ended too early. The answer may say why, so it is still awaited.
    failure: Option<io::Error>,
}

impl Outgoing {
    /// Nothing.
    pub(super) fn new() -> Self {
        Self {
            head: Vec::new(),
            head_bytes: 0,
            body: Bytes::new(),
            written: 0,
            written_at: Instant::now(),
            is_flushed: false,
            failure: None,
        }
    }

    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.head.clear();
        encode::push_head(request, &mut self.head);
        self.head_bytes = self.head.len();
        self.body = request.body.clone();
        if self.body.len() <= SMALL_BODY_BYTES {
            self.head.extend_from_slice(&self.body);
            self.body.clear();
        }
        (self.written, self.is_flushed, self.failure) = (0, false, None);
    }

    /// Whether not a byte of it went out.
    pub(super) fn is_unwritten(&self) -> bool {
        self.written == 0
    }

    /// Whether all of it went out.
    pub(super) fn is_flushed(&self) -> bool {
        self.is_flushed
    }

    /// Bytes of its body that went out, or that TLS took.
    pub(super) fn sent_body_bytes(&self) -> u64 {
        self.written.saturating_sub(self.head_bytes) as u64
    }

    /// When the last of it was written, so far.
    pub(super) fn written_at(&self) -> Instant {
        self.written_at
    }

    /// How writing ended too early, if it did, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Writes what can be written now.
    pub(super) fn send(&mut self, stream: &mut Stream, context: &mut Context<'_>) {
        if self.is_flushed || self.failure.is_some() {
            return;
        }
        match self.poll_send(stream, context) {
            Poll::Ready(Ok(())) => {
                self.is_flushed = true;
                // It went out: an idle connection must not hold it.
                self.body.clear();
            }
            Poll::Ready(Err(failure)) => self.failure = Some(failure),
            Poll::Pending => {}
        }
    }

    fn poll_send(
        &mut self,
        stream: &mut Stream,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut stream = Pin::new(stream);
        while self.written < self.head.len() + self.body.len() {
            let written = match self.written.checked_sub(self.head.len()) {
                Some(of_body) => stream.as_mut().poll_write(context, &self.body[of_body..]),
                None if self.body.is_empty() => {
                    stream.as_mut().poll_write(context, &self.head[self.written..])
                }
                None => {
                    let pieces = [&self.head[self.written..], &self.body[..]].map(IoSlice::new);
                    stream.as_mut().poll_write_vectored(context, &pieces)
                }
            };
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
            self.written_at = Instant::now();
        }
        stream.poll_flush(context)
    }
}
