//! What several integration tests need: the binary, scenario folders, and a service
//! whose every answer the test decides.

#![allow(dead_code, reason = "each test file uses its own part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

pub(crate) mod authority;
pub(crate) mod daemon;
pub(crate) mod exporter;
pub(crate) mod generations;
pub(crate) mod haproxy;
pub(crate) mod nginx;
pub(crate) mod outside;
pub(crate) mod page;
pub(crate) mod prometheus;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

/// A folder with scenario files, and the binary to run over it.
pub(crate) struct Workspace {
    folder: TempDir,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_slogate"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("NO_COLOR", "1")
            .env("http_proxy", "http://127.0.0.1:9")
            // These tests may run in a job on GitHub, and are none of its own.
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// The JSON report on standard output.
    pub(crate) fn report(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

/// The objective with this id in a report's first scenario.
pub(crate) fn objective<'a>(report: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    report["scenarios"][0]["slos"]
        .as_array()
        .unwrap()
        .iter()
        .find(|slo| slo["id"] == id)
        .unwrap_or_else(|| panic!("no objective {id}: {report:#}"))
}

/// One answer of a scripted service.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status and body.
    Http(u16, String),
    /// Exactly these bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// Nothing, for as long as the client waits.
    Hang,
    /// The end of the connection, without a byte.
    Close,
}

/// A service on a free loopback port; one thread a connection, gone with the test process.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<AtomicUsize>,
}

impl Service {
    /// `answer` gets the path and how many requests came before this one.
    pub(crate) fn start(answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), answer)
    }

    /// The same on a listener of the test's own.
    pub(crate) fn on(
        listener: TcpListener,
        answer: impl Fn(&str, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let (answer, counted) = (Arc::new(answer), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counted) = (Arc::clone(&answer), Arc::clone(&counted));
                thread::spawn(move || drop(serve(stream, &*answer, &counted)));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn seen(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(
    stream: TcpStream,
    answer: &dyn Fn(&str, usize) -> Answer,
    counted: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    while let Some(path) = read_request(&mut reader)? {
        match answer(&path, counted.fetch_add(1, Ordering::SeqCst)) {
            // In one piece, or Nagle's algorithm would hold its end back for 40 ms.
            Answer::Http(status, body) => stream.write_all(http(status, &body).as_bytes())?,
            Answer::Raw(bytes) => {
                stream.write_all(&bytes)?;
                return Ok(());
            }
            Answer::Hang => {
                // Until the client gives up and closes.
                reader.read_to_end(&mut Vec::new())?;
                return Ok(());
            }
            Answer::Close => return Ok(()),
        }
    }
    Ok(())
}

/// A whole answer that leaves the connection open.
pub(crate) fn http(status: u16, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Reads one request with its body; `None` at the end of the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split_whitespace().nth(1).unwrap_or("").to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header)? <= 2 {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    Ok(Some(path))
}
