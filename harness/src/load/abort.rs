//! Ends a running load from outside of it, with the reason.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use super::outcome::StopReason;

/// Ends one load; the first reason stands.
#[derive(Clone, Debug)]
pub struct Abort {
    stop: CancellationToken,
    reason: Arc<OnceLock<StopReason>>,
}

impl Abort {
    pub(super) fn new(stop: &CancellationToken) -> Self {
        Self { stop: stop.clone(), reason: Arc::default() }
    }

    /// Ends the load: nothing more is sent, and what is in flight is not awaited.
    pub fn abort(&self, reason: StopReason) {
        if !self.stop.is_cancelled() && self.reason.set(reason).is_ok() {
            self.stop.cancel();
        }
    }

    /// Why the load was ended from here, if it was.
    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().cloned()
    }
}
