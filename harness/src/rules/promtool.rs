//! promtool as a process: `promtool test rules FILE`, with a time limit.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{PromtoolResult, RulesError};

/// promtool needs well under a second for a file of a hundred tests; one that
/// takes longer than this hangs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The version of the promtool that is installed: `2.42.0`; `None` without one.
pub(super) fn installed_version() -> Option<String> {
    let output = Command::new("promtool")
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    // 2.x says it on stderr of some builds, 3.x on stdout.
    let text = [output.stdout, output.stderr].concat();
    parse_version(&String::from_utf8_lossy(&text))
}

/// Runs the unit tests of a file.
pub(super) fn test(path: &Path, version: &str) -> Result<PromtoolResult, RulesError> {
    let failed = |reason: String| RulesError::Promtool { path: path.to_owned(), reason };
    let child = Command::new("promtool")
        .args(["test", "rules"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let output = wait(child, TIME_LIMIT).map_err(|error| failed(error.to_string()))?;
    let written = [output.stdout, output.stderr].concat();
    Ok(PromtoolResult {
        version: version.to_owned(),
        passed: output.status.success(),
        output: String::from_utf8_lossy(&written).trim_end().to_owned(),
    })
}

/// Waits for a child and all that it writes; ends it when the limit is over.
fn wait(child: Child, limit: Duration) -> io::Result<Output> {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(limit) {
        Ok(output) => output,
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("its output was lost")),
        Err(RecvTimeoutError::Timeout) => {
            // Until the thread has waited for it, the pid is that of this child.
            kill_process(pid, Signal::KILL)?;
            let seconds = limit.as_secs();
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end after {seconds} s")))
        }
    }
}

/// The version in `promtool, version 2.42.0+ds (branch: …`.
fn parse_version(text: &str) -> Option<String> {
    let after = text.split("version ").nth(1)?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(after.len());
    (end > 0).then(|| after[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version() {
        let text = "promtool, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0)";
        assert_eq!(parse_version(text).as_deref(), Some("2.42.0"));
        assert_eq!(parse_version("nothing"), None);
    }

    #[test]
    fn a_process_that_hangs_is_ended() {
        let child = Command::new("sleep").arg("60").stdout(Stdio::piped()).spawn().unwrap();
        let error = wait(child, Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
