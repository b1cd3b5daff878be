//! What verbs that send requests run on: one thread beside the load's own, and signals that
//! are listened to before anything is sent.

use tokio::runtime::{Builder, Runtime};

use super::Failure;
use crate::session::Signals;

/// Starts both.
pub(super) fn start() -> Result<(Runtime, Signals), Failure> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::internal)?;
    let signals = {
        let _inside = runtime.enter();
        Signals::install().map_err(Failure::internal)?
    };
    Ok((runtime, signals))
}
