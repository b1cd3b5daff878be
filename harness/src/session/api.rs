//! The part of a session that has its metrics from a Prometheus-compatible API: waits
//! for its samples around the load, and writes the client's own series meanwhile.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::watch::OwnSeries;
use crate::clock::Clock;
use crate::code::Code;
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
    // Read again for each scenario: a token may have been renewed, or be gone.
    let credentials = source.access.read();
    let credentials =
        credentials.map_err(|problems| not_there(source, &problems, problems.codes()))?;
    let found = find(source, &credentials, own.clock).await;
    let api = found.map_err(|error| not_there(source, &error, error.code()))?;
    let notes = Mutex::new(api.notes());
    let cancelled = cancelled.clone();
    Ok(ApiWatch { own, api, opened: Mutex::default(), notes, cancelled })
}

fn not_there(
    source: &ApiSource,
    error: &impl ToString,
    causes: impl IntoIterator<Item = Code>,
) -> Condition {
    let reason = format!("the metrics at {} could not be had: {}", source.url, error.to_string());
    Condition::not_reachable(reason, causes)
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scenario::{Metrics, ReadOptions, Variables, read_text};
    use crate::scrape::SharedSeries;

    const SCENARIO: &str = "version: 1\nname: a\ntarget: http://a\nmetrics:\n  \
        prometheus: http://127.0.0.1:9\n  matcher: '{job=\"a\"}'\n  \
        auth: { bearer_file: token.txt }\n\
        load: [{ name: p, users: 1, iterations: 1 }]\nrequests: [{ name: r, get: / }]\n\
        slo: ['count(dropped) == 0']\n";

    #[tokio::test]
    async fn a_credentials_file_that_is_gone_is_no_metrics_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.yaml");
        let read = read_text(&path, SCENARIO, &Variables::new(), &ReadOptions::default());
        let Metrics::Prometheus(source) = read.unwrap().scenario.metrics else { panic!() };
        let own = OwnSeries {
            sample: Box::new(|_, _| {}),
            series: SharedSeries::default(),
            clock: Clock::start(),
        };
        let watched = watch(&source, own, &CancellationToken::new()).await;
        let Err(refused) = watched else { panic!("it was found") };
        assert_eq!(refused.codes(), ["not-reachable", "unusable-credential"]);
        let reason = refused.reason();
        let file = folder.path().join(Path::new("token.txt"));
        assert!(reason.contains(&format!("{} is not there", file.display())), "{reason}");
    }
}
