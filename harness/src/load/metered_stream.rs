//! A socket that counts what is read from it, because whether any byte of an answer came
//! decides about sending again, and that remembers how it failed: of an I/O error h2 hands
//! on the kind and the words, and what TLS said is lost.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::wire::Stream;

/// What is known of a socket that something else reads.
#[derive(Default)]
pub(super) struct Metered {
    bytes_read: Cell<u64>,
    failure: Cell<Option<io::Error>>,
}

impl Metered {
    /// Bytes that were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read.get()
    }

    /// How it failed, if it did, once.
    pub(super) fn take_failure(&self) -> Option<io::Error> {
        self.failure.take()
    }

    /// Keeps the first failure, and passes on one of its kind.
    fn keep<T>(&self, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        result.map_err(|failure| {
            let kind = failure.kind();
            self.failure.set(self.failure.take().or(Some(failure)));
            kind.into()
        })
    }
}

/// See the module.
pub(super) struct MeteredStream {
    stream: Stream,
    metered: Rc<Metered>,
}

impl MeteredStream {
    /// Counts where others can look.
    pub(super) fn new(stream: Stream, metered: Rc<Metered>) -> Self {
        Self { stream, metered }
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
        self.metered.bytes_read.set(self.metered.bytes_read() + read as u64);
        self.metered.keep(result)
    }
}

impl AsyncWrite for MeteredStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.metered.keep(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.metered.keep(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(context);
        self.metered.keep(result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
