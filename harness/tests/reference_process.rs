//! Starting, watching and ending a reference service; shell scripts stand in for
//! it, so that every way to misbehave can be played.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use slogate::scenario::Hidden;
use slogate::target::{TargetError, TargetProcess, codes, start_reference};
use tempfile::TempDir;

/// A service that runs `script` with the arguments of the reference service.
struct Service {
    program: PathBuf,
    _folder: TempDir,
}

impl Service {
    /// The file is written by another process: were it open here while a second test
    /// forks, the system would refuse to run it ("text file busy").
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("service");
        let written = Command::new("sh")
            .args(["-c", "printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod +x \"$1\"", "sh"])
            .arg(&program)
            .arg(script)
            .status()
            .unwrap();
        assert!(written.success());
        Self { program, _folder: folder }
    }

    async fn start(&self, faults: &[&str]) -> Result<(TargetProcess, String), TargetError> {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        start_reference(&self.program, &faults, Hidden::default()).await
    }

    async fn start_error(&self) -> String {
        self.start(&[]).await.unwrap_err().to_string()
    }
}

/// Listens, in word, and ends with its standard input.
const GOOD: &str = "echo listening on http://127.0.0.1:4001\ncat > /dev/null";

#[tokio::test]
async fn a_service_that_listens_is_ready() {
    let service = Service::new(GOOD);
    let (mut process, url) = service.start(&[]).await.unwrap();
    assert_eq!(url, "http://127.0.0.1:4001");
    assert!(process.id() > 0);
    assert_eq!(process.has_exited(), None);
}

#[tokio::test]
async fn a_service_is_ended_by_sigterm_and_its_folder_removed() {
    let script =
        "trap 'exit 7' TERM\necho listening on http://x $TMPDIR\nwhile :; do read -r line; done";
    let service = Service::new(script);
    let (process, url) = service.start(&[]).await.unwrap();
    let folder = PathBuf::from(url.split(' ').next_back().unwrap());
    assert!(folder.is_dir());
    // `read` is interrupted by the signal, or ends with the pipe; either way the trap runs.
    let status = process.stop().await.unwrap();
    assert_eq!(status.code(), Some(7));
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_service_that_ignores_sigterm_is_killed() {
    let service = Service::new(&format!("trap '' TERM\n{GOOD}"));
    let (process, _) = service.start(&[]).await.unwrap();
    let status = process.stop_within(Duration::from_millis(20)).await.unwrap();
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test]
async fn arguments_are_those_of_the_reference_service() {
    let service = Service::new("echo listening on http://$*\ncat > /dev/null");
    let (_process, url) = service.start(&["kind=error,share=0.1", "b"]).await.unwrap();
    let arguments = url.strip_prefix("http://").unwrap();
    assert_eq!(
        arguments,
        "exporter --port 0 --exit-on-stdin-eof --fault kind=error,share=0.1 --fault b"
    );
}

#[tokio::test]
async fn a_service_that_fails_is_quoted() {
    let service = Service::new("echo cannot bind >&2\nexit 3");
    let message = service.start_error().await;
    assert!(message.contains("ended before it listened (exit status: 3)"), "{message}");
    assert!(message.contains("\n  cannot bind"), "{message}");
}

#[tokio::test]
async fn a_service_that_says_something_else_is_quoted() {
    let message = Service::new("echo hello\ncat > /dev/null").start_error().await;
    assert!(message.contains("said `hello`"), "{message}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let missing = PathBuf::from("/nowhere/service");
    let error = start_reference(&missing, &[], Hidden::default()).await.unwrap_err();
    assert!(error.to_string().contains("/nowhere/service"), "{error}");
    assert_eq!(error.code(), Some(codes::START_FAILED));
}

#[tokio::test]
async fn a_service_that_crashed_is_seen_and_stopping_it_is_no_error() {
    let service = Service::new("echo listening on http://127.0.0.1:1\nread -r line\nkill -KILL $$");
    let (mut process, _) = service.start(&[]).await.unwrap();
    let killed = Command::new("kill").args(["-KILL", &process.id().to_string()]).status().unwrap();
    assert!(killed.success());
    while process.has_exited().is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(process.stop().await.unwrap().signal(), Some(9));
}

#[tokio::test]
async fn a_dropped_service_ends() {
    let service = Service::new(GOOD);
    let (process, _) = service.start(&[]).await.unwrap();
    let id = process.id().to_string();
    drop(process);
    // A signal that does nothing fails once the process is gone (and reaped).
    while Command::new("kill").args(["-0", &id]).output().unwrap().status.success() {
        tokio::task::yield_now().await;
    }
}
