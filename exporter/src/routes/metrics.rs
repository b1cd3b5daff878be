//! `GET /export/metrics`: the counters, in the Prometheus text format.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Service, answer};

/// Media type of the Prometheus text format, version 0.0.4.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The route.
pub(super) async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let (running, waiting) = (service.admission.running(), service.admission.waiting());
    match service.metrics.render(running, waiting) {
        Ok(exposition) => {
            let faults = &service.config.faults;
            let exposition = faults.distort(exposition, service.started.elapsed());
            ([(header::CONTENT_TYPE, CONTENT_TYPE)], exposition).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            let message = "the metrics could not be written";
            answer::error(StatusCode::INTERNAL_SERVER_ERROR, message, "internal")
        }
    }
}
