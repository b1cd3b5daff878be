//! `GET /export/download/{id}`: a finished file, whole or in ranges.
//!
//! The id is looked up, never made into a path, and only its owner finds it.
//! [`range`] settles which part is wanted; cutting it, conditional requests and
//! HEAD are `tower-http`'s work.

use std::{io, sync::Arc, time::Instant};

use axum::{
    Extension,
    body::Body,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_http::services::ServeFile;

use super::{Service, answer, range};
use crate::{
    access::Caller,
    job::{Found, StoredFile},
};

/// The route.
pub(super) async fn download(
    State(service): State<Arc<Service>>,
    id: Result<Path<String>, PathRejection>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Response {
    // What is no text is no id.
    let id = id.map(|Path(id)| id).unwrap_or_default();
    match service.store.find(&id, caller.name.as_deref(), Instant::now()) {
        Found::File(file) => serve(&file, &id, request).await,
        Found::Expired => {
            let message = "this export has expired, or failed; run it again";
            answer::error(StatusCode::GONE, message, "expired")
        }
        Found::Unknown => {
            let message = "there is no export with this id";
            answer::error(StatusCode::NOT_FOUND, message, "unknown_export")
        }
    }
}

async fn serve(file: &StoredFile, id: &str, request: Request) -> Response {
    match read(file, request).await {
        Ok(mut response) => {
            add_headers(response.headers_mut(), file, id);
            response
        }
        Err(error) => {
            tracing::error!(path = %file.path.display(), %error, "a finished file could not be read");
            let message = "the file could not be read";
            answer::error(StatusCode::INTERNAL_SERVER_ERROR, message, "storage")
        }
    }
}

async fn read(file: &StoredFile, mut request: Request) -> io::Result<Response> {
    let mut files = ServeFile::new(&file.path);
    let range = match range::wanted(request.method(), request.headers(), file.bytes) {
        Some(_) if !is_in_named_state(&mut files, request.headers()).await? => None,
        range => range,
    };
    request.headers_mut().remove(header::RANGE);
    if let Some(range) = range {
        request.headers_mut().insert(header::RANGE, range);
    }
    Ok(files.try_call(request).await?.map(Body::new).into_response())
}

/// Whether the file is as `If-Range` wants it. Finished files do not change, so
/// the answer stays true.
async fn is_in_named_state(files: &mut ServeFile, headers: &HeaderMap) -> io::Result<bool> {
    if !range::is_conditional(headers) {
        return Ok(true);
    }
    let mut question = Request::new(Body::empty());
    *question.method_mut() = Method::HEAD;
    Ok(range::condition_holds(headers, files.try_call(question).await?.headers()))
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
