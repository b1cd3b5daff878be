//! What an exchange asks of the worker that runs it, and how it is given up.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::dial::Dial;
use super::parts::Part;

/// What an exchange needs from the worker that runs it.
pub(super) trait Surroundings {
    /// Where and how to connect.
    fn dial(&self) -> Arc<Dial>;
    /// Sets when [`Surroundings::poll_given_up`] becomes ready by itself.
    fn set_deadline(&mut self, at: Instant);
    /// Ready when the exchange must be given up: past its deadline, or at the end
    /// of the drain.
    fn poll_given_up(&mut self, context: &mut Context<'_>) -> Poll<()>;
    /// A connection was opened.
    fn opened(&mut self);
    /// Bytes came on an idle connection: nobody's.
    fn came_unasked(&mut self);
    /// An answer ended with its plain connection.
    fn ended_by_close(&mut self);
    /// A part of the exchange has ended.
    fn spent(&mut self, part: Part, time: Duration);
    /// So many bytes of the request's body went out, whether or not an answer came.
    fn sent_body(&mut self, bytes: u64);
    /// The request is sent again.
    fn retried(&mut self);
}

/// Runs a future until it is done or given up (`None`).
pub(super) async fn unless_given_up<F: Future>(
    future: F,
    around: &mut impl Surroundings,
) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => around.poll_given_up(context).map(|()| None),
    })
    .await
}
