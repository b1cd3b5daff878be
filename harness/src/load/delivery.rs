//! One request of the scenario, from its first send to the answer that counts: redirects
//! that it follows, and attempts that it repeats.
//!
//! Both are asked for by the scenario alone, and each message beyond the first is counted
//! where it is sent: the target sees more requests than the scenario has. The latency runs
//! over all of it, because that is how long whoever asks has to wait.

use std::time::{Duration, Instant};

use super::answer::{Answer, Astray};
use super::connection::Connection;
use super::exchange::{exchange, tend};
use super::exchange_error::ExchangeError;
use super::plan::PreparedRequest;
use super::redirect::{Next, next};
use super::repeat::pause_before_repeat;
use super::surroundings::Surroundings;

/// What a delivery needs from the worker besides what each exchange needs.
pub(super) trait DeliverySurroundings: Surroundings {
    /// A message beyond the first is about to be sent; what came before it was not the
    /// answer that counts, and had a body of `received_bytes`.
    fn goes_on(&mut self, why: Again, received_bytes: u64);
    /// Whether nothing more must be sent.
    fn is_over(&self) -> bool;
}

/// Why a message is sent after the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// The answer before led there.
    Redirect,
    /// The attempt before failed.
    Repeat {
        /// Whether it is the request's first repetition.
        is_first: bool,
    },
}

/// Sends a request and whatever its answers and failures lead to. `connection` is used as
/// an exchange uses it.
pub(super) async fn deliver(
    request: &PreparedRequest,
    connection: &mut Option<Connection>,
    around: &mut impl DeliverySurroundings,
    sent: Instant,
) -> Result<Answer, ExchangeError> {
    let mut begun = sent;
    let mut attempt = 1;
    loop {
        let result = follow(request, connection, around, begun).await;
        let Some(pause) = pause_before_repeat(request, attempt, &result) else { return result };
        if !wait(around, connection, pause).await {
            return result;
        }
        let received = result.map_or(0, |answer| answer.body.received_bytes);
        let why = Again::Repeat { is_first: attempt == 1 };
        around.goes_on(why, received);
        attempt += 1;
        begun = Instant::now();
    }
}

/// Sends a request and goes where its answers lead, on the same origin only. The time-out
/// is that of the whole way.
async fn follow(
    request: &PreparedRequest,
    connection: &mut Option<Connection>,
    around: &mut impl DeliverySurroundings,
    begun: Instant,
) -> Result<Answer, ExchangeError> {
    let mut hop: Option<Box<PreparedRequest>> = None;
    let (mut left, mut sent) = (request.redirects, begun);
    loop {
        let current = hop.as_deref().unwrap_or(request);
        let mut answer = exchange(current, connection, around, sent).await?;
        if request.redirects == 0 {
            return Ok(answer);
        }
        let mut following = match next(current, &answer) {
            Next::Here => return Ok(answer),
            Next::Elsewhere => {
                answer.astray = Some(Astray::Elsewhere);
                return Ok(answer);
            }
            Next::At(_) if left == 0 || around.is_over() => {
                answer.astray = Some(Astray::TooFar);
                return Ok(answer);
            }
            Next::At(following) => following,
        };
        around.goes_on(Again::Redirect, answer.body.received_bytes);
        sent = Instant::now();
        following.timeout = request.timeout.saturating_sub(sent - begun);
        hop = Some(following);
        left -= 1;
    }
}

/// Lets a pause pass; `false` if it was cut short because nothing more must be sent.
/// Meanwhile the connection is looked after like any idle one.
async fn wait(
    around: &mut impl DeliverySurroundings,
    connection: &mut Option<Connection>,
    pause: Duration,
) -> bool {
    let until = Instant::now() + pause;
    around.set_deadline(until);
    std::future::poll_fn(|context| {
        tend(connection, around, context);
        around.poll_given_up(context)
    })
    .await;
    Instant::now() >= until && !around.is_over()
}
