//! `GET /export/download/{id}`: a finished file, whole or in ranges.
//!
//! The id is looked up, never made into a path. Ranges, conditional requests and
//! HEAD are `tower-http`'s work.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_http::services::ServeFile;

use super::{Service, answer};
use crate::job::{Found, StoredFile};

/// The route.
pub(super) async fn download(
    State(service): State<Arc<Service>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    match service.store.find(&id, Instant::now()) {
        Found::File(file) => serve(&file, &id, request).await,
        Found::Expired => {
            let message = "this export has expired; run it again";
            answer::error(StatusCode::GONE, message, "expired", None)
        }
        Found::Unknown => {
            let message = "there is no export with this id";
            answer::error(StatusCode::NOT_FOUND, message, "unknown_export", None)
        }
    }
}

async fn serve(file: &StoredFile, id: &str, request: Request) -> Response {
    let mut files = ServeFile::new(&file.path);
    match files.try_call(request).await {
        Ok(response) => {
            let mut response = response.map(Body::new).into_response();
            add_headers(response.headers_mut(), file, id);
            response
        }
        Err(error) => {
            tracing::error!(path = %file.path.display(), %error, "a finished file could not be read");
            let message = "the file could not be read";
            answer::error(StatusCode::INTERNAL_SERVER_ERROR, message, "storage", None)
        }
    }
}

fn add_headers(headers: &mut HeaderMap, file: &StoredFile, id: &str) {
    let mut insert = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    let name = format!("export-{id}.{}", file.format.label());
    insert(header::CONTENT_TYPE, file.format.content_type());
    insert(header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
    // What users put into an export must not run as something else in a browser.
    insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    insert(header::CACHE_CONTROL, "private, no-cache");
}
