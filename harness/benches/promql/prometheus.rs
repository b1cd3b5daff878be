//! A real Prometheus that has the same hour as a block, asked over its API.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use slogate::series::write_openmetrics;
use tempfile::TempDir;

use crate::Failure;
use crate::evaluator::{Answer, ResultSize};
use crate::hour::{self, INTERVAL_MS, QUERY_END_MS, QUERY_START_MS};
use crate::process::{self, Running};
use crate::queries::Query;

/// How long it may take until it is ready.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The server.
pub(crate) struct Prometheus {
    pub(crate) version: String,
    address: SocketAddr,
    _process: Running,
    _folder: TempDir,
}

/// What it says of one query.
pub(crate) struct Asked {
    /// Its own time of evaluation (`evalTotalTime`): looking up series and reading their
    /// chunks included, parsing and writing the answer not.
    pub(crate) answer: Answer,
    /// From the request to the last byte of its answer, seconds.
    pub(crate) round_trip_seconds: f64,
}

#[derive(Deserialize)]
struct Body {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    result: Vec<Element>,
    stats: Stats,
}

#[derive(Deserialize)]
struct Element {
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Stats {
    timings: Timings,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Timings {
    eval_total_time: f64,
}

impl Prometheus {
    /// Starts one; nothing where none is installed.
    pub(crate) fn start() -> Result<Option<Self>, Failure> {
        let program = |variable: &str, name: &str| {
            std::env::var(variable).unwrap_or_else(|_| name.to_owned())
        };
        let prometheus = program("SLOGATE_PROMETHEUS_3", "prometheus");
        let promtool = program("SLOGATE_PROMTOOL_3", "promtool");
        let (Some(version), Some(_)) = (version(&prometheus), version(&promtool)) else {
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        make_blocks(&promtool, folder.path())?;
        let config = folder.path().join("prometheus.yml");
        std::fs::write(&config, "scrape_configs: []\n")?;
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let process = process::pinned(&prometheus)
            .env("GOMAXPROCS", "1")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("blocks").display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Self { version, address, _process: Running(process), _folder: folder };
        server.wait_until_ready()?;
        Ok(Some(server))
    }

    fn wait_until_ready(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        while !self.get("/-/ready").is_ok_and(|answer| answer.starts_with(b"HTTP/1.0 200")) {
            if begun.elapsed() > STARTS_WITHIN {
                return Err("Prometheus does not become ready".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Has it evaluate a query.
    pub(crate) fn evaluate(&self, query: &Query) -> Result<Asked, Failure> {
        let expression: String =
            form_urlencoded::byte_serialize(query.expression.as_bytes()).collect();
        let (start, end) = (QUERY_START_MS / 1000, QUERY_END_MS / 1000);
        let step = INTERVAL_MS / 1000;
        let path = format!(
            "/api/v1/query_range?query={expression}&start={start}&end={end}&step={step}&stats=all"
        );
        let begun = Instant::now();
        let answer = self.get(&path)?;
        let round_trip_seconds = begun.elapsed().as_secs_f64();
        let head_end = memchr::memmem::find(&answer, b"\r\n\r\n").ok_or("no head")?;
        let body: Body = serde_json::from_slice(&answer[head_end + 4..])?;
        let seconds = body.data.stats.timings.eval_total_time;
        Ok(Asked { answer: Answer { seconds, result: size(&body.data)? }, round_trip_seconds })
    }

    /// HTTP/1.0, so that the answer comes in one piece.
    fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let mut stream = TcpStream::connect(self.address)?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

fn size(data: &Data) -> Result<ResultSize, Failure> {
    let mut size = ResultSize { series: data.result.len(), ..ResultSize::default() };
    for (_, value) in data.result.iter().flat_map(|element| &element.values) {
        size.samples += 1;
        size.sum += value.parse::<f64>()?;
    }
    Ok(size)
}

/// `3.5.3`, if the program starts.
fn version(program: &str) -> Option<String> {
    let said = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8([said.stdout, said.stderr].concat()).ok()?;
    let (_, version) = text.split_once("version ")?;
    let end = version.find(|c: char| c != '.' && !c.is_ascii_digit())?;
    Some(version[..end].to_owned())
}

/// The hour as blocks in the folder `blocks`.
fn make_blocks(promtool: &str, folder: &Path) -> Result<(), Failure> {
    let text = folder.join("hour.om");
    let mut file = BufWriter::new(File::create(&text)?);
    write_openmetrics(&hour::series(), &mut file)?;
    file.flush()?;
    let made = Command::new(promtool)
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([text, folder.join("blocks")])
        .output()?;
    if made.status.success() {
        return Ok(());
    }
    Err(format!("promtool made no blocks: {}", String::from_utf8_lossy(&made.stderr)).into())
}
