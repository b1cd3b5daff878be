//! A balancer of a few lines: each new connection goes to the next service.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use crate::support::Service;

/// Balances over services on a port of its own; gives its URL.
pub(crate) fn balance<const N: usize>(services: [Service; N]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        let addresses = services.map(|service| service.address);
        for (stream, address) in listener.incoming().flatten().zip(addresses.iter().cycle()) {
            thread::spawn(join(stream, *address));
        }
    });
    url
}

/// Passes bytes on in both directions until either side ends.
fn join(client: TcpStream, address: SocketAddr) -> impl FnOnce() + Send {
    move || {
        let Ok(service) = TcpStream::connect(address) else { return };
        let (mut from_client, mut to_service) =
            (client.try_clone().unwrap(), service.try_clone().unwrap());
        thread::spawn(move || {
            drop(copy(&mut from_client, &mut to_service));
            drop(to_service.shutdown(Shutdown::Write));
        });
        let (mut from_service, mut to_client) = (service, client);
        drop(copy(&mut from_service, &mut to_client));
        drop(to_client.shutdown(Shutdown::Both));
    }
}
