//! The reference service as a process of its own, so that its load on the machine
//! is its own and a crash of it is only its own.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use super::error::TargetError;
use super::log_tail::LogTail;

/// How long the service may take to say where it listens.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long the service may take to end after SIGTERM, before SIGKILL.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long a service that did not come up may take to end and say why.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);
/// How the line begins that says where it listens.
const READY_LINE: &str = "listening on ";

/// A running reference service. It ends when this is dropped, when its standard
/// input is closed, and so also when this process is killed.
#[derive(Debug)]
pub struct ReferenceProcess {
    child: Child,
    process: u32,
    url: String,
    log: LogTail,
    /// Closing it ends the service.
    stdin: Option<ChildStdin>,
    readers: Vec<JoinHandle<()>>,
    /// Where the service keeps its files; removed when this is dropped.
    _folder: TempDir,
}

impl ReferenceProcess {
    /// Starts a program as the reference service, with `--fault` rules, on a free port,
    /// and waits until it listens. It is called with the arguments `exporter --port 0
    /// --exit-on-stdin-eof --fault RULE…`, its files are made below `TMPDIR`.
    pub async fn start_program(program: &Path, faults: &[String]) -> Result<Self, TargetError> {
        let failed = |source| TargetError::Start { program: program.to_owned(), source };
        let folder =
            tempfile::Builder::new().prefix("slogate-reference-").tempdir().map_err(failed)?;
        let mut child = command(program, folder.path(), faults).spawn().map_err(failed)?;
        let log = LogTail::default();
        let mut readers = Vec::new();
        if let Some(stderr) = child.stderr.take() {
            readers.push(tokio::spawn(log.clone().follow(stderr)));
        }
        let stdout = child.stdout.take().ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        let process = child.id().ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let mut lines = BufReader::new(stdout).lines();
        let url = match ready_url(&mut lines).await {
            Ok(url) => url,
            Err(what) => return Err(not_ready(child, &what, readers, &log).await),
        };
        readers.push(tokio::spawn(log.clone().follow(lines.into_inner())));
        let stdin = child.stdin.take();
        Ok(Self { child, process, url, log, stdin, readers, _folder: folder })
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process
    }

    /// Its exit status, if it has ended by itself.
    pub fn has_exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The last lines of its log, each after a line feed; empty if it wrote none.
    pub fn log_tail(&self) -> String {
        self.log.shown()
    }

    /// Ends it: SIGTERM, after 10 s SIGKILL. Its files are removed.
    pub async fn stop(self) -> Result<ExitStatus, TargetError> {
        self.stop_within(STOP_WITHIN).await
    }

    /// Ends it as [`Self::stop`] does, with another time to end by itself.
    pub async fn stop_within(mut self, within: Duration) -> Result<ExitStatus, TargetError> {
        let process = self.process;
        let failed = |source| TargetError::Stop { process, source };
        if let Some(status) = self.has_exited() {
            return Ok(status);
        }
        terminate(process).map_err(failed)?;
        // `wait` would close the pipe at once, and SIGTERM lets running work finish.
        let stdin = self.stdin.take();
        let waited = tokio::time::timeout(within, self.child.wait()).await;
        drop(stdin);
        let status = match waited {
            Ok(status) => status,
            Err(_) => self.kill().await,
        };
        status.map_err(failed)
    }

    async fn kill(&mut self) -> io::Result<ExitStatus> {
        tracing::warn!(process = self.process, "the reference service ignored SIGTERM; killing it");
        self.child.start_kill()?;
        self.child.wait().await
    }
}

impl Drop for ReferenceProcess {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
    }
}

fn command(program: &Path, folder: &Path, faults: &[String]) -> Command {
    let mut command = Command::new(program);
    // The service makes a folder of its own below this one and removes it at its end,
    // so that nothing is left even where this process is killed.
    command.args(["exporter", "--port", "0", "--exit-on-stdin-eof"]).env("TMPDIR", folder);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A Ctrl-C at the terminal is for us; the service is ended in its turn.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The URL from the line that says where the service listens, or what came instead.
async fn ready_url(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String, String> {
    let line = match tokio::time::timeout(READY_WITHIN, lines.next_line()).await {
        Ok(Ok(Some(line))) => line,
        Ok(Ok(None)) => return Err("ended before it listened".to_owned()),
        Ok(Err(error)) => return Err(format!("cannot be read from: {error}")),
        Err(_) => return Err(format!("did not say where it listens within {READY_WITHIN:?}")),
    };
    match line.strip_prefix(READY_LINE) {
        Some(url) if url.starts_with("http://") => Ok(url.trim().to_owned()),
        _ => Err(format!("said `{line}` where `{READY_LINE}http://…` was expected")),
    }
}

/// Ends a service that did not come up, and collects what it said.
async fn not_ready(
    mut child: Child,
    what: &str,
    readers: Vec<JoinHandle<()>>,
    log: &LogTail,
) -> TargetError {
    // Its standard input is closed now, so it ends by itself, or has already.
    let exit = match tokio::time::timeout(LAST_WORDS_WITHIN, child.wait()).await {
        Ok(Ok(status)) => format!(" ({status})"),
        _ => String::new(),
    };
    // Nothing to kill is as good as killed.
    let _ = child.kill().await;
    for reader in readers {
        // The log of a dead process ends; one that was handed on may not.
        let _ = tokio::time::timeout(LAST_WORDS_WITHIN, reader).await;
    }
    TargetError::NotReady { what: format!("{what}{exit}"), log: log.shown() }
}

fn terminate(process: u32) -> io::Result<()> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::InvalidInput)?;
    kill_process(pid, Signal::TERM).map_err(io::Error::from)
}
