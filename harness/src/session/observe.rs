//! `slogate assert` on a live target: somebody else loads it, slogate only looks.
//!
//! It scrapes over a window and judges what the target says of itself. There is no
//! evidence of a client, and a window in which nothing happened proves nothing.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use slogate_promql::is_stale;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::code::Code;
use crate::gate::{Condition, why_not_judged};
use crate::load::{GeneratorReport, LoadResult, StopReason};
use crate::scenario::{Metrics, Objectives, Scenario, ScrapeTargets, Target};
use crate::scrape::SharedSeries;
use crate::series::{START_TIME, ScrapeMoment, ScrapeRecord, SeriesStore};
use crate::slo::algebra::idle_target;
use crate::slo::algebra::since_start::counts_since_start;
use crate::slo::{Evidence, judge, judge_instances, not_judged};
use crate::target::resolve;

use super::codes;
use super::drive::hurried;
use super::identity::{self, Addresses};
use super::scrapes::{self, Scrapes};
use super::setup::{not_reachable, read_tls};
use super::verify::verify_run;
use super::watch::OwnSeries;
use super::{ScenarioRun, Settings};

/// How a live target is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How long.
    pub duration: Duration,
    /// Where the window opens.
    pub opens: Opens,
}

/// Where the window of an observation opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// At the first scrape.
    Now,
    /// When the target's process started, with every counter at 0.
    WithTheProcess,
}

/// Looks at the target of a scenario without phases, and judges it. Whatever goes
/// wrong is in the result.
pub async fn observe(
    scenario: &Scenario,
    observation: Observation,
    settings: &Settings,
) -> ScenarioRun {
    let mut run = ScenarioRun::new(scenario);
    let stop = settings.signals.token();
    let looked = look(scenario, observation, settings, &mut run);
    // Before the first scrape nothing is lost by ending at once.
    match looked.await {
        Ok(()) => conclude(scenario, stop.is_cancelled(), &mut run),
        Err(condition) => {
            run.conditions.extend(condition);
            let signal = settings.signals.received();
            run.conditions.extend(signal.map(|signal| Condition::Interrupted { signal }));
            let why = why_not_judged(&run.conditions);
            run.objectives =
                objectives(scenario).iter().map(|one| not_judged(one, why.clone())).collect();
            return run;
        }
    }
    let signal = settings.signals.received();
    run.conditions.extend(signal.map(|signal| Condition::Interrupted { signal }));
    verify_run(scenario, settings, &mut run).await;
    run
}

/// Scrapes over the window; without a condition somebody asked to stop.
async fn look(
    scenario: &Scenario,
    observation: Observation,
    settings: &Settings,
    run: &mut ScenarioRun,
) -> Result<(), Option<Condition>> {
    let stop = settings.signals.token();
    let series = SharedSeries::default();
    let reach = reach(scenario, settings, (&series, run));
    let scrapes = stop.run_until_cancelled(reach).await.ok_or(None)??;
    let start_ms = match observation.opens {
        Opens::Now => {
            hurried(stop, async { drop(scrapes.scrape(ScrapeMoment::Opening).await) }).await;
            None
        }
        Opens::WithTheProcess => Some(started_at(&locked(&series)).map_err(Some)?),
    };
    let until = CancellationToken::new();
    let schedule = scrapes.run_schedules(until.clone());
    let time_is_up = async {
        // Stopped or not, the window is closed by a scrape.
        let _ = stop.run_until_cancelled(tokio::time::sleep(observation.duration)).await;
        until.cancel();
    };
    tokio::join!(schedule, time_is_up);
    hurried(stop, async { drop(scrapes.scrape(ScrapeMoment::Closing).await) }).await;
    run.closing_scrapes = scrapes.closing_scrapes();
    let seen = std::mem::take(&mut *locked(&series));
    run.series = match start_ms {
        Some(start_ms) => with_zeros(&seen, start_ms),
        None => seen,
    };
    Ok(())
}

fn locked(series: &SharedSeries) -> std::sync::MutexGuard<'_, SeriesStore> {
    series.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sees that the target and its metrics are there.
async fn reach(
    scenario: &Scenario,
    settings: &Settings,
    (series, run): (&SharedSeries, &mut ScenarioRun),
) -> Result<Scrapes, Condition> {
    let (Target::Url(url), Some(path)) = (&scenario.target, metrics_path(scenario)) else {
        return Err(Condition::internal("an observation needs a URL", None::<Code>));
    };
    let resolved = resolve(url).await.map_err(|error| not_reachable(&error))?;
    run.target.address = Some(resolved.address.to_string());
    let tls = read_tls(scenario)?;
    match identity::compare(&resolved, tls.as_ref(), path).await {
        Addresses::One => {}
        Addresses::Alike(note) => run.notes.push(note),
        Addresses::Different(reason) => return Err(Condition::AmbiguousTarget { reason }),
    }
    let Metrics::Scrape(source) = &scenario.metrics else {
        return Err(Condition::internal("an observation needs metrics", None::<Code>));
    };
    // Nothing is sent, so there are no series of our own.
    let own = OwnSeries {
        sample: Box::new(|_, _| {}),
        series: Arc::clone(series),
        clock: Clock::start(),
    };
    let made = scrapes::Made { job: &scenario.name, seed: settings.seed, own };
    let scrapes = Scrapes::find(source, &resolved, made).await?;
    scrapes.see_metrics().await?;
    Ok(scrapes)
}

fn metrics_path(scenario: &Scenario) -> Option<&str> {
    let Metrics::Scrape(source) = &scenario.metrics else { return None };
    match &source.targets {
        ScrapeTargets::Path(path) => Some(path),
        _ => None,
    }
}

/// When the target's process started, milliseconds since the epoch.
fn started_at(store: &SeriesStore) -> Result<i64, Condition> {
    let refused = |what: &str| {
        let advice = "leave it out to judge what happens from now on";
        Condition::not_reachable(format!("--since-start: {what}; {advice}"), [codes::NO_START_TIME])
    };
    let mut starts = store.iter().filter(|one| one.labels.metric_name() == Some(START_TIME));
    let (first, second) = (starts.next(), starts.next());
    let Some(start) = first.and_then(|series| series.samples.last()) else {
        return Err(refused(&format!("the metrics have no {START_TIME}")));
    };
    if second.is_some() {
        return Err(refused(&format!("the metrics have several {START_TIME}")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "a time that is out of range saturates")]
    let start_ms = (start.value * 1000.0) as i64;
    if start_ms <= 0 || start_ms >= start.t_ms {
        return Err(refused(&format!("{START_TIME} {} is not in the past", start.value)));
    }
    Ok(start_ms)
}

/// The same series, with every counter at 0 when the process started.
fn with_zeros(seen: &SeriesStore, start_ms: i64) -> SeriesStore {
    let mut whole = SeriesStore::default();
    for (name, _) in seen.families() {
        if let Some(metadata) = seen.metadata(name) {
            whole.describe(name, metadata.clone());
        }
    }
    if let Some(first) = seen.scrapes().first() {
        whole.record_scrape(ScrapeRecord {
            at_ms: start_ms,
            instance: first.instance.clone(),
            moment: ScrapeMoment::ProcessStart,
            took: Duration::ZERO,
            outcome: Ok(0),
        });
    }
    for scrape in seen.scrapes() {
        whole.record_scrape(scrape.clone());
    }
    for series in seen.iter() {
        let name = series.labels.metric_name().unwrap_or_default();
        let kind = seen.family_of(name).map(|(_, metadata)| metadata.kind);
        let is_live = series.samples.iter().any(|sample| !is_stale(sample.value));
        if is_live && counts_since_start(name, kind) {
            whole.append(series.labels, start_ms, 0.0);
        }
        for sample in series.samples {
            whole.append(series.labels, sample.t_ms, sample.value);
        }
    }
    whole
}

fn objectives(scenario: &Scenario) -> &[crate::scenario::Objective] {
    match &scenario.objectives {
        Objectives::Judged(objectives) => objectives,
        Objectives::LoadOnly => &[],
    }
}

/// Judges what was seen. That nothing was sent is part of the evidence.
fn conclude(scenario: &Scenario, was_stopped: bool, run: &mut ScenarioRun) {
    let load = LoadResult {
        phases: Vec::new(),
        generator: GeneratorReport::default(),
        stopped_early: was_stopped.then_some(StopReason::Cancelled),
    };
    let evidence = Evidence::of(scenario, &load, &run.series);
    let changes = judge_instances(&evidence).into_iter().map(Condition::from);
    run.conditions.extend(changes);
    if let Ok(window) = &evidence.windows.run
        && let Some(idle) = idle_target::find(&run.series, *window, &evidence.metrics_paths)
    {
        run.conditions.push(Condition::Idle { reason: idle.reason });
    }
    run.objectives = objectives(scenario).iter().map(|one| judge(one, &evidence)).collect();
    run.load = Some(load);
}
