//! What is written down while the load runs: the target's series and the client's
//! own at every scrape, or the client's own alone where there are no metrics.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::scrape::{OnScrape, SharedSeries};
use crate::series::ScrapeMoment;

use super::api::ApiWatch;
use super::scrapes::Scrapes;

/// Time between two samples of the client's own series where nothing is scraped:
/// what Prometheus would find fine, and little to save.
const OWN_SERIES_INTERVAL: Duration = Duration::from_secs(1);

/// Writes series down while the load runs.
#[derive(Clone)]
pub(super) enum Watch {
    /// The target is scraped, and the client's own series are sampled with it.
    Scrapes(Arc<Scrapes>),
    /// There are no metrics to scrape.
    OwnSeries(Arc<OwnSeries>),
    /// Somebody else scrapes the target; its series are fetched after the load.
    Api(Arc<ApiWatch>),
}

/// The client's own series, sampled on a schedule of their own.
pub(super) struct OwnSeries {
    pub(super) sample: OnScrape,
    pub(super) series: SharedSeries,
    pub(super) clock: Clock,
}

impl Watch {
    /// Before the first measured arrival.
    pub(super) async fn open(&self) {
        match self {
            Self::Api(api) => api.open().await,
            _ => self.once(ScrapeMoment::Opening).await,
        }
    }

    /// After the last measured response.
    pub(super) async fn close(&self) {
        match self {
            Self::Api(api) => api.close().await,
            _ => self.once(ScrapeMoment::Closing).await,
        }
    }

    /// On the schedule, until cancelled.
    pub(super) async fn run(&self, until: CancellationToken) {
        match self {
            Self::Scrapes(scrapes) => scrapes.run_schedules(until).await,
            Self::OwnSeries(own) => drop(until.run_until_cancelled(own.run()).await),
            Self::Api(api) => drop(until.run_until_cancelled(api.own.run()).await),
        }
    }

    /// What should be known about it and decides nothing.
    pub(super) fn notes(&self) -> Vec<String> {
        match self {
            Self::Scrapes(_) | Self::OwnSeries(_) => Vec::new(),
            Self::Api(api) => api.notes(),
        }
    }

    async fn once(&self, moment: ScrapeMoment) {
        match self {
            Self::Scrapes(scrapes) => drop(scrapes.scrape(moment).await),
            Self::OwnSeries(own) => own.write(),
            Self::Api(api) => api.own.write(),
        }
    }
}

impl OwnSeries {
    pub(super) async fn run(&self) {
        let mut ticks = tokio::time::interval(OWN_SERIES_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first tick is now, and the opening sample has just been written.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.write();
        }
    }

    pub(super) fn write(&self) {
        self.write_at(self.clock.now_ms());
    }

    /// Writes what the numbers are now with a time at which they were the same.
    pub(super) fn write_at(&self, at_ms: i64) {
        let mut store = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        (self.sample)(&mut store, at_ms);
    }
}
