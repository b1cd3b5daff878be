//! The reference service as a process of the test's own, where a scenario has to find
//! it by its URL.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::daemon::get;

/// A running reference service, gone when it is dropped.
pub(crate) struct Exporter {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl Exporter {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with more arguments: faults, limits.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_slogate"))
            .args(["exporter", "--port", "0", "--exit-on-stdin-eof", "--dir"])
            .arg(folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").unwrap().1.parse().unwrap();
        Self { address, child, _folder: folder }
    }

    /// Exports that it has finished, by its own account.
    pub(crate) fn succeeded(&self) -> u64 {
        let metrics = get(self.address, "/export/metrics");
        let counts = metrics.lines().filter(|line| {
            line.starts_with("export_requests_total{") && line.contains("status=\"succeeded\"")
        });
        let count = |line: &str| line.rsplit(' ').next()?.parse::<u64>().ok();
        counts.filter_map(count).sum()
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // Its input closes with the child; it removes its files and ends.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
