//! `POST /export/run`: rows in, an id to download the file with out.
//!
//! The order of things: refuse what can be refused by its head, wait for the
//! first bytes, get a place, run the job, suffer the faults, give the file its
//! name, count, give the place back, answer. An export runs as a task of its own:
//! when the client goes away the job is told to stop, and is still counted.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde::Serialize;
use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::{
    Service, answer, authorize, suffer,
    upload::{self, Upload},
};
use crate::{
    access::{Caller, Scope},
    faults::Effect,
    format::TextLosses,
    job::{Control, Finished, Job, Learned, RowCounts},
    limits::{
        admission::{Refused, Slot},
        connection::Connection,
    },
    metrics::{Loss, Success},
    problem::{Outcome, Problem, Reason},
};

/// The answer to an export that succeeded.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt {
    success: bool,
    id: String,
    format: &'static str,
    records: u64,
    bytes: u64,
    /// Milliseconds from admission, waiting included, to the renamed file.
    processing_time: f64,
    download_url: String,
    ignored_keys: Vec<String>,
    ignored_cells: u64,
    unmapped_characters: u64,
    unshaped_characters: u64,
    cut_cells: u64,
}

/// The route.
pub(super) async fn run(
    State(service): State<Arc<Service>>,
    Extension(connection): Extension<Connection>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let mut upload = Upload::new(body, service.config.limits);
    let caller = match authorize::caller(&service, Scope::Export, &head.headers) {
        Ok(caller) => caller,
        Err(authorize::Refused { caller, problem }) => {
            count_loss(&service, &sent_by(&caller), &problem, None);
            return refuse(&problem, &head.headers, upload).await;
        }
    };
    let unfinished = Unfinished { service: &service, caller: &caller };
    let admitted = admit(&service, &connection, &head.headers, &mut upload).await;
    unfinished.disarm();
    match admitted {
        Err(problem) => {
            count_loss(&service, &sent_by(&caller), &problem, None);
            refuse(&problem, &head.headers, upload).await
        }
        Ok(place) => {
            let id = service.store.new_id(caller.name.as_deref());
            export(service, Admitted { id, caller, place }, upload).await
        }
    }
}

/// What is known of a request whose body was not read.
fn sent_by(caller: &Caller) -> Learned {
    Learned { user: caller.name.as_deref().map(str::to_owned), ..Learned::default() }
}

/// An export that may run: by which id, whose, and in which place.
struct Admitted {
    id: String,
    caller: Caller,
    place: Place,
}

/// A place to run in, and since when the export is accepted.
struct Place {
    slot: Slot,
    accepted_at: Instant,
}

/// Counts a request that is dropped before it was admitted: its client left.
struct Unfinished<'a> {
    service: &'a Service,
    caller: &'a Caller,
}

impl Unfinished<'_> {
    fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        count_loss(self.service, &sent_by(self.caller), &client_gone(), None);
    }
}

async fn admit(
    service: &Service,
    connection: &Connection,
    headers: &HeaderMap,
    upload: &mut Upload,
) -> Result<Place, Problem> {
    if service.admission.is_draining() {
        return Err(refusal(Refused::Draining));
    }
    if let Some(encoding) = foreign_encoding(headers) {
        return Err(encoded(encoding));
    }
    let max_body_bytes = service.config.limits.max_body_bytes;
    if content_length(headers).is_some_and(|length| length > max_body_bytes) {
        return Err(upload::too_large(max_body_bytes));
    }
    upload.begin().await?;
    let accepted_at = Instant::now();
    let slot = tokio::select! {
        biased;
        entered = service.admission.enter() => entered.map_err(refusal)?,
        () = connection.closed() => return Err(client_gone()),
    };
    Ok(Place { slot, accepted_at })
}

/// How the body is encoded, if it must be decoded before it is JSON.
fn foreign_encoding(headers: &HeaderMap) -> Option<&HeaderValue> {
    let encoding = headers.get(header::CONTENT_ENCODING)?;
    (!encoding.as_bytes().eq_ignore_ascii_case(b"identity")).then_some(encoding)
}

/// RFC 9110, section 8.4: an origin server may refuse a coding, with 415.
fn encoded(encoding: &HeaderValue) -> Problem {
    let encoding = String::from_utf8_lossy(encoding.as_bytes());
    let message = format!("the body is encoded as `{encoding}`; send it without Content-Encoding");
    Problem { status: Some(415), ..Problem::new(Reason::BadRequest, message) }
}

/// Runs an admitted export to its end, whatever becomes of the client.
async fn export(service: Arc<Service>, admitted: Admitted, mut upload: Upload) -> Response {
    let cancelled = CancellationToken::new();
    let _cancel_when_dropped = cancelled.clone().drop_guard();
    let id = admitted.id.clone();
    let task = tokio::spawn(async move {
        let outcome = make_file(&service, admitted, &mut upload, cancelled).await;
        if let Err(problem) = &outcome {
            let_client_finish(problem, upload).await;
        }
        outcome
    });
    match task.await {
        Ok(Ok((receipt, effects))) => suffer::answer(&receipt, &effects),
        Ok(Err(problem)) => answer::problem(&problem, Some(&id)),
        Err(error) => answer::problem(&defect(&error), Some(&id)),
    }
}

/// Makes, publishes and counts; gives the place back.
async fn make_file(
    service: &Arc<Service>,
    admitted: Admitted,
    upload: &mut Upload,
    cancelled: CancellationToken,
) -> Result<(Receipt, Vec<Effect>), Problem> {
    let Admitted { id, caller, place: Place { slot, accepted_at } } = admitted;
    let deadline = Instant::now() + service.config.limits.export_timeout;
    let control = Control { cancelled, deadline };
    let (mut learned, result) = run_job(service, upload, control.clone()).await;
    if caller.name.is_some() {
        learned.user = sent_by(&caller).user;
    }
    let effects = result.as_ref().map_or_else(|_| Vec::new(), |done| suffer::judge(service, done));
    let outcome = match result {
        Ok(finished) => publish(service, finished, id.clone(), &effects, &control).await,
        Err(problem) => Err(problem),
    };
    let outcome = outcome.map(|published| {
        let receipt = published.receipt(accepted_at);
        count_success(service, &learned, &published, accepted_at);
        receipt
    });
    if let Err(problem) = &outcome {
        count_loss(service, &learned, problem, Some(&id));
    }
    suffer::give_back(service, slot, &effects);
    outcome.map(|receipt| (receipt, effects))
}

async fn run_job(
    service: &Arc<Service>,
    upload: &mut Upload,
    control: Control,
) -> (Learned, Result<Finished, Problem>) {
    let (sender, source) = upload::channel();
    let deadline = control.deadline.into();
    let for_job = Arc::clone(service);
    let job = spawn_blocking(move || {
        let job = Job {
            directory: &for_job.config.directory,
            limits: for_job.config.limits,
            metrics: Arc::clone(&for_job.metrics),
            control,
        };
        job.run(source)
    });
    upload.feed(sender, deadline).await;
    job.await.unwrap_or_else(|error| (Learned::default(), Err(defect(&error))))
}

/// A file with its name and id.
struct Published {
    id: String,
    format: crate::format::Format,
    bytes: u64,
    rows: RowCounts,
    losses: TextLosses,
    ignored_keys: Vec<String>,
}

impl Published {
    fn receipt(&self, accepted_at: Instant) -> Receipt {
        Receipt {
            success: true,
            id: self.id.clone(),
            format: self.format.label(),
            records: self.rows.records,
            bytes: self.bytes,
            processing_time: milliseconds(accepted_at.elapsed()),
            download_url: format!("/export/download/{}", self.id),
            ignored_keys: self.ignored_keys.clone(),
            ignored_cells: self.rows.extra_keys,
            unmapped_characters: self.losses.unmapped_characters,
            unshaped_characters: self.losses.unshaped_characters,
            cut_cells: self.losses.cut_cells,
        }
    }
}

/// Suffers the faults, then gives the file its name, by this id.
async fn publish(
    service: &Arc<Service>,
    finished: Finished,
    id: String,
    effects: &[Effect],
    control: &Control,
) -> Result<Published, Problem> {
    suffer::before_publishing(service, &finished, effects, control).await?;
    control.check()?;
    let service = Arc::clone(service);
    let published = spawn_blocking(move || {
        let Finished { file, format, rows, losses, ignored_keys } = finished;
        let bytes = file.written_bytes();
        service.store.publish(file, format, &id, Instant::now())?;
        Ok(Published { id, format, bytes, rows, losses, ignored_keys })
    });
    published.await.unwrap_or_else(|error| Err(defect(&error)))
}

/// Answers a request that was not admitted. A client that asks whether to send
/// its body is told no; one that is sending gets to finish first.
async fn refuse(problem: &Problem, headers: &HeaderMap, upload: Upload) -> Response {
    if !headers.contains_key(header::EXPECT) {
        let_client_finish(problem, upload).await;
    }
    answer::problem(problem, None)
}

/// Reads what a client still sends, so that it gets to see the answer: before
/// the answer, which any client understands, or behind it where the rest may
/// be long in coming. No more is read than a body may have, unless it has more.
async fn let_client_finish(problem: &Problem, mut upload: Upload) {
    let rest_bytes = match problem.reason {
        Reason::TooLarge => upload::MAX_DISCARDED_BYTES,
        _ => upload.allowed_rest_bytes(),
    };
    match problem.reason {
        Reason::TooLarge
        | Reason::TooManyRows
        | Reason::TooManyColumns
        | Reason::ValueTooLong
        | Reason::CellTooLong
        | Reason::TooSlow => {
            tokio::spawn(async move { upload.discard(rest_bytes).await });
        }
        _ => upload.discard(rest_bytes).await,
    }
}

fn count_success(
    service: &Service,
    learned: &Learned,
    published: &Published,
    accepted_at: Instant,
) {
    let Published { format, bytes, rows, losses, .. } = published;
    let latency = accepted_at.elapsed();
    service.metrics.succeeded(&Success {
        format: *format,
        user: learned.user.as_deref(),
        rows: rows.records,
        bytes: *bytes,
        latency,
    });
    tracing::debug!(id = published.id, ?format, rows.records, bytes, ?latency, "export succeeded");
    if losses.unmapped_characters + losses.unshaped_characters > 0 {
        tracing::info!(
            id = published.id,
            ?losses,
            "export has text that it does not show as given"
        );
    }
}

/// Counts and logs; only an export that was admitted has an id.
fn count_loss(service: &Service, learned: &Learned, problem: &Problem, id: Option<&str>) {
    let outcome = problem.outcome(id.is_some());
    service.metrics.lost(&Loss {
        format: learned.format,
        user: learned.user.as_deref(),
        reason: problem.reason,
        outcome,
        bytes: learned.bytes,
    });
    let reason = problem.reason.label();
    match outcome {
        Outcome::Failed => tracing::warn!(id, reason, %problem, "export failed"),
        Outcome::Rejected => tracing::debug!(id, reason, %problem, "export rejected"),
    }
}

fn refusal(refused: Refused) -> Problem {
    match refused {
        Refused::Draining => {
            let message = "the service is shutting down; send the export to another one";
            Problem { retry_after_seconds: Some(1), ..Problem::new(Reason::Draining, message) }
        }
        Refused::QueueFull { retry_after } => {
            let begun_second = u64::from(retry_after.subsec_nanos() > 0);
            let seconds = (retry_after.as_secs() + begun_second).max(1);
            let message = format!("the queue is full; try again in {seconds} s");
            Problem {
                retry_after_seconds: Some(seconds),
                ..Problem::new(Reason::QueueFull, message)
            }
        }
    }
}

pub(super) fn client_gone() -> Problem {
    Problem::new(Reason::ClientGone, "the client closed the connection")
}

/// The problem of a task that panicked: counted and answered like any other.
fn defect(error: &JoinError) -> Problem {
    tracing::error!(%error, "an export ended in a defect of this service");
    Problem::new(Reason::Internal, "the export ended in a defect of this service")
}

/// Whole microseconds, as milliseconds: no clock here knows more.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_have_three_decimals() {
        let written = |nanoseconds| {
            let milliseconds = milliseconds(Duration::from_nanos(nanoseconds));
            serde_json::to_string(&milliseconds).unwrap()
        };
        assert_eq!(written(904_703), "0.905");
        assert_eq!(written(12_345_678_901), "12345.679");
        assert_eq!(written(2_000_000), "2.0");
    }
}
