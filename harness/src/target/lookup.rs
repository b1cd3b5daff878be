//! From a host to its addresses: the target's and those of pages with metrics.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};

use super::error::TargetError;

/// How long a resolver may take.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);
/// How long one of several addresses may take to accept a connection.
const ACCEPT_WITHIN: Duration = Duration::from_secs(2);

/// All addresses of a host, in the resolver's order, each once. A host that has none is
/// an error.
pub async fn addresses(host: &str, port: u16) -> Result<Vec<SocketAddr>, TargetError> {
    let no_address = |reason: String| TargetError::NoAddress { host: host.to_owned(), reason };
    let lookup = tokio::time::timeout(LOOK_UP_WITHIN, lookup_host((host, port))).await;
    let found = lookup
        .map_err(|_| no_address(format!("no answer within {LOOK_UP_WITHIN:?}")))?
        .map_err(|error| no_address(error.to_string()))?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(no_address("the resolver gave none".to_owned()));
    }
    Ok(addresses)
}

/// The first of these addresses that accepts a connection, or simply the first: whoever
/// asks there will say what is wrong.
pub async fn first_that_accepts(addresses: &[SocketAddr]) -> Option<SocketAddr> {
    if addresses.len() > 1 {
        for address in addresses {
            let attempt = tokio::time::timeout(ACCEPT_WITHIN, TcpStream::connect(address)).await;
            if matches!(attempt, Ok(Ok(_))) {
                return Some(*address);
            }
        }
    }
    addresses.first().copied()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_address_stands_for_itself() {
        for (host, expected) in [("127.0.0.1", "127.0.0.1:9100"), ("::1", "[::1]:9100")] {
            let found = addresses(host, 9100).await.unwrap();
            assert_eq!(found, [expected.parse().unwrap()]);
        }
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_has_no_address() {
        let error = addresses("no-such-host.invalid", 80).await.unwrap_err();
        assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
        assert_eq!(error.code(), Some(crate::target::codes::NO_ADDRESS));
    }

    #[tokio::test]
    async fn the_address_that_accepts_is_taken_among_several() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = closed.local_addr().unwrap();
        drop(closed);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let somebody = listener.local_addr().unwrap();
        assert_eq!(first_that_accepts(&[nobody, somebody]).await, Some(somebody));
        assert_eq!(first_that_accepts(&[nobody]).await, Some(nobody));
    }
}
