//! What comes in behind the head of an answer.

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::RecvStream;

use super::upload::Upload;
use crate::load::body_reader::BodyReader;

/// The body of an answer, and what is left of the request's.
pub(super) struct Http2Body {
    received: RecvStream,
    upload: Upload,
}

impl Http2Body {
    pub(super) fn new(received: RecvStream, upload: Upload) -> Self {
        Self { received, upload }
    }

    /// Reads to the end of the stream; trailers are passed over. A target that does not want
    /// the rest of the request resets the stream behind the end of its answer (RFC 9113 §8.1);
    /// h2 tells the end then, and the reset only where the end did not come.
    pub(super) fn poll_read(
        &mut self,
        reader: &mut BodyReader,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), h2::Error>> {
        while let Some(data) = ready!(self.poll_data(context)) {
            let data = data?;
            reader.take(&data);
            self.received.flow_control().release_capacity(data.len())?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, h2::Error>>> {
        let _ = self.upload.poll(context);
        self.received.poll_data(context)
    }
}
