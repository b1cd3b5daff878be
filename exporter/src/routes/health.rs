//! `GET /health`: the process answers. It says nothing about room in the queue.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::Json;
use serde::Serialize;

/// The answer.
#[derive(Serialize)]
pub(super) struct Health {
    ok: bool,
    /// Milliseconds since 1970.
    ts: u64,
}

/// The route.
pub(super) async fn health() -> Json<Health> {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Json(Health { ok: true, ts: u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX) })
}
