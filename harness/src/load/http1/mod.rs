//! One HTTP/1.1 connection, driven by the task that uses it: a request is one write, an
//! answer is read where it comes in.
//!
//! Ours, because a client for everybody costs what a generator does not need: a channel
//! between the task that asks and the one that drives, a map of headers for answers of which
//! only the status is judged. A message is read strictly and by the rules of RFC 9112; what
//! an answer means is for others to say. Nothing is sent twice here, and one request at a
//! time is on its way.

#[cfg(test)]
mod against_hyper;
mod body;
mod encode;
mod head;
mod read_buffer;

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio_util::either::Either;

use super::body_reader::BodyReader;
use super::exchange_error::ExchangeError;
use super::malformed::{Incomplete, Malformed};
use super::plan::PreparedRequest;
use super::wire::{AnswerHead, LARGEST_HEAD_BYTES, Stream, Unanswered};
use body::Body;
use read_buffer::ReadBuffer;

/// A body up to this length goes out behind its head in one piece, bytes: copying so much
/// costs less than a second piece.
const SMALL_BODY_BYTES: usize = 8 * 1024;

/// An open connection.
pub(super) struct Http1 {
    stream: Stream,
    request: Outgoing,
    received: ReadBuffer,
    /// Bytes received since the request was begun.
    received_bytes: u64,
    /// What is still to come of the answer.
    answer: Body,
    /// Whether the target keeps the connection after the answer.
    keeps_open: bool,
}

/// A request on its way.
struct Outgoing {
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

impl Http1 {
    /// Speaks HTTP/1.1 over a stream; nothing is sent yet.
    pub(super) fn over(stream: Stream) -> Self {
        Self {
            stream,
            request: Outgoing::new(),
            received: ReadBuffer::default(),
            received_bytes: 0,
            answer: Body::Done,
            keeps_open: true,
        }
    }

    /// Looks whether the other side has ended a connection on which nothing is on its way.
    /// Whatever comes without having been asked for ends it as well.
    pub(super) fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.received.poll_fill(&mut self.stream, context).map(|_| ())
    }

    /// Makes a request ready to go out; it moves only while its answer is polled.
    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.received_bytes = 0;
        self.received.shrink();
        // Whatever comes, until its head says more.
        self.answer = Body::UntilClose;
        self.request.begin(request);
    }

    /// Whether a byte came since the request was begun.
    pub(super) fn has_received(&self) -> bool {
        self.received_bytes > 0
    }

    /// Bytes of the request's body that went out, or that TLS took.
    pub(super) fn sent_body_bytes(&self) -> u64 {
        self.request.written.saturating_sub(self.request.head_bytes) as u64
    }

    /// When the last of the request was written, so far.
    pub(super) fn sent_at(&self) -> Instant {
        self.request.written_at
    }

    /// Sends the request as far as it goes, and reads the head of its answer; answers before
    /// the final one are passed over (RFC 9110 §15.2).
    pub(super) fn poll_head(
        &mut self,
        request: &PreparedRequest,
        context: &mut Context<'_>,
    ) -> Poll<Result<AnswerHead, Unanswered>> {
        self.request.send(&mut self.stream, context);
        loop {
            match self.take_head(request) {
                Ok(Some(head)) => return Poll::Ready(Ok(head)),
                Ok(None) => {}
                Err(malformed) => return Poll::Ready(Err(Unanswered::Failed(malformed.into()))),
            }
            if let Err(ended) = ready!(self.poll_more(context)) {
                // What TLS took may be on its way, whatever it says of the whole.
                let unwritten = self.request.written == 0
                    && !self.has_received()
                    && matches!(self.stream, Either::Left(_));
                let reason = if unwritten { Unanswered::NotWritten } else { Unanswered::Failed };
                return Poll::Ready(Err(reason(ended)));
            }
        }
    }

    /// Reads the body of the answer to its end. What is left of the request still goes out.
    pub(super) fn poll_body(
        &mut self,
        reader: &mut BodyReader,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ExchangeError>> {
        self.request.send(&mut self.stream, context);
        loop {
            let taken = self.answer.take(self.received.unread(), |piece| reader.take(piece))?;
            self.received.take(taken);
            if self.answer == Body::Done {
                return Poll::Ready(Ok(()));
            }
            self.received.is_within(LARGEST_HEAD_BYTES)?;
            match ready!(self.poll_more(context)) {
                Err(ExchangeError::Incomplete(_)) if self.answer == Body::UntilClose => {
                    self.answer = Body::Done;
                }
                result => result?,
            }
        }
    }

    /// Whether another request can be sent on it after the answer: all of both went over,
    /// and nothing more.
    pub(super) fn is_reusable(&self) -> bool {
        self.keeps_open && self.request.is_flushed && self.received.unread().is_empty()
    }

    fn take_head(&mut self, request: &PreparedRequest) -> Result<Option<AnswerHead>, Malformed> {
        while !self.received.unread().is_empty() {
            let Some(head) = head::parse(self.received.unread(), request)? else {
                self.received.is_within(LARGEST_HEAD_BYTES)?;
                return Ok(None);
            };
            self.received.take(head.bytes);
            if !head.is_interim() {
                self.answer = head.body;
                self.keeps_open = head.keeps_open && !request.closes();
                return Ok(Some(head.answer));
            }
        }
        Ok(None)
    }

    /// Receives at least a byte.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ExchangeError>> {
        let result = ready!(self.received.poll_fill(&mut self.stream, context));
        Poll::Ready(match result {
            Ok(0) => Err(match self.request.failure.take() {
                Some(failure) => ExchangeError::Broken(failure),
                None => ExchangeError::Incomplete(self.incomplete()),
            }),
            Ok(read) => {
                self.received_bytes += read as u64;
                Ok(())
            }
            Err(error) => Err(ExchangeError::Broken(error)),
        })
    }

    fn incomplete(&self) -> Incomplete {
        match self.answer {
            _ if !self.has_received() => Incomplete::Nothing,
            Body::UntilClose => Incomplete::Head,
            _ => Incomplete::Body,
        }
    }
}

impl Outgoing {
    /// Nothing.
    fn new() -> Self {
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

    fn begin(&mut self, request: &PreparedRequest) {
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

    /// Writes what can be written now.
    fn send(&mut self, stream: &mut Stream, context: &mut Context<'_>) {
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
