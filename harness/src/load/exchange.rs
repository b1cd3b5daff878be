//! One request from the send to the last byte of its answer.
//!
//! Opens a connection where none is usable, keeps the time-outs, and decides about
//! the one case in which a request is sent again. Nothing else is repeated here: what a
//! scenario asks for beyond one exchange is in `delivery`.
//!
//! A race stays that nobody can win: a server may close an idle connection in the
//! very moment in which the next request is sent on it. A request that may be
//! repeated is then sent once more on a fresh connection and counted; another fails
//! as closed, because it is unknown whether it had its effect (RFC 9112 §9.3.1). Over
//! HTTP/2 a target that goes away says which requests it did nothing for; those are sent
//! once more and counted, whatever they are.

use std::future::poll_fn;
use std::task::Context;
use std::time::Instant;

use super::answer::Answer;
use super::body_reader::BodyReader;
use super::connect::connect;
use super::connection::Connection;
use super::exchange_error::{Awaited, ExchangeError};
use super::outcome::FailureKind;
use super::parts::Part;
use super::plan::PreparedRequest;
use super::surroundings::{Surroundings, unless_given_up};
use super::wire::{AnswerHead, Unanswered};

/// Sends one request and reads its whole answer. `connection` is used if it can be,
/// and holds a connection afterwards if that can be used again.
pub(super) async fn exchange(
    request: &PreparedRequest,
    connection: &mut Option<Connection>,
    around: &mut impl Surroundings,
    sent: Instant,
) -> Result<Answer, ExchangeError> {
    let deadline = sent + request.timeout;
    let open = usable(request, connection, around, sent).await?;
    match attempt_once(request, open, connection, (around, deadline)).await {
        Attempt::NotWritten(_) => {}
        Attempt::NotProcessed(_) => around.retried(),
        Attempt::ClosedUnanswered(_) if request.is_idempotent() => around.retried(),
        attempt => return attempt.result(),
    }
    // Once: a second connection that is closed is an answer of its own.
    let open = usable(request, connection, around, sent).await?;
    attempt_once(request, open, connection, (around, deadline)).await.result()
}

/// Looks after a connection on which no request is on its way, and closes it when the other
/// side has.
pub(super) fn tend(
    place: &mut Option<Connection>,
    around: &mut impl Surroundings,
    context: &mut Context<'_>,
) {
    let Some(open) = place else { return };
    open.tend(context);
    if open.has_ended() {
        if open.came_unasked() {
            around.came_unasked();
        }
        *place = None;
    }
}

/// The connection that is there, if it can be used, or a new one. It is taken out of its
/// place: what is not put back is closed, also when the exchange is dropped.
async fn usable(
    request: &PreparedRequest,
    place: &mut Option<Connection>,
    around: &mut impl Surroundings,
    sent: Instant,
) -> Result<Connection, ExchangeError> {
    if let Some(mut open) = place.take() {
        if open.is_usable(sent) {
            return Ok(open);
        }
        if open.came_unasked() {
            around.came_unasked();
        }
    }
    let open = connect(around, sent, request).await?;
    around.opened();
    Ok(open)
}

/// What came of one request on one connection.
enum Attempt {
    Answered(Answer),
    /// A used connection was closed before the first byte was written.
    NotWritten(ExchangeError),
    /// The target says that it did nothing for it.
    NotProcessed(ExchangeError),
    /// A reused connection was closed before the first byte of an answer.
    ClosedUnanswered(ExchangeError),
    Failed(ExchangeError),
}

impl Attempt {
    /// What came of it, where nothing comes after it.
    fn result(self) -> Result<Answer, ExchangeError> {
        match self {
            Self::Answered(answer) => Ok(answer),
            Self::NotWritten(error)
            | Self::NotProcessed(error)
            | Self::ClosedUnanswered(error)
            | Self::Failed(error) => Err(error),
        }
    }
}

async fn attempt_once(
    request: &PreparedRequest,
    mut connection: Connection,
    place: &mut Option<Connection>,
    (around, deadline): (&mut impl Surroundings, Instant),
) -> Attempt {
    let attempt = answered(request, &mut connection, (around, deadline)).await;
    around.sent_body(connection.sent_body_bytes());
    if matches!(attempt, Attempt::Answered(_)) && connection.is_kept() {
        *place = Some(connection);
    }
    attempt
}

async fn answered(
    request: &PreparedRequest,
    connection: &mut Connection,
    (around, deadline): (&mut impl Surroundings, Instant),
) -> Attempt {
    let head_deadline = begin(request, deadline, around);
    connection.begin(request);
    let head = poll_fn(|context| connection.poll_head(request, context));
    let head = match unless_given_up(head, around).await {
        None => return Attempt::Failed(no_head(request, head_deadline, deadline)),
        Some(Err(reason)) => return unanswered(reason, connection),
        Some(Ok(head)) => head,
    };
    // Whoever reads late, for whatever reason, may find there what came too late.
    let begun = Instant::now();
    if begun > head_deadline {
        return Attempt::Failed(no_head(request, head_deadline, deadline));
    }
    around.set_deadline(deadline);
    let answer = read_answer(request, head, connection, (around, begun, deadline)).await;
    answer.map_or_else(Attempt::Failed, Attempt::Answered)
}

/// Reads what follows the head of an answer.
async fn read_answer(
    request: &PreparedRequest,
    head: AnswerHead,
    connection: &mut Connection,
    (around, begun, deadline): (&mut impl Surroundings, Instant, Instant),
) -> Result<Answer, ExchangeError> {
    around.spent(Part::FirstByte, begun.saturating_duration_since(connection.sent_at()));
    let mut reader = BodyReader::new(request, &head.headers);
    let body = poll_fn(|context| connection.poll_body(&mut reader, context));
    unless_given_up(body, around).await.ok_or(ExchangeError::Timeout(Awaited::Body))??;
    let ended = Instant::now();
    if ended > deadline {
        return Err(ExchangeError::Timeout(Awaited::Body));
    }
    around.spent(Part::Body, ended - begun);
    if connection.may_be_cut() {
        around.ended_by_close();
    }
    connection.note_idle_limit(head.idle_limit, ended);
    let (status, headers, body) = (head.status, head.headers, reader.finish());
    Ok(Answer { status, headers, body, astray: None })
}

/// Sets the time until which the head must be there, and gives it.
fn begin(request: &PreparedRequest, deadline: Instant, around: &mut impl Surroundings) -> Instant {
    let limit = request.part_timeouts.first_byte;
    let until = limit.map_or(deadline, |limit| deadline.min(Instant::now() + limit));
    around.set_deadline(until);
    until
}

fn no_head(request: &PreparedRequest, until: Instant, deadline: Instant) -> ExchangeError {
    match request.part_timeouts.first_byte {
        Some(limit) if until < deadline && Instant::now() >= until => {
            ExchangeError::FirstByteTimeout(limit)
        }
        _ => ExchangeError::Timeout(Awaited::Head),
    }
}

/// Tells a request on a connection that the server had closed already from one that failed.
fn unanswered(reason: Unanswered, connection: &Connection) -> Attempt {
    let may_be_stale = connection.is_reused() && !connection.has_received();
    match reason {
        Unanswered::NotWritten(error) if connection.is_reused() => Attempt::NotWritten(error),
        Unanswered::NotProcessed(error) => Attempt::NotProcessed(error),
        Unanswered::Failed(error) if may_be_stale && is_end(&error.kind()) => {
            Attempt::ClosedUnanswered(error)
        }
        Unanswered::NotWritten(error) | Unanswered::Failed(error) => Attempt::Failed(error),
    }
}

fn is_end(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Closed | FailureKind::Reset)
}
