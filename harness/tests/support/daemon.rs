//! A server that somebody else wrote, as a child of the test: started on a free
//! loopback port, waited for until it listens, ended by its own process id.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for a server to listen: they take a tenth of a second, busy machines
/// take longer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Another process may take a free port before the server does.
const ATTEMPTS: usize = 5;

/// A running server, gone when this is dropped.
pub(crate) struct Daemon {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Daemon {
    /// Starts what `command` makes of a free address; what the server says goes to
    /// `log`, and into the panic if it does not come up.
    pub(crate) fn start(log: &Path, command: impl Fn(SocketAddr) -> Command) -> Self {
        for _ in 0..ATTEMPTS {
            let address = free_address();
            let said = File::create(log).unwrap();
            let mut child = command(address)
                .stdin(Stdio::null())
                .stdout(said.try_clone().unwrap())
                .stderr(said)
                .spawn()
                .unwrap();
            if listens(&mut child, address) {
                return Self { address, child };
            }
        }
        panic!("it does not listen: {}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        // One that has ended by itself is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An address that nobody listens on, as far as one can know.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn listens(child: &mut Child, address: SocketAddr) -> bool {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        if began.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    false
}

/// The answer to a GET, head and body; empty if there was none.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    let asked = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    asked().unwrap_or_default()
}

/// Waits until something is so, as seen from outside.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "{what} never came");
        thread::sleep(Duration::from_millis(5));
    }
}
