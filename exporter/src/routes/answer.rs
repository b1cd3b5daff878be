//! Problems as HTTP answers: always JSON, always with a machine-readable reason.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::Problem;

#[derive(Serialize)]
struct ProblemBody<'a> {
    success: bool,
    error: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// The answer to a request that did not succeed.
pub(super) fn problem(problem: &Problem) -> Response {
    let status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = problem.reason.label();
    let mut response = error(status, &problem.message, reason, problem.offset);
    if let Some(seconds) = problem.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An answer with an error in it.
pub(super) fn error(
    status: StatusCode,
    message: &str,
    reason: &str,
    offset: Option<u64>,
) -> Response {
    (status, Json(ProblemBody { success: false, error: message, reason, offset })).into_response()
}

/// The answer where there is nothing.
pub(super) async fn no_such_route(uri: Uri) -> Response {
    let message = format!(
        "there is nothing at {}; try /export/run, /export/status, /export/metrics, /export/download/{{id}} or /health",
        uri.path()
    );
    error(StatusCode::NOT_FOUND, &message, "no_such_route", None)
}

/// The answer to a method that a route does not have.
pub(super) async fn no_such_method() -> Response {
    let message = "this route does not have this method";
    error(StatusCode::METHOD_NOT_ALLOWED, message, "no_such_method", None)
}
