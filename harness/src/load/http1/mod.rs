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
mod outgoing;
mod read_buffer;

use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio_util::either::Either;

use super::body_reader::BodyReader;
use super::exchange_error::ExchangeError;
use super::malformed::{Incomplete, Malformed};
use super::plan::PreparedRequest;
use super::wire::{AnswerHead, LARGEST_HEAD_BYTES, Stream, Unanswered};
use body::Body;
use outgoing::Outgoing;
use read_buffer::ReadBuffer;

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
    /// Whether the end of the connection was the end of the answer.
    ended_by_close: bool,
    /// Whether bytes came while no request was on its way.
    came_unasked: bool,
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
            ended_by_close: false,
            came_unasked: false,
        }
    }

    /// Looks whether the other side has ended a connection on which nothing is on its way.
    /// Whatever comes without having been asked for ends it as well.
    pub(super) fn poll_ended(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let read = ready!(self.received.poll_fill(&mut self.stream, context));
        self.came_unasked |= matches!(read, Ok(1..));
        Poll::Ready(())
    }

    /// Whether bytes came while no request was on its way.
    pub(super) fn came_unasked(&self) -> bool {
        self.came_unasked
    }

    /// Whether nothing but the end of the connection told the end of the answer, so that it
    /// may have been cut. TLS tells its own end from a cut.
    pub(super) fn may_be_cut(&self) -> bool {
        self.ended_by_close && matches!(self.stream, Either::Left(_))
    }

    /// Makes a request ready to go out; it moves only while its answer is polled.
    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.received_bytes = 0;
        self.ended_by_close = false;
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
        self.request.sent_body_bytes()
    }

    /// When the last of the request was written, so far.
    pub(super) fn sent_at(&self) -> Instant {
        self.request.written_at()
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
                let unwritten = self.request.is_unwritten()
                    && !self.has_received()
                    && matches!(self.stream, Either::Left(_));
                let reason = if unwritten { Unanswered::NotWritten } else { Unanswered::Failed };
                return Poll::Ready(Err(reason(ended)));
            }
        }
    }

    /// Reads the body of the answer to its end. What is left of the request still goes out.
    /// What was received with the end and lies behind it is excess; what comes later is
    /// nobody's.
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
                return Poll::Ready(self.without_excess());
            }
            self.received.is_within(LARGEST_HEAD_BYTES)?;
            match ready!(self.poll_more(context)) {
                Err(ExchangeError::Incomplete(_)) if self.answer == Body::UntilClose => {
                    self.answer = Body::Done;
                    self.ended_by_close = true;
                }
                result => result?,
            }
        }
    }

    /// Whether another request can be sent on it after the answer: all of both went over,
    /// and nothing more.
    pub(super) fn is_reusable(&self) -> bool {
        self.keeps_open && self.request.is_flushed() && self.received.unread().is_empty()
    }

    fn without_excess(&self) -> Result<(), ExchangeError> {
        match self.received.unread().len() {
            0 => Ok(()),
            excess => Err(ExchangeError::Excess(excess)),
        }
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
            Ok(0) => Err(match self.request.take_failure() {
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
