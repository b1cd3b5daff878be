//! One HTTP/1.1 connection, driven by the same task that uses it.
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
use http::header::HeaderName;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// How much earlier than a server's own announced idle time-out a connection is
/// given up: the announcement is in whole seconds, and the network takes time.
const IDLE_MARGIN: Duration = Duration::from_millis(100);
/// RFC 2068 §19.7.1.1; servers still say how long they keep an idle connection.
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// What is sent: a whole body that is shared, not copied.
pub(super) type Message = Request<Full<Bytes>>;

/// What comes back before the body, or the message again if it was never written.
type Head = Result<Response<Incoming>, TrySendError<Message>>;

/// What requests go over. TLS is boxed, so that a plain connection does not take its room.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// An open connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<http1::Connection<TokioIo<MeteredStream>, Full<Bytes>>>>,
    ended: bool,
    bytes_read: Rc<Cell<u64>>,
    exchanges: u64,
    idle_until: Option<Instant>,
}

impl Connection {
    /// Speaks HTTP over a stream; nothing is sent yet.
    pub(super) async fn over(stream: Stream) -> io::Result<Self> {
        let bytes_read = Rc::new(Cell::new(0));
        let stream = MeteredStream { stream, bytes_read: Rc::clone(&bytes_read) };
        let (sender, driver) =
            http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let driver = Box::pin(driver);
        Ok(Self { sender, driver, ended: false, bytes_read, exchanges: 0, idle_until: None })
    }

    /// Moves bytes in both directions; notices when the other side has closed.
    pub(super) fn poll_driver(&mut self, context: &mut Context<'_>) {
        // How it ended shows in the exchange, if there is one.
        if !self.ended && self.driver.as_mut().poll(context).is_ready() {
            self.ended = true;
        }
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
        !self.ended && !expired && (self.exchanges == 0 || self.sender.is_ready())
    }

    /// Whether a request was sent on it before.
    pub(super) fn is_reused(&self) -> bool {
        self.exchanges > 0
    }

    /// Bytes read from the socket so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.get()
    }

    /// Hands a message over; it moves only while the driver is polled.
    pub(super) fn send(&mut self, message: Message) -> impl Future<Output = Head> + use<> {
        self.exchanges += 1;
        self.sender.try_send_request(message)
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
        // Whatever makes the exchange go on comes from the driver, which has just
        // been polled with the real waker; a second one would only wake for nothing.
        exchange.poll(&mut Context::from_waker(Waker::noop()))
    }
}

/// `timeout=5, max=100`: five seconds.
fn announced_timeout(value: &str) -> Option<Duration> {
    let parameters = value.split(',').filter_map(|part| part.trim().split_once('='));
    let (_, seconds) =
        parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"))?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// A socket that counts what is read from it: whether any byte of an answer came
/// decides about sending again.
pub(super) struct MeteredStream {
    stream: Stream,
    bytes_read: Rc<Cell<u64>>,
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
        self.bytes_read.set(self.bytes_read.get() + read as u64);
        result
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
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
