//! Commands of a page that serve until they are ended: `# in a terminal of its own; listens on
//! ADDRESS` stands behind one. It is started as the page says, but on free ports, and is ended
//! with the page.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::support::daemon::{Daemon, GLANCE, PATIENCE};

/// What stands behind a command that serves.
const NOTE: &str = "# in a terminal of its own; listens on ";

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

/// A running server, asked to end when it is dropped.
pub(crate) struct Server {
    daemon: Daemon,
}

impl Server {
    /// Starts `command`, whose output goes to `log`, and waits until it listens at all places.
    /// The page's files name them already, so it cannot try others.
    pub(crate) fn start(
        command: Command,
        log: &Path,
        mut places: Vec<&mut Place>,
    ) -> Result<Self, String> {
        for place in &mut places {
            place.kept = None;
        }
        let addresses: Vec<_> = places.iter().map(|place| place.real).collect();
        Ok(Self { daemon: Daemon::at(&addresses, log, command)? })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.daemon.end();
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
