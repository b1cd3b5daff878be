//! Whether a target is still there after the load: the other end of the check before it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::CONNECT_WITHIN;

/// How often it is looked whether somebody still listens, half a second in all.
const LOOKS: u32 = 10;
/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

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

/// Whether somebody listens although whoever was started has ended. What was killed a moment
/// ago may still be on its way out.
pub async fn still_listens(address: SocketAddr) -> bool {
    for _ in 0..LOOKS {
        let connected = tokio::time::timeout(CONNECT_WITHIN, TcpStream::connect(address)).await;
        if !matches!(connected, Ok(Ok(_))) {
            return false;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    true
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
        assert!(still_listens(address).await);
        drop(listener);
        assert!(!still_listens(address).await);
        assert!(has_gone(address).await.unwrap().contains("any more"));
    }
}
