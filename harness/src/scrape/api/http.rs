//! The HTTP client for an API: who asks, over TLS or not, and at which addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::{Client, Url};
use tokio::net::lookup_host;

use super::error::ApiError;
use crate::scenario::{self, Credentials};
use crate::scrape::codes;
use crate::scrape::http::{builder, headers};

/// A client that talks to the host of `url` as it is resolved now and to nobody else. The
/// URL is the one that it is to be asked by: with a server name of its own the host is
/// that name.
pub(super) async fn client(
    url: &str,
    credentials: &Credentials,
) -> Result<(Client, Url), ApiError> {
    let mut url = Url::parse(url).map_err(|error| not_a_url(url, &error))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = addresses(&url, &host).await?;
    let headers = headers(&mut url, credentials)
        .map_err(|error| ApiError::Transport { code: error.code(), text: error.to_string() })?;
    let client = builder(&url, &addresses, credentials.tls.as_ref()).default_headers(headers);
    let client = client.build().map_err(|error| not_a_url(url.as_str(), &error))?;
    Ok((client, url))
}

async fn addresses(url: &Url, host: &str) -> Result<Arc<[SocketAddr]>, ApiError> {
    let port = url.port_or_known_default().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']);
    let found = lookup_host((bare, port)).await;
    let found: Vec<SocketAddr> =
        found.map_err(|error| no_address(host, &format!(": {error}")))?.collect();
    if found.is_empty() {
        return Err(no_address(host, ""));
    }
    Ok(found.into())
}

fn not_a_url(url: &str, why: &impl ToString) -> ApiError {
    let text = format!("`{url}` {}", why.to_string());
    ApiError::Transport { code: scenario::codes::INVALID_URL, text }
}

fn no_address(host: &str, why: &str) -> ApiError {
    let text = format!("`{host}` has no address{why}");
    ApiError::Transport { code: codes::METRICS_UNREACHABLE, text }
}
