//! The model of a run: what `run.json` holds and what the JSON report shows.
//!
//! One model serves both, so that a report of a saved run is the report of the run.
//! The first level is stable within a major `schema_version`; `docs/schema/report.json`
//! is generated from here. Verdicts are words, units are in the names, and a value
//! without a number is `"unbounded"` or `null`, never 0.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::verification::VerificationRecord;
use crate::gate::{
    Condition, OnInconclusive, Outcome, RuleResult, Standing, judge_all, judge_scenario,
};
use crate::slo::{AlertEnding, Verdict, Window};

/// The major version of this model.
pub const SCHEMA_VERSION: u32 = 1;

/// A whole invocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// The major version of this model.
    pub schema_version: u32,
    /// What wrote it, and where it ran.
    pub tool: Tool,
    /// Over all scenarios and rules. Of a run whose exit code is not 0 it is never `pass`.
    pub verdict: Verdict,
    /// What the process ended with; `null` in `run.json`, which is saved before its end.
    #[serde(default)]
    pub exit: Option<ExitRecord>,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// How long it took.
    pub duration_seconds: f64,
    /// One for each scenario, in the order they ran.
    pub scenarios: Vec<ScenarioRecord>,
    /// Checks and tests of rules; `null` if none were asked for.
    pub rules: Option<RulesRecord>,
}

/// What a process ended with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExitRecord {
    /// The exit code.
    pub code: u8,
    /// What it means.
    pub meaning: String,
}

/// What wrote a record, and where it ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `slogate`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The operating system: `linux`, `macos`, …
    pub os: String,
    /// The processor: `x86_64`, `aarch64`, …
    pub arch: String,
    /// Processors that the process may use.
    pub cores: usize,
    /// Whether it ran in CI, by the environment variable `CI`.
    pub ci: bool,
}

/// Checks and tests of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulesRecord {
    /// Over all results.
    pub verdict: Verdict,
    /// Results that passed.
    pub passed: usize,
    /// Results that failed.
    pub failed: usize,
    /// Results that are neither.
    pub inconclusive: usize,
    /// One for each check or test.
    pub results: Vec<RuleResult>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioRecord {
    /// Its name.
    pub name: String,
    /// One sentence for people.
    pub description: Option<String>,
    /// What was loaded: `reference` or a URL.
    pub target: String,
    /// The address that load and scrapes went to; `null` if none was found.
    pub address: Option<String>,
    /// Whether the target was the reference service that slogate itself started.
    pub bundled_service: bool,
    /// The program that `--start` ran as the target, without its arguments, which may be
    /// secrets; `null` if the target was there already.
    #[serde(default)]
    pub started_program: Option<String>,
    /// Over its objectives and conditions.
    pub verdict: Verdict,
    /// What decided besides objectives, for people.
    pub reasons: Vec<String>,
    /// The codes of the reasons and of what caused them, for `slogate explain`; none in records of before there
    /// were codes.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The same for programs.
    pub conditions: Vec<Condition>,
    /// What should be known and decides nothing: a sample that could not be kept.
    pub notes: Vec<String>,
    /// The instant that the measured load's intended starts count from: RFC 3339, UTC.
    pub t0: Option<String>,
    /// Which part of a distributed run this is; `null` for a whole one.
    pub shard: Option<Shard>,
    /// The scenario file.
    pub configuration: Configuration,
    /// The window that `$run` stood for; `null` without an opening and a closing scrape.
    pub window: Option<WindowRecord>,
    /// What it means that none of the target's counters moved.
    #[serde(default)]
    pub unmoved: UnmovedName,
    /// Why the load ended before its time; `null` if it did not.
    pub stopped_early: Option<StoppedEarly>,
    /// One for each planned phase, in order.
    pub phases: Vec<PhaseRecord>,
    /// One for each request in each phase.
    pub requests: Vec<RequestRecord>,
    /// One for each request over all repetitions of a phase; `phase` is the name that
    /// the repetitions share.
    pub repeated_requests: Vec<RequestRecord>,
    /// One for each flow in each phase; none where requests are independent.
    #[serde(default)]
    pub flows: Vec<FlowRecord>,
    /// One for each objective, in file order.
    pub slos: Vec<SloRecord>,
    /// What each alert rule of `alerts` did over the measured run, judged or not; what is
    /// judged of them is in `slos`, with the source `alert`.
    pub alerts: Vec<AlertRecord>,
    /// The rules of `alerts`, so that the run can be judged again without their files;
    /// `null` if the scenario has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert_rules: Option<AlertRulesRecord>,
    /// The generator about itself; `null` if nothing was sent.
    pub generator: Option<GeneratorRecord>,
    /// What came of the scrapes; `null` if the scenario has no metrics.
    pub scrapes: Option<ScrapesRecord>,
    /// Whether the scenario allows that the target restarts during the measured load.
    #[serde(default)]
    pub restarts_allowed: bool,
    /// What another source said to the same questions; absent if none was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationRecord>,
}

/// What it means that none of the target's counters moved while it answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnmovedName {
    /// Nothing passes on its metrics.
    #[default]
    Doubt,
    /// It was allowed.
    Allow,
}

/// Which part of a distributed run a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// How many parts there are.
    pub count: u32,
}

/// A scenario file as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Configuration {
    /// The file.
    pub path: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// Its text before any replacement: variables stand in it by name only.
    pub text: String,
    /// The files whose rows were sent; none in records of before there were any.
    #[serde(default)]
    pub data_files: Vec<DataFileRecord>,
}

/// A file whose rows were sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataFileRecord {
    /// The name of its data set.
    pub name: String,
    /// The file.
    pub path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// How many rows it has.
    pub rows: u64,
}

/// Times of an opening and a closing scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowRecord {
    /// Milliseconds since the Unix epoch.
    pub opened_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub closed_ms: i64,
}

impl From<Window> for WindowRecord {
    fn from(window: Window) -> Self {
        Self { opened_ms: window.opened_ms, closed_ms: window.closed_ms }
    }
}

/// Why the load ended before its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StoppedEarly {
    /// Somebody asked for it.
    Cancelled,
    /// An objective with `abort` was missed for too long.
    Aborted {
        /// Its id.
        objective: String,
        /// For how long without interruption.
        missed_for_seconds: f64,
        /// What it was when it ended the load.
        measured: String,
    },
    /// None of the first requests got a complete response.
    NoResponse {
        /// The last error, in words.
        last_error: String,
    },
}

/// One planned phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseRecord {
    /// Its name.
    pub name: String,
    /// The name it shares with its repetitions; `null` if it is not repeated.
    pub group: Option<String>,
    /// Whether it counts for verdicts.
    pub measured: bool,
    /// What came of it; `null` if it was not reached.
    pub ran: Option<PhaseRun>,
}

/// A phase that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseRun {
    /// How requests arrived.
    pub model: Model,
    /// When its first request was meant to start, milliseconds since the Unix epoch.
    pub first_intended_ms: i64,
    /// When its last response was complete, milliseconds since the Unix epoch.
    pub last_response_ms: i64,
    /// From the first intended start to the last response.
    pub span_seconds: f64,
    /// How long each part of its exchanges took; `null` in runs of before that was measured.
    #[serde(default)]
    pub parts: Option<PartsRecord>,
}

/// How long each part of exchanges took. Each message counts, also one that follows a redirect
/// or repeats an attempt; a part that did not come to its end does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartsRecord {
    /// Opening a TCP connection, of requests that needed a new one.
    pub connect_seconds: PartTimes,
    /// The handshake of TLS, of requests that needed a new connection over it.
    pub tls_seconds: PartTimes,
    /// From the request being written to the head of its answer.
    pub first_byte_seconds: PartTimes,
    /// From the head of an answer to its last byte.
    pub body_seconds: PartTimes,
}

/// How often a part of exchanges was passed through, and for how long, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartTimes {
    /// How often.
    pub count: u64,
    /// All times added up; they overlap where requests do.
    pub total: f64,
    /// The median.
    pub p50: Option<Measured>,
    /// The 99th percentile.
    pub p99: Option<Measured>,
    /// The largest.
    pub max: Option<Measured>,
}

/// How requests arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// They did not wait for answers.
    Open,
    /// Each user waited for its answer.
    Closed,
    /// Phases of both kinds.
    Mixed,
}

/// One request in one phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestRecord {
    /// The request's name.
    pub name: String,
    /// The phase.
    pub phase: String,
    /// How it arrived.
    pub model: Model,
    /// Requests that were meant to be sent.
    pub count: u64,
    /// Requests that were sent.
    pub sent: u64,
    /// Responses that were as expected.
    pub succeeded: u64,
    /// Complete responses, whatever their status.
    pub responses: u64,
    /// Requests that failed in any way, dropped ones included.
    pub failed: u64,
    /// Requests that waited for a slot.
    pub late: u64,
    /// Requests that were never sent.
    pub dropped: u64,
    /// Requests sent again on a fresh connection.
    pub retried: u64,
    /// Redirects that were followed.
    #[serde(default)]
    pub redirects: u64,
    /// Attempts that repeated a failed one, as `retry` says.
    #[serde(default)]
    pub repeats: u64,
    /// Requests that needed such an attempt.
    #[serde(default)]
    pub repeated: u64,
    /// Requests in flight when the load was stopped early.
    pub abandoned: u64,
    /// Failures by kind: `status 500`, `connect`, `timeout`, …
    pub failures: BTreeMap<String, u64>,
    /// Bytes of request bodies sent.
    pub bytes_sent: u64,
    /// Bytes of response bodies received.
    pub bytes_received: u64,
    /// From the intended start; requests that failed rank above all others.
    pub latency_seconds: Times,
    /// From the intended start, of responses as expected alone.
    pub latency_ok_seconds: Times,
    /// From the intended start to the failure, of requests that were sent and failed alone.
    #[serde(default)]
    pub latency_failed_seconds: Times,
    /// From the actual send; requests that failed rank above all others.
    pub service_time_seconds: Times,
    /// The generator's own delay, of open phases.
    pub lag_seconds: Times,
}

/// One flow in one phase: `count >= started = completed + failed + unfinished`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowRecord {
    /// The flow's name.
    pub name: String,
    /// The phase.
    pub phase: String,
    /// Iterations that were meant to begin.
    pub count: u64,
    /// Iterations whose first step was sent.
    pub started: u64,
    /// Iterations whose last step was answered as expected.
    pub completed: u64,
    /// Iterations that ended at a step that failed; the steps after it were not sent.
    pub failed: u64,
    /// Iterations that the end of the load cut off.
    pub unfinished: u64,
}

/// Percentiles of times in seconds: a number, `"unbounded"`, or `null` for no samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Times {
    /// The median.
    pub p50: Option<Measured>,
    /// The 90th percentile.
    pub p90: Option<Measured>,
    /// The 95th percentile.
    pub p95: Option<Measured>,
    /// The 99th percentile.
    pub p99: Option<Measured>,
    /// The 99.9th percentile.
    pub p999: Option<Measured>,
    /// The largest.
    pub max: Option<Measured>,
    /// The arithmetic mean.
    pub mean: Option<Measured>,
}

/// A measured value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Measured {
    /// A finite number.
    Number(f64),
    /// Something that is none.
    Word(MeasuredWord),
}

/// A measured value that is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MeasuredWord {
    /// It falls on a request that failed, or lies beyond the last bound.
    #[serde(rename = "unbounded")]
    Unbounded,
    /// Not a number.
    #[serde(rename = "NaN")]
    NotANumber,
    /// Positive infinity.
    #[serde(rename = "+Inf")]
    PositiveInfinity,
    /// Negative infinity.
    #[serde(rename = "-Inf")]
    NegativeInfinity,
    /// Of an alert: it fired.
    #[serde(rename = "fired")]
    Fired,
    /// Of an alert: it could have fired, and did not.
    #[serde(rename = "stayed quiet")]
    StayedQuiet,
    /// Of an alert: its condition held, and its `for` was not over.
    #[serde(rename = "pending at end")]
    PendingAtEnd,
    /// Of an alert: whatever the target had done, it could not have fired.
    #[serde(rename = "could not have fired")]
    CouldNotHaveFired,
}

/// One judged objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SloRecord {
    /// Its id.
    pub id: String,
    /// One sentence for people.
    pub description: Option<String>,
    /// Where the number came from: `client`, `promql`, `counter`, `series`, `reconcile` or
    /// `alert`.
    pub source: String,
    /// What was evaluated.
    pub expression: String,
    /// The value in the base unit; `null` if nothing was measured.
    pub observed: Option<Measured>,
    /// The base unit.
    pub unit: UnitName,
    /// What must hold: the thresholds as written, `present`, or `within 1%`.
    pub target: String,
    /// Room left in the base unit, negative for a miss.
    pub margin: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The rules that took the pass away, for `slogate explain`; empty for a pass, and in
    /// records of before there were codes.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Samples behind the number, where it rests on samples.
    pub samples: Option<u64>,
    /// How far it may be off, where that is known.
    pub uncertainty: Option<UncertaintyRecord>,
    /// Labels of the worst element of a vector.
    pub element: Option<String>,
    /// Counters that are shown with it and judge nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<BesideRecord>,
    /// The phase it is about; all measured phases otherwise.
    pub during: Option<String>,
    /// How requests arrived, for the client's numbers.
    pub model: Option<Model>,
    /// The file it is written in.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// The objective itself, so that the run can be judged again.
    pub definition: Definition,
}

/// A counter that is shown with an objective and judges nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BesideRecord {
    /// What it is called.
    pub name: String,
    /// The counter's selector.
    pub expression: String,
    /// How much it grew over the objective's window; `null` if nothing was measured.
    pub observed: Option<Measured>,
    /// Why nothing was measured, or why the number is in doubt.
    pub reason: Option<String>,
}

/// Base units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitName {
    /// A plain number.
    Plain,
    /// Time.
    Seconds,
    /// Size.
    Bytes,
    /// A share from 0 to 1.
    Ratio,
    /// Events a second.
    PerSecond,
}

/// How far a number may be off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UncertaintyRecord {
    /// `sampling`: each end is exceeded with 5 % probability; `bucket`: it lies in
    /// this histogram bucket.
    pub kind: UncertaintyName,
    /// The lower end in the base unit; `null` is without bound.
    pub low: Option<f64>,
    /// The upper end in the base unit; `null` is without bound.
    pub high: Option<f64>,
}

/// Why a number may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UncertaintyName {
    /// It was estimated from a sample.
    Sampling,
    /// It lies in a histogram bucket.
    Bucket,
}

/// What one alert rule did over the measured run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRecord {
    /// The alert's name.
    pub alert: String,
    /// Labels that the rule sets, as they are written.
    pub labels: BTreeMap<String, String>,
    /// The group that it is in.
    pub group: String,
    /// The rule file.
    pub file: String,
    /// The line in it, from 1.
    pub line: usize,
    /// How it ended.
    pub state: AlertEnding,
    /// Why it could not have fired, or what went wrong when it was evaluated; `null` where
    /// there is nothing to say.
    pub reason: Option<String>,
    /// How often it was evaluated.
    pub evaluations: usize,
    /// Its alerts that fired, or were pending at the end, one for each time.
    pub activities: Vec<AlertActivityRecord>,
    /// The worst verdict of the objectives about this alert; `null` if nothing was asked of
    /// it.
    pub verdict: Option<Verdict>,
    /// The ids of those objectives.
    pub objectives: Vec<String>,
}

/// One alert from the evaluation at which it became active to the last one that had it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertActivityRecord {
    /// Its labels, `alertname` included.
    pub labels: BTreeMap<String, String>,
    /// Its annotations, expanded when it began to fire, or at the end while it was pending.
    pub annotations: BTreeMap<String, String>,
    /// The value then.
    pub value: Measured,
    /// When it became pending, milliseconds since the Unix epoch.
    pub active_at_ms: i64,
    /// When it began to fire, milliseconds since the Unix epoch; `null` if it was pending.
    pub fired_at_ms: Option<i64>,
    /// The last evaluation that had it, milliseconds since the Unix epoch.
    pub last_at_ms: i64,
    /// Whether that was the last one of all.
    pub until_the_end: bool,
}

/// The alert rules of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRulesRecord {
    /// Time between two evaluations of a group without an interval of its own.
    pub every_seconds: f64,
    /// The files, in the order in which they are evaluated.
    pub files: Vec<AlertRuleFileRecord>,
}

/// One rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRuleFileRecord {
    /// Where it was read from.
    pub path: String,
    /// SHA-256 of its text, in hexadecimal.
    pub sha256: String,
    /// Its text.
    pub text: String,
}

/// The generator about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorRecord {
    /// Threads that sent requests.
    pub threads: usize,
    /// CPU seconds that the process used during the load.
    pub cpu_seconds: f64,
    /// Wall seconds of the load.
    pub wall_seconds: f64,
    /// The limit on open files in force.
    pub open_file_limit: u64,
    /// Most requests at once.
    pub peak_in_flight: u64,
    /// Connections opened.
    pub connections_opened: u64,
    /// Requests that needed no new connection; `null` in runs of before it was counted.
    #[serde(default)]
    pub requests_on_open_connections: Option<u64>,
    /// Connections on which bytes came while no request was on its way, so that whose they
    /// are cannot be known; `null` in runs of before it was counted.
    #[serde(default)]
    pub unasked_connections: Option<u64>,
    /// Responses without a length whose end was the end of a plain connection, so that
    /// whether they were whole cannot be known; `null` in runs of before it was counted.
    #[serde(default)]
    pub responses_ended_by_close: Option<u64>,
    /// Most files, sockets included, that the process had open where a part of the load
    /// ended; `null` if that is not known.
    #[serde(default)]
    pub open_files: Option<u64>,
    /// Requests not dispatched in time because the generator was behind.
    pub missed_by_generator: u64,
    /// The generator's own delay over all measured phases.
    pub lag_seconds: Times,
    /// How long each part of exchanges took over all measured phases; `null` in runs of before
    /// that was measured.
    #[serde(default)]
    pub parts: Option<PartsRecord>,
    /// How this machine's CPU was shared over all measured phases; `null` if that was
    /// not seen.
    #[serde(default)]
    pub machine: Option<MachineRecord>,
}

/// How this machine's CPU was shared: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineRecord {
    /// Nobody's.
    pub idle_share: f64,
    /// In interrupts.
    pub interrupts_share: f64,
    /// The load generator's.
    pub generator_share: f64,
    /// The target's; `null` if it was not started by slogate, so that it is in `other_share`
    /// or on another machine.
    pub target_share: Option<f64>,
    /// Everybody else's.
    pub other_share: f64,
    /// Whether the target was starved, so that a miss may be the others' doing.
    pub is_starved: bool,
}

/// What came of the scrapes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScrapesRecord {
    /// Scrapes that were good.
    pub good: usize,
    /// Scrapes that failed.
    pub failed: usize,
    /// What the first failed ones said.
    pub first_errors: Vec<String>,
    /// The codes of what failed, each once, for `slogate explain`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Where the metrics are, in words; never with a secret.
    #[serde(default)]
    pub source: String,
    /// The paths that only scrapes ask for, without queries; with an API the usual one.
    #[serde(default)]
    pub paths: Vec<String>,
    /// One for each instance that was scraped, by name.
    #[serde(default)]
    pub instances: Vec<InstanceScrapes>,
}

/// What came of the scrapes of one instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceScrapes {
    /// The instance.
    pub instance: String,
    /// Scrapes that were good.
    pub good: usize,
    /// Scrapes that failed.
    pub failed: usize,
    /// What the first failed one said; `null` if none failed.
    pub first_error: Option<String>,
}

impl RunRecord {
    /// What everything together ended with, from the record alone.
    pub fn outcome(&self, on_inconclusive: OnInconclusive) -> Outcome {
        let scenarios: Vec<Standing> =
            self.scenarios.iter().map(ScenarioRecord::standing).collect();
        let rules = self.rules.as_ref().map(|rules| rules.results.as_slice());
        judge_all(&scenarios, rules, on_inconclusive)
    }

    /// The record of a run that ended so.
    #[must_use]
    pub fn ended(&self, outcome: Outcome) -> Self {
        let exit_code = outcome.exit_code;
        let exit = ExitRecord { code: exit_code.number(), meaning: exit_code.meaning().into() };
        Self { verdict: outcome.verdict, exit: Some(exit), ..self.clone() }
    }
}

impl ScenarioRecord {
    /// How the scenario ended, from the record alone.
    pub fn standing(&self) -> Standing {
        let alerts = self.alerts.iter().filter_map(|alert| alert.verdict);
        let verdicts: Vec<Verdict> =
            self.slos.iter().map(|slo| slo.verdict).chain(alerts).collect();
        judge_scenario(&verdicts, &self.conditions)
    }
}

impl RulesRecord {
    /// Counts results.
    pub fn of(results: Vec<RuleResult>) -> Self {
        let with = |verdict| results.iter().filter(|result| result.verdict == verdict).count();
        Self {
            verdict: Verdict::all(results.iter().map(|result| result.verdict)),
            passed: with(Verdict::Pass),
            failed: with(Verdict::Fail),
            inconclusive: with(Verdict::Inconclusive),
            results,
        }
    }
}
