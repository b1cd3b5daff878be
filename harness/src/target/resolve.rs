//! From a target's URL to the one address that everything in a run talks to.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::select_ok;
use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};

use super::error::TargetError;

/// How long a target may take to accept a connection before the load.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A target that accepted a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// `http://host:port`, without a path.
    pub url: String,
    /// The host as it was written; an IPv6 address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address that accepted a connection.
    pub address: SocketAddr,
}

/// Resolves a target's URL, once, and connects: of several addresses the first
/// that accepts a connection within 5 s is the target.
pub async fn resolve(url: &str) -> Result<Resolved, TargetError> {
    let (host, port) = host_and_port(url)?;
    let no_address = |reason: String| TargetError::NoAddress { host: host.clone(), reason };
    let lookup = tokio::time::timeout(CONNECT_WITHIN, lookup_host((host.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = lookup
        .map_err(|_| no_address(format!("no answer within {CONNECT_WITHIN:?}")))?
        .map_err(|error| no_address(error.to_string()))?
        .collect();
    if addresses.is_empty() {
        return Err(no_address("the resolver gave none".to_owned()));
    }
    let address = first_to_accept(&addresses, CONNECT_WITHIN).await?;
    tracing::debug!(%url, %address, candidates = addresses.len(), "resolved the target");
    let shown_host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    Ok(Resolved { url: format!("http://{shown_host}:{port}"), host, port, address })
}

/// The host and port of a URL that can be a target.
fn host_and_port(url: &str) -> Result<(String, u16), TargetError> {
    let refused =
        |reason: &str| TargetError::Url { url: url.to_owned(), reason: reason.to_owned() };
    let parsed =
        Url::parse(url).map_err(|error| refused(&format!("{error}; write http://host:port")))?;
    match parsed.scheme() {
        "http" => {}
        "https" => return Err(refused("https targets are not supported yet; use http")),
        _ => return Err(refused("write http://host:port")),
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(refused("credentials in the URL are not supported yet"));
    }
    if parsed.path() != "/" || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refused("a target has no path; requests and `metrics` name theirs"));
    }
    let host = parsed.host_str().ok_or_else(|| refused("it has no host"))?;
    let port = parsed.port_or_known_default().ok_or_else(|| refused("it has no port"))?;
    Ok((host.trim_matches(['[', ']']).to_owned(), port))
}

/// All at once, so that an address that swallows packets does not use up the time
/// of one that works.
async fn first_to_accept(
    addresses: &[SocketAddr],
    within: Duration,
) -> Result<SocketAddr, TargetError> {
    let attempts = addresses.iter().map(|address| Box::pin(accepts(*address)));
    let reason = match tokio::time::timeout(within, select_ok(attempts)).await {
        Ok(Ok((address, _))) => return Ok(address),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no connection within {within:?}"),
    };
    let tried: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Err(TargetError::Unreachable { tried: tried.join(", "), reason })
}

async fn accepts(address: SocketAddr) -> io::Result<SocketAddr> {
    TcpStream::connect(address).await.map(|_| address)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn a_host_that_listens_is_resolved_to_its_address() {
        let (_listener, address) = listener().await;
        let resolved = resolve(&format!("http://localhost:{}/", address.port())).await.unwrap();
        assert_eq!(resolved.address, address);
        assert_eq!(resolved.url, format!("http://localhost:{}", address.port()));
    }

    #[tokio::test]
    async fn the_address_that_accepts_is_taken_among_several() {
        let (closed, nobody) = listener().await;
        drop(closed);
        let (_listener, address) = listener().await;
        assert_eq!(first_to_accept(&[nobody, address], CONNECT_WITHIN).await.unwrap(), address);
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_named() {
        let (closed, nobody) = listener().await;
        drop(closed);
        let error = first_to_accept(&[nobody], CONNECT_WITHIN).await.unwrap_err().to_string();
        assert!(error.contains(&nobody.to_string()) && error.contains("running?"), "{error}");
    }

    #[test]
    fn says_what_is_wrong_with_a_url() {
        let error = |url| host_and_port(url).unwrap_err().to_string();
        assert!(error("localhost:4001").contains("write http://host:port"));
        assert!(error("").contains("write http://host:port"));
        assert!(error("https://a").contains("not supported yet"));
        assert!(error("http://user:secret@a").contains("not supported yet"));
        assert!(error("http://a/path").contains("no path"));
        assert_eq!(host_and_port("http://[::1]:80").unwrap(), ("::1".to_owned(), 80));
    }
}
