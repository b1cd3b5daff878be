//! A real Prometheus server, on a free loopback port, gone when it is dropped.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::outside;

/// A running server. Its first scraped sample can be asked for after five seconds.
pub(crate) struct Prometheus {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    _child: Child,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one with this configuration file; nothing without Prometheus.
    pub(crate) async fn start(config: &str) -> Option<Self> {
        if !outside::has("prometheus") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("tsdb").display()))
            .arg("--web.listen-address=127.0.0.1:0")
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        while let Some(line) = log.next_line().await.unwrap() {
            if let Some((_, address)) = line.split_once("address=127.0.0.1:")
                && line.contains("Listening on")
            {
                let port = address.split_whitespace().next().unwrap();
                let url = format!("http://127.0.0.1:{port}");
                // The log goes on; nobody may have to wait for its reader.
                tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
                return Some(Self { url, _child: child, _folder: folder });
            }
        }
        panic!("prometheus ended before it listened");
    }
}
