//! The last lines that a child process wrote to its log, for error messages.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::scenario::Hidden;

/// Lines kept: enough for an error and what led to it.
const LINES_KEPT: usize = 20;

/// The last lines of a log; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct LogTail {
    lines: Arc<Mutex<VecDeque<String>>>,
    /// What whoever reads them must not see.
    hidden: Arc<Hidden>,
}

impl LogTail {
    /// No lines yet, of a log that may tell secrets.
    pub(super) fn hiding(hidden: Hidden) -> Self {
        Self { lines: Arc::default(), hidden: Arc::new(hidden) }
    }

    /// Reads a log to its end. Whoever writes it never waits for us.
    pub(super) async fn follow(self, log: impl AsyncRead + Unpin) {
        let mut log = BufReader::new(log);
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if tracing::enabled!(target: "slogate::target", tracing::Level::DEBUG) {
                let text = self.hidden.taken_out_of(&text);
                tracing::debug!(target: "slogate::target", "{text}");
            }
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
        let lines: String = self.lines().iter().map(|line| "\n  ".to_owned() + line).collect();
        self.hidden.taken_out_of(&lines)
    }

    fn lines(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
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
