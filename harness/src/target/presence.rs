//! Whether a target is still there after the load: the other end of the check before it.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpStream;

use super::CONNECT_WITHIN;

/// Connects once more. What comes back says that nobody listens any more; a target that
/// is only too busy to accept is another matter, and its requests tell.
pub async fn has_gone(address: SocketAddr) -> Option<String> {
    let connected = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address)).await;
    match connected {
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => Some(format!(
            "the target ended during the run: nothing accepts connections at {address} any more"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_target_that_listens_is_there_and_one_that_ended_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(has_gone(address).await, None);
        drop(listener);
        assert!(has_gone(address).await.unwrap().contains("any more"));
    }
}
