//! A server that somebody else wrote, as a child of the test: started on a free
//! loopback port, waited for until it listens, ended by its own process id.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longest wait for a server to listen or to end: they take a tenth of a second, busy
/// machines take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks at it.
pub(crate) const GLANCE: Duration = Duration::from_millis(10);
/// Another process may take a free port before the server does.
const ATTEMPTS: usize = 5;

/// A running server, gone when this is dropped.
pub(crate) struct Daemon {
    /// Where it listens, or the first of these places.
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Daemon {
    /// Starts what `command` makes of a free address; what the server says goes to
    /// `log`, and into the panic if it does not come up.
    pub(crate) fn start(log: &Path, command: impl Fn(SocketAddr) -> Command) -> Self {
        for _ in 0..ATTEMPTS {
            let address = free_address();
            if let Ok(daemon) = Self::at(&[address], log, command(address)) {
                return daemon;
            }
        }
        panic!("it does not listen: {}", fs::read_to_string(log).unwrap_or_default());
    }

    /// Starts `command` and waits until it listens at all of these addresses; an error is
    /// what it said to `log`.
    pub(crate) fn at(
        addresses: &[SocketAddr],
        log: &Path,
        mut command: Command,
    ) -> Result<Self, String> {
        let said = File::create(log).unwrap();
        command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        let mut daemon = Self { address: addresses[0], child: command.spawn().unwrap() };
        if daemon.listens(addresses) {
            return Ok(daemon);
        }
        Err(format!("does not listen:\n{}", fs::read_to_string(log).unwrap()))
    }

    fn listens(&mut self, addresses: &[SocketAddr]) -> bool {
        let all = || addresses.iter().all(|address| TcpStream::connect(address).is_ok());
        let began = Instant::now();
        while began.elapsed() < PATIENCE && self.is_running() {
            if all() {
                // What answers there must be this server, and not one that it stumbled over.
                return self.is_running();
            }
            thread::sleep(GLANCE);
        }
        false
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to end (SIGTERM), and ends it if it does not.
    pub(crate) fn end(&mut self) {
        let began = Instant::now();
        if self.is_running() {
            // One that has ended by itself meanwhile is no error.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        while self.is_running() && began.elapsed() < PATIENCE {
            thread::sleep(GLANCE);
        }
        self.kill();
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
