//! The target: a server of a few lines in a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use memchr::memmem;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::{Failure, child};

/// Kinds of targets: one that answers at once, and one that stands still now and then.
pub(crate) const PLAIN: &str = "plain";
pub(crate) const STALLING: &str = "stalling";
/// How long the stalling one stands still at the start of each period; a period that does not
/// keep time with anything.
pub(crate) const STALL: Duration = Duration::from_millis(500);
pub(crate) const PERIOD: Duration = Duration::from_millis(1900);

/// Connections that may wait to be taken: more than come while it stands still. One that
/// finds no room is asked for again a second later, which is no part of the arithmetic.
const BACKLOG: u32 = 4096;

/// `ab` closes its connection where the answer does not say that it stays.
const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// The target's process; ends with this value.
pub(crate) struct Target {
    process: Child,
    pub(crate) address: String,
}

impl Target {
    pub(crate) fn start(kind: &str) -> Result<Self, Failure> {
        let mut command = child::this(child::TARGET_CORE, child::TARGET, &[kind])?;
        let mut process = command.stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(process.stdout.take().ok_or("no stdout")?).read_line(&mut address)?;
        Ok(Self { process, address: address.trim().to_owned() })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The role: answers every request until it is ended.
pub(crate) fn serve(arguments: &[String]) -> Result<(), Failure> {
    let stall =
        if arguments.first().is_some_and(|kind| kind == STALLING) { STALL } else { Duration::ZERO };
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    on_runtime(async move {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener = socket.listen(BACKLOG)?;
        println!("{}", listener.local_addr()?);
        let origin = Instant::now();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(answer(stream, origin, stall));
        }
    })
}

pub(crate) fn on_runtime(task: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}

/// Answers each request of a connection when all of it is there.
async fn answer(mut stream: TcpStream, origin: Instant, stall: Duration) -> Result<(), Failure> {
    let mut buffer = vec![0; 4096];
    loop {
        let mut read = 0;
        let head = loop {
            match stream.read(&mut buffer[read..]).await? {
                0 => return Ok(()),
                more => read += more,
            }
            if let Some(at) = memmem::find(&buffer[..read], HEAD_END) {
                break at + HEAD_END.len();
            }
        };
        let mut left = (head + body_bytes(&buffer[..head])).saturating_sub(read);
        while left > 0 {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                more => left = left.saturating_sub(more),
            }
        }
        let within = origin.elapsed().as_nanos() % PERIOD.as_nanos();
        if let Some(left) = stall.as_nanos().checked_sub(within).filter(|left| *left > 0) {
            // The whole target stands still, as in a garbage collection.
            std::thread::sleep(Duration::from_nanos(u64::try_from(left)?));
        }
        stream.write_all(ANSWER).await?;
    }
}

/// What the head says of the body's length; nobody here sends chunks.
fn body_bytes(head: &[u8]) -> usize {
    let name = b"content-length: ";
    // Most requests have no body, and begin so.
    if head.starts_with(b"GET") {
        return 0;
    }
    let lower = head.to_ascii_lowercase();
    let value = memmem::find(&lower, name).map(|at| &lower[at + name.len()..]);
    let number = value.and_then(|value| value.split(|byte| *byte == b'\r').next());
    number.and_then(|text| std::str::from_utf8(text).ok()?.parse().ok()).unwrap_or(0)
}
