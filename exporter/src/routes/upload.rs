//! The body of a request on its way from the network to a job.
//!
//! The network is async and a job blocks, so pieces go through a short channel:
//! a slow job slows the client down, and memory stays flat. A body that stops
//! coming, grows too large or breaks off becomes a [`Problem`] that the job sees
//! in its place. What nobody wants any more is read on for a bounded while, so
//! that a client that is still sending gets to see the answer.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::{
    config::Limits,
    job::{ByteSource, past_deadline},
    problem::{Problem, Reason},
};

/// Pieces that may lie between the network and a job. Two are enough to keep
/// both busy, and a piece can be 400 KiB.
const CHANNEL_PIECES: usize = 2;
/// Bytes of an unwanted body that are read so that its sender sees the answer:
/// reading them costs less than what a client does when its connection breaks.
pub(super) const MAX_DISCARDED_BYTES: u64 = 1 << 30;
/// So much of an unwanted body is read however small the limit is: a client that sends
/// no more sees why it was refused.
const LEAST_DISCARDED_BYTES: u64 = 16 << 20;
/// Longest time that an unwanted body is read.
const MAX_DISCARD_TIME: Duration = Duration::from_secs(10);

type Piece = Result<Bytes, Problem>;

/// A body, with the bytes that were read to see whether it comes at all.
pub(super) struct Upload {
    body: Body,
    first: Option<Bytes>,
    received_bytes: u64,
    ended: bool,
    limits: Limits,
    /// What is left of the wait for all pieces together. Only time in which the
    /// service waits for the client counts, so no export is too large for it.
    patience: Duration,
}

impl Upload {
    /// A body of which nothing has been read.
    pub(super) fn new(body: Body, limits: Limits) -> Self {
        let patience = limits.upload_timeout;
        Self { body, first: None, received_bytes: 0, ended: false, limits, patience }
    }

    /// Waits for the first bytes. Only then is a place asked for: an idle
    /// connection holds none.
    pub(super) async fn begin(&mut self) -> Result<(), Problem> {
        self.first = self.next_piece(Instant::now() + self.limits.body_timeout).await?;
        Ok(())
    }

    /// Sends the body through the channel until it ends or nobody listens.
    pub(super) async fn feed(&mut self, pieces: mpsc::Sender<Piece>, deadline: Instant) {
        if let Some(first) = self.first.take()
            && pieces.send(Ok(first)).await.is_err()
        {
            return;
        }
        while !self.ended {
            let asked_at = Instant::now();
            let patience_ends = asked_at + self.limits.body_timeout.min(self.patience);
            let piece = self.next_piece(patience_ends.min(deadline)).await.transpose();
            let piece = if deadline <= patience_ends { in_time(piece) } else { piece };
            self.patience = self.patience.saturating_sub(asked_at.elapsed());
            let Some(piece) = piece else { return };
            let is_problem = piece.is_err();
            if pieces.send(piece).await.is_err() || is_problem {
                return;
            }
        }
    }

    /// Bytes of the rest of a body that is as large as it may be.
    pub(super) fn allowed_rest_bytes(&self) -> u64 {
        let most_bytes = self.limits.max_body_bytes.max(LEAST_DISCARDED_BYTES);
        most_bytes.saturating_sub(self.received_bytes)
    }

    /// Reads on without keeping anything: so many bytes, and [`MAX_DISCARDED_BYTES`], at most.
    pub(super) async fn discard(&mut self, most_bytes: u64) {
        let deadline = Instant::now() + MAX_DISCARD_TIME;
        let most_bytes = most_bytes.min(MAX_DISCARDED_BYTES);
        let mut discarded_bytes = 0;
        while !self.ended && discarded_bytes < most_bytes {
            match timeout_at(deadline, self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    discarded_bytes += frame.data_ref().map_or(0, |bytes| bytes.len() as u64);
                }
                _ => self.ended = true,
            }
        }
    }

    async fn next_piece(&mut self, deadline: Instant) -> Result<Option<Bytes>, Problem> {
        loop {
            let frame = timeout_at(deadline, self.body.frame()).await;
            let frame = frame.map_err(|_| too_slow().at(self.received_bytes))?;
            let Some(frame) = frame else {
                self.ended = true;
                return Ok(None);
            };
            let frame = frame.map_err(|error| self.broken_off(&error))?;
            if let Ok(bytes) = frame.into_data() {
                return self.count(bytes).map(Some);
            }
        }
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, Problem> {
        self.received_bytes += bytes.len() as u64;
        if self.received_bytes > self.limits.max_body_bytes {
            return Err(too_large(self.limits.max_body_bytes));
        }
        Ok(bytes)
    }

    fn broken_off(&mut self, error: &axum::Error) -> Problem {
        self.ended = true;
        let message = format!("the body broke off: {error}");
        Problem::new(Reason::ClientGone, message).at(self.received_bytes)
    }
}

/// The problem of a body that is larger than it may be.
pub(super) fn too_large(max_body_bytes: u64) -> Problem {
    let message = format!("the body is larger than {max_body_bytes} bytes; send fewer rows");
    Problem::new(Reason::TooLarge, message).at(max_body_bytes)
}

fn too_slow() -> Problem {
    let message = "the body stopped coming, or came too slowly; send it faster";
    Problem::new(Reason::TooSlow, message)
}

/// What was too slow for the deadline of an export ran too long, whoever was slow.
fn in_time(piece: Option<Piece>) -> Option<Piece> {
    piece.map(|piece| {
        piece.map_err(|problem| match problem.reason {
            Reason::TooSlow => past_deadline(),
            _ => problem,
        })
    })
}

/// The two ends between network and job.
pub(super) fn channel() -> (mpsc::Sender<Piece>, ChannelSource) {
    let (sender, receiver) = mpsc::channel(CHANNEL_PIECES);
    (sender, ChannelSource { receiver, largest_piece: 0 })
}

/// The job's end.
pub(super) struct ChannelSource {
    receiver: mpsc::Receiver<Piece>,
    largest_piece: usize,
}

impl ByteSource for ChannelSource {
    fn next_piece(&mut self) -> Result<Option<Bytes>, Problem> {
        let piece = self.receiver.blocking_recv().transpose()?;
        let length = piece.as_ref().map_or(0, Bytes::len);
        self.largest_piece = self.largest_piece.max(length);
        Ok(piece)
    }

    fn held_bytes(&self) -> usize {
        CHANNEL_PIECES * self.largest_piece
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

    use futures_util::{StreamExt, stream};

    use super::*;

    /// What a job gets of a body of pieces, by a service that will not wait.
    async fn received(pieces: impl stream::Stream<Item = Bytes> + Send + 'static) -> Vec<Piece> {
        let limits = Limits { upload_timeout: Duration::ZERO, ..Limits::default() };
        let mut upload = Upload::new(Body::from_stream(pieces.map(Ok::<_, Infallible>)), limits);
        let (sender, mut source) = channel();
        let far_away = Instant::now() + Duration::from_secs(86_400);
        let job = async {
            let mut pieces = Vec::new();
            while let Some(piece) = source.receiver.recv().await {
                pieces.push(piece);
            }
            pieces
        };
        tokio::join!(upload.feed(sender, far_away), job).1
    }

    /// Pieces of this many bytes that are read of an endless body where one may have so many.
    async fn pieces_read(max_body_bytes: u64, piece_bytes: usize) -> usize {
        let asked_for = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked_for);
        let endless = stream::repeat_with(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from(vec![b' '; piece_bytes]))
        });
        let limits = Limits { max_body_bytes, ..Limits::default() };
        let mut upload = Upload::new(Body::from_stream(endless), limits);
        upload.begin().await.unwrap();
        let rest_bytes = upload.allowed_rest_bytes();
        upload.discard(rest_bytes).await;
        asked_for.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn no_more_of_an_unwanted_body_is_read_than_it_may_have() {
        assert_eq!(pieces_read(20 << 20, 1 << 20).await, 20);
        // Nor less than a client sends that wants to see why it is refused.
        assert_eq!(pieces_read(1 << 20, 1 << 20).await, 16);
    }

    #[tokio::test]
    async fn a_client_that_never_keeps_us_waiting_is_never_too_slow() {
        let pieces = received(stream::iter(vec![Bytes::from_static(b" "); 100])).await;
        assert_eq!(pieces, vec![Ok(Bytes::from_static(b" ")); 100]);
    }

    #[tokio::test]
    async fn a_client_that_has_used_up_our_patience_is_too_slow() {
        let ready = stream::iter([Bytes::from_static(b" ")]);
        let pieces = received(ready.chain(stream::pending())).await;
        assert_eq!(pieces.len(), 2);
        let problem = pieces[1].as_ref().unwrap_err();
        assert_eq!((problem.reason, problem.offset), (Reason::TooSlow, Some(1)));
    }
}
