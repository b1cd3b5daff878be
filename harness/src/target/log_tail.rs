//! The last lines that a child process wrote to its log, for error messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Lines kept: enough for an error and what led to it.
const LINES_KEPT: usize = 20;

/// The last lines of a log; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct LogTail(Arc<Mutex<VecDeque<String>>>);

impl LogTail {
    /// Reads a log to its end. Whoever writes it never waits for us.
    pub(super) async fn follow(self, log: impl AsyncRead + Unpin) {
        let mut log = BufReader::new(log);
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            tracing::debug!(target: "slogate::target", "{text}");
            let mut lines = self.lines();
            if lines.len() == LINES_KEPT {
                lines.pop_front();
            }
            lines.push_back(text);
            line.clear();
        }
    }

    /// The last lines, each after a line feed and two spaces; nothing if there are none.
    pub(super) fn shown(&self) -> String {
        self.lines().iter().map(|line| "\n  ".to_owned() + line).collect()
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_last_lines_only() {
        let log: String = "line\n".repeat(30) + "the end\n";
        let tail = LogTail::default();
        tail.clone().follow(log.as_bytes()).await;
        assert_eq!(tail.shown().lines().count(), LINES_KEPT + 1);
        assert!(tail.shown().ends_with("\n  the end"));
    }
}
