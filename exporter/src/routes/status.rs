//! `GET /export/status`: how busy the service is.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::Service;

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    status: &'static str,
    concurrent_exports: usize,
    queue_depth: usize,
    max_concurrent: usize,
    max_queue: usize,
}

/// The route.
pub(super) async fn status(State(service): State<Arc<Service>>) -> Json<Answer> {
    let admission = &service.admission;
    Json(Answer {
        status: if admission.is_draining() { "draining" } else { "ready" },
        concurrent_exports: admission.running(),
        queue_depth: admission.waiting(),
        max_concurrent: admission.max_concurrent(),
        max_queue: admission.max_queue(),
    })
}
