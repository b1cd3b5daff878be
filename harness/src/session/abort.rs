//! Objectives with `abort`: judged on the evidence so far at each scrape, and the load
//! ended when one is missed for too long.
//!
//! A miss counts only as it would count of a run that were stopped now: one that the
//! rest of the run could not mend. So an abort never ends a run that might still have
//! passed, and what is ended is judged like any run that was stopped early.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::load::{Abort, Engine, LoadSoFar, StopReason};
use crate::scenario::{Metrics, Objective, ObjectiveKind, Objectives, Restarts, Scenario, Unmoved};
use crate::scrape::SharedSeries;
use crate::slo::{
    AlertEvidence, Evidence, MissingWindow, PlannedPhase, Verdict, Windows, rule, waiting_explains,
};

/// Time between two looks whether there is a new scrape.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
/// Time between two judgements where nothing is scraped.
const WITHOUT_SCRAPES: Duration = Duration::from_millis(500);
/// How much longer than a judgement took the next one waits at least: one core's time
/// in twenty at most goes into it.
const REST: u32 = 19;

/// Everything that is needed to judge while load runs.
pub(super) struct Judge {
    objectives: Vec<(Objective, Duration)>,
    planned: Vec<PlannedPhase>,
    unmoved: Unmoved,
    restarts: Restarts,
    metrics_paths: Vec<String>,
    has_metrics: bool,
    series: SharedSeries,
    so_far: LoadSoFar,
    abort: Abort,
}

impl Judge {
    /// `None` if no objective of the scenario ends a load.
    pub(super) fn of(scenario: &Scenario, engine: &Engine, series: &SharedSeries) -> Option<Self> {
        let Objectives::Judged(objectives) = &scenario.objectives else { return None };
        let ending = objectives.iter().filter_map(|one| Some((one.clone(), one.abort_after?)));
        let objectives: Vec<_> = ending.collect();
        (!objectives.is_empty()).then(|| Self {
            objectives,
            planned: scenario.phases.iter().map(PlannedPhase::from).collect(),
            unmoved: scenario.unmoved,
            restarts: scenario.restarts,
            metrics_paths: scenario.paths_of_scrapes(),
            has_metrics: scenario.metrics != Metrics::None,
            series: Arc::clone(series),
            so_far: engine.so_far(),
            abort: engine.abort(),
        })
    }

    /// Judges at each scrape until cancelled, or until an objective has ended the load.
    pub(super) async fn watch(self, until: CancellationToken) {
        let judge = Arc::new(self);
        let mut misses = Misses::default();
        let mut seen = 0;
        loop {
            let pause = if judge.has_metrics { LOOK_INTERVAL } else { WITHOUT_SCRAPES };
            if until.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            let scrapes = judge.scrapes();
            if judge.has_metrics && scrapes == seen {
                continue;
            }
            seen = scrapes;
            let began = Instant::now();
            let looking = Arc::clone(&judge);
            let Ok(looks) = tokio::task::spawn_blocking(move || looking.look()).await else {
                return;
            };
            if judge.note(looks, &mut misses) {
                return;
            }
            let rest = tokio::time::sleep(began.elapsed() * REST);
            if until.run_until_cancelled(rest).await.is_none() {
                return;
            }
        }
    }

    fn scrapes(&self) -> usize {
        self.series.lock().unwrap_or_else(PoisonError::into_inner).scrapes().len()
    }

    /// Each objective as it stands now; `None` of one that nothing new is known of.
    fn look(&self) -> Vec<Option<Look>> {
        let load = self.so_far.result();
        // A copy, so that no scrape waits for the judge.
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut windows = Windows::so_far(&series, &load);
        if !self.has_metrics {
            windows.run = Err(MissingWindow::NoMetrics);
        }
        let evidence = Evidence {
            planned: self.planned.clone(),
            load: &load,
            series: &series,
            windows,
            unmoved: self.unmoved,
            restarts: self.restarts,
            metrics_paths: self.metrics_paths.clone(),
            // No alert ends a load.
            alerts: AlertEvidence::default(),
        };
        let look = |(objective, _): &(Objective, Duration)| {
            let of_client = matches!(objective.kind, ObjectiveKind::Client(_));
            let known = of_client || evidence.windows.run.is_ok();
            let ruling = known.then(|| rule(objective, &evidence))?;
            Some(Look {
                // It judges once more, and only a miss can end the load.
                waiting_explains: ruling.verdict == Verdict::Fail
                    && waiting_explains(objective, &evidence),
                verdict: ruling.verdict,
                measured: ruling.reason,
            })
        };
        self.objectives.iter().map(look).collect()
    }

    /// Notes how the objectives stand; whether one of them has now ended the load.
    fn note(&self, looks: Vec<Option<Look>>, misses: &mut Misses) -> bool {
        let now_ms = self.so_far.now_ms();
        for ((objective, after), look) in self.objectives.iter().zip(looks) {
            let Some(Look { verdict, measured, waiting_explains }) = look else { continue };
            let missed_for = misses.note(&objective.id, verdict, now_ms);
            if missed_for >= *after {
                let objective = objective.id.clone();
                self.abort.abort(StopReason::Aborted {
                    objective,
                    missed_for,
                    measured,
                    waiting_explains,
                });
                return true;
            }
        }
        false
    }
}

/// An objective as it stands while load runs.
struct Look {
    verdict: Verdict,
    measured: String,
    waiting_explains: bool,
}

/// Since when each objective has been missed without interruption.
#[derive(Debug, Default)]
struct Misses {
    /// Milliseconds since the epoch, by the objective's id.
    since: BTreeMap<String, i64>,
}

impl Misses {
    /// For how long it has been missed by now; nothing if it is not.
    fn note(&mut self, objective: &str, verdict: Verdict, now_ms: i64) -> Duration {
        if verdict != Verdict::Fail {
            self.since.remove(objective);
            return Duration::ZERO;
        }
        let since = *self.since.entry(objective.to_owned()).or_insert(now_ms);
        Duration::from_millis(u64::try_from(now_ms - since).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Fail, Inconclusive, Pass};

    #[test]
    fn only_a_miss_without_interruption_grows() {
        let mut misses = Misses::default();
        let mut after = |verdict, at_ms| misses.note("queue", verdict, at_ms).as_millis();
        assert_eq!([after(Fail, 1_000), after(Fail, 1_500), after(Fail, 3_000)], [0, 500, 2_000]);
        assert_eq!(after(Inconclusive, 3_500), 0);
        assert_eq!([after(Fail, 4_000), after(Fail, 4_250)], [0, 250]);
        assert_eq!([after(Pass, 4_500), after(Fail, 9_000)], [0, 0]);
    }

    #[test]
    fn each_objective_has_its_own_time() {
        let mut misses = Misses::default();
        misses.note("queue", Fail, 1_000);
        assert_eq!(misses.note("latency", Fail, 4_000), Duration::ZERO);
        assert_eq!(misses.note("queue", Fail, 4_000), Duration::from_secs(3));
    }
}
