//! From a target's URL to the one address that everything in a run talks to.
//!
//! A name may have several addresses, and behind each a service of its own (one on
//! 127.0.0.1, another on `[::1]`). So the choice is the same each time, and whoever
//! else accepts is told: whether it is the same service is for others to see.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::error::TargetError;
use super::lookup;
use crate::scenario::Origin;

/// How long a target may take to accept a connection before the load.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How long the other addresses may take once one has accepted: a name whose first
/// address swallows packets should not cost five seconds each time.
const OTHERS_WITHIN: Duration = Duration::from_secs(1);

/// A target that accepted a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// `http://host:port` or `https://…`, without a path; the port always.
    pub url: String,
    /// What it was resolved from.
    pub origin: Origin,
    /// The address that accepted a connection: the first of those, as the resolver
    /// orders them.
    pub address: SocketAddr,
    /// Other addresses of the host that accepted one too.
    pub others: Vec<SocketAddr>,
}

/// Resolves a target's URL, once, and connects to each of its addresses.
pub async fn resolve(url: &str) -> Result<Resolved, TargetError> {
    let origin = Origin::parse(url)?;
    let addresses = lookup::addresses(&origin.host, origin.port).await?;
    let (address, others) = accepting(&addresses, CONNECT_WITHIN).await?;
    tracing::debug!(%address, ?others, candidates = addresses.len(), "resolved the target");
    let url = format!("{}://{}", origin.scheme.as_str(), origin.host_and_port());
    Ok(Resolved { url, origin, address, others })
}

/// The addresses that accept a connection, in the order given: the first, and the rest.
async fn accepting(
    addresses: &[SocketAddr],
    within: Duration,
) -> Result<(SocketAddr, Vec<SocketAddr>), TargetError> {
    // All at once, so that an address that swallows packets does not use up the time
    // of one that works.
    let (one_accepted, accepted) = watch::channel(false);
    let attempts = addresses.iter().map(|address| {
        let (one_accepted, accepted) = (one_accepted.clone(), accepted.clone());
        async move {
            let connected = tokio::select! {
                connected = TcpStream::connect(*address) => connected.map(|_| *address),
                () = too_late(accepted, within) => Err(io::ErrorKind::TimedOut.into()),
            };
            if connected.is_ok() {
                // Nobody listens any more where all are done.
                let _ = one_accepted.send(true);
            }
            connected
        }
    });
    let (mut accepted, mut last) = (Vec::new(), io::Error::from(io::ErrorKind::NotFound));
    for attempt in join_all(attempts).await {
        match attempt {
            Ok(address) => accepted.push(address),
            Err(error) => last = error,
        }
    }
    if accepted.is_empty() {
        let tried: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        return Err(unreachable(tried.join(", "), &last, within));
    }
    let others = accepted.split_off(1);
    Ok((accepted[0], others))
}

fn unreachable(tried: String, last: &io::Error, within: Duration) -> TargetError {
    let reason = match last.kind() {
        io::ErrorKind::TimedOut => format!("no connection within {within:?}"),
        _ => last.to_string(),
    };
    TargetError::Unreachable { tried, reason, kind: last.kind() }
}

/// Comes back when there is no more time: all of it, or a second after the first
/// address has accepted.
async fn too_late(mut accepted: watch::Receiver<bool>, within: Duration) {
    let first = async {
        if accepted.wait_for(|accepted| *accepted).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(OTHERS_WITHIN).await;
    };
    let _ = tokio::time::timeout(within, first).await;
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::target::codes;

    async fn listener_at(address: &str) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        listener_at("127.0.0.1:0").await
    }

    #[tokio::test]
    async fn a_host_that_listens_is_resolved_to_its_address() {
        let (_listener, address) = listener().await;
        let resolved = resolve(&format!("http://localhost:{}/", address.port())).await.unwrap();
        assert_eq!(resolved.address, address);
        assert_eq!(resolved.url, format!("http://localhost:{}", address.port()));
        assert_eq!(resolved.others, []);
    }

    #[tokio::test]
    async fn the_address_that_accepts_is_taken_among_several() {
        let (closed, nobody) = listener().await;
        drop(closed);
        let (_listener, address) = listener().await;
        let taken = accepting(&[nobody, address], CONNECT_WITHIN).await.unwrap();
        assert_eq!(taken, (address, vec![]));
    }

    #[tokio::test]
    async fn of_several_that_accept_the_first_is_taken_each_time() {
        let (_one, first) = listener().await;
        let (_other, second) = listener().await;
        for _ in 0..20 {
            let taken = accepting(&[first, second], CONNECT_WITHIN).await.unwrap();
            assert_eq!(taken, (first, vec![second]));
            let taken = accepting(&[second, first], CONNECT_WITHIN).await.unwrap();
            assert_eq!(taken, (second, vec![first]));
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable_and_named() {
        let (closed, nobody) = listener().await;
        drop(closed);
        let error = accepting(&[nobody], CONNECT_WITHIN).await.unwrap_err();
        assert_eq!(error.code(), Some(codes::CONNECTION_REFUSED));
        let error = error.to_string();
        assert!(error.contains(&nobody.to_string()) && error.contains("running?"), "{error}");
    }

    #[test]
    fn a_connection_that_does_not_come_about_is_not_one_that_is_refused() {
        let code = |kind: io::ErrorKind| {
            unreachable("127.0.0.1:1".to_owned(), &kind.into(), CONNECT_WITHIN).code()
        };
        assert_eq!(code(io::ErrorKind::ConnectionRefused), Some(codes::CONNECTION_REFUSED));
        for kind in [io::ErrorKind::TimedOut, io::ErrorKind::HostUnreachable] {
            assert_eq!(code(kind), Some(codes::NO_CONNECTION), "{kind:?}");
        }
    }
}
