//! The log for whoever looks for a fault: nothing unless `RUST_LOG` asks for it.

use std::io;

use tracing_subscriber::EnvFilter;

/// Writes what `RUST_LOG` asks for to standard error.
pub(super) fn start() {
    if std::env::var_os("RUST_LOG").is_none() {
        return;
    }
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::from_default_env())
        .with_writer(io::stderr)
        .with_ansi(false);
    // An error means that there is a log already: then that one is used.
    let _already_set = subscriber.try_init();
}
