//! When an exchange is given up, at little cost.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;

/// A timer that is armed rarely: a deadline usually moves on long before it is
/// reached, and arming for each request costs more than waking now and then.
pub(super) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    armed: Instant,
    at: Instant,
}

impl Deadline {
    pub(super) fn new(now: Instant) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep_until(now.into())), armed: now, at: now }
    }

    pub(super) fn set(&mut self, at: Instant) {
        self.at = at;
        if at < self.armed {
            self.arm(at);
        }
    }

    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Reading may have used up what the task may do in one poll; the time must be seen all
        // the same.
        while pin!(tokio::task::unconstrained(self.sleep.as_mut())).poll(context).is_ready() {
            if self.at <= self.armed {
                return Poll::Ready(());
            }
            self.arm(self.at);
        }
        Poll::Pending
    }

    fn arm(&mut self, at: Instant) {
        self.sleep.as_mut().reset(at.into());
        self.armed = at;
    }
}
