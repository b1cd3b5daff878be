//! Runs a service on a listener until it is told to stop, and then drains it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use axum::Router;
use hyper::{Request, body::Incoming, server::conn::http1, service::Service as _};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

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
/// How long a connection may take for the head of its next request, idle time
/// included: the 75 seconds of nginx' `keepalive_timeout`.
const HEAD_TIME: Duration = Duration::from_secs(75);
/// Bytes that one connection may buffer: as fast as more in measurements, and it
/// bounds what many waiting connections hold.
const CONNECTION_BUFFER_BYTES: usize = 64 << 10;
/// Pause after a connection could not be accepted, mostly for want of
/// descriptors: trying again at once would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a service stopped other than on request.
#[derive(Debug, Error)]
pub enum ServeError {
    /// It could not be set up.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
}

/// A service that has all it needs, and can be announced.
pub(crate) struct Ready(Arc<Service>);

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ready").finish_non_exhaustive()
    }
}

/// Sets a service up: its folder is there, can be written to, and is nobody else's.
pub(crate) fn set_up(config: Config) -> Result<Ready, ServeError> {
    for fault in config.faults.texts() {
        tracing::warn!(fault, "FAULT ON PURPOSE is switched on");
    }
    Ok(Ready(Arc::new(Service::new(config)?)))
}

/// Sets a service up and serves until `shutdown` is ready.
pub async fn run(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    serve_until(listener, set_up(config)?, shutdown).await;
    Ok(())
}

/// Serves until `shutdown` is ready, then refuses new exports, lets those that
/// run finish, and returns.
pub(crate) async fn serve_until(
    listener: TcpListener,
    Ready(service): Ready,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let _expiry = expire_regularly(Arc::clone(&service));
    let router = routes::router(&service);
    let closing = CancellationToken::new();
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept(&listener, &router, &connections, &closing) => {}
        () = drain(&service, shutdown) => {}
    }
    closing.cancel();
    connections.close();
    // Connections that stay open after this are cut: every export has ended.
    if timeout(CLOSING_TIME, connections.wait()).await.is_err() {
        tracing::warn!(open = connections.len(), "cutting connections that stay open");
    }
}

/// Accepts connections for ever.
async fn accept(
    listener: &TcpListener,
    router: &Router,
    connections: &TaskTracker,
    closing: &CancellationToken,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, router.clone(), closing.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection until it ends, or its last answer once closing.
async fn serve(stream: TcpStream, router: Router, closing: CancellationToken) {
    // An error would mean only that small answers may wait for each other.
    let _without_delay = stream.set_nodelay(true);
    let connection = Connection::of(&stream);
    let answers = TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        answers.call(request)
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(CONNECTION_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = closing.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
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
