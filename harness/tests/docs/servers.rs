//! Commands of a page that serve until they are ended: `# in a terminal of its own; listens on
//! ADDRESS` stands behind one. It is started as the page says, but on free ports, and is ended
//! with the page.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What stands behind a command that serves.
const NOTE: &str = "# in a terminal of its own; listens on ";
/// Longest wait for a server to listen or to end: a busy machine takes longer than a moment.
const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(10);
/// Another process may take a port between its release and the server's start.
const ATTEMPTS: usize = 3;

/// The addresses that a command listens on, as its page writes them; none for one that ends.
pub(crate) fn listens_on(command: &str) -> Vec<String> {
    let Some((_, addresses)) = command.split_once(NOTE) else { return Vec::new() };
    addresses.trim().split(" and ").map(str::to_owned).collect()
}

/// A free port in place of one that a page writes, kept free until its server starts.
pub(crate) struct Place {
    pub(crate) written: String,
    pub(crate) real: SocketAddr,
    kept: Option<TcpListener>,
}

impl Place {
    pub(crate) fn of(written: String) -> Self {
        let kept = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { written, real: kept.local_addr().unwrap(), kept: Some(kept) }
    }
}

/// A running server, ended when it is dropped.
pub(crate) struct Server {
    child: Child,
}

impl Server {
    /// Starts `command`, whose output goes to `log`, and waits until it listens at all places.
    pub(crate) fn start(
        mut command: Command,
        log: &Path,
        mut places: Vec<&mut Place>,
    ) -> Result<Self, String> {
        for place in &mut places {
            place.kept = None;
        }
        let addresses: Vec<_> = places.iter().map(|place| place.real).collect();
        for _ in 0..ATTEMPTS {
            let said = File::create(log).unwrap();
            command.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
            let mut server = Self { child: command.spawn().unwrap() };
            if server.comes_up(&addresses) {
                return Ok(server);
            }
        }
        Err(format!("does not listen:\n{}", fs::read_to_string(log).unwrap()))
    }

    fn comes_up(&mut self, addresses: &[SocketAddr]) -> bool {
        let listens = || addresses.iter().all(|address| TcpStream::connect(address).is_ok());
        let began = Instant::now();
        while began.elapsed() < PATIENCE && self.is_running() {
            if listens() {
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let began = Instant::now();
        // One that has ended by itself is no error.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        while self.is_running() {
            if began.elapsed() > PATIENCE {
                let _ = self.child.kill();
            }
            thread::sleep(GLANCE);
        }
    }
}

/// What a server has said, as soon as it is enough, or in the end.
pub(crate) fn said_in_time(log: &Path, is_enough: impl Fn(&str) -> bool) -> String {
    let began = Instant::now();
    loop {
        let said = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        if is_enough(&said) || began.elapsed() > PATIENCE {
            return said;
        }
        thread::sleep(GLANCE);
    }
}

#[test]
fn a_command_that_serves_says_where() {
    let text = "nginx -p .   # in a terminal of its own; listens on 127.0.0.1:80 and 127.0.0.1:81";
    assert_eq!(listens_on(text), ["127.0.0.1:80", "127.0.0.1:81"]);
    assert!(listens_on("slogate run x.yaml # why").is_empty());
}
