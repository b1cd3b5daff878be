//! The HTTP client for an API: who asks, over TLS or not, and at which addresses.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::{Client, Url};
use tokio::net::lookup_host;

use super::error::ApiError;
use crate::scenario::Credentials;
use crate::scrape::http::{builder, headers};

/// A client that talks to the host of `url` as it is resolved now and to nobody else. The
/// URL is the one that it is to be asked by: with a server name of its own the host is
/// that name.
pub(super) async fn client(
    url: &str,
    credentials: &Credentials,
) -> Result<(Client, Url), ApiError> {
    let mut url = Url::parse(url).map_err(|error| unusable(url, &error.to_string()))?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let addresses = addresses(&url, &host).await?;
    let headers =
        headers(&mut url, credentials).map_err(|error| ApiError::Transport(error.to_string()))?;
    let client = builder(&url, &addresses, credentials.tls.as_ref()).default_headers(headers);
    let client = client.build().map_err(|error| unusable(url.as_str(), &error.to_string()))?;
    Ok((client, url))
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
