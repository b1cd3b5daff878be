//! Scrapes the metrics of an instance: on a schedule, at the opening and at the close.
//!
//! A scrape succeeds as a whole or fails as a whole; a failed one writes `up 0`
//! and ends every series of the instance, so that nothing judged later can rest on
//! values that nobody saw. This module judges nothing.

mod api;
mod batch;
pub mod codes;
mod error;
mod http;
mod schedule;
mod usual_paths;

pub use api::{
    ApiConfig, ApiError, AskedApi, ClockDifference, Closed, Opened, WatchedApi, WatchedInstance,
};
pub use error::ScrapeError;
pub use http::{Asker, read_body};
pub use usual_paths::{Looked, find_metrics, read_once};

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::exposition::{ParseRules, Reader};
use crate::scenario::Credentials;
use crate::series::{FamilyKind, ScrapeFailure, ScrapeMoment, ScrapeRecord, SeriesStore};

use batch::{Batch, Instance, report_labels};
use http::{Page, Received};
use schedule::Schedule;

/// Most samples of one scrape where nobody says otherwise: ten times what a large
/// service exports.
const USUAL_SAMPLE_LIMIT: usize = 100_000;

/// The store that a run's scrapers and its load generator write to.
pub type SharedSeries = Arc<Mutex<SeriesStore>>;

/// Called at each scrape's start with the store and the scrape's time
/// (milliseconds since the epoch): the client's own series are sampled then.
pub type OnScrape = Box<dyn Fn(&mut SeriesStore, i64) + Send + Sync>;

/// The scrapes at which a hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookedScrapes {
    /// All of them.
    All,
    /// The opening and the closing one: with several instances the window begins and
    /// ends with one of them, and what is between is a matter of one instance's schedule.
    WindowEdges,
}

impl HookedScrapes {
    fn hold(self, moment: ScrapeMoment) -> bool {
        match self {
            Self::All => true,
            Self::WindowEdges => {
                matches!(moment, ScrapeMoment::Opening | ScrapeMoment::Closing)
            }
        }
    }
}

/// What to scrape, and how.
#[derive(Clone, Debug)]
pub struct ScrapeConfig {
    /// The metrics URL.
    pub url: String,
    /// The address that the URL's host was resolved to, once for the whole run.
    pub address: SocketAddr,
    /// The `instance` label.
    pub instance: String,
    /// The `job` label.
    pub job: String,
    /// Time between two scheduled scrapes.
    pub every: Duration,
    /// Longest time of one scrape.
    pub timeout: Duration,
    /// Most samples of one scrape, if it is not what is usual; one more fails it.
    pub sample_limit: Option<usize>,
    /// Most bytes of one exposition; one more fails the scrape.
    pub body_limit_bytes: usize,
    /// What the movements of the schedule are drawn from.
    pub seed: u64,
    /// Whether timestamps in the exposition are used.
    pub honor_timestamps: bool,
    /// What each scrape carries.
    pub credentials: Credentials,
}

/// Scrapes one instance into a shared store.
pub struct Scraper {
    config: ScrapeConfig,
    clock: Clock,
    page: Page,
    store: SharedSeries,
    on_scrape: Option<(OnScrape, HookedScrapes)>,
    state: Mutex<State>,
    /// One scrape at a time: samples of two would mix.
    turn: tokio::sync::Mutex<()>,
}

struct State {
    instance: Instance,
    reader: Reader,
    last_at_ms: Option<i64>,
    last_body: Option<Bytes>,
}

/// One scrape that is going on.
struct Attempt {
    moment: ScrapeMoment,
    started: Instant,
    at_ms: i64,
}

impl Scraper {
    /// A scraper that writes to `store`. Nothing is sent yet.
    pub fn new(
        config: ScrapeConfig,
        clock: Clock,
        store: SharedSeries,
    ) -> Result<Self, ScrapeError> {
        let page = Page::new(&config.url, config.address, &config.credentials)?;
        let sample_limit = Some(config.sample_limit.unwrap_or(USUAL_SAMPLE_LIMIT));
        let reader = Reader::new(ParseRules { sample_limit, ..ParseRules::default() });
        let instance = Instance::default();
        let state = State { instance, reader, last_at_ms: None, last_body: None };
        Ok(Self {
            config,
            clock,
            page,
            store,
            on_scrape: None,
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Has `on_scrape` called at the start of each of these scrapes.
    #[must_use]
    pub fn with_hook(mut self, on_scrape: OnScrape, scrapes: HookedScrapes) -> Self {
        self.on_scrape = Some((on_scrape, scrapes));
        self
    }

    /// The `instance` label of its series.
    pub fn instance(&self) -> &str {
        &self.config.instance
    }

    /// The store that it writes to.
    pub fn store(&self) -> &SharedSeries {
        &self.store
    }

    /// Scrapes once, now. All samples get the time of its start; the record of the
    /// scrape is in the store as well. A failed scrape is a record, not an error.
    pub async fn scrape(&self, moment: ScrapeMoment) -> ScrapeRecord {
        let _turn = self.turn.lock().await;
        let attempt = self.begin(moment);
        let fetch = http::fetch(&self.page, &self.config);
        let received = match tokio::time::timeout(self.config.timeout, fetch).await {
            Ok(received) => received,
            Err(_) => Err(ScrapeError::Timeout(self.config.timeout)),
        };
        let took = attempt.started.elapsed();
        self.finish(&attempt, took, received)
    }

    /// Scrapes on the schedule until cancelled. A scrape that is going on then is
    /// given up and leaves no record.
    pub async fn run_schedule(&self, until: CancellationToken) {
        let schedule = Schedule::new(self.config.every, self.config.seed);
        let start = tokio::time::Instant::now();
        let mut index = 1;
        loop {
            tokio::select! {
                () = until.cancelled() => return,
                () = tokio::time::sleep_until(start + schedule.instant(index)) => {}
            }
            tokio::select! {
                () = until.cancelled() => return,
                _ = self.scrape(ScrapeMoment::Scheduled) => {}
            }
            index = schedule.next_index(index, start.elapsed());
        }
    }

    /// The last exposition that was received whole, as it was received, even if it
    /// could not be read.
    pub fn last_body(&self) -> Option<Bytes> {
        lock(&self.state).last_body.clone()
    }

    fn begin(&self, moment: ScrapeMoment) -> Attempt {
        let started = Instant::now();
        let mut state = lock(&self.state);
        // Two scrapes within a millisecond: series move forward all the same.
        let earliest = state.last_at_ms.map_or(i64::MIN, |last| last.saturating_add(1));
        let at_ms = self.clock.at_ms(started).max(earliest);
        state.last_at_ms = Some(at_ms);
        drop(state);
        let hook = self.on_scrape.as_ref().filter(|(_, scrapes)| scrapes.hold(moment));
        if let Some((on_scrape, _)) = hook {
            on_scrape(&mut lock(&self.store), at_ms);
        }
        Attempt { moment, started, at_ms }
    }

    fn finish(
        &self,
        attempt: &Attempt,
        took: Duration,
        received: Result<Received, ScrapeError>,
    ) -> ScrapeRecord {
        // The store first: others may hold it while they ask for the last body.
        let mut store = lock(&self.store);
        let mut state = lock(&self.state);
        let read = received.and_then(|received| {
            state.last_body = Some(received.body.clone());
            self.read(&received, attempt.at_ms, &mut state, &store)
        });
        let outcome = match read {
            Ok((batch, samples)) => {
                state.instance.write(batch, attempt.at_ms, &mut store);
                Ok(samples)
            }
            Err(error) => {
                state.instance.end_all(attempt.at_ms, &mut store);
                let message = self.config.credentials.blank(&error.to_string());
                Err(ScrapeFailure::new(error.code(), message))
            }
        };
        let record = ScrapeRecord {
            at_ms: attempt.at_ms,
            instance: self.config.instance.clone(),
            moment: attempt.moment,
            took,
            outcome,
        };
        self.write_report(&record, &mut store);
        store.record_scrape(record.clone());
        record
    }

    /// Reads an exposition; the batch to write and the number of its samples.
    fn read(
        &self,
        received: &Received,
        at_ms: i64,
        state: &mut State,
        store: &SeriesStore,
    ) -> Result<(Batch, usize), ScrapeError> {
        let exposition = state
            .reader
            .read(&received.body, received.format)
            .map_err(|error| received.unreadable(error, &self.config))?;
        let samples = exposition.samples.len();
        if samples == 0 {
            return Err(ScrapeError::Empty);
        }
        let format = received.format;
        let batch = state.instance.batch(exposition, format, at_ms, &self.config, store)?;
        Ok((batch, samples))
    }

    /// The series that Prometheus writes about each scrape.
    fn write_report(&self, record: &ScrapeRecord, store: &mut SeriesStore) {
        let (up, samples) = match record.outcome {
            Ok(samples) => (1.0, samples),
            Err(_) => (0.0, 0),
        };
        let report = [
            ("up", up),
            ("scrape_duration_seconds", record.took.as_secs_f64()),
            ("scrape_samples_scraped", samples as f64),
        ];
        let limit = self.config.sample_limit.map(|limit| ("scrape_sample_limit", limit as f64));
        for (name, value) in report.into_iter().chain(limit) {
            store.declare(name, FamilyKind::Gauge);
            let labels = report_labels(name, &self.config.instance, &self.config.job);
            store.append(&labels, record.at_ms, value);
        }
    }
}

impl fmt::Debug for Scraper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scraper").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A panic elsewhere does not make what was measured before it untrue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
