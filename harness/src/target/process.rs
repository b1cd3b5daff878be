//! A service that slogate started: watched while it is loaded, its last words kept,
//! and ended together with everything that it started itself.
//!
//! The process leads a group of its own, so that a Ctrl-C at the terminal is for us
//! alone and one signal reaches its workers too. What leaves the group (a daemon that
//! calls setsid) is not followed.

use std::io;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tempfile::TempDir;
use tokio::io::AsyncRead;
use tokio::process::{Child, ChildStdin, Command};
use tokio::task::JoinHandle;

use super::error::TargetError;
use super::guard::Guard;
use super::log_tail::LogTail;
use crate::scenario::Hidden;

/// How long a service may take to end after SIGTERM, before SIGKILL.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long what a service started may outlive it, before SIGKILL.
const STRAGGLERS_WITHIN: Duration = Duration::from_secs(2);
/// Time between two looks at what is left of a group.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long a service that did not come up may take to end and say why.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// A running service. It is killed when this is dropped.
#[derive(Debug)]
pub struct TargetProcess {
    child: Child,
    group: Pid,
    /// As messages name it: `the reference service`.
    name: String,
    log: LogTail,
    readers: Vec<JoinHandle<()>>,
    /// Closing it ends a service that watches it.
    stdin: Option<ChildStdin>,
    /// Ends the group where this process cannot.
    guard: Option<Guard>,
    /// Where the service keeps its files; removed when this is dropped.
    folder: Option<TempDir>,
    has_ended: bool,
}

impl TargetProcess {
    /// Starts a command as the leader of a new group; its log is shown without what is
    /// hidden.
    pub(super) fn spawn(
        mut command: Command,
        name: &str,
        hidden: Hidden,
    ) -> Result<Self, TargetError> {
        let failed = |source| TargetError::Start { name: name.to_owned(), source };
        let mut child = command.process_group(0).kill_on_drop(true).spawn().map_err(failed)?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let group = group.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
        let stdin = child.stdin.take();
        let mut process = Self {
            child,
            group,
            name: name.to_owned(),
            log: LogTail::hiding(hidden),
            readers: Vec::new(),
            stdin,
            guard: None,
            folder: None,
            has_ended: false,
        };
        if let Some(stderr) = process.child.stderr.take() {
            process.keep_log(stderr);
        }
        Ok(process)
    }

    /// Keeps the last lines of an output.
    pub(super) fn keep_log(&mut self, output: impl AsyncRead + Unpin + Send + 'static) {
        self.readers.push(tokio::spawn(self.log.clone().follow(output)));
    }

    /// The standard output, once.
    pub(super) fn take_stdout(&mut self) -> Result<tokio::process::ChildStdout, TargetError> {
        let name = self.name.clone();
        self.child
            .stdout
            .take()
            .ok_or_else(|| TargetError::Start { name, source: io::ErrorKind::BrokenPipe.into() })
    }

    /// Has a folder removed with it.
    pub(super) fn own_folder(&mut self, folder: TempDir) {
        self.folder = Some(folder);
    }

    /// Has the group ended even where this process is killed.
    pub(super) fn guarded(&mut self) {
        self.guard = Guard::over(self.group);
    }

    /// As messages name it: `the reference service`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
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
        let (process, name) = (self.id(), self.name.clone());
        let failed = |source| TargetError::Stop { name, process, source };
        let status = match self.has_exited() {
            Some(status) => Ok(status),
            None => self.end_leader(within).await,
        };
        self.end_stragglers(within.min(STRAGGLERS_WITHIN)).await;
        status.map_err(failed)
    }

    async fn end_leader(&mut self, within: Duration) -> io::Result<ExitStatus> {
        kill_process_group(self.group, Signal::TERM)?;
        // `wait` would close the pipe at once, and SIGTERM lets running work finish.
        let stdin = self.stdin.take();
        let waited = tokio::time::timeout(within, self.child.wait()).await;
        drop(stdin);
        if let Ok(status) = waited {
            return status;
        }
        tracing::warn!(process = self.id(), "{} ignored SIGTERM; killing it", self.name);
        kill_process_group(self.group, Signal::KILL)?;
        self.child.wait().await
    }

    /// What the service started may end by itself for a while, and is killed then.
    async fn end_stragglers(&mut self, within: Duration) {
        let until = Instant::now() + within;
        // An error says that the group is empty.
        while test_kill_process_group(self.group).is_ok() {
            if Instant::now() >= until {
                let _ = kill_process_group(self.group, Signal::KILL);
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.has_ended = true;
    }

    /// Ends a service that did not come up; how it ended, if it has, and its last lines.
    pub(super) async fn last_words(mut self) -> (Option<ExitStatus>, String) {
        drop(self.stdin.take());
        let status = tokio::time::timeout(LAST_WORDS_WITHIN, self.child.wait()).await;
        let _ = kill_process_group(self.group, Signal::KILL);
        // Nothing to kill is as good as killed.
        let _ = self.child.kill().await;
        for reader in self.readers.drain(..) {
            // The log of a dead process ends; one that was handed on may not.
            let _ = tokio::time::timeout(LAST_WORDS_WITHIN, reader).await;
        }
        self.has_ended = true;
        (status.ok().and_then(Result::ok), self.log.shown())
    }
}

impl Drop for TargetProcess {
    fn drop(&mut self) {
        for reader in &self.readers {
            reader.abort();
        }
        if !self.has_ended {
            // There may be nothing left to kill.
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}
