//! Runs a service on a listener until it is told to stop, and then drains it.

use std::{future::Future, io, sync::Arc, time::Duration};

use thiserror::Error;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

pub use crate::routes::SetUpError;
use crate::{
    config::Config,
    limits::connection::Connection,
    routes::{self, Service},
};

/// How often expired files are looked for.
const EXPIRY_INTERVAL: Duration = Duration::from_secs(1);
/// How long open connections, such as downloads, may go on after the last export.
const CLOSING_TIME: Duration = Duration::from_secs(10);

/// Why a service stopped other than on request.
#[derive(Debug, Error)]
pub enum ServeError {
    /// It could not be set up.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// The listener broke.
    #[error("cannot serve on the listener: {0}")]
    Serve(#[from] io::Error),
}

/// Serves until `shutdown` is ready, then refuses new exports, lets those that
/// run finish, and returns.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    for fault in config.faults.texts() {
        tracing::warn!(fault, "FAULT ON PURPOSE is switched on");
    }
    let service = Arc::new(Service::new(config)?);
    let _expiry = expire_regularly(Arc::clone(&service));
    let router = routes::router(Arc::clone(&service));
    let drained = CancellationToken::new();
    let serve = axum::serve(listener, router.into_make_service_with_connect_info::<Connection>())
        .with_graceful_shutdown(drained.clone().cancelled_owned());
    let serving = tokio::spawn(serve.into_future());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return flatten(ended),
        () = drain(&service, shutdown) => drained.cancel(),
    }
    // Connections that stay open after this are cut: every export has ended.
    timeout(CLOSING_TIME, serving).await.map_or(Ok(()), flatten)
}

/// Waits for the end of service, then for the end of what runs. The listener
/// stays open meanwhile, so that clients are told instead of refused.
async fn drain(service: &Service, shutdown: impl Future<Output = ()>) {
    shutdown.await;
    let running = service.admission.running();
    tracing::info!(running, waiting = service.admission.waiting(), "draining");
    service.admission.drain().await;
    tracing::info!("drained");
}

fn flatten(ended: Result<io::Result<()>, tokio::task::JoinError>) -> Result<(), ServeError> {
    ended.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(ServeError::Serve)
}

/// Removes expired files until the guard is dropped.
fn expire_regularly(service: Arc<Service>) -> DropGuard {
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    tokio::spawn(stop.run_until_cancelled_owned(async move {
        let mut ticks = tokio::time::interval(EXPIRY_INTERVAL);
        loop {
            let now = ticks.tick().await.into_std();
            let service = Arc::clone(&service);
            // An error means a panic, which the panic hook has reported.
            let _ended = tokio::task::spawn_blocking(move || service.store.expire(now)).await;
        }
    }));
    guard
}
