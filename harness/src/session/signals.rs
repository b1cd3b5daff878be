//! SIGINT, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends at
//! once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::signal::unix::{self, SignalKind};
use tokio_util::sync::CancellationToken;

use crate::gate::Signal;

/// SIGHUP's number on every Unix (POSIX.1-2017, `kill`).
const HANGUP_NUMBER: u8 = 1;
/// SIGINT's number on every Unix.
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
    /// Watches the signals on the current runtime. SIGHUP stays ignored where somebody
    /// (nohup) has this process ignore it.
    pub fn install() -> io::Result<Self> {
        let signals = Self::ignored();
        let watched = Watched {
            interrupt: unix::signal(SignalKind::interrupt())?,
            terminate: unix::signal(SignalKind::terminate())?,
            hangup: if ignores_hangup() { None } else { Some(unix::signal(SignalKind::hangup())?) },
        };
        tokio::spawn(watch(signals.clone(), watched));
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
            HANGUP_NUMBER => Some(Signal::Hangup),
            _ => Some(Signal::Terminate),
        }
    }

    fn note(&self, signal: Signal) {
        let number = match signal {
            Signal::Hangup => HANGUP_NUMBER,
            Signal::Interrupt => INTERRUPT_NUMBER,
            Signal::Terminate => TERMINATE_NUMBER,
        };
        self.received.store(number, Ordering::Relaxed);
        self.cancelled.cancel();
    }
}

struct Watched {
    interrupt: unix::Signal,
    terminate: unix::Signal,
    hangup: Option<unix::Signal>,
}

impl Watched {
    async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hangup => Signal::Hangup,
        }
    }
}

async fn watch(signals: Signals, mut watched: Watched) {
    signals.note(watched.next().await);
    let signal = watched.next().await;
    // Nothing is unwound: whoever sends a second signal wants the end now. What was
    // started ends with us, because pipes that only we hold are closed.
    std::process::exit(i32::from(signal.exit_code().number()));
}

/// Whether SIGHUP was ignored when this process began. The system tells it in a file,
/// where there is one; elsewhere the signal is taken for one that is meant.
fn ignores_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| is_ignored(&status, HANGUP_NUMBER.into()))
}

/// Whether a signal is ignored, by `/proc/PID/status` (proc(5): `SigIgn`, a mask in
/// hexadecimal).
fn is_ignored(status: &str, number: u32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (number - 1)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_cancels_and_is_remembered() {
        for signal in [Signal::Terminate, Signal::Interrupt, Signal::Hangup] {
            let signals = Signals::ignored();
            assert_eq!(signals.received(), None);
            signals.note(signal);
            assert!(signals.token().is_cancelled());
            assert_eq!(signals.received(), Some(signal));
        }
    }

    #[test]
    fn an_ignored_signal_is_told_by_its_bit() {
        let status = "Name:\tslogate\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        assert!(is_ignored(status, 1));
        assert!(!is_ignored(status, 2));
        assert!(!is_ignored("Name:\tslogate\n", 1));
    }
}
