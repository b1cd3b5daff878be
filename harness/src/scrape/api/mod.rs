//! Metrics from a Prometheus-compatible API, where the series already are.
//!
//! Nothing is scraped here: somebody else does, in an interval and by a clock of their
//! own. So the opening sample is waited for after the warm-up, the closing one after the
//! load, until what is fetched does not change any more; both are bounded. Samples are
//! moved onto our clock. What comes out is what a scraper would have left behind, and is
//! judged by the same rules. This module judges nothing.

mod answer;
mod asked;
mod assemble;
mod cadence;
mod client;
mod clock_difference;
mod error;
mod fetch;
mod http;
mod instances;
mod kinds;
mod wait;

pub use asked::AskedApi;
pub use clock_difference::ClockDifference;
pub use error::ApiError;
pub use instances::WatchedInstance;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use slogate_promql::{Labels, Selector};
use tokio_util::sync::CancellationToken;

use super::SharedSeries;
use crate::clock::Clock;
use crate::scenario::Credentials;
use crate::series::{ScrapeFailure, ScrapeMoment, ScrapeRecord, SeriesStore};
use answer::VectorRow;
use assemble::{Bounds, Fetched, LeftOut, assemble};
use client::ApiClient;
use instances::{tick_series, up_selector};

/// How many intervals samples are waited for, with [`SETTLE_SLACK`] on top.
const SETTLE_INTERVALS: u32 = 3;
/// What writing, replicating and making visible may take, after the scrape itself.
const SETTLE_SLACK: Duration = Duration::from_secs(10);
/// How far a clock may move during a run before it is not known what belongs to the run.
const LARGEST_CLOCK_MOVE: Duration = Duration::from_secs(1);
/// From here on a difference of the clocks is a note of its own.
const TOLD_DIFFERENCE_MS: i64 = 1000;

/// What to ask, and how.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// The API, without `/api/v1`; a path is kept.
    pub url: String,
    /// Which series, as the scenario has it.
    pub matcher: String,
    /// The matcher as it was read.
    pub selector: Selector,
    /// Longest wait for samples before and after the load; by default three intervals and
    /// ten seconds.
    pub settle: Option<Duration>,
    /// Longest time of one answer.
    pub timeout: Duration,
    /// Most series.
    pub series_limit: usize,
    /// Most samples of the whole run.
    pub sample_limit: usize,
    /// Most bytes of one answer.
    pub body_limit_bytes: usize,
}

/// An API in which the matcher has found series.
#[derive(Debug)]
pub struct WatchedApi {
    config: ApiConfig,
    client: ApiClient,
    clock: Clock,
    instances: Vec<WatchedInstance>,
    series: usize,
    difference: ClockDifference,
}

/// The opening sample of each instance.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Times by their clock, by instance.
    ticks: BTreeMap<String, i64>,
    /// The earliest of them on our clock.
    pub at_ms: i64,
}

/// How the end of the run was seen.
#[derive(Clone, Debug, Default)]
pub struct Closed {
    /// The latest closing sample on our clock, if there is one.
    pub at_ms: Option<i64>,
    /// What should be known.
    pub notes: Vec<String>,
}

impl WatchedApi {
    /// Sees that the API is there and the matcher selects something, and learns how far
    /// its clock is off and how often each instance is scraped.
    pub async fn find(
        config: ApiConfig,
        credentials: &Credentials,
        clock: Clock,
    ) -> Result<Self, ApiError> {
        let (http, url) = http::client(&config.url, credentials).await?;
        let client =
            ApiClient::new((http, credentials), &url, config.timeout, config.body_limit_bytes)?;
        let difference = wait::clock_difference(&client, clock).await?;
        let selected = labels_of(&client.vector(&config.matcher).await?);
        if selected.is_empty() {
            return Err(ApiError::NoSuchSeries(config.matcher));
        }
        if selected.len() > config.series_limit {
            return Err(ApiError::TooManySamples(config.series_limit));
        }
        let ups = labels_of(&client.vector(&up_selector(&config.selector)).await?);
        let ticks = tick_series(&selected, &ups)?;
        let instances = wait::intervals(&client, ticks).await?;
        let series = selected.len();
        Ok(Self { config, client, clock, instances, series, difference })
    }

    /// What was found, for people.
    pub fn notes(&self) -> Vec<String> {
        let Self { config, series, instances, difference, .. } = self;
        let mut notes = vec![format!(
            "metrics come from {}: {series} series of {} instances, sampled every {:.1} s; its \
             clock is {difference}",
            config.url,
            instances.len(),
            self.longest_interval().as_secs_f64(),
        )];
        if difference.ahead_ms.abs() > TOLD_DIFFERENCE_MS {
            notes.push(format!(
                "the clocks of this machine and of {} differ by more than a second; its samples \
                 were moved onto ours, and one of the two should be set",
                config.url
            ));
        }
        notes
    }

    /// Waits until every instance has a sample from now or later. To be called when
    /// nothing is being sent.
    pub async fn open(&self, cancelled: &CancellationToken) -> Result<Opened, ApiError> {
        let ticks = tokio::select! {
            ticks = self.newer_samples("before the load", self.clock.now_ms()) => ticks?,
            () = cancelled.cancelled() => return Err(ApiError::Interrupted),
        };
        let first_ms = ticks.values().copied().min().unwrap_or_default();
        Ok(Opened { ticks, at_ms: self.difference.to_ours(first_ms) })
    }

    /// Waits until every instance has a sample from after the load, fetches everything
    /// since the opening, and writes it into the store with a record of every scrape.
    pub async fn close(
        &self,
        opened: &Result<Opened, ApiError>,
        store: &SharedSeries,
        cancelled: &CancellationToken,
    ) -> Closed {
        let ended_ms = self.clock.now_ms();
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let failure = error.failure();
                self.record_all((ended_ms, ScrapeMoment::Opening), &Err(failure), store);
                return Closed::default();
            }
        };
        let settled = tokio::select! {
            settled = self.settled(opened, ended_ms) => settled,
            () = cancelled.cancelled() => Err(ApiError::Interrupted),
        };
        match settled {
            Ok(settled) => self.write(opened, &settled, store),
            Err(error) => {
                // Nothing was read of it, but it was there.
                self.record_all((opened.at_ms, ScrapeMoment::Opening), &Ok(0), store);
                let failure = error.failure();
                self.record_all((ended_ms, ScrapeMoment::Closing), &Err(failure), store);
                Closed::default()
            }
        }
    }

    /// What there is after the load, once it is the same twice.
    async fn settled(&self, opened: &Opened, ended_ms: i64) -> Result<Settled, ApiError> {
        let began = Instant::now();
        match self.newer_samples("after the load", ended_ms).await {
            // What is there is fetched all the same: it may show a miss.
            Ok(_) | Err(ApiError::NoNewSample { .. }) => {}
            Err(error) => return Err(error),
        }
        let difference = self.difference_since_found().await?;
        let earliest_ms = opened.ticks.values().copied().min().unwrap_or_default();
        let from_ms = earliest_ms - 2 * self.longest_interval_ms();
        let within = (from_ms, difference.to_theirs(self.clock.now_ms()));
        let mut series = self.fetch(within).await?;
        loop {
            tokio::time::sleep(self.pause()).await;
            let again = self.fetch(within).await?;
            if fetch::is_same(&series, &again) {
                break;
            }
            // At least one more look, however long the wait for samples was.
            if began.elapsed() > self.patience() {
                return Err(ApiError::NotSettled(began.elapsed()));
            }
            series = again;
        }
        let families = self.families(&series).await;
        let ended_ms = difference.to_theirs(ended_ms) + difference.uncertainty_ms;
        Ok(Settled {
            fetched: Fetched { series, families },
            ended_ms,
            difference,
            took: began.elapsed(),
        })
    }

    /// The difference of the clocks over the whole run.
    async fn difference_since_found(&self) -> Result<ClockDifference, ApiError> {
        let now = wait::clock_difference(&self.client, self.clock).await?;
        let moved = self.difference.moved_until(now);
        if moved > LARGEST_CLOCK_MOVE {
            return Err(ApiError::ClockMoved(moved));
        }
        Ok(self.difference.over_the_time_until(now))
    }

    fn write(&self, opened: &Opened, settled: &Settled, store: &SharedSeries) -> Closed {
        let bounds = Bounds {
            instances: &self.instances,
            opened: &opened.ticks,
            ended_ms: settled.ended_ms,
            difference: settled.difference,
        };
        let mut store = super::lock(store);
        let left_out = assemble(&settled.fetched, &bounds, &mut store);
        let at_ms = moment_ms(&store, ScrapeMoment::Closing);
        let mut notes = Vec::new();
        if let (Some(opened_ms), Some(closed_ms)) =
            (moment_ms(&store, ScrapeMoment::Opening), at_ms)
        {
            notes.push(format!(
                "what is judged by metrics are the {:.1} s between two samples of {}; the last \
                 one was there {:.1} s after the load",
                (closed_ms - opened_ms) as f64 / 1000.0,
                self.config.url,
                settled.took.as_secs_f64(),
            ));
        }
        notes.extend(left_out_notes(left_out));
        Closed { at_ms, notes }
    }

    fn record_all(
        &self,
        (at_ms, moment): (i64, ScrapeMoment),
        outcome: &Result<usize, ScrapeFailure>,
        store: &SharedSeries,
    ) {
        let mut store = super::lock(store);
        for one in &self.instances {
            store.record_scrape(ScrapeRecord {
                at_ms,
                instance: one.name.clone(),
                moment,
                took: Duration::ZERO,
                outcome: outcome.clone(),
            });
        }
    }

    fn longest_interval_ms(&self) -> i64 {
        self.instances.iter().map(|one| one.interval_ms).max().unwrap_or_default()
    }

    fn longest_interval(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.longest_interval_ms()).unwrap_or_default())
    }

    /// How long samples are waited for.
    fn patience(&self) -> Duration {
        let default = || self.longest_interval() * SETTLE_INTERVALS + SETTLE_SLACK;
        self.config.settle.unwrap_or_else(default)
    }
}

/// What was fetched after the load, once it was the same twice.
struct Settled {
    fetched: Fetched,
    /// The earliest time of a closing sample, by their clock.
    ended_ms: i64,
    difference: ClockDifference,
    took: Duration,
}

fn moment_ms(store: &SeriesStore, moment: ScrapeMoment) -> Option<i64> {
    let good = store.scrapes().iter().filter(|one| one.moment == moment && one.outcome.is_ok());
    let times = good.map(|one| one.at_ms);
    match moment {
        ScrapeMoment::Closing => times.max(),
        _ => times.min(),
    }
}

fn left_out_notes(left_out: LeftOut) -> Vec<String> {
    let LeftOut { native_histograms, unaligned } = left_out;
    let mut notes = Vec::new();
    if native_histograms > 0 {
        notes.push(format!(
            "{native_histograms} series are native histograms, which cannot be judged yet and were \
             left out"
        ));
    }
    if unaligned > 0 {
        notes.push(format!(
            "{unaligned} series have samples between the scrapes only and none before the load, \
             and were left out"
        ));
    }
    notes
}

fn labels_of(rows: &[VectorRow]) -> Vec<Labels> {
    rows.iter().map(VectorRow::labels).collect()
}
