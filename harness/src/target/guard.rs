//! Ends a process group when this process is gone, however it went.
//!
//! A service that slogate did not write does not watch a pipe, and a signal to die
//! with one's parent would take unsafe code. So a small shell does both: it waits for
//! the end of a pipe that only this process holds, and then ends the group. It cannot
//! help where it is killed itself, or where the group's processes left the group.

use std::process::Stdio;

use rustix::process::Pid;
use tokio::process::{Child, ChildStdin, Command};

/// `$1` is the group. It gets ten seconds after SIGTERM, as an orderly end gives it.
const SCRIPT: &str = "cat >/dev/null; kill -TERM -\"$1\" || exit; \
     for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1; kill -0 -\"$1\" || exit; done; kill -KILL -\"$1\"";

/// A shell that waits; dropped, it does nothing any more.
#[derive(Debug)]
pub(super) struct Guard {
    _shell: Child,
    /// Its end is the signal.
    _pipe: Option<ChildStdin>,
}

impl Guard {
    /// A guard over a group; none where there is no shell.
    pub(super) fn over(group: Pid) -> Option<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "slogate-guard", &group.as_raw_nonzero().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Signals at the terminal are not for it.
            .process_group(0)
            .kill_on_drop(true);
        match command.spawn() {
            Ok(mut shell) => Some(Self { _pipe: shell.stdin.take(), _shell: shell }),
            Err(error) => {
                tracing::warn!(%error, "no guard: the started service may outlive a killed slogate");
                None
            }
        }
    }
}
