//! SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{self, SignalKind};
use tokio_util::sync::CancellationToken;

use crate::gate::{Condition, Signal};

/// SIGINT's number on every Unix (POSIX.1-2017, `kill`).
const INTERRUPT_NUMBER: u8 = 2;
/// SIGTERM's number on every Unix.
const TERMINATE_NUMBER: u8 = 15;

/// The signals of this process, watched from [`Signals::install`] on.
#[derive(Clone, Debug)]
pub struct Signals {
    cancelled: CancellationToken,
    /// The number of the first signal; 0 before it.
    received: Arc<AtomicU8>,
}

impl Signals {
    /// Watches both signals on the current runtime.
    pub fn install() -> io::Result<Self> {
        let signals = Self::ignored();
        let interrupt = unix::signal(SignalKind::interrupt())?;
        let terminate = unix::signal(SignalKind::terminate())?;
        tokio::spawn(watch(signals.clone(), interrupt, terminate));
        Ok(signals)
    }

    /// Signals that never come, for runs without a terminal or a process of their own.
    pub fn ignored() -> Self {
        Self { cancelled: CancellationToken::new(), received: Arc::default() }
    }

    /// Cancelled by the first signal.
    pub fn token(&self) -> &CancellationToken {
        &self.cancelled
    }

    /// The first signal, if there was one.
    pub fn received(&self) -> Option<Signal> {
        match self.received.load(Ordering::Relaxed) {
            0 => None,
            INTERRUPT_NUMBER => Some(Signal::Interrupt),
            _ => Some(Signal::Terminate),
        }
    }

    fn note(&self, signal: Signal) {
        let number = match signal {
            Signal::Interrupt => INTERRUPT_NUMBER,
            Signal::Terminate => TERMINATE_NUMBER,
        };
        self.received.store(number, Ordering::Relaxed);
        self.cancelled.cancel();
    }
}

async fn watch(signals: Signals, mut interrupt: unix::Signal, mut terminate: unix::Signal) {
    signals.note(next(&mut interrupt, &mut terminate).await);
    let signal = next(&mut interrupt, &mut terminate).await;
    // Nothing is unwound: whoever sends a second signal wants the end now. The
    // reference service ends with us, because its standard input closes.
    let code = Condition::Interrupted { signal }.exit_code();
    std::process::exit(i32::from(code.number()));
}

async fn next(interrupt: &mut unix::Signal, terminate: &mut unix::Signal) -> Signal {
    tokio::select! {
        _ = interrupt.recv() => Signal::Interrupt,
        _ = terminate.recv() => Signal::Terminate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_cancels_and_is_remembered() {
        let signals = Signals::ignored();
        assert_eq!(signals.received(), None);
        signals.note(Signal::Terminate);
        assert!(signals.token().is_cancelled());
        assert_eq!(signals.received(), Some(Signal::Terminate));
    }
}
