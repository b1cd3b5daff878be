//! Notices a client that closes its connection while its body is unread.
//!
//! The HTTP library reads a connection only when somebody asks for the body, so
//! it cannot see a client leave whose export waits for a place. The socket can:
//! a second handle to it reports the closed read side. Nothing is read here.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
};

use tokio::{io::Interest, net::TcpStream};

/// A second handle to the socket of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    /// `None` when no handle could be made; then nobody is seen to leave early.
    socket: Option<Arc<OwnedFd>>,
}

impl Connection {
    /// A second handle to this socket.
    pub(crate) fn of(stream: &TcpStream) -> Self {
        Self { socket: stream.as_fd().try_clone_to_owned().ok().map(Arc::new) }
    }

    /// Returns when the client has closed its side; never, if that cannot be seen.
    pub(crate) async fn closed(&self) {
        if let Some(Ok(watched)) = self.socket.as_deref().map(watch) {
            while let Ok(ready) = watched.ready(Interest::READABLE).await {
                if ready.is_read_closed() {
                    return;
                }
                // Unread bytes are not news. `WouldBlock` makes the next round wait
                // for a change.
                let _would_block =
                    watched.try_io(Interest::READABLE, || Err::<(), _>(would_block()));
            }
        }
        std::future::pending::<()>().await;
    }
}

/// A handle whose state can be awaited. Dropping it does not close the connection.
fn watch(socket: &OwnedFd) -> io::Result<TcpStream> {
    TcpStream::from_std(socket.try_clone()?.into())
}

fn would_block() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::poll_immediate};
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;

    async fn connected() -> (TcpStream, TcpStream, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let connection = Connection::of(&server);
        (client, server, connection)
    }

    #[tokio::test]
    async fn sees_a_client_leave_past_bytes_that_nobody_reads() {
        let (mut client, server, connection) = connected().await;
        client.write_all(b"unread").await.unwrap();
        server.readable().await.unwrap();
        let mut closed = connection.closed().boxed();
        assert!(poll_immediate(&mut closed).await.is_none());
        drop(client);
        closed.await;
    }
}
