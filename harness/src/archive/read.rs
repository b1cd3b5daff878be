//! Reads a saved run back: its record, and the evidence of each scenario, so that it
//! can be judged again with the same rules or others.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::alerts::read_alert_rules;
use super::folders::unique_names;
use super::record::{
    Model, RequestRecord, RunRecord, SCHEMA_VERSION, ScenarioRecord, StoppedEarly,
};
use super::{ArchiveError, ClosingScrape, layout};
use crate::load::{
    GeneratorReport, LoadModel, LoadResult, LoggedHistogram, PhaseResult, RequestResult,
    StopReason, TimeInParts, read_interval_log,
};
use crate::scenario::{AlertRules, Objective, Outcome, Restarts, TimeKind, Unmoved, open_file};
use crate::series::{Notes, SeriesStore, read_openmetrics};
use crate::slo::{
    AlertEvidence, Evidence, JudgedObjective, MissingWindow, PlannedPhase, Windows, judge,
};

/// The evidence of one scenario of a saved run.
#[derive(Clone, Debug)]
pub struct SavedEvidence {
    /// The scenario's objectives, as the record keeps them.
    pub objectives: Vec<Objective>,
    /// Phases that were meant to run, in order.
    pub planned: Vec<PlannedPhase>,
    /// What the generator measured.
    pub load: LoadResult,
    /// What was scraped.
    pub series: SeriesStore,
    /// What a restart means.
    pub restarts: Restarts,
    /// The paths that only scrapes ask for.
    pub metrics_paths: Vec<String>,
    /// Whether the scenario had metrics at all.
    pub has_metrics: bool,
    /// What it means that none of the target's counters moved.
    pub unmoved: Unmoved,
    /// The rules of its alerts, if it has any.
    pub alert_rules: Option<Arc<AlertRules>>,
    /// The closing scrape of each instance as it was received, where it was good.
    pub closing_scrapes: Vec<ClosingScrape>,
}

/// Reads the record of a saved run.
pub fn read(run: &Path) -> Result<RunRecord, ArchiveError> {
    let path = run.join(layout::RUN);
    let value: Value = read_json(&path)?;
    match value.get("schema_version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(SCHEMA_VERSION) => {}
        Some(found) => return Err(ArchiveError::Version { path, found, known: SCHEMA_VERSION }),
        None => {
            let problem = "it has no `schema_version`".to_owned();
            return Err(ArchiveError::Malformed { path, problem });
        }
    }
    serde_json::from_value(value)
        .map_err(|error| ArchiveError::Malformed { path, problem: error.to_string() })
}

/// Reads the evidence of the scenario at this place of `record.scenarios`.
pub fn read_evidence(
    run: &Path,
    record: &RunRecord,
    at: usize,
) -> Result<SavedEvidence, ArchiveError> {
    let names = unique_names(record.scenarios.iter().map(|scenario| scenario.name.as_str()));
    let (Some(scenario), Some(folder)) = (record.scenarios.get(at), names.get(at)) else {
        let path = run.join(layout::RUN);
        let problem = format!("it has {} scenarios and none at place {at}", names.len());
        return Err(ArchiveError::Malformed { path, problem });
    };
    let folder = run.join(folder);
    let series = read_series(&folder)?;
    Ok(SavedEvidence {
        objectives: scenario.slos.iter().map(Objective::from).collect(),
        planned: scenario.phases.iter().map(planned).collect(),
        load: read_load(scenario, &folder.join(layout::LATENCIES))?,
        closing_scrapes: closing_scrapes(&folder, &series)?,
        series,
        restarts: if scenario.restarts_allowed { Restarts::Allow } else { Restarts::Fail },
        metrics_paths: scenario.scrapes.as_ref().map_or_else(Vec::new, |one| one.paths.clone()),
        has_metrics: scenario.scrapes.is_some(),
        unmoved: scenario.unmoved.into(),
        alert_rules: scenario
            .alert_rules
            .as_ref()
            .map(|rules| read_alert_rules(rules, &run.join(layout::RUN)).map(Arc::new))
            .transpose()?,
    })
}

/// Reads what was observed in each scenario of a saved run, in the record's order.
pub fn read_observed(run: &Path, record: &RunRecord) -> Result<Vec<SeriesStore>, ArchiveError> {
    let names = unique_names(record.scenarios.iter().map(|scenario| scenario.name.as_str()));
    names.iter().map(|folder| read_series(&run.join(folder))).collect()
}

impl SavedEvidence {
    /// The evidence as the judge wants it.
    pub fn evidence(&self) -> Evidence<'_> {
        let mut windows = Windows::find(&self.series, &self.load);
        if !self.has_metrics {
            windows.run = Err(MissingWindow::NoMetrics);
        }
        Evidence {
            planned: self.planned.clone(),
            load: &self.load,
            series: &self.series,
            windows,
            unmoved: self.unmoved,
            restarts: self.restarts,
            metrics_paths: self.metrics_paths.clone(),
            alerts: AlertEvidence::new(self.alert_rules.clone()),
        }
    }

    /// Judges the scenario's own objectives once more.
    pub fn judge_again(&self) -> Vec<JudgedObjective> {
        let evidence = self.evidence();
        self.objectives.iter().map(|objective| judge(objective, &evidence)).collect()
    }
}

fn planned(phase: &super::record::PhaseRecord) -> PlannedPhase {
    PlannedPhase { name: phase.name.clone(), group: phase.group.clone(), measured: phase.measured }
}

fn closing_scrapes(
    folder: &Path,
    series: &SeriesStore,
) -> Result<Vec<ClosingScrape>, ArchiveError> {
    let instances: Vec<String> = series.instances().map(str::to_owned).collect();
    let mut scrapes = Vec::new();
    for (instance, file) in layout::metrics_files(&instances) {
        if let Some(body) = optional(&folder.join(file))? {
            scrapes.push(ClosingScrape { instance: instance.to_owned(), body: body.into() });
        }
    }
    Ok(scrapes)
}

fn read_series(folder: &Path) -> Result<SeriesStore, ArchiveError> {
    let path = folder.join(layout::SERIES);
    let Some(text) = optional(&path)? else {
        return Ok(SeriesStore::default());
    };
    let text = String::from_utf8(text).map_err(|error| ArchiveError::Malformed {
        path: path.clone(),
        problem: error.to_string(),
    })?;
    let notes: Notes = read_json(&folder.join(layout::NOTES))?;
    read_openmetrics(&text, &notes)
        .map_err(|error| ArchiveError::Malformed { path, problem: error.to_string() })
}

fn read_load(scenario: &ScenarioRecord, log: &Path) -> Result<LoadResult, ArchiveError> {
    let histograms = match optional(log)? {
        None => Vec::new(),
        Some(bytes) => read_interval_log(&bytes).map_err(|error| ArchiveError::Malformed {
            path: log.to_owned(),
            problem: error.to_string(),
        })?,
    };
    let mut load = load_without_times(scenario);
    for histogram in histograms {
        let of_phase = load.phases.iter_mut().find(|phase| phase.name == histogram.phase);
        let request = of_phase.and_then(|phase| {
            phase.requests.iter_mut().find(|request| request.name == histogram.request)
        });
        let Some(request) = request else {
            let problem = format!(
                "the run has no request `{}` in a phase `{}`",
                histogram.request, histogram.phase
            );
            return Err(ArchiveError::Malformed { path: log.to_owned(), problem });
        };
        put(request, histogram);
    }
    Ok(load)
}

fn put(request: &mut RequestResult, logged: LoggedHistogram) {
    let place = match (logged.time, logged.outcome) {
        (TimeKind::Lag, _) => &mut request.lag,
        (TimeKind::Latency, Some(Outcome::Failed)) => &mut request.latency_failed,
        (TimeKind::Latency, _) => &mut request.latency_ok,
        (TimeKind::ServiceTime, Some(Outcome::Failed)) => &mut request.service_failed,
        (TimeKind::ServiceTime, _) => &mut request.service_ok,
    };
    *place = logged.histogram;
}

/// The counts of a scenario's record, as the load engine gave them.
fn load_without_times(scenario: &ScenarioRecord) -> LoadResult {
    let generator =
        scenario.generator.as_ref().map_or_else(GeneratorReport::default, |one| GeneratorReport {
            threads: one.threads,
            cpu_seconds: one.cpu_seconds,
            wall_seconds: one.wall_seconds,
            open_file_limit: one.open_file_limit,
            peak_in_flight: one.peak_in_flight,
            connections_opened: one.connections_opened,
            requests_on_open_connections: one.requests_on_open_connections,
            unasked_connections: one.unasked_connections,
            responses_ended_by_close: one.responses_ended_by_close,
            open_files: one.open_files,
            missed_by_generator: one.missed_by_generator,
        });
    let phases = scenario.phases.iter().filter_map(|phase| {
        let ran = phase.ran.as_ref()?;
        let requests = scenario.requests.iter().filter(|request| request.phase == phase.name);
        Some(PhaseResult {
            name: phase.name.clone(),
            measured: phase.measured,
            model: match ran.model {
                Model::Open | Model::Mixed => LoadModel::Open,
                Model::Closed => LoadModel::Closed,
            },
            first_intended_ms: ran.first_intended_ms,
            last_response_ms: ran.last_response_ms,
            span: Duration::try_from_secs_f64(ran.span_seconds).unwrap_or_default(),
            // Nothing is judged by them: they stay in the record.
            parts: TimeInParts::default(),
            requests: requests.map(request_without_times).collect(),
        })
    });
    LoadResult {
        phases: phases.collect(),
        generator,
        stopped_early: scenario.stopped_early.as_ref().map(|reason| match reason {
            StoppedEarly::Cancelled => StopReason::Cancelled,
            StoppedEarly::Aborted { objective, missed_for_seconds, measured } => {
                StopReason::Aborted {
                    objective: objective.clone(),
                    missed_for: Duration::try_from_secs_f64(*missed_for_seconds)
                        .unwrap_or_default(),
                    measured: measured.clone(),
                    waiting_explains: false,
                }
            }
            StoppedEarly::NoResponse { last_error } => {
                StopReason::NoResponse { last_error: last_error.clone() }
            }
        }),
    }
}

fn request_without_times(record: &RequestRecord) -> RequestResult {
    // A kind that only a later version knows is still counted in `failed`.
    let failures =
        record.failures.iter().filter_map(|(name, count)| Some((name.parse().ok()?, *count)));
    RequestResult {
        name: record.name.clone(),
        intended: record.count,
        sent: record.sent,
        succeeded: record.succeeded,
        responses: record.responses,
        failed: record.failed,
        late: record.late,
        dropped: record.dropped,
        retried: record.retried,
        redirects: record.redirects,
        repeats: record.repeats,
        repeated: record.repeated,
        abandoned: record.abandoned,
        failures: failures.collect(),
        bytes_sent: record.bytes_sent,
        bytes_received: record.bytes_received,
        ..RequestResult::default()
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ArchiveError> {
    let text =
        contents(path).map_err(|source| ArchiveError::Read { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|error| ArchiveError::Malformed {
        path: path.to_owned(),
        problem: error.to_string(),
    })
}

fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_file(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that a scenario need not have left behind.
fn optional(path: &Path) -> Result<Option<Vec<u8>>, ArchiveError> {
    match contents(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ArchiveError::Read { path: path.to_owned(), source }),
    }
}
