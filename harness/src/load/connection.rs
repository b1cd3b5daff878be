//! One connection, HTTP/1.1 or HTTP/2, driven by the same task that uses it.
//!
//! hyper's connection is a future of its own that is usually spawned. Here the
//! worker polls it together with the exchange: one task wakes for each event of
//! the socket instead of two that wake each other.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::HeaderName;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

use super::answer::AnswerBody;
use super::body_reader::BodyReader;
use super::dial::Dial;
use super::exchange_error::ExchangeError;
use super::http2::{Http2, Http2Body, Refusal};

/// How much earlier than a server's own announced idle time-out a connection is
/// given up: the announcement is in whole seconds, and the network takes time.
const IDLE_MARGIN: Duration = Duration::from_millis(100);
/// RFC 2068 §19.7.1.1; servers still say how long they keep an idle connection.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// What is sent: a whole body that is shared, not copied.
pub(super) type Message = Request<Full<Bytes>>;

/// What comes back before the body.
type Head = Result<Response<AnswerStream>, Unanswered>;

/// The body of an answer, on its way.
pub(super) enum AnswerStream {
    Http1(Incoming),
    Http2(Http2Body),
}

/// Why there is no head of an answer.
pub(super) enum Unanswered {
    /// Nothing was written, and the message can go on another connection.
    NotWritten(Box<Message>),
    /// It was written, and the target says that it did nothing for it.
    NotProcessed(ExchangeError),
    Failed(ExchangeError),
}

/// The version of HTTP that both sides speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreed {
    Http1,
    Http2,
}

/// What requests go over. TLS is boxed, so that a plain connection does not take its room.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// An open connection.
pub(super) struct Connection {
    protocol: Protocol,
    keep_alive: bool,
    ended: bool,
    meter: Rc<StreamMeter>,
    exchanges: u64,
    idle_until: Option<Instant>,
}

/// What is spoken on it.
enum Protocol {
    Http1 {
        sender: SendRequest<Full<Bytes>>,
        driver: Pin<Box<http1::Connection<TokioIo<MeteredStream>, Full<Bytes>>>>,
    },
    Http2(Box<Http2>),
}

impl Connection {
    /// Speaks HTTP over a stream, in the version that was agreed on; nothing is sent yet.
    pub(super) async fn over(stream: Stream, version: Agreed, dial: &Dial) -> io::Result<Self> {
        let meter = Rc::new(StreamMeter::new());
        let stream = MeteredStream { stream, meter: Rc::clone(&meter) };
        let protocol = match version {
            Agreed::Http1 => {
                let (sender, driver) =
                    http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
                Protocol::Http1 { sender, driver: Box::pin(driver) }
            }
            Agreed::Http2 => {
                let open = Http2::over(stream, dial.scheme(), dial.authority.clone());
                Protocol::Http2(Box::new(open.await?))
            }
        };
        let keep_alive = dial.keep_alive;
        Ok(Self { protocol, keep_alive, ended: false, meter, exchanges: 0, idle_until: None })
    }

    /// Moves bytes in both directions; notices when the other side has closed.
    pub(super) fn poll_driver(&mut self, context: &mut Context<'_>) {
        if self.ended {
            return;
        }
        // How it ended shows in the exchange, if there is one.
        self.ended = match &mut self.protocol {
            Protocol::Http1 { driver, .. } => driver.as_mut().poll(context).is_ready(),
            Protocol::Http2(open) => open.poll_driver(context).is_ready(),
        };
    }

    /// Whether the other side has closed it, or something went wrong on it.
    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether another request can be sent on it now.
    pub(super) fn is_usable(&mut self, now: Instant) -> bool {
        // Without a waker: the caller sends or drops it before it waits again.
        self.poll_driver(&mut Context::from_waker(Waker::noop()));
        let expired = self.idle_until.is_some_and(|until| now >= until);
        !self.ended && !expired && (self.exchanges == 0 || self.is_ready())
    }

    fn is_ready(&mut self) -> bool {
        match &mut self.protocol {
            Protocol::Http1 { sender, .. } => sender.is_ready(),
            Protocol::Http2(open) => open.is_ready(),
        }
    }

    /// Whether a request was sent on it before.
    pub(super) fn is_reused(&self) -> bool {
        self.exchanges > 0
    }

    /// Whether it may be kept for another request.
    pub(super) fn is_kept(&self) -> bool {
        self.keep_alive
    }

    /// Bytes read from the socket so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.meter.bytes_read.get()
    }

    /// When the request was written whose answer has this body. Over HTTP/2 it is when all of
    /// it was handed over: there the last thing written may be about the connection.
    pub(super) fn sent_at(&self, answer: &AnswerStream) -> Instant {
        match answer {
            AnswerStream::Http1(_) => self.meter.written_at.get(),
            AnswerStream::Http2(body) => body.sent_at(),
        }
    }

    /// Hands a message over; it moves only while the driver is polled.
    pub(super) fn send(&mut self, message: Message) -> impl Future<Output = Head> + use<> {
        self.exchanges += 1;
        match &mut self.protocol {
            Protocol::Http1 { sender, .. } => {
                Either::Left(sender.try_send_request(message).map(of_http1))
            }
            Protocol::Http2(open) => Either::Right(open.send(message).map(of_http2)),
        }
    }

    /// Notes how long the server says that it keeps the connection when idle.
    pub(super) fn note_idle_limit(&mut self, headers: &HeaderMap, now: Instant) {
        if let Some(limit) = headers.get(KEEP_ALIVE).and_then(|value| value.to_str().ok()) {
            self.idle_until = announced_timeout(limit)
                .map(|announced| now + announced.saturating_sub(IDLE_MARGIN));
        }
    }

    /// Polls the driver and a future that depends on nothing else, once.
    pub(super) fn poll_exchange<F: Future + ?Sized>(
        &mut self,
        exchange: Pin<&mut F>,
        context: &mut Context<'_>,
    ) -> Poll<F::Output> {
        self.poll_driver(context);
        match self.protocol {
            // Whatever makes the exchange go on comes from the driver, which has just
            // been polled with the real waker; a second one would only wake for nothing.
            Protocol::Http1 { .. } => exchange.poll(&mut Context::from_waker(Waker::noop())),
            // A driver of HTTP/2 is told of something to send by waking its task.
            Protocol::Http2(_) => exchange.poll(context),
        }
    }
}

fn of_http1(head: Result<Response<Incoming>, TrySendError<Message>>) -> Head {
    match head {
        Ok(response) => Ok(response.map(AnswerStream::Http1)),
        Err(mut error) => Err(match error.take_message() {
            Some(message) => Unanswered::NotWritten(Box::new(message)),
            None => Unanswered::Failed(ExchangeError::Http(error.into_error())),
        }),
    }
}

fn of_http2(head: Result<Response<Http2Body>, Refusal>) -> Head {
    match head {
        Ok(response) => Ok(response.map(AnswerStream::Http2)),
        Err(Refusal::NotProcessed(error)) => Err(Unanswered::NotProcessed(error)),
        Err(Refusal::Failed(error)) => Err(Unanswered::Failed(error)),
    }
}

impl AnswerStream {
    /// Reads to the last byte; trailers are passed over.
    pub(super) async fn read(self, mut reader: BodyReader) -> Result<AnswerBody, ExchangeError> {
        match self {
            Self::Http1(mut body) => {
                while let Some(frame) = body.frame().await {
                    if let Ok(data) = frame.map_err(ExchangeError::Http)?.into_data() {
                        reader.take(&data);
                    }
                }
            }
            Self::Http2(mut body) => body.read(&mut reader).await?,
        }
        Ok(reader.finish())
    }
}

/// `timeout=5, max=100`: five seconds.
fn announced_timeout(value: &str) -> Option<Duration> {
    let parameters = value.split(',').filter_map(|part| part.trim().split_once('='));
    let (_, seconds) =
        parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A socket that says what went over it.
pub(super) struct MeteredStream {
    stream: Stream,
    meter: Rc<StreamMeter>,
}

/// What went over a socket.
struct StreamMeter {
    /// Whether any byte of an answer came decides about sending again.
    bytes_read: Cell<u64>,
    /// From then on the answer is awaited.
    written_at: Cell<Instant>,
}

impl StreamMeter {
    fn new() -> Self {
        Self { bytes_read: Cell::new(0), written_at: Cell::new(Instant::now()) }
    }

    fn note_written(&self, written: &Poll<io::Result<usize>>) {
        if written.is_ready() {
            self.written_at.set(Instant::now());
        }
    }
}

impl AsyncRead for MeteredStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        let read = buffer.filled().len() - before;
        self.meter.bytes_read.set(self.meter.bytes_read.get() + read as u64);
        result
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.meter.note_written(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.meter.note_written(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_how_long_a_server_keeps_an_idle_connection() {
        assert_eq!(announced_timeout("timeout=5, max=100"), Some(Duration::from_secs(5)));
        assert_eq!(announced_timeout("max=100, Timeout = 1"), Some(Duration::from_secs(1)));
        assert_eq!(announced_timeout("max=100"), None);
        assert_eq!(announced_timeout("timeout=soon"), None);
    }
}
