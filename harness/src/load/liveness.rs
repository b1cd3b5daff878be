//! Whether the target has ever answered: a load against nothing is stopped.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_util::sync::CancellationToken;

use super::exchange_error::ExchangeError;

/// So many requests without any complete response stop a load that has no warm-up.
pub(super) const FIRST_REQUESTS: u64 = 10;

/// Counts the first failures; after one complete response it does nothing.
#[derive(Debug)]
pub(super) struct Liveness {
    answered: AtomicBool,
    unanswered: AtomicU64,
    /// Stop by itself after so many; otherwise somebody asks at the end.
    limit: Option<u64>,
    last_error: Mutex<String>,
    stop: CancellationToken,
}

impl Liveness {
    pub(super) fn new(limit: Option<u64>, stop: CancellationToken) -> Self {
        Self {
            answered: AtomicBool::new(false),
            unanswered: AtomicU64::new(0),
            limit,
            last_error: Mutex::default(),
            stop,
        }
    }

    /// A request has ended, with a complete response if there is no error.
    pub(super) fn note(&self, error: Option<&ExchangeError>) {
        if self.answered.load(Ordering::Relaxed) {
            return;
        }
        let Some(error) = error else {
            self.answered.store(true, Ordering::Relaxed);
            return;
        };
        if let Ok(mut last) = self.last_error.lock() {
            *last = error.to_string();
        }
        let unanswered = self.unanswered.fetch_add(1, Ordering::Relaxed) + 1;
        if self.limit.is_some_and(|limit| unanswered >= limit) {
            self.stop.cancel();
        }
    }

    /// The last error, if requests were sent and none was answered.
    pub(super) fn silence(&self) -> Option<String> {
        let silent =
            !self.answered.load(Ordering::Relaxed) && self.unanswered.load(Ordering::Relaxed) > 0;
        silent.then(|| self.last_error.lock().map(|last| last.clone()).unwrap_or_default())
    }

    /// Whether enough requests stayed unanswered to stop without being asked.
    pub(super) fn is_given_up(&self) -> bool {
        let unanswered = self.unanswered.load(Ordering::Relaxed);
        !self.answered.load(Ordering::Relaxed)
            && self.limit.is_some_and(|limit| unanswered >= limit)
    }
}
