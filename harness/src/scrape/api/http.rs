//! The HTTP client for an API: who asks, over TLS or not, and at which addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use tokio::net::lookup_host;

use super::error::ApiError;
use crate::scenario::{Credentials, TlsClient};

/// A client that talks to the host of `url` as it is resolved now and to nobody else: no
/// proxy of the environment, no redirects. The URL is the one that it is to be asked by:
/// with a server name of its own the host is that name.
pub(super) async fn client(
    url: &str,
    credentials: &Credentials,
) -> Result<(Client, Url), ApiError> {
    let mut url = Url::parse(url).map_err(|error| unusable(url, &error.to_string()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = addresses(&url, &host).await?;
    let mut headers = HeaderMap::new();
    for (name, value) in &credentials.headers {
        let name: HeaderName = name.parse().map_err(|_| unusable(name, "is not a header"))?;
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| unusable(name.as_str(), "has a value that no header can have"))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    if let Some(name) = credentials.tls.as_ref().and_then(|tls| tls.server_name.as_ref()) {
        // Its certificate goes by another name; the server is asked for what was written.
        let asked = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let asked = HeaderValue::from_str(&asked).map_err(|_| unusable(&host, "is no host"))?;
        headers.insert(HOST, asked);
        url.set_host(Some(name)).map_err(|error| unusable(name, &error.to_string()))?;
    }
    let client = build(&url, &addresses, headers, credentials.tls.as_ref());
    client.map(|client| (client, url))
}

fn build(
    url: &Url,
    addresses: &[SocketAddr],
    headers: HeaderMap,
    tls: Option<&TlsClient>,
) -> Result<Client, ApiError> {
    // reqwest wants a provider even where no TLS is spoken. Another part of the process
    // may have installed the same one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder()
        .no_proxy()
        .redirect(redirect::Policy::none())
        .resolve_to_addrs(url.host_str().unwrap_or_default(), addresses)
        .default_headers(headers);
    let builder = match tls {
        Some(tls) => builder.tls_backend_preconfigured(rustls::ClientConfig::clone(&tls.config)),
        None => builder.tls_certs_only(std::iter::empty()),
    };
    builder.build().map_err(|error| unusable(url.as_str(), &error.to_string()))
}

async fn addresses(url: &Url, host: &str) -> Result<Arc<[SocketAddr]>, ApiError> {
    let port = url.port_or_known_default().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']);
    let found = lookup_host((bare, port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|error| unusable(host, &format!("has no address: {error}")))?.collect();
    if found.is_empty() {
        return Err(unusable(host, "has no address"));
    }
    Ok(found.into())
}

fn unusable(what: &str, why: &str) -> ApiError {
    ApiError::Transport(format!("`{what}` {why}"))
}
