//! A real Prometheus server, on a free loopback port, gone when it is dropped.

use std::net::SocketAddr;
use std::path::Path;

use tempfile::TempDir;

use super::daemon::{Daemon, get, wait_until};
use super::generations::Tool;

/// A running server. Its first scraped sample can be asked for after five seconds.
pub(crate) struct Prometheus {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    daemon: Daemon,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts the installed one with this configuration file; nothing without Prometheus.
    pub(crate) fn start(config: &str) -> Option<Self> {
        Some(Self::start_as(&Tool::installed("prometheus")?, config))
    }

    /// Starts one of a generation.
    pub(crate) fn start_as(tool: &Tool, config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = folder.path().join("tsdb");
        Self::launch(tool, config, (&storage, &[]), folder)
    }

    /// Starts one that scrapes nothing and takes remote writes, native histograms included.
    pub(crate) fn receiving(tool: &Tool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = folder.path().join("tsdb");
        let flags = ["--web.enable-remote-write-receiver", "--enable-feature=native-histograms"];
        Self::launch(tool, "scrape_configs: []\n", (&storage, &flags), folder)
    }

    /// Starts one that scrapes nothing and has the blocks in a folder.
    pub(crate) fn on_blocks(tool: &Tool, blocks: &Path) -> Self {
        Self::launch(tool, "scrape_configs: []\n", (blocks, &[]), tempfile::tempdir().unwrap())
    }

    fn launch(
        tool: &Tool,
        config: &str,
        (storage, flags): (&Path, &[&str]),
        folder: TempDir,
    ) -> Self {
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let daemon = Daemon::start(&folder.path().join("said.log"), |address| {
            let mut command = tool.command();
            command
                .arg(format!("--config.file={}", file.display()))
                .arg(format!("--storage.tsdb.path={}", storage.display()))
                .arg(format!("--web.listen-address={address}"))
                .args(flags);
            command
        });
        // It listens before it has opened its storage.
        wait_until("readiness", || get(daemon.address, "/-/ready").contains(" 200 OK"));
        Self { url: format!("http://{}", daemon.address), daemon, _folder: folder }
    }

    /// Starts the installed one that scrapes a page every second under the job `target`, and
    /// waits until it has scraped it.
    pub(crate) fn scraping(page: SocketAddr, path: &str) -> Option<Self> {
        Self::scraping_every("1s", page, path)
    }

    /// The same with another interval.
    pub(crate) fn scraping_every(every: &str, page: SocketAddr, path: &str) -> Option<Self> {
        let tool = Tool::installed("prometheus")?;
        Some(Self::scraping_as(&tool, (every, page, path)))
    }

    /// The same with one of a generation.
    pub(crate) fn scraping_as(tool: &Tool, (every, page, path): (&str, SocketAddr, &str)) -> Self {
        let config = format!(
            "scrape_configs: [{{ job_name: target, scrape_interval: {every}, scrape_timeout: 1s, \
             metrics_path: {path}, static_configs: [{{ targets: ['{page}'] }}] }}]\n"
        );
        let prometheus = Self::start_as(tool, &config);
        let query = "/api/v1/query?query=up%7Bjob%3D%22target%22%7D%3D%3D1";
        wait_until("a scrape", || get(prometheus.daemon.address, query).contains("instance"));
        prometheus
    }

    /// The value of each element of an expression at a time.
    pub(crate) fn instant(&self, expression: &str, at_ms: i64) -> Vec<f64> {
        let (seconds, rest) = (at_ms / 1000, at_ms % 1000);
        let query = encoded(expression);
        let answer = self.answer(&format!("query?query={query}&time={seconds}.{rest:03}"));
        assert_eq!(answer["status"], "success", "{expression}: {answer:#}");
        let elements = answer["data"]["result"].as_array().unwrap();
        let value = |one: &serde_json::Value| one["value"][1].as_str().unwrap().parse().unwrap();
        elements.iter().map(value).collect()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.daemon.address
    }

    /// What its HTTP API answers, by what follows `/api/v1/` in the URL.
    pub(crate) fn answer(&self, path: &str) -> serde_json::Value {
        let answer = get(self.daemon.address, &format!("/api/v1/{path}"));
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill();
    }
}

/// For a URL's query: every byte that is not a letter or a digit by its number.
pub(crate) fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}
