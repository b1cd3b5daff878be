//! A real haproxy in the foreground: one address in front of several servers, each
//! request to the next of them.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::daemon::Daemon;
use super::outside;

/// A running balancer.
pub(crate) struct Haproxy {
    daemon: Daemon,
    _folder: TempDir,
}

impl Haproxy {
    /// Starts one in front of these servers; nothing without haproxy.
    pub(crate) fn start(servers: &[SocketAddr]) -> Option<Self> {
        if !outside::has("haproxy") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(&folder.path().join("said.log"), |address| {
            let file = folder.path().join("haproxy.cfg");
            std::fs::write(&file, configuration(address, servers)).unwrap();
            let mut command = Command::new("haproxy");
            command.arg("-db").arg("-f").arg(file);
            command
        });
        Some(Self { daemon, _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.daemon.address)
    }
}

fn configuration(address: SocketAddr, servers: &[SocketAddr]) -> String {
    let mut text = format!(
        "global\n  maxconn 200\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  \
         timeout server 30s\nfrontend front\n  bind {address}\n  default_backend back\n\
         backend back\n  balance roundrobin\n"
    );
    for (index, server) in servers.iter().enumerate() {
        let _ = writeln!(text, "  server s{index} {server}");
    }
    text
}
