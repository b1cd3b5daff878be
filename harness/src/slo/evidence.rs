//! Everything that a judgement rests on: numbers in, no I/O.

use std::collections::BTreeMap;
use std::fmt;

use super::{AlertEvidence, Doubt, codes};
use crate::load::LoadResult;
use crate::scenario::{Metrics, Phase, Restarts, Scenario, Unmoved};
use crate::series::{InstanceChange, SeriesStore, instance_changes};

/// The times of the opening and the closing sample, milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Time of the opening samples.
    pub opened_ms: i64,
    /// Time of the closing samples.
    pub closed_ms: i64,
}

impl Window {
    /// The shortest range, evaluated at the closing sample, that holds the opening
    /// one: Prometheus 3 ranges exclude their start, hence one millisecond more.
    pub fn range_ms(self) -> i64 {
        self.closed_ms - self.opened_ms + 1
    }

    /// The shortest window that holds both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        Self {
            opened_ms: self.opened_ms.min(other.opened_ms),
            closed_ms: self.closed_ms.max(other.closed_ms),
        }
    }
}

/// The windows of instances, by their names.
pub type InstanceWindows = BTreeMap<String, Window>;

/// Why there is no window to evaluate over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingWindow {
    /// The scenario has no `metrics:`.
    NoMetrics,
    /// The scrape before the first measured arrival failed or was not made.
    Opening(Option<String>),
    /// The scrape after the last measured response failed or was not made.
    Closing(Option<String>),
}

impl fmt::Display for MissingWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, error) = match self {
            Self::NoMetrics => {
                return f.write_str("the scenario scrapes no metrics; add `metrics: { path: … }`");
            }
            Self::Opening(error) => ("opening", error),
            Self::Closing(error) => ("closing", error),
        };
        match error {
            Some(error) => write!(f, "the {name} scrape failed: {error}"),
            None => write!(f, "there was no {name} scrape"),
        }
    }
}

/// The windows that `$run` and `$phase` stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    /// From before the first measured arrival until after the last measured response.
    pub run: Result<Window, MissingWindow>,
    /// Of each measured phase that has an opening and a closing sample of every instance.
    pub phases: BTreeMap<String, Window>,
    /// The run's window of each instance, by its own opening and closing scrape.
    pub run_by_instance: InstanceWindows,
    /// Of each measured phase, the windows of the instances that have one.
    pub phases_by_instance: BTreeMap<String, InstanceWindows>,
}

/// A phase as it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedPhase {
    /// Its name.
    pub name: String,
    /// The name it shares with its repetitions.
    pub group: Option<String>,
    /// Whether it counts for verdicts.
    pub measured: bool,
}

impl PlannedPhase {
    /// Whether `during: NAME` means this phase: by its own name or its group's.
    pub fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.group.as_deref() == Some(name)
    }
}

impl From<&Phase> for PlannedPhase {
    fn from(phase: &Phase) -> Self {
        let Phase { name, group, measured, .. } = phase;
        Self { name: name.clone(), group: group.clone(), measured: *measured }
    }
}

/// Everything that a judgement rests on.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Phases that were meant to run, in order.
    pub planned: Vec<PlannedPhase>,
    /// What the generator measured.
    pub load: &'a LoadResult,
    /// What was scraped.
    pub series: &'a SeriesStore,
    /// What `$run` and `$phase` stand for.
    pub windows: Windows,
    /// What it means that none of the target's counters moved.
    pub unmoved: Unmoved,
    /// What a restart means.
    pub restarts: Restarts,
    /// The paths that only scrapes ask for.
    pub metrics_paths: Vec<String>,
    /// Alert rules, and what they did.
    pub alerts: AlertEvidence,
}

impl<'a> Evidence<'a> {
    /// The evidence of a run of `scenario`.
    pub fn of(scenario: &Scenario, load: &'a LoadResult, series: &'a SeriesStore) -> Self {
        let planned = scenario.phases.iter().map(PlannedPhase::from).collect();
        let mut windows = Windows::find(series, load);
        if scenario.metrics == Metrics::None {
            windows.run = Err(MissingWindow::NoMetrics);
        }
        let (unmoved, restarts) = (scenario.unmoved, scenario.restarts);
        let metrics_paths = scenario.paths_of_scrapes();
        let alerts = AlertEvidence::new(scenario.alert_rules.clone());
        Self { planned, load, series, windows, unmoved, restarts, metrics_paths, alerts }
    }

    /// Every instance that was not one process all the time of the measured load.
    pub(super) fn instance_changes(&self) -> Vec<InstanceChange> {
        let (from_ms, to_ms) = match &self.windows.run {
            Ok(window) => (window.opened_ms, window.closed_ms),
            Err(_) => (i64::MIN, i64::MAX),
        };
        instance_changes(self.series, from_ms, to_ms)
    }

    /// Instances that restarted, which is allowed, so that their counters lost something.
    pub(super) fn allowed_restarts(&self) -> Vec<InstanceChange> {
        match self.restarts {
            Restarts::Fail => Vec::new(),
            Restarts::Allow => {
                let changes = self.instance_changes().into_iter();
                changes.filter(|change| change.kind.is_restart()).collect()
            }
        }
    }

    /// The window of an objective: that of its phase, or the run's.
    pub(super) fn window(&self, during: Option<&str>) -> Result<Window, Doubt> {
        let run = self
            .windows
            .run
            .as_ref()
            .map_err(|missing| Doubt::new(codes::NO_WINDOW, missing.to_string()))?;
        let Some(name) = during else {
            return Ok(*run);
        };
        let named = self.planned.iter().filter(|phase| phase.goes_by(name));
        let windows: Option<Vec<Window>> =
            named.map(|phase| self.windows.phases.get(&phase.name).copied()).collect();
        windows.and_then(|windows| windows.into_iter().reduce(Window::around)).ok_or_else(|| {
            Doubt::new(codes::NO_WINDOW, format!(
                "phase `{name}` has no window: it was not reached, is not measured, or no scrape \
                 {}fell into it",
                self.instance_without(name)
            ))
        })
    }

    /// `of NAME `: an instance of several that was not scraped in a phase that the others
    /// were scraped in.
    fn instance_without(&self, phase: &str) -> String {
        let instances = self.windows.run_by_instance.keys();
        let reached = self.planned.iter().filter(|one| one.goes_by(phase));
        let reached = reached.filter_map(|one| self.windows.phases_by_instance.get(&one.name));
        let mut missing = reached.filter(|scraped| !scraped.is_empty()).flat_map(|scraped| {
            instances.clone().filter(|instance| !scraped.contains_key(*instance))
        });
        missing.next().map_or_else(String::new, |instance| format!("of {instance} "))
    }

    /// The window of each instance: that of the objective's phase, or the run's.
    pub(super) fn instance_windows(&self, during: Option<&str>) -> InstanceWindows {
        let Some(name) = during else {
            return self.windows.run_by_instance.clone();
        };
        let named = self.planned.iter().filter(|phase| phase.goes_by(name));
        let mut windows = InstanceWindows::new();
        for of_phase in named.filter_map(|one| self.windows.phases_by_instance.get(&one.name)) {
            for (instance, window) in of_phase {
                let known = windows.entry(instance.clone()).or_insert(*window);
                *known = known.around(*window);
            }
        }
        windows
    }
}
