//! Fetches one exposition over HTTP, within bounds of time and size.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode, redirect};

use super::ScrapeConfig;
use super::error::ScrapeError;
use crate::exposition::Format;

/// What is understood, in order of preference: the text format comes first, so
/// that what is judged is what a person sees who asks with curl.
const ACCEPTED: &str = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.7,text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

/// An exposition as it was received.
#[derive(Debug)]
pub(super) struct Received {
    /// The format that its content type names.
    pub(super) format: Format,
    /// The whole body.
    pub(super) body: Bytes,
}

/// A client that talks to `address` and nobody else, whatever the URL's host
/// resolves to: no proxy of the environment, no redirects, each request on a
/// connection of its own.
pub fn client(url: &str, address: SocketAddr) -> Result<Client, ScrapeError> {
    let refused = |reason: String| ScrapeError::Client { url: url.to_owned(), reason };
    let parsed = reqwest::Url::parse(url).map_err(|error| refused(error.to_string()))?;
    if parsed.scheme() != "http" {
        return Err(refused(format!(
            "scraping over `{}` is not supported yet; use http",
            parsed.scheme()
        )));
    }
    let host = parsed.host_str().unwrap_or_default();
    // reqwest wants a provider even where no TLS is spoken. Another part of the
    // process may have installed the same one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .no_proxy()
        // A connection that is kept stays with one of the processes behind a balancer,
        // and the others are never seen.
        .pool_max_idle_per_host(0)
        .redirect(redirect::Policy::none())
        .resolve(host, address)
        // Nothing here speaks TLS; the system's certificates may not even exist.
        .tls_certs_only(std::iter::empty())
        .build()
        .map_err(|error| refused(error.to_string()))
}

/// Fetches the exposition; the caller bounds the time.
pub(super) async fn fetch(client: &Client, config: &ScrapeConfig) -> Result<Received, ScrapeError> {
    let response = send(client, config).await.map_err(|error| ScrapeError::transport(&error))?;
    check_status(&response)?;
    check_encoding(&response)?;
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type = content_type.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let format = Format::from_content_type(content_type.as_deref())?;
    let body = read_body(response, config.body_limit_bytes).await?;
    Ok(Received { format, body })
}

async fn send(client: &Client, config: &ScrapeConfig) -> Result<Response, reqwest::Error> {
    let request = client
        .get(&config.url)
        .header(ACCEPT, ACCEPTED)
        .header("X-Prometheus-Scrape-Timeout-Seconds", config.timeout.as_secs_f64().to_string());
    request.send().await
}

/// None was asked for, but some servers compress whatever they are asked.
fn check_encoding(response: &Response) -> Result<(), ScrapeError> {
    match response.headers().get(CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(ScrapeError::Encoding(String::from_utf8_lossy(encoding.as_bytes()).into_owned()))
        }
        _ => Ok(()),
    }
}

fn check_status(response: &Response) -> Result<(), ScrapeError> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    match response.headers().get(LOCATION) {
        Some(location) if status.is_redirection() => Err(ScrapeError::Redirect {
            status: status.as_u16(),
            location: String::from_utf8_lossy(location.as_bytes()).into_owned(),
        }),
        _ => Err(ScrapeError::Status(status.as_u16())),
    }
}

/// Reads a body whole; one byte more than `limit_bytes` is an error.
pub async fn read_body(mut response: Response, limit_bytes: usize) -> Result<Bytes, ScrapeError> {
    let mut body = BytesMut::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| ScrapeError::transport(&error))?
    {
        if body.len() + chunk.len() > limit_bytes {
            return Err(ScrapeError::TooLarge(limit_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
