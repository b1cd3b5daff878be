//! A service of a test's own, and clients for it.

use std::{net::SocketAddr, sync::Once};

use exporter::Config;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// A running service.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) directory: TempDir,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), exporter::ServeError>>,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) json: Value,
}

impl Service {
    /// Starts a service with the default settings.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts a service with changed settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::new(directory.path());
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(exporter::run(listener, config, async {
            // An error is a dropped sender: the end of the test.
            let _ended = stopped.await;
        }));
        Self { address, directory, client: client(), stop: Some(stop), task }
    }

    /// Tells the service to stop, and goes on while it drains.
    pub(crate) fn begin_shutdown(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Waits until the service has stopped.
    pub(crate) async fn stopped(self) {
        self.task.await.unwrap().unwrap();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub(crate) async fn get_json(&self, path: &str) -> Value {
        self.get(path).await.json().await.unwrap()
    }

    /// Posts an export.
    pub(crate) async fn export(&self, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.client.post(self.url("/export/run")).body(body);
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.map(|value| value.to_str().unwrap().parse().unwrap());
        Answer { status, retry_after, json: response.json().await.unwrap() }
    }

    /// Posts an export that must succeed, and fetches its file.
    pub(crate) async fn export_file(&self, body: impl Into<reqwest::Body>) -> (Value, Vec<u8>) {
        let answer = self.export(body).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let url = answer.json["downloadUrl"].as_str().unwrap().to_owned();
        let file = self.get(&url).await.bytes().await.unwrap().to_vec();
        (answer.json, file)
    }

    /// One sample of the exposition; `None` if there is no such series.
    pub(crate) async fn sample(&self, series: &str) -> Option<f64> {
        let exposition = self.get("/export/metrics").await.text().await.unwrap();
        sample(&exposition, series)
    }

    /// Opens a connection and sends the head of an export with a body of this
    /// length, and the beginning of the body.
    pub(crate) async fn begin_upload(&self, length: usize, beginning: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head =
            format!("POST /export/run HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        stream
    }

    /// Waits until `/export/status` says so many run and wait. Without a pause:
    /// each round is a request.
    pub(crate) async fn wait_for(&self, running: u64, waiting: u64) {
        let wanted = (Some(running), Some(waiting));
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        loop {
            let status = self.get_json("/export/status").await;
            let found = (status["concurrentExports"].as_u64(), status["queueDepth"].as_u64());
            if found == wanted {
                return;
            }
            assert!(std::time::Instant::now() < deadline, "wanted {wanted:?}, last {found:?}");
        }
    }

    /// Names of all files in the folder of the service.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

/// Reads the status of an answer from a bare connection.
pub(crate) async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while !answer.ends_with(b"}") {
        let length = stream.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        answer.extend_from_slice(&piece[..length]);
    }
    String::from_utf8(answer).unwrap()
}

/// An export of so many rows of three columns.
pub(crate) fn body(format: &str, rows: usize) -> String {
    let row = |n: usize| format!(r#"{{"id":{n},"name":"row {n}","price":{n}.50}}"#);
    let rows: Vec<String> = (0..rows).map(row).collect();
    let data = rows.join(",");
    format!(r#"{{"format":"{format}","columns":["id","name","price"],"data":[{data}]}}"#)
}

/// The same export of CSV with everything else behind the rows, which are put aside until
/// the columns are known.
pub(crate) fn body_with_columns_last(rows: usize) -> String {
    let whole = body("csv", rows);
    let data = &whole[whole.find("\"data\"").unwrap()..whole.len() - 1];
    format!(r#"{{{data},"columns":["id","name","price"],"format":"csv"}}"#)
}

/// One sample of an exposition; `None` if there is no such series.
pub(crate) fn sample(exposition: &str, series: &str) -> Option<f64> {
    let rest = exposition.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    rest.map(|value| value.parse().unwrap())
}

/// The sum of a family's samples whose line holds `label`.
pub(crate) fn total(exposition: &str, name: &str, label: &str) -> u64 {
    let lines = exposition.lines().filter(|line| line.starts_with(name) && line.contains(label));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider().install_default().unwrap();
    });
    reqwest::Client::builder().no_proxy().build().unwrap()
}
