//! A scripted HTTP server and short spellings of plans, for the load engine's tests.
//!
//! The server knows as little HTTP as it can: it reads a request, and the script
//! writes whatever bytes it wants, waits, or closes. One thread for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use slogate::load::{Engine, LoadPlan, LoadResult};
use slogate::scenario::{Phase, PhaseLoad, Request, Stop};
use tokio_util::sync::CancellationToken;

/// A server that follows a script.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) requests: Arc<AtomicU64>,
    pub(crate) connections: Arc<AtomicU64>,
}

/// One connection, as the script sees it.
pub(crate) struct Peer {
    reader: BufReader<TcpStream>,
    requests: Arc<AtomicU64>,
    /// Which connection of the server it is, from 0.
    pub(crate) number: u64,
}

/// A request as it was received.
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// Runs the script for every connection, until it returns.
    pub(crate) fn start(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicU64::new(0));
        let connections = Arc::new(AtomicU64::new(0));
        let (counted, opened) = (Arc::clone(&requests), Arc::clone(&connections));
        let script = Arc::new(script);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                stream.set_nodelay(true).unwrap();
                let number = opened.fetch_add(1, Ordering::SeqCst);
                let requests = Arc::clone(&counted);
                let mut peer = Peer { reader: BufReader::new(stream), requests, number };
                let script = Arc::clone(&script);
                std::thread::spawn(move || script(&mut peer));
            }
        });
        Self { address, requests, connections }
    }

    /// Answers every request with 200 and a short body, and keeps connections open.
    pub(crate) fn good() -> Self {
        Self::start(|peer| while peer.read().is_some() && peer.ok("hello") {})
    }

    /// Answers every request with these bytes, and keeps connections open.
    pub(crate) fn always(bytes: &'static str) -> Self {
        Self::start(move |peer| while peer.read().is_some() && peer.write(bytes) {})
    }

    pub(crate) fn seen_requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn seen_connections(&self) -> u64 {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Peer {
    /// The next request; `None` when the client has closed.
    pub(crate) fn read(&mut self) -> Option<Seen> {
        let (line, headers) = self.read_head()?;
        let length = headers.iter().find_map(|header| {
            let lower = header.to_lowercase();
            lower.strip_prefix("content-length:")?.trim().parse().ok()
        });
        let mut body = vec![0; length.unwrap_or(0)];
        self.reader.read_exact(&mut body).ok()?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        Some(Seen { line, headers, body })
    }

    /// The request line and the headers; the body stays unread.
    pub(crate) fn read_head(&mut self) -> Option<(String, Vec<String>)> {
        let line = self.line()?;
        let mut headers = Vec::new();
        loop {
            match self.line()? {
                header if header.is_empty() => return Some((line, headers)),
                header => headers.push(header),
            }
        }
    }

    /// Reads so many bytes of a body.
    pub(crate) fn skip(&mut self, bytes: u64) {
        let _ = std::io::copy(&mut (&mut self.reader).take(bytes), &mut std::io::sink());
    }

    /// Reads whatever comes until the client closes.
    pub(crate) fn read_to_end(&mut self) {
        let _ = std::io::copy(&mut self.reader, &mut std::io::sink());
    }

    /// Writes nothing more.
    pub(crate) fn end(&mut self) {
        let _ = self.reader.get_mut().shutdown(std::net::Shutdown::Write);
    }

    /// Writes raw bytes; `false` when the client has closed.
    pub(crate) fn write(&mut self, bytes: &str) -> bool {
        self.reader.get_mut().write_all(bytes.as_bytes()).is_ok()
    }

    /// The same of what is no text.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) -> bool {
        self.reader.get_mut().write_all(bytes).is_ok()
    }

    /// A whole response with status 200.
    pub(crate) fn ok(&mut self, body: &str) -> bool {
        self.write(&response("200 OK", "", body))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }
}

/// A whole response; `headers` end with `\r\n` each.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

/// An address on which nobody listens.
pub(crate) fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) fn get() -> Request {
    Request { timeout: Duration::from_secs(5), ..Request::get("get", "/") }
}

pub(crate) fn post() -> Request {
    let body = Bytes::from_static(b"{}");
    Request { name: "post".into(), method: "POST".into(), body, ..get() }
}

pub(crate) fn open(rate: f64, millis: u64) -> Phase {
    let duration = Duration::from_millis(millis);
    let load = PhaseLoad::open(rate, rate, duration);
    Phase { name: "steady".into(), group: None, load, measured: true }
}

pub(crate) fn closed(users: u32, stop: Stop) -> Phase {
    Phase {
        name: "users".into(),
        group: None,
        load: PhaseLoad::closed(users, stop),
        measured: true,
    }
}

pub(crate) fn plan(address: SocketAddr, phases: Vec<Phase>, requests: Vec<Request>) -> LoadPlan {
    let mut plan = LoadPlan::new(phases, requests, address, address.to_string());
    plan.drain = Duration::from_secs(5);
    plan.threads = 1;
    plan
}

/// Milliseconds since the first call: any fixed origin will do.
pub(crate) fn clock() -> impl Fn(Instant) -> i64 + Send + Sync + 'static {
    let origin = Instant::now();
    move |at| i64::try_from(at.saturating_duration_since(origin).as_millis()).unwrap()
}

/// Runs all phases on one timeline.
pub(crate) async fn run(plan: LoadPlan) -> LoadResult {
    let phases = plan.phases.len();
    let mut engine = Engine::start(plan, &CancellationToken::new(), clock()).await.unwrap();
    engine.run_phases(0..phases).await.unwrap();
    engine.finish().await.unwrap()
}
