//! The HTTP face of the service: one route per file.
//!
//! Routes translate between HTTP and the parts that do the work, and answer
//! every problem as JSON. They make no files and decide no admissions.

mod answer;
mod authorize;
mod download;
mod health;
mod metrics;
mod range;
mod run;
mod status;
mod suffer;
mod upload;

use std::{io, sync::Arc, time::Instant};

use axum::{
    Router, middleware,
    routing::{get, post},
};

use crate::{
    access::Scope, config::Config, job::Store, limits::admission::Admission, metrics::Metrics,
};

/// What all routes of one service share.
pub(crate) struct Service {
    /// Settings.
    pub(crate) config: Config,
    /// Zero of the service's own clock.
    pub(crate) started: Instant,
    /// Who may run.
    pub(crate) admission: Arc<Admission>,
    /// Finished files.
    pub(crate) store: Store,
    /// Counters.
    pub(crate) metrics: Arc<Metrics>,
}

/// Why a service could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The folder for the files cannot be used.
    #[error("the folder `{directory}` cannot be used: {source}; give another one with --dir")]
    Directory {
        /// The folder.
        directory: String,
        /// What the system says.
        source: io::Error,
    },
    /// A defect in the catalogue of metrics.
    #[error("the metrics cannot be set up: {0}")]
    Metrics(#[from] prometheus::Error),
}

impl Service {
    /// A service with nothing in it.
    pub(crate) fn new(config: Config) -> Result<Self, SetUpError> {
        let store = Store::open(&config.directory, config.expire_after, config.max_stored_bytes)
            .map_err(|source| SetUpError::Directory {
                directory: config.directory.display().to_string(),
                source,
            })?;
        let admission = Arc::new(Admission::new(config.max_concurrent, config.max_queue));
        let metrics = Arc::new(Metrics::new()?);
        Ok(Self { config, started: Instant::now(), admission, store, metrics })
    }
}

/// All routes.
pub(crate) fn router(service: &Arc<Service>) -> Router {
    let only =
        |scope| middleware::from_fn_with_state((Arc::clone(service), scope), authorize::require);
    Router::new()
        .route("/export/run", post(run::run))
        .route("/export/status", get(status::status).route_layer(only(Scope::Export)))
        .route("/export/metrics", get(metrics::metrics).route_layer(only(Scope::Metrics)))
        .route("/export/download/{id}", get(download::download).route_layer(only(Scope::Export)))
        .route("/health", get(health::health).route_layer(only(Scope::Health)))
        .fallback(answer::no_such_route)
        .method_not_allowed_fallback(answer::no_such_method)
        .with_state(Arc::clone(service))
}
