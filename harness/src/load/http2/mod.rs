//! One HTTP/2 connection, with one stream at a time, driven by the task that uses it.
//!
//! A slot has its own connection in HTTP/2 as in HTTP/1.1: streams do not wait for each
//! other, and nothing is shared. h2 is used directly, because it says what became of a
//! stream: one that the target refused, or did not come to before it went away, was not
//! processed and may be sent again (RFC 9113 §8.7).

mod body;
mod message;
mod upload;

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, Connection, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream};
use http::uri::{Authority, Scheme};
use http::{Request, Response};

use super::body_reader::BodyReader;
use super::exchange_error::ExchangeError;
use super::metered_stream::{Metered, MeteredStream};
use super::plan::PreparedRequest;
use super::wire::{AnswerHead, LARGEST_HEAD_BYTES, Stream, Unanswered};
use body::Http2Body;
use message::in_http2;
use upload::{Sent, Upload};

/// What a stream and a connection may send before it is read, bytes: enough that a window
/// is not what is measured.
const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 5 * 1024 * 1024;

/// An open connection.
pub(super) struct Http2 {
    sender: SendRequest<Bytes>,
    driver: Connection<MeteredStream, Bytes>,
    has_ended: bool,
    scheme: Scheme,
    authority: Authority,
    metered: Rc<Metered>,
    read_before: u64,
    sent: Rc<Sent>,
    stage: Stage,
}

/// How far the request is.
enum Stage {
    /// There is none.
    Idle,
    /// It is on its way, or its answer.
    Head(Pin<Box<dyn Future<Output = Result<Response<Http2Body>, Unanswered>>>>),
    /// The body of its answer comes in.
    Body(Box<Http2Body>),
}

impl Http2 {
    /// Begins to speak HTTP/2; no request is sent yet.
    pub(super) async fn over(
        stream: Stream,
        scheme: Scheme,
        authority: Authority,
    ) -> Result<Self, ExchangeError> {
        let mut builder = Builder::new();
        builder
            .initial_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_header_list_size(LARGEST_HEAD_BYTES)
            .enable_push(false);
        let metered = Rc::new(Metered::default());
        let stream = MeteredStream::new(stream, Rc::clone(&metered));
        let begun = builder.handshake(stream).await;
        let (sender, driver) = begun.map_err(|error| explained(&metered, error))?;
        Ok(Self {
            sender,
            driver,
            has_ended: false,
            scheme,
            authority,
            metered,
            read_before: 0,
            sent: Rc::new(Sent::new()),
            stage: Stage::Idle,
        })
    }

    /// Moves bytes in both directions; ready when the connection has ended.
    pub(super) fn poll_driver(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.has_ended {
            self.has_ended = Pin::new(&mut self.driver).poll(context).is_ready();
        }
        if self.has_ended { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Whether the target takes another stream.
    pub(super) fn is_ready(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        matches!(self.sender.poll_ready(&mut context), Poll::Ready(Ok(())))
    }

    /// Whether a byte came since the request was begun.
    pub(super) fn has_received(&self) -> bool {
        self.metered.bytes_read() > self.read_before
    }

    /// Bytes of the request's body that the target had room for.
    pub(super) fn sent_body_bytes(&self) -> u64 {
        self.sent.body_bytes()
    }

    /// When the last of the request was handed over, so far. What is written to the socket
    /// after it may be about the connection.
    pub(super) fn sent_at(&self) -> Instant {
        self.sent.at()
    }

    /// Takes a request; it moves only while the connection is polled.
    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.read_before = self.metered.bytes_read();
        self.sent = Rc::new(Sent::new());
        let so_far = Rc::clone(&self.sent);
        let (sender, metered) = (self.sender.clone(), Rc::clone(&self.metered));
        let prepared = in_http2(request.message(), &self.scheme, &self.authority);
        self.stage = Stage::Head(Box::pin(tokio::task::unconstrained(async move {
            let (request, body) = prepared.map_err(Unanswered::Failed)?;
            sent(sender, request, (body, so_far)).await.map_err(|error| unanswered(&metered, error))
        })));
    }

    /// Sends the request until the head of its answer comes.
    pub(super) fn poll_head(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<AnswerHead, Unanswered>> {
        // How it ended shows in the stream.
        let _ = self.poll_driver(context);
        let Stage::Head(head) = &mut self.stage else { return Poll::Pending };
        let (head, body) = ready!(head.as_mut().poll(context))?.into_parts();
        self.stage = Stage::Body(Box::new(body));
        let (status, headers) = (head.status.as_u16(), head.headers);
        Poll::Ready(Ok(AnswerHead { status, headers, idle_limit: None }))
    }

    /// Reads the body of the answer to the end of the stream.
    pub(super) fn poll_body(
        &mut self,
        reader: &mut BodyReader,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ExchangeError>> {
        let _ = self.poll_driver(context);
        let Stage::Body(body) = &mut self.stage else { return Poll::Pending };
        let result = ready!(body.poll_read(reader, context));
        self.stage = Stage::Idle;
        Poll::Ready(result.map_err(|error| explained(&self.metered, error)))
    }
}

/// What went wrong: where the socket failed, as it said it itself.
fn explained(metered: &Metered, error: h2::Error) -> ExchangeError {
    let of_socket = if error.is_io() { metered.take_failure() } else { None };
    of_socket.map_or(ExchangeError::Http2(error), ExchangeError::Broken)
}

fn unanswered(metered: &Metered, error: h2::Error) -> Unanswered {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    if error.is_remote() && (refused || error.is_go_away()) {
        return Unanswered::NotProcessed(ExchangeError::Http2(error));
    }
    Unanswered::Failed(explained(metered, error))
}

/// Sends a request until the head of its answer comes, which may be before its end.
async fn sent(
    sender: SendRequest<Bytes>,
    request: Request<()>,
    (body, so_far): (Bytes, Rc<Sent>),
) -> Result<Response<Http2Body>, h2::Error> {
    let mut sender = sender.ready().await?;
    let (mut answer, stream) = sender.send_request(request, body.is_empty())?;
    let mut upload = Upload::begin(stream, body, so_far);
    let head = std::future::poll_fn(|context| poll_head(&mut answer, &mut upload, context)).await?;
    Ok(head.map(|received| Http2Body::new(received, upload)))
}

fn poll_head(
    answer: &mut ResponseFuture,
    upload: &mut Upload,
    context: &mut Context<'_>,
) -> Poll<Result<Response<RecvStream>, h2::Error>> {
    // What ends the upload too early shows in the answer: it may be a refusal.
    let _ = upload.poll(context);
    Pin::new(answer).poll(context)
}
