//! Fetches one exposition over HTTP, within bounds of time and size.

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use reqwest::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, LOCATION,
};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, StatusCode, Url, redirect};

use super::ScrapeConfig;
use super::error::ScrapeError;
use crate::exposition::{ContentTypeError, ExpositionError, Foreign, Format};
use crate::scenario::{Credentials, TlsClient};

/// What is understood, in order of preference: the text format comes first, so
/// that what is judged is what a person sees who asks with curl.
const ACCEPTED: &str = "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.7,text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";

/// Characters that are shown of a line that is no exposition's.
const LONGEST_LINE: usize = 80;

/// An exposition as it was received.
#[derive(Debug)]
pub(super) struct Received {
    /// The format that its content type names.
    pub(super) format: Format,
    /// The content type itself.
    content_type: Option<String>,
    /// The whole body.
    pub(super) body: Bytes,
}

/// A page with metrics, and what every request for it carries.
#[derive(Debug)]
pub(super) struct Page {
    client: Client,
    url: Url,
    headers: HeaderMap,
}

impl Page {
    /// The page at `url`, to be had at `address` and nowhere else.
    pub(super) fn new(
        url: &str,
        address: SocketAddr,
        credentials: &Credentials,
    ) -> Result<Self, ScrapeError> {
        let mut url = parsed(url)?;
        let headers = headers(&mut url, credentials)?;
        let client = client(url.as_str(), address, credentials.tls.as_ref())?;
        Ok(Self { client, url, headers })
    }
}

/// Asks one address for pages on one host, and nobody else.
#[derive(Debug)]
pub struct Asker {
    client: Client,
    credentials: Credentials,
}

impl Asker {
    /// Asks `address` for what is below `url`, with this TLS where it is https.
    pub fn new(
        url: &str,
        address: SocketAddr,
        tls: Option<TlsClient>,
    ) -> Result<Self, ScrapeError> {
        let credentials = Credentials { headers: Vec::new(), tls };
        let client = Page::new(url, address, &credentials)?.client;
        Ok(Self { client, credentials })
    }

    /// A request for a page on that host.
    pub fn get(&self, url: &str) -> Result<RequestBuilder, ScrapeError> {
        let mut url = parsed(url)?;
        let headers = headers(&mut url, &self.credentials)?;
        Ok(self.client.get(url).headers(headers))
    }
}

/// What every request to `url` carries. Where the server's certificate goes by another
/// name, the URL gets that name, for TLS, and `Host` keeps what was written.
pub(super) fn headers(url: &mut Url, credentials: &Credentials) -> Result<HeaderMap, ScrapeError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &credentials.headers {
        let name = HeaderName::try_from(name).map_err(|error| refused(url, &error))?;
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|error| refused(url, &error))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    let tls = credentials.tls.as_ref().filter(|_| url.scheme() == "https");
    if let Some(name) = tls.and_then(|tls| tls.server_name.as_ref()) {
        let written = HeaderValue::try_from(url.authority());
        headers.insert(HOST, written.map_err(|error| refused(url, &error))?);
        let renamed = url.set_host(Some(name));
        renamed.map_err(|error| refused(url, &error))?;
    }
    Ok(headers)
}

/// A client that talks to `address` and nobody else, each request on a connection of its
/// own.
fn client(url: &str, address: SocketAddr, tls: Option<&TlsClient>) -> Result<Client, ScrapeError> {
    let url = parsed(url)?;
    // A connection that is kept stays with one of the processes behind a balancer,
    // and the others are never seen.
    let builder = builder(&url, &[address], tls).pool_max_idle_per_host(0);
    builder.build().map_err(|error| refused(&url, &error))
}

/// A client that talks to these addresses and nobody else, whatever the URL's host
/// resolves to: no proxy of the environment, no redirects.
pub(super) fn builder(
    url: &Url,
    addresses: &[SocketAddr],
    tls: Option<&TlsClient>,
) -> ClientBuilder {
    // reqwest wants a provider even where no TLS is spoken. Another part of the
    // process may have installed the same one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .resolve_to_addrs(url.host_str().unwrap_or_default(), addresses);
    match tls {
        Some(tls) => builder.tls_backend_preconfigured(rustls::ClientConfig::clone(&tls.config)),
        // Nothing here speaks TLS; the system's certificates may not even exist.
        None => builder.tls_certs_only(std::iter::empty()),
    }
}

fn parsed(url: &str) -> Result<Url, ScrapeError> {
    let refused = |reason: String| ScrapeError::Client { url: url.to_owned(), reason };
    let parsed = Url::parse(url).map_err(|error| refused(error.to_string()))?;
    match parsed.scheme() {
        "http" | "https" => Ok(parsed),
        other => Err(refused(format!("`{other}` cannot be scraped; use http or https"))),
    }
}

/// A URL that cannot be asked; its query may hold a secret and is left out.
fn refused(url: &Url, reason: &impl ToString) -> ScrapeError {
    let mut shown = url.clone();
    shown.set_query(None);
    ScrapeError::Client { url: shown.into(), reason: reason.to_string() }
}

/// Fetches the exposition; the caller bounds the time.
pub(super) async fn fetch(page: &Page, config: &ScrapeConfig) -> Result<Received, ScrapeError> {
    let response = send(page, config).await.map_err(|error| ScrapeError::transport(&error))?;
    check_status(&response)?;
    check_encoding(&response)?;
    let content_type = response.headers().get(CONTENT_TYPE);
    let content_type =
        content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let format = match Format::from_content_type(content_type.as_deref()) {
        Ok(format) => format,
        Err(error @ ContentTypeError::Protobuf) => return Err(error.into()),
        Err(ContentTypeError::NotAnExposition(_)) => {
            // What it is tells more than why it could not be had to the end.
            let body = read_body(response, config.body_limit_bytes).await.unwrap_or_default();
            let shown = String::from_utf8_lossy(&body);
            let first_line = shown.lines().find(|line| !line.trim().is_empty());
            let first_line = first_line.unwrap_or_default();
            return Err(not_an_exposition(config, content_type.as_deref(), first_line, None));
        }
    };
    let body = read_body(response, config.body_limit_bytes).await?;
    Ok(Received { format, content_type, body })
}

impl Received {
    /// What is wrong with a body that cannot be read: it has a fault, or is something else.
    pub(super) fn unreadable(&self, error: ExpositionError, config: &ScrapeConfig) -> ScrapeError {
        let Some(foreign) = Foreign::find(&self.body, self.format) else { return error.into() };
        let content_type = self.content_type.as_deref();
        not_an_exposition(config, content_type, &foreign.first_line, Some(foreign.error))
    }
}

fn not_an_exposition(
    config: &ScrapeConfig,
    content_type: Option<&str>,
    first_line: &str,
    cause: Option<ExpositionError>,
) -> ScrapeError {
    // Before it is cut, which could leave a part of a secret.
    let first_line = config.credentials.blank(first_line.trim());
    let cut = if first_line.chars().count() > LONGEST_LINE { "…" } else { "" };
    ScrapeError::NotAnExposition {
        content_type: content_type.map_or_else(|| "none".to_owned(), |kind| format!("`{kind}`")),
        first_line: first_line.chars().take(LONGEST_LINE).chain(cut.chars()).collect(),
        cause,
    }
}

async fn send(page: &Page, config: &ScrapeConfig) -> Result<Response, reqwest::Error> {
    let request = page
        .client
        .get(page.url.clone())
        .headers(page.headers.clone())
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
