//! A real Prometheus server, on a free loopback port, gone when it is dropped.

use std::net::SocketAddr;
use std::process::Command;

use tempfile::TempDir;

use super::daemon::{Daemon, get, wait_until};
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

    /// Starts one that scrapes a page every second under the job `target`, and waits until
    /// it has scraped it.
    pub(crate) fn scraping(page: SocketAddr, path: &str) -> Option<Self> {
        Self::scraping_every("1s", page, path)
    }

    /// The same with another interval.
    pub(crate) fn scraping_every(every: &str, page: SocketAddr, path: &str) -> Option<Self> {
        let config = format!(
            "scrape_configs: [{{ job_name: target, scrape_interval: {every}, scrape_timeout: 1s, \
             metrics_path: {path}, static_configs: [{{ targets: ['{page}'] }}] }}]\n"
        );
        let prometheus = Self::start(&config)?;
        let query = "/api/v1/query?query=up%7Bjob%3D%22target%22%7D%3D%3D1";
        wait_until("a scrape", || get(prometheus.daemon.address, query).contains("instance"));
        Some(prometheus)
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill();
    }
}
