//! A real Prometheus server, on a free loopback port, gone when it is dropped.

use std::process::Command;

use tempfile::TempDir;

use super::daemon::Daemon;
use super::outside;

/// A running server. Its first scraped sample can be asked for after five seconds.
pub(crate) struct Prometheus {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    daemon: Daemon,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one with this configuration file; nothing without Prometheus.
    pub(crate) fn start(config: &str) -> Option<Self> {
        if !outside::has("prometheus") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let daemon = Daemon::start(&folder.path().join("said.log"), |address| {
            let mut command = Command::new("prometheus");
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()))
                .arg(format!("--web.listen-address={address}"));
            command
        });
        Some(Self { url: format!("http://{}", daemon.address), daemon, _folder: folder })
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill();
    }
}
