//! One connection, HTTP/1.1 or HTTP/2, driven by the same task that uses it: one task wakes
//! for each event of the socket, instead of two that wake each other.

use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use super::body_reader::BodyReader;
use super::dial::Dial;
use super::exchange_error::ExchangeError;
use super::http1::Http1;
use super::http2::Http2;
use super::plan::PreparedRequest;
use super::wire::{Agreed, AnswerHead, Stream, Unanswered};

/// How much earlier than a server's own announced idle time-out a connection is
/// given up: the announcement is in whole seconds, and the network takes time.
const IDLE_MARGIN: Duration = Duration::from_millis(100);
/// An open connection.
pub(super) struct Connection {
    protocol: Protocol,
    keep_alive: bool,
    ended: bool,
    exchanges: u64,
    /// As the server has announced it, once or with each answer.
    idle_limit: Option<Duration>,
    idle_until: Option<Instant>,
}

/// What is spoken on it.
enum Protocol {
    Http1(Box<Http1>),
    Http2(Box<Http2>),
}

impl Connection {
    /// Speaks HTTP over a stream, in the version that was agreed on; nothing is sent yet.
    pub(super) async fn over(
        stream: Stream,
        version: Agreed,
        dial: &Dial,
    ) -> Result<Self, ExchangeError> {
        let protocol = match version {
            Agreed::Http1 => Protocol::Http1(Box::new(Http1::over(stream))),
            Agreed::Http2 => {
                let open = Http2::over(stream, dial.scheme(), dial.authority.clone());
                Protocol::Http2(Box::new(open.await?))
            }
        };
        let keep_alive = dial.keep_alive;
        Ok(Self {
            protocol,
            keep_alive,
            ended: false,
            exchanges: 0,
            idle_limit: None,
            idle_until: None,
        })
    }

    /// Looks after a connection on which no request is on its way; notices when the other
    /// side has closed it.
    pub(super) fn tend(&mut self, context: &mut Context<'_>) {
        if self.ended {
            return;
        }
        self.ended = match &mut self.protocol {
            Protocol::Http1(open) => open.poll_ended(context).is_ready(),
            Protocol::Http2(open) => open.poll_driver(context).is_ready(),
        };
    }

    /// Whether the other side has closed it, or something went wrong on it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether bytes came on it while no request was on its way. Frames of HTTP/2 have an
    /// addressee each.
    pub(super) fn came_unasked(&self) -> bool {
        matches!(&self.protocol, Protocol::Http1(open) if open.came_unasked())
    }

    /// Whether nothing but its end told the end of the answer, which may have been cut.
    pub(super) fn may_be_cut(&self) -> bool {
        matches!(&self.protocol, Protocol::Http1(open) if open.may_be_cut())
    }

    /// Whether another request can be sent on it now.
    pub(super) fn is_usable(&mut self, now: Instant) -> bool {
        // Without a waker: the caller sends or drops it before it waits again.
        self.tend(&mut Context::from_waker(Waker::noop()));
        let expired = self.idle_until.is_some_and(|until| now >= until);
        !self.ended && !expired && (self.exchanges == 0 || self.is_ready())
    }

    fn is_ready(&mut self) -> bool {
        match &mut self.protocol {
            Protocol::Http1(open) => open.is_reusable(),
            Protocol::Http2(open) => open.is_ready(),
        }
    }

    /// Whether a request was sent on it before.
    pub(super) fn is_reused(&self) -> bool {
        self.exchanges > 1
    }

    /// Whether it may be kept for another request. One that cannot be used again is closed:
    /// its target may wait for that.
    pub(super) fn is_kept(&self) -> bool {
        self.keep_alive
            && match &self.protocol {
                Protocol::Http1(open) => open.is_reusable(),
                Protocol::Http2(_) => true,
            }
    }

    /// Whether a byte came since the request was begun.
    pub(super) fn has_received(&self) -> bool {
        match &self.protocol {
            Protocol::Http1(open) => open.has_received(),
            Protocol::Http2(open) => open.has_received(),
        }
    }

    /// Bytes of the request's body that went out.
    pub(super) fn sent_body_bytes(&self) -> u64 {
        match &self.protocol {
            Protocol::Http1(open) => open.sent_body_bytes(),
            Protocol::Http2(open) => open.sent_body_bytes(),
        }
    }

    /// When the last of the request went out, so far.
    pub(super) fn sent_at(&self) -> Instant {
        match &self.protocol {
            Protocol::Http1(open) => open.sent_at(),
            Protocol::Http2(open) => open.sent_at(),
        }
    }

    /// Takes a request; it moves only while its answer is polled.
    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.exchanges += 1;
        match &mut self.protocol {
            Protocol::Http1(open) => open.begin(request),
            Protocol::Http2(open) => open.begin(request),
        }
    }

    /// Sends the request and reads the head of its answer.
    pub(super) fn poll_head(
        &mut self,
        request: &PreparedRequest,
        context: &mut Context<'_>,
    ) -> Poll<Result<AnswerHead, Unanswered>> {
        match &mut self.protocol {
            Protocol::Http1(open) => open.poll_head(request, context),
            Protocol::Http2(open) => open.poll_head(context),
        }
    }

    /// Reads the body of the answer to the last byte; trailers are passed over.
    pub(super) fn poll_body(
        &mut self,
        reader: &mut BodyReader,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ExchangeError>> {
        match &mut self.protocol {
            Protocol::Http1(open) => open.poll_body(reader, context),
            Protocol::Http2(open) => open.poll_body(reader, context),
        }
    }

    /// Notes how long the server keeps the connection when idle, if it says so.
    pub(super) fn note_idle_limit(&mut self, limit: Option<Duration>, now: Instant) {
        self.idle_limit = limit.or(self.idle_limit);
        let margin = |limit: Duration| limit.saturating_sub(IDLE_MARGIN);
        self.idle_until = self.idle_limit.and_then(|limit| now.checked_add(margin(limit)));
    }
}
