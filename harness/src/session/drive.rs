//! The load itself: warm up, open the window with a scrape, load and scrape, close
//! the window with a scrape, and let a trailing phase that is not measured end.

use std::ops::Range;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::code::Code;
use crate::load::{Engine, LoadError, LoadResult};
use crate::scenario::{Phase, Scenario};

use super::abort;
use super::setup::Stage;
use super::watch::Watch;
use super::{Event, Settings};

/// Time between two looks at the meters: fluent for the eye, nothing for the CPU.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(250);

/// How long a scrape may still take once somebody has asked to stop: a target that
/// hangs must not keep a person at the terminal waiting.
const SCRAPE_HURRIED: Duration = Duration::from_secs(1);

/// Why the load gave no numbers.
#[derive(Debug, Error)]
pub(super) enum DriveError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("a scraper or a judge ended by itself; this is a bug in slogate")]
    Watch(#[from] JoinError),
}

impl DriveError {
    /// What it is called, for `slogate explain`, if it is not a bug of the session's own.
    pub(super) fn code(&self) -> Option<Code> {
        match self {
            Self::Load(error) => Some(error.code()),
            Self::Watch(_) => None,
        }
    }
}

/// Drives all phases and gives what the generator measured.
pub(super) async fn drive(
    scenario: &Scenario,
    settings: &Settings,
    stage: &mut Stage,
) -> Result<LoadResult, DriveError> {
    let Some(mut engine) = stage.engine.take() else { return Err(LoadError::ThreadLost.into()) };
    let progress = tokio::spawn(tell_progress(scenario.name.clone(), settings.clone(), &engine));
    let stop = settings.signals.token();
    let judge = abort::Judge::of(scenario, &engine, &stage.series);
    let driven = phases(scenario, (&stage.watch, stop), judge, &mut engine).await;
    progress.abort();
    driven?;
    Ok(engine.finish().await?)
}

async fn phases(
    scenario: &Scenario,
    (watch, stop): (&Watch, &CancellationToken),
    judge: Option<abort::Judge>,
    engine: &mut Engine,
) -> Result<(), DriveError> {
    let parts = Parts::of(&scenario.phases);
    if engine.run_phases(parts.leading).await?.is_some() {
        return Ok(());
    }
    hurried(stop, watch.open()).await;
    let until = CancellationToken::new();
    let schedule = {
        let (watch, until) = (watch.clone(), until.clone());
        tokio::spawn(async move { watch.run(until).await })
    };
    let judging = judge.map(|judge| tokio::spawn(judge.watch(until.clone())));
    let stopped = engine.run_phases(parts.measured).await;
    until.cancel();
    if let Some(judging) = judging {
        judging.await?;
    }
    // The closing scrape must be the last one of the window.
    schedule.await?;
    hurried(stop, watch.close()).await;
    if stopped?.is_none() {
        engine.run_phases(parts.trailing).await?;
    }
    Ok(())
}

/// Waits for a scrape, and no longer than a second after somebody has asked to stop.
pub(super) async fn hurried(stop: &CancellationToken, scrape: impl Future<Output = ()>) {
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(SCRAPE_HURRIED).await;
    };
    tokio::select! {
        () = scrape => {}
        () = too_late => {}
    }
}

/// Phases by their part in the measurement: `measure: false` is first or last only.
struct Parts {
    leading: Range<usize>,
    measured: Range<usize>,
    trailing: Range<usize>,
}

impl Parts {
    fn of(phases: &[Phase]) -> Self {
        let first = phases.iter().position(|phase| phase.measured).unwrap_or(phases.len());
        let end = phases.iter().rposition(|phase| phase.measured).map_or(first, |last| last + 1);
        Self { leading: 0..first, measured: first..end, trailing: end..phases.len() }
    }
}

fn tell_progress(
    scenario: String,
    settings: Settings,
    engine: &Engine,
) -> impl Future<Output = ()> + Send + use<> {
    let meters = engine.meters();
    let began = Instant::now();
    async move {
        let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
        loop {
            ticks.tick().await;
            let load = meters.progress();
            if !load.phase.is_empty() {
                let (scenario, elapsed) = (scenario.clone(), began.elapsed());
                settings.observer.hear(Event::Progress { scenario, elapsed, load });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{PhaseLoad, Stop};

    fn parts(measured: &[bool]) -> (Range<usize>, Range<usize>, Range<usize>) {
        let phase = |measured: &bool| Phase {
            name: "p".into(),
            group: None,
            load: PhaseLoad::closed(1, Stop::Iterations(1)),
            measured: *measured,
        };
        let phases: Vec<Phase> = measured.iter().map(phase).collect();
        let parts = Parts::of(&phases);
        (parts.leading, parts.measured, parts.trailing)
    }

    #[test]
    fn unmeasured_phases_lead_and_trail() {
        assert_eq!(parts(&[false, true, true, false]), (0..1, 1..3, 3..4));
        assert_eq!(parts(&[true]), (0..0, 0..1, 1..1));
        assert_eq!(parts(&[false]), (0..1, 1..1, 1..1));
    }
}
