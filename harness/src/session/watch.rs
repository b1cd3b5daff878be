//! What is written down while the load runs: the target's series and the client's
//! own at every scrape, or the client's own alone where there are no metrics.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::scrape::{OnScrape, Scraper, SharedSeries};
use crate::series::ScrapeMoment;

/// Time between two samples of the client's own series where nothing is scraped:
/// what Prometheus would find fine, and little to save.
const OWN_SERIES_INTERVAL: Duration = Duration::from_secs(1);

/// Writes series down while the load runs.
#[derive(Clone)]
pub(super) enum Watch {
    /// The target is scraped, and the client's own series are sampled with it.
    Scrapes(Arc<Scraper>),
    /// There are no metrics to scrape.
    OwnSeries(Arc<OwnSeries>),
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
        self.once(ScrapeMoment::Opening).await;
    }

    /// After the last measured response.
    pub(super) async fn close(&self) {
        self.once(ScrapeMoment::Closing).await;
    }

    /// On the schedule, until cancelled.
    pub(super) async fn run(&self, until: CancellationToken) {
        match self {
            Self::Scrapes(scraper) => scraper.run_schedule(until).await,
            Self::OwnSeries(own) => drop(until.run_until_cancelled(own.run()).await),
        }
    }

    /// The last exposition as it was received.
    pub(super) fn last_body(&self) -> Option<Bytes> {
        match self {
            Self::Scrapes(scraper) => scraper.last_body(),
            Self::OwnSeries(_) => None,
        }
    }

    async fn once(&self, moment: ScrapeMoment) {
        match self {
            Self::Scrapes(scraper) => drop(scraper.scrape(moment).await),
            Self::OwnSeries(own) => own.write(),
        }
    }
}

impl OwnSeries {
    async fn run(&self) {
        let mut ticks = tokio::time::interval(OWN_SERIES_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        // The first tick is now, and the opening sample has just been written.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.write();
        }
    }

    fn write(&self) {
        let mut store = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        (self.sample)(&mut store, self.clock.now_ms());
    }
}
