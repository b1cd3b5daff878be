//! The log for whoever looks for a fault: nothing unless `RUST_LOG` asks for it.

use std::io;

use tracing_subscriber::EnvFilter;

use super::workflow_commands::{Harmless, are_read};

/// Writes what `RUST_LOG` asks for to standard error.
pub(super) fn start() {
    if std::env::var_os("RUST_LOG").is_none() {
        return;
    }
    let stream: fn() -> Box<dyn io::Write> =
        if are_read() { || Box::new(Harmless(io::stderr())) } else { || Box::new(io::stderr()) };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(stream)
        .with_ansi(false)
        // It would tell of them on standard error too, and panic where that is what is broken.
        .log_internal_errors(false);
    // An error means that there is a log already: then that one is used.
    let _already_set = subscriber.try_init();
}
