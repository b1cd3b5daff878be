//! What faults on purpose do to an export, where it can be done: before the file
//! has its name, when the place is given back, in the answer.
//!
//! Without faults all of this is nothing. Each effect is loud in the log.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};

use super::{
    Service,
    run::{Receipt, client_gone},
};
use crate::{
    faults::Effect,
    job::{Control, Finished, past_deadline},
    limits::admission::Slot,
    metrics::Size,
    problem::{Problem, Reason},
};

/// Pieces that a slow answer comes in.
const SLOW_BODY_PIECES: usize = 10;
/// How long the first half of a broken answer has to leave the buffers.
const TIME_TO_SEND: Duration = Duration::from_millis(10);
/// Exit code of a process that a rule ends.
const EXIT_ON_PURPOSE: i32 = 1;

/// What a finished export must suffer.
pub(super) fn judge(service: &Service, finished: &Finished) -> Vec<Effect> {
    let size = Size::of(finished.rows.records);
    let effects = service.config.faults.judge((finished.format, size), service.started.elapsed());
    for effect in &effects {
        tracing::warn!(?effect, "fault on purpose");
    }
    effects
}

/// Holds memory, waits, empties the file, fails, ends the process.
pub(super) async fn before_publishing(
    service: &Service,
    finished: &Finished,
    effects: &[Effect],
    control: &Control,
) -> Result<(), Problem> {
    let mut ballast = Vec::new();
    for effect in effects {
        match *effect {
            Effect::Memory(bytes) => {
                // Not zeros: pages that nobody wrote to would take no memory.
                ballast.push(vec![1_u8; bytes]);
                service.metrics.held(finished.format, bytes as u64);
            }
            Effect::Latency(latency) => wait(latency, control).await?,
            Effect::LostBytes => finished.file.lose_bytes()?,
            Effect::Error(status) => {
                let problem = Problem::new(Reason::Fault, "this export fails on purpose");
                return Err(Problem { status: Some(status), ..problem });
            }
            Effect::Exit => std::process::exit(EXIT_ON_PURPOSE),
            Effect::KeptPlace(_) | Effect::SlowBody(_) | Effect::TruncatedBody => {}
        }
    }
    drop(ballast);
    Ok(())
}

/// Gives the place back, now or when the rule ends; at the latest when draining.
pub(super) fn give_back(service: &Arc<Service>, slot: Slot, effects: &[Effect]) {
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::KeptPlace(until) => Some(*until),
        _ => None,
    });
    let Some(until) = kept else { return drop(slot) };
    let left = until.map(|until| until.saturating_sub(service.started.elapsed()));
    let admission = Arc::clone(&service.admission);
    tokio::spawn(async move {
        tokio::select! {
            () = sleep_for_ever_or(left) => {}
            () = admission.draining() => {}
        }
        drop(slot);
    });
}

/// The answer, whole or as the rules leave it.
pub(super) fn answer(receipt: &Receipt, effects: &[Effect]) -> Response {
    let on_body =
        effects.iter().find(|effect| matches!(effect, Effect::SlowBody(_) | Effect::TruncatedBody));
    let (Some(effect), Ok(whole)) = (on_body, serde_json::to_vec(receipt)) else {
        return Json(receipt).into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CONTENT_LENGTH, HeaderValue::from(whole.len())),
    ];
    let body = match *effect {
        Effect::SlowBody(duration) => slowly(&whole, duration),
        _ => broken_off(&whole),
    };
    (headers, body).into_response()
}

async fn wait(latency: Duration, control: &Control) -> Result<(), Problem> {
    tokio::select! {
        () = tokio::time::sleep(latency) => Ok(()),
        () = tokio::time::sleep_until(control.deadline.into()) => Err(past_deadline()),
        () = control.cancelled.cancelled() => Err(client_gone()),
    }
}

async fn sleep_for_ever_or(left: Option<Duration>) {
    match left {
        Some(left) => tokio::time::sleep(left).await,
        None => std::future::pending().await,
    }
}

fn slowly(whole: &[u8], duration: Duration) -> Body {
    let length = whole.len().div_ceil(SLOW_BODY_PIECES).max(1);
    let pause = duration.div_f64(SLOW_BODY_PIECES as f64);
    let pieces: Vec<Bytes> = whole.chunks(length).map(Bytes::copy_from_slice).collect();
    Body::from_stream(stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, io::Error>(piece)
    }))
}

fn broken_off(whole: &[u8]) -> Body {
    let half = Bytes::copy_from_slice(&whole[..whole.len() / 2]);
    let pieces = [Ok(half), Err(io::Error::other("this answer breaks off on purpose"))];
    Body::from_stream(stream::iter(pieces).then(|piece| async move {
        if piece.is_err() {
            tokio::time::sleep(TIME_TO_SEND).await;
        }
        piece
    }))
}
