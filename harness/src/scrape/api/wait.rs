//! Waits for samples, and learns how the API keeps time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use slogate_promql::Labels;

use super::WatchedApi;
use super::cadence::interval_ms;
use super::client::{ApiClient, milliseconds};
use super::clock_difference::ClockDifference;
use super::error::ApiError;
use super::instances::{WatchedInstance, instance, is_up, up_selector};
use crate::clock::Clock;

/// How often their time is asked for; the best known answer is taken.
const CLOCK_READINGS: usize = 5;
/// How far back samples are looked for to learn the interval: three of the longest
/// intervals that are in use, five minutes.
const INTERVAL_LOOK_BACK: Duration = Duration::from_secs(15 * 60);
/// Longest wait for the second sample of an instance that is scraped anew.
const INTERVAL_PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks for a first interval.
const INTERVAL_PAUSE: Duration = Duration::from_millis(500);
/// Shortest and longest pause between two looks for samples, and its share of an interval.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
const PAUSES_IN_INTERVAL: u32 = 5;

/// How far their clock is off.
pub(super) async fn clock_difference(
    client: &ApiClient,
    clock: Clock,
) -> Result<ClockDifference, ApiError> {
    let mut best: Option<ClockDifference> = None;
    for _ in 0..CLOCK_READINGS {
        let sent_ms = clock.now_ms();
        let theirs_ms = client.time_ms().await?;
        let read = ClockDifference::measured(sent_ms, clock.now_ms(), theirs_ms);
        best = Some(best.map_or(read, |best| best.or_better(read)));
    }
    best.ok_or_else(|| ApiError::NotTheApi("it does not tell its time".to_owned()))
}

/// How often each instance is scraped; `ticks` has the series that tells, by instance.
pub(super) async fn intervals(
    client: &ApiClient,
    ticks: BTreeMap<String, Labels>,
) -> Result<Vec<WatchedInstance>, ApiError> {
    let began = Instant::now();
    let mut instances = Vec::with_capacity(ticks.len());
    for (name, ticks) in ticks {
        let interval_ms = loop {
            if let Some(interval_ms) = interval_of(client, &ticks).await? {
                break interval_ms;
            }
            if began.elapsed() > INTERVAL_PATIENCE {
                let looked_back = INTERVAL_LOOK_BACK;
                return Err(ApiError::NoInterval { instance: name, looked_back });
            }
            tokio::time::sleep(INTERVAL_PAUSE).await;
        };
        instances.push(WatchedInstance { name, interval_ms, ticks });
    }
    Ok(instances)
}

async fn interval_of(client: &ApiClient, ticks: &Labels) -> Result<Option<i64>, ApiError> {
    let now_ms = client.time_ms().await?;
    let look_back_ms = i64::try_from(INTERVAL_LOOK_BACK.as_millis()).unwrap_or(i64::MAX);
    let found = client.samples(&ticks.to_string(), (now_ms - look_back_ms, now_ms)).await?;
    let series = found.iter().find(|series| series.labels == *ticks);
    let times: Vec<i64> =
        series.into_iter().flat_map(|series| &series.samples).map(|sample| sample.t_ms).collect();
    Ok(interval_ms(&times))
}

impl WatchedApi {
    /// Waits until every instance has a sample from `since_ms` (our clock) or later, for
    /// certain; the times of these samples by their clock. Errors that may pass are
    /// waited out.
    pub(super) async fn newer_samples(
        &self,
        when: &'static str,
        since_ms: i64,
    ) -> Result<BTreeMap<String, i64>, ApiError> {
        let began = Instant::now();
        let wanted_ms = self.difference.to_theirs(since_ms) + self.difference.uncertainty_ms;
        loop {
            let newest = match self.newest().await {
                Err(error) if error.is_final() => return Err(error),
                newest => newest,
            };
            let late = newest.as_ref().ok().map(|newest| self.late(newest, wanted_ms));
            if let (Ok(newest), Some(None)) = (&newest, &late) {
                return Ok(newest.clone());
            }
            if began.elapsed() > self.patience() {
                newest?;
                let (instance, last) = late.flatten().unwrap_or_default();
                return Err(ApiError::NoNewSample {
                    instance,
                    when,
                    waited: self.patience(),
                    last,
                });
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// The instance whose newest sample is the oldest, if that is too old, and what it has.
    fn late(&self, newest: &BTreeMap<String, i64>, wanted_ms: i64) -> Option<(String, String)> {
        let of = |one: &WatchedInstance| newest.get(&one.name).copied();
        let oldest = self.instances.iter().min_by_key(|one| of(one))?;
        match of(oldest) {
            Some(at_ms) if at_ms >= wanted_ms => None,
            Some(at_ms) => {
                let age_s = (wanted_ms - at_ms) as f64 / 1000.0;
                Some((oldest.name.clone(), format!("its last one is from {age_s:.1} s earlier")))
            }
            None => Some((oldest.name.clone(), "it is not there any more".to_owned())),
        }
    }

    /// When each instance was last sampled, by their clock.
    async fn newest(&self) -> Result<BTreeMap<String, i64>, ApiError> {
        let ticks = self.instances.iter().map(|one| &one.ticks);
        let asked: Vec<String> = if ticks.clone().all(is_up) {
            vec![up_selector(&self.config.selector)]
        } else {
            ticks.map(ToString::to_string).collect()
        };
        let mut newest = BTreeMap::new();
        for selector in asked {
            for row in self.client.vector(&format!("timestamp({selector})")).await? {
                let labels = row.labels();
                let is_tick = |one: &&WatchedInstance| one.ticks.without_name() == labels;
                if let (Some(one), Some(seconds)) =
                    (self.instances.iter().find(is_tick), row.value()?)
                {
                    newest.insert(instance(&one.ticks).to_owned(), milliseconds(seconds)?);
                }
            }
        }
        Ok(newest)
    }

    /// Between two looks.
    pub(super) fn pause(&self) -> Duration {
        let (shortest, longest) = PAUSES;
        (self.longest_interval() / PAUSES_IN_INTERVAL).clamp(shortest, longest)
    }
}
