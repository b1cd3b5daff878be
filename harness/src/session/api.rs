//! The part of a session that has its metrics from a Prometheus-compatible API: waits
//! for its samples around the load, and writes the client's own series meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::watch::OwnSeries;
use crate::clock::Clock;
use crate::gate::Condition;
use crate::scenario::{ApiSource, Credentials};
use crate::scrape::{ApiConfig, ApiError, Opened, WatchedApi};

/// Most series, where a file sets no limit: as many as one scrape may have.
const SERIES_LIMIT: usize = 100_000;
/// Most samples of a run: 16 bytes each in memory.
const SAMPLE_LIMIT: usize = 20_000_000;
/// Most bytes of one answer, as of one scrape.
const BODY_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// An API that is watched while the load runs.
pub(super) struct ApiWatch {
    pub(super) own: OwnSeries,
    api: WatchedApi,
    opened: Mutex<Option<Result<Opened, ApiError>>>,
    notes: Mutex<Vec<String>>,
    cancelled: CancellationToken,
}

/// Sees that the API is there and has the target's series.
pub(super) async fn watch(
    source: &ApiSource,
    own: OwnSeries,
    cancelled: &CancellationToken,
) -> Result<ApiWatch, Condition> {
    // Every file was read once before, when its problems could still be shown in place.
    let credentials = source.access.read().map_err(|problems| Condition::Internal {
        reason: format!("{} files of `metrics` cannot be used any more", problems.problems.len()),
    })?;
    let found = find(source, &credentials, own.clock).await;
    let api = found.map_err(|error| Condition::NotReachable {
        reason: format!("the metrics at {} could not be had: {error}", source.url),
    })?;
    let notes = Mutex::new(api.notes());
    let cancelled = cancelled.clone();
    Ok(ApiWatch { own, api, opened: Mutex::default(), notes, cancelled })
}

async fn find(
    source: &ApiSource,
    credentials: &Credentials,
    clock: Clock,
) -> Result<WatchedApi, ApiError> {
    let config = ApiConfig {
        url: source.url.clone(),
        matcher: source.matcher.clone(),
        selector: source.selector.clone(),
        settle: source.settle,
        timeout: source.timeout,
        series_limit: source.series_limit.unwrap_or(SERIES_LIMIT),
        sample_limit: SAMPLE_LIMIT,
        body_limit_bytes: BODY_LIMIT_BYTES,
    };
    WatchedApi::find(config, credentials, clock).await
}

impl ApiWatch {
    /// Before the first measured arrival: nothing is being sent.
    pub(super) async fn open(&self) {
        let opened = self.api.open(&self.cancelled).await;
        match &opened {
            // The numbers of the client have not changed since that sample.
            Ok(opened) => self.own.write_at(opened.at_ms),
            Err(_) => self.own.write(),
        }
        *lock(&self.opened) = Some(opened);
    }

    /// After the last measured response.
    pub(super) async fn close(&self) {
        self.own.write();
        let opened = lock(&self.opened).take();
        let opened = opened.unwrap_or(Err(ApiError::Interrupted));
        let closed = self.api.close(&opened, &self.own.series, &self.cancelled).await;
        if let Some(at_ms) = closed.at_ms {
            // Nor have they since the load ended.
            self.own.write_at(at_ms);
        }
        lock(&self.notes).extend(closed.notes);
    }

    pub(super) fn notes(&self) -> Vec<String> {
        lock(&self.notes).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<ApiWatch> for super::watch::Watch {
    fn from(watch: ApiWatch) -> Self {
        Self::Api(Arc::new(watch))
    }
}
