//! One HTTP/2 connection, with one stream at a time, driven by the task that uses it.
//!
//! A slot has its own connection in HTTP/2 as in HTTP/1.1: streams do not wait for each
//! other, and nothing is shared. h2 is used directly, because it says what became of a
//! stream: one that the target refused, or did not come to before it went away, was not
//! processed and may be sent again (RFC 9113 §8.7).

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::Bytes;
use h2::client::{Builder, Connection, ResponseFuture, SendRequest};
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE, TRANSFER_ENCODING, UPGRADE};
use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, Request, Response, Uri};

use super::body_reader::BodyReader;
use super::exchange_error::ExchangeError;
use super::metered_stream::MeteredStream;
use super::plan::PreparedRequest;
use super::wire::{AnswerHead, LARGEST_HEAD_BYTES, Stream, Unanswered};

/// What a stream and a connection may send before it is read, bytes: enough that a window
/// is not what is measured.
const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 5 * 1024 * 1024;
/// Headers about a connection, which HTTP/2 does not have (RFC 9113 §8.2.2).
const OF_A_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// An open connection.
pub(super) struct Http2 {
    sender: SendRequest<Bytes>,
    driver: Connection<MeteredStream, Bytes>,
    has_ended: bool,
    scheme: Scheme,
    authority: Authority,
    bytes_read: Rc<Cell<u64>>,
    read_before: u64,
    sent: Rc<Sent>,
    stage: Stage,
}

/// What went out of a request: what the target had room for.
struct Sent {
    body_bytes: Cell<u64>,
    /// When the last of it was handed over; of a request without a body, its head.
    at: Cell<Instant>,
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

impl Sent {
    fn new() -> Self {
        Self { body_bytes: Cell::new(0), at: Cell::new(Instant::now()) }
    }

    fn add(&self, bytes: u64) {
        self.body_bytes.set(self.body_bytes.get() + bytes);
        self.at.set(Instant::now());
    }
}

impl Http2 {
    /// Begins to speak HTTP/2; no request is sent yet.
    pub(super) async fn over(
        stream: Stream,
        scheme: Scheme,
        authority: Authority,
    ) -> io::Result<Self> {
        let mut builder = Builder::new();
        builder
            .initial_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_header_list_size(LARGEST_HEAD_BYTES)
            .enable_push(false);
        let bytes_read = Rc::new(Cell::new(0));
        let stream = MeteredStream::new(stream, Rc::clone(&bytes_read));
        let (sender, driver) = builder.handshake(stream).await.map_err(io::Error::other)?;
        Ok(Self {
            sender,
            driver,
            has_ended: false,
            scheme,
            authority,
            bytes_read,
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
        self.bytes_read.get() > self.read_before
    }

    /// Bytes of the request's body that the target had room for.
    pub(super) fn sent_body_bytes(&self) -> u64 {
        self.sent.body_bytes.get()
    }

    /// When the last of the request was handed over, so far. What is written to the socket
    /// after it may be about the connection.
    pub(super) fn sent_at(&self) -> Instant {
        self.sent.at.get()
    }

    /// Takes a request; it moves only while the connection is polled.
    pub(super) fn begin(&mut self, request: &PreparedRequest) {
        self.read_before = self.bytes_read.get();
        self.sent = Rc::new(Sent::new());
        let so_far = Rc::clone(&self.sent);
        let sender = self.sender.clone();
        let prepared = self.in_http2(request.message());
        self.stage = Stage::Head(Box::pin(tokio::task::unconstrained(async move {
            let (request, body) = prepared.map_err(Unanswered::Failed)?;
            sent(sender, request, (body, so_far)).await.map_err(unanswered)
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
        Poll::Ready(result)
    }

    /// The message as HTTP/2 has it: with an authority in place of `Host`, and without
    /// what is about a connection.
    fn in_http2(&self, message: Request<Bytes>) -> Result<(Request<()>, Bytes), ExchangeError> {
        let (mut head, body) = message.into_parts();
        let mut uri = std::mem::take(&mut head.uri).into_parts();
        uri.scheme = Some(self.scheme.clone());
        uri.authority = Some(self.authority_of(head.headers.remove(HOST).as_ref())?);
        head.uri = Uri::from_parts(uri).map_err(|_| ExchangeError::NoAuthority)?;
        without_connection(&mut head.headers);
        if !body.is_empty() {
            head.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        Ok((Request::from_parts(head, ()), body))
    }

    fn authority_of(&self, host: Option<&http::HeaderValue>) -> Result<Authority, ExchangeError> {
        match host {
            Some(host) if host != self.authority.as_str() => {
                Authority::try_from(host.as_bytes()).map_err(|_| ExchangeError::NoAuthority)
            }
            _ => Ok(self.authority.clone()),
        }
    }
}

fn unanswered(error: h2::Error) -> Unanswered {
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    if error.is_remote() && (refused || error.is_go_away()) {
        return Unanswered::NotProcessed(ExchangeError::Http2(error));
    }
    Unanswered::Failed(ExchangeError::Http2(error))
}

fn without_connection(headers: &mut HeaderMap) {
    for name in &OF_A_CONNECTION {
        headers.remove(name);
    }
    if headers.get(TE).is_some_and(|value| value != "trailers") {
        headers.remove(TE);
    }
}

/// Sends a request until the head of its answer comes, which may be before its end.
async fn sent(
    sender: SendRequest<Bytes>,
    request: Request<()>,
    (body, so_far): (Bytes, Rc<Sent>),
) -> Result<Response<Http2Body>, h2::Error> {
    let mut sender = sender.ready().await?;
    let (mut answer, stream) = sender.send_request(request, body.is_empty())?;
    let mut upload = Upload { stream, left: body, so_far };
    upload.so_far.at.set(Instant::now());
    let head = std::future::poll_fn(|context| poll_head(&mut answer, &mut upload, context)).await?;
    Ok(head.map(|received| Http2Body { received, upload }))
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

/// A body on its way to the target, as far as the target's window goes.
struct Upload {
    stream: SendStream<Bytes>,
    left: Bytes,
    so_far: Rc<Sent>,
}

impl Upload {
    /// Ready when there is nothing more to send, or nobody who takes it.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
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

/// The body of an answer, and what is left of the request's.
struct Http2Body {
    received: RecvStream,
    upload: Upload,
}

impl Http2Body {
    /// Reads to the end of the stream; trailers are passed over. A target that does not want
    /// the rest of the request resets the stream behind the end of its answer (RFC 9113 §8.1);
    /// h2 tells the end then, and the reset only where the end did not come.
    fn poll_read(
        &mut self,
        reader: &mut BodyReader,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), ExchangeError>> {
        while let Some(data) = ready!(self.poll_data(context)) {
            let data = data.map_err(ExchangeError::Http2)?;
            reader.take(&data);
            let released = self.received.flow_control().release_capacity(data.len());
            released.map_err(ExchangeError::Http2)?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let _ = self.upload.poll(context);
        self.received.poll_data(context)
    }
}
