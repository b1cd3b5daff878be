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
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

/// The answer to a request that did not succeed, with the id under which the log
/// has it if it was admitted.
pub(super) fn problem(problem: &Problem, id: Option<&str>) -> Response {
    let status =
        StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = problem.reason.label();
    let body =
        ProblemBody { success: false, error: &problem.message, reason, id, offset: problem.offset };
    let mut response = (status, Json(body)).into_response();
    if let Some(seconds) = problem.retry_after_seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if let Some(challenge) = problem.challenge.as_deref().map(HeaderValue::from_str) {
        // Made here, of names and scopes: it is always a header value.
        response
            .headers_mut()
            .extend(challenge.ok().map(|value| (header::WWW_AUTHENTICATE, value)));
    }
    response
}

/// An answer with an error in it.
pub(super) fn error(status: StatusCode, message: &str, reason: &str) -> Response {
    let body = ProblemBody { success: false, error: message, reason, id: None, offset: None };
    (status, Json(body)).into_response()
}

/// The answer where there is nothing.
pub(super) async fn no_such_route(uri: Uri) -> Response {
    let message = format!(
        "there is nothing at {}; try /export/run, /export/status, /export/metrics, /export/download/{{id}} or /health",
        uri.path()
    );
    error(StatusCode::NOT_FOUND, &message, "no_such_route")
}

/// The answer to a method that a route does not have.
pub(super) async fn no_such_method() -> Response {
    let message = "this route does not have this method";
    error(StatusCode::METHOD_NOT_ALLOWED, message, "no_such_method")
}
