//! A scenario as the rest of the program sees it: checked, with every default
//! filled in. Wrong states cannot be written here; the files' own spelling and
//! their errors stay with the reader.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use slogate_promql::Selector;

use super::access::{Access, Authorization, Tls};
use super::alerts::{AlertObjective, AlertRules};
use super::capture::Capture;
use super::data_set::SentFile;
use super::flows::Flow;
use super::http::HttpSettings;
use super::secret::Secret;
use super::template::Varying;
use super::timeouts::PartTimeouts;
use crate::units::Unit;

/// Longest time of one scrape when a file does not say: what a target has before the
/// load to show that it is there.
pub(super) const DEFAULT_SCRAPE_TIMEOUT: Duration = Duration::from_secs(5);

/// From the send to the last byte of the answer, when a file does not say; k6's.
pub(super) const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// What stands for a file where flags of the command line wrote the text: objectives there
/// come from `--slo`.
pub const COMMAND_LINE: &str = "command-line";

/// Where something stands in a file; line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One scenario file, ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file it was read from.
    pub path: PathBuf,
    /// SHA-256 of the file's text, in hexadecimal.
    pub source_sha256: String,
    /// The file's text as it stands on disk, before any replacement.
    pub source: Arc<str>,
    /// Its name: `[A-Za-z0-9_.-]+`.
    pub name: String,
    /// One sentence for people.
    pub description: Option<String>,
    /// Variables that stand in the file and what it includes, with their values.
    pub used_variables: Vec<(String, Secret)>,
    /// What is loaded.
    pub target: Target,
    /// How TLS is spoken with it; `None` where it is asked over plain HTTP.
    pub tls: Option<Tls>,
    /// How HTTP is spoken with it.
    pub http: HttpSettings,
    /// Where the target's metrics are.
    pub metrics: Metrics,
    /// What a restart of the target means.
    pub restarts: Restarts,
    /// Most requests of open phases at once, where the file says so; at least 1.
    pub max_in_flight: Option<usize>,
    /// Phases, one after the other; never empty.
    pub phases: Vec<Phase>,
    /// Requests, picked by weight; never empty.
    pub requests: Vec<Request>,
    /// Flows of requests, picked by weight; none where requests are independent. Each request
    /// is a step of one flow then.
    pub flows: Vec<Flow>,
    /// The files whose rows are sent.
    pub sent_files: Vec<SentFile>,
    /// What must hold, alerts included.
    pub objectives: Objectives,
    /// The rules of `alerts:`, where the file has it.
    pub alert_rules: Option<Arc<AlertRules>>,
    /// What it means that none of the target's counters moved.
    pub unmoved: Unmoved,
}

/// What it means that none of the target's counters moved while it answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmoved {
    /// The metrics are perhaps those of another process: nothing passes on them.
    #[default]
    Doubt,
    /// That is how it is (`unmoved: allow`).
    Allow,
}

/// What is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The reference service, started for this scenario.
    Reference {
        /// `--fault` rules for it.
        faults: Vec<String>,
    },
    /// A service that is already there: `http://host:port` or `https://…`, without a path.
    Url(String),
}

impl Target {
    /// Whether TLS is spoken with it.
    pub fn is_https(&self) -> bool {
        matches!(self, Self::Url(url) if url.starts_with("https:"))
    }
}

/// What it means that an instance of the target restarted during the measured load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restarts {
    /// The target has failed.
    #[default]
    Fail,
    /// It is meant; what its counters lost is not known.
    Allow,
}

/// Where the target's metrics are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Metrics {
    /// Nowhere: client objectives only.
    None,
    /// On pages in the Prometheus text format, which are scraped.
    Scrape(Box<ScrapeSource>),
    /// In a Prometheus-compatible API, which has scraped them.
    Prometheus(Box<ApiSource>),
}

impl Metrics {
    /// How the server that has them is asked, if any is.
    pub fn access(&self) -> Option<&Access> {
        match self {
            Self::None => None,
            Self::Scrape(source) => Some(&source.access),
            Self::Prometheus(source) => Some(&source.access),
        }
    }

    /// The same, where a path on the target is asked for with TLS as the load is sent.
    pub(super) fn over(mut self, tls: Option<&Tls>) -> Self {
        if let Self::Scrape(source) = &mut self
            && matches!(source.targets, ScrapeTargets::Path(_))
        {
            source.access.tls = tls.cloned();
        }
        self
    }

    /// Scrapes of a path on the target itself, with everything else as it is by default.
    pub fn of_path(path: &str, every: Duration) -> Self {
        Self::Scrape(Box::new(ScrapeSource {
            targets: ScrapeTargets::Path(path.to_owned()),
            every,
            timeout: DEFAULT_SCRAPE_TIMEOUT,
            sample_limit: None,
            honor_timestamps: false,
            access: Access::default(),
        }))
    }
}

/// Pages with metrics, and how they are scraped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeSource {
    /// Which pages.
    pub targets: ScrapeTargets,
    /// Time between two scheduled scrapes of one page.
    pub every: Duration,
    /// Longest time of one scrape.
    pub timeout: Duration,
    /// Most samples of one scrape, where the file sets a limit of its own.
    pub sample_limit: Option<usize>,
    /// Whether times in an exposition are used.
    pub honor_timestamps: bool,
    /// Who asks, and how.
    pub access: Access,
}

/// An API that has the target's series, and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiSource {
    /// `http` or `https`, without a user and without `/api/v1`.
    pub url: String,
    /// Which series are the target's, as it is written.
    pub matcher: String,
    /// The same as it was read.
    pub selector: Selector,
    /// Longest wait for new samples at each end of the load, where the file sets one.
    pub settle: Option<Duration>,
    /// Longest time of one answer.
    pub timeout: Duration,
    /// Most series, where the file sets a limit of its own.
    pub series_limit: Option<usize>,
    /// Who asks, and how.
    pub access: Access,
}

/// Which pages are scraped; one instance each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScrapeTargets {
    /// A path on the target itself, from `/`.
    Path(String),
    /// At least one URL; URLs and instances differ.
    Urls(Vec<ScrapeUrl>),
    /// One for each address of a name.
    Dns(DnsTargets),
}

/// One page with metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeUrl {
    /// `http` or `https`, without a user.
    pub url: String,
    /// The `instance` label of its series.
    pub instance: String,
}

/// One page with metrics at each address of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsTargets {
    /// A host name or an address; an IPv6 address without brackets.
    pub name: String,
    /// The port, the same everywhere.
    pub port: u16,
    /// The path, from `/`.
    pub path: String,
    /// `http` or `https`.
    pub scheme: &'static str,
    /// Addresses of this kind only; without it the IPv4 addresses, or the IPv6 ones where
    /// there are no others, so that a host with both is one instance.
    pub family: Option<AddressFamily>,
}

/// A kind of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFamily {
    /// IPv4 (`A` records).
    V4,
    /// IPv6 (`AAAA` records).
    V6,
}

/// One stretch of load.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name; unique in the scenario.
    pub name: String,
    /// The name it was written under with `repeat`: `batch` for `batch-3`.
    pub group: Option<String>,
    /// How requests arrive.
    pub load: PhaseLoad,
    /// Whether its requests count for verdicts; `false` only first or last.
    pub measured: bool,
}

impl Phase {
    /// Whether `during: NAME` means this phase: by its own name or its group's.
    pub fn goes_by(&self, name: &str) -> bool {
        self.name == name || self.group.as_deref() == Some(name)
    }
}

/// How requests arrive.
#[derive(Clone, Debug, PartialEq)]
pub enum PhaseLoad {
    /// Arrivals do not wait for answers. From `from` to `to` requests a second,
    /// linear over `duration`; equal for a constant rate.
    Open {
        /// Requests a second at the start.
        from: f64,
        /// Requests a second at the end.
        to: f64,
        /// How long arrivals go on.
        duration: Duration,
        /// How they are spaced.
        arrivals: Arrivals,
    },
    /// Each user sends its next request after the answer to the one before.
    Closed {
        /// Users at once.
        users: Users,
        /// When it ends.
        stop: Stop,
        /// How long a user waits after an answer, if it does.
        think_time: Option<ThinkTime>,
    },
}

impl PhaseLoad {
    /// Even arrivals at a rate that goes from one value to another.
    pub const fn open(from: f64, to: f64, duration: Duration) -> Self {
        Self::Open { from, to, duration, arrivals: Arrivals::Even }
    }

    /// A constant number of users who do not think.
    pub const fn closed(users: u32, stop: Stop) -> Self {
        Self::Closed { users: Users::constant(users), stop, think_time: None }
    }
}

/// How the arrivals of an open phase are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances while the rate is constant.
    #[default]
    Even,
    /// At random, each independent of the others; the rate is that of their mean.
    Poisson,
}

/// How many users a closed phase has: linear over its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Users {
    /// At the start.
    pub from: u32,
    /// At the end; the same, unless the phase ends by time.
    pub to: u32,
}

impl Users {
    /// The same number all the time.
    pub const fn constant(users: u32) -> Self {
        Self { from: users, to: users }
    }

    /// Most users at once, at least 1.
    pub fn most(self) -> u32 {
        self.from.max(self.to)
    }
}

/// How long a user waits between an answer and its next request: evenly spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThinkTime {
    /// The shortest time.
    pub shortest: Duration,
    /// The longest time, at least the shortest.
    pub longest: Duration,
}

/// When a closed phase ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// After this time; what was sent is still awaited.
    After(Duration),
    /// After so many requests in all.
    Iterations(u64),
    /// After so many requests of each user.
    IterationsPerUser(u64),
}

/// One kind of request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its name; unique in the scenario.
    pub name: String,
    /// Its share of the requests, at least 1.
    pub weight: u32,
    /// The HTTP method, in capitals.
    pub method: String,
    /// Path and query, from `/`.
    pub path: String,
    /// Header names and values, as written.
    pub headers: Vec<(String, String)>,
    /// Who sends it, if anybody in particular; it becomes a header when a run begins.
    pub authorization: Option<Authorization>,
    /// The whole body, made before the load starts and shared; empty for none.
    pub body: bytes::Bytes,
    /// What is put together for each iteration instead: path, headers and body are then as
    /// they are written.
    pub varying: Varying,
    /// From the send until the last byte of the answer.
    pub timeout: Duration,
    /// How long parts of that may take.
    pub part_timeouts: PartTimeouts,
    /// What a good answer looks like.
    pub expect: Expect,
    /// Most redirects that are followed; 0 for none.
    pub redirects: u32,
    /// What is repeated, if anything.
    pub retry: Option<Retry>,
    /// Whether it asks for gzip, so that answers are decoded before they are judged.
    pub gzip: bool,
    /// Files to fetch after the closing scrape.
    pub artifacts: Option<Artifacts>,
    /// What a step takes out of its answer for the steps after it.
    pub captures: Vec<Capture>,
    /// How long a step's answer is thought about before the next step.
    pub think_time: Option<ThinkTime>,
}

impl Request {
    /// A GET of a path, with everything else as it is where a file says nothing.
    pub fn get(name: &str, path: &str) -> Self {
        Self {
            name: name.to_owned(),
            weight: 1,
            method: "GET".to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            authorization: None,
            body: bytes::Bytes::new(),
            varying: Varying::default(),
            timeout: DEFAULT_REQUEST_TIMEOUT,
            part_timeouts: PartTimeouts::default(),
            expect: Expect::default(),
            redirects: 0,
            retry: None,
            gzip: false,
            artifacts: None,
            captures: Vec::new(),
            think_time: None,
        }
    }
}

/// What is repeated when it has failed, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Most attempts in all, at least 2.
    pub attempts: u32,
    /// The failures that are repeated; never empty.
    pub on: Vec<RepeatOn>,
    /// The pause before the first repetition; each further one is twice as long.
    pub backoff: Duration,
}

/// A failure that can be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatOn {
    /// There was no connection.
    Connect,
    /// There was no agreement on TLS, or TLS ended in an alert.
    Tls,
    /// There was no whole answer in time.
    Timeout,
    /// The connection ended before the answer was complete.
    Closed,
    /// This status, where it is not expected.
    Status(u16),
}

/// What a good answer looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expect {
    /// The statuses that are good; empty means any 2xx.
    pub status: Vec<u16>,
    /// Headers that must be there, with these values.
    pub headers: Vec<(String, String)>,
    /// How long the body must be, bytes.
    pub bytes: Option<Threshold>,
    /// Texts that must stand in the body.
    pub contains: Vec<String>,
    /// The SHA-256 digest that the body must have.
    pub sha256: Option<[u8; 32]>,
    /// Values at paths of the JSON body.
    pub json: Vec<ExpectJson>,
}

impl Expect {
    /// Whether anything of the body is looked at.
    pub fn looks_into_body(&self) -> bool {
        self.bytes.is_some()
            || self.sha256.is_some()
            || !self.contains.is_empty()
            || !self.json.is_empty()
    }
}

/// A value at a path of a JSON body.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectJson {
    /// `$.a.b[0]`.
    pub path: JsonPath,
    /// What must be there.
    pub is: JsonWanted,
}

/// What must be at a path of a JSON body.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonWanted {
    /// This value.
    Equal(serde_json::Value),
    /// Any value, `null` as well.
    Present,
    /// A number that compares so.
    Number(Threshold),
}

/// A path into a JSON document: keys and indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    /// As it was written.
    pub text: String,
    /// One step after the other.
    pub steps: Vec<JsonStep>,
}

/// One step of a [`JsonPath`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonStep {
    /// The value of a key.
    Key(String),
    /// An element of an array.
    Index(usize),
}

impl JsonPath {
    /// The value at this path, if it is there.
    pub fn find<'a>(&self, document: &'a serde_json::Value) -> Option<&'a serde_json::Value> {
        self.steps.iter().try_fold(document, |value, step| match step {
            JsonStep::Key(key) => value.get(key),
            JsonStep::Index(index) => value.get(index),
        })
    }

    /// The text of the value at this path of a JSON text, if it is there.
    pub fn find_raw<'t>(&self, text: &'t str) -> Option<&'t RawValue> {
        self.steps.iter().try_fold(serde_json::from_str(text).ok()?, |raw: &RawValue, step| {
            match step {
                JsonStep::Key(key) => {
                    // Of a key that is there twice the last one counts, as in `find`.
                    serde_json::from_str::<BTreeMap<String, &RawValue>>(raw.get()).ok()?.remove(key)
                }
                JsonStep::Index(index) => {
                    serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok()?.get(*index).copied()
                }
            }
        })
    }
}

/// Files that an answer points to, fetched after the closing scrape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifacts {
    /// Where in the answer the URL (or path on the target) is.
    pub url: JsonPath,
    /// How many files to keep as samples.
    pub keep: usize,
}

/// What must hold.
#[derive(Clone, Debug)]
pub enum Objectives {
    /// `slo: none`: load only, no verdict asked for.
    LoadOnly,
    /// At least one objective, in file order.
    Judged(Vec<Objective>),
}

/// One thing that must hold.
#[derive(Clone, Debug)]
pub struct Objective {
    /// Its id; unique in the scenario.
    pub id: String,
    /// One sentence for people.
    pub description: Option<String>,
    /// What is measured.
    pub kind: ObjectiveKind,
    /// What the measured value must be: all must hold. At least one, except where the
    /// kind says by itself what must hold (`present`, `reconcile`).
    pub thresholds: Vec<Threshold>,
    /// What is shown with it and judges nothing.
    pub beside: Vec<Beside>,
    /// The phase it is about, or the group of a repeated phase (see
    /// [`Phase::goes_by`]); all measured phases otherwise.
    pub during: Option<String>,
    /// How long it may be missed without interruption before the load is ended
    /// (`abort: { after: 5s }`); it ends nothing without.
    pub abort_after: Option<Duration>,
    /// Where it is written.
    pub place: Place,
}

/// A counter whose growth is shown with an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// What it is called.
    pub name: String,
    /// A series selector without a range.
    pub selector: String,
}

/// What an objective measures.
#[derive(Clone, Debug)]
pub enum ObjectiveKind {
    /// A number of the load generator's.
    Client(ClientExpression),
    /// A PromQL expression at the closing scrape.
    Promql {
        /// As written, `$run` and `$phase` still in it.
        expression: String,
        /// The unit of its result and its size in the base unit.
        unit: Unit,
        /// What one of the expression's units is in the base unit (ms: 0.001).
        scale: f64,
        /// A range longer than the run is meant (`window: includes_before_run`).
        includes_before_run: bool,
    },
    /// Last minus first of a counter, per series, summed, without extrapolation.
    Counter {
        /// A series selector without a range.
        selector: String,
        /// The unit of the counter and its size in the base unit.
        unit: Unit,
        /// What one of the counter's units is in the base unit.
        scale: f64,
    },
    /// At least one sample in the closing scrape (`series: SELECTOR`, `is: present`).
    Present {
        /// A series selector without a range.
        selector: String,
    },
    /// A total of the client's and the growth of a counter are the same.
    Reconcile(Reconcile),
    /// An alert fires, or does not (`alerts:`).
    Alert(AlertObjective),
}

/// Two counts of one thing: the load generator's and the target's.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconcile {
    /// What the load generator counted.
    pub client: ClientTotal,
    /// A series selector without a range: what the target counted.
    pub selector: String,
    /// What both measure: a plain number, or bytes.
    pub unit: Unit,
    /// What one of the counter's units is in the base unit.
    pub scale: f64,
    /// How far they may be apart.
    pub within: Tolerance,
}

/// A total of the load generator's, exact for the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientTotal {
    /// What is added up.
    pub of: Totalled,
    /// Of which requests.
    pub filter: RequestFilter,
}

/// What a [`ClientTotal`] adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Totalled {
    /// `count(…)`.
    Requests(Counted),
    /// `bytes(…)`.
    Bytes(Transferred),
}

impl From<ClientTotal> for ClientExpression {
    fn from(ClientTotal { of, filter }: ClientTotal) -> Self {
        match of {
            Totalled::Requests(counted) => Self::Count { counted, filter },
            Totalled::Bytes(transferred) => Self::Bytes { transferred, filter },
        }
    }
}

/// How far two totals may be apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Tolerance {
    /// The distance.
    pub distance: Distance,
    /// As it was written: `0`, `1%`.
    pub text: String,
}

/// A distance between two totals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distance {
    /// So much, in the base unit.
    Amount(f64),
    /// A share of the client's total: 0.01 for 1 %.
    Share(f64),
}

/// A number of the load generator's own.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientExpression {
    /// `p95(latency{…})`, `mean(…)`, `max(…)`: seconds.
    Time {
        /// Which statistic.
        statistic: Statistic,
        /// Of which time.
        time: TimeKind,
        /// Of which requests.
        filter: RequestFilter,
    },
    /// `count(intended | sent | responses | dropped)`.
    Count {
        /// What is counted.
        counted: Counted,
        /// Of which requests.
        filter: RequestFilter,
    },
    /// `bytes(sent | received)`: bytes of bodies.
    Bytes {
        /// Which way.
        transferred: Transferred,
        /// Of which requests.
        filter: RequestFilter,
    },
    /// `ratio(success)`: responses that were as expected, of the intended ones.
    SuccessRatio {
        /// Of which requests.
        filter: RequestFilter,
    },
    /// `rate(responses)`: complete responses a second.
    ResponseRate {
        /// Of which requests.
        filter: RequestFilter,
    },
    /// `span(phase)`: seconds from the first intended start to the last response;
    /// of several phases, the longest.
    Span,
}

/// A statistic over times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// A percentile as a quantile: 0.95 for p95.
    Quantile(f64),
    /// The arithmetic mean.
    Mean,
    /// The largest.
    Max,
}

/// Which of a request's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// From the intended start.
    Latency,
    /// From the actual send.
    ServiceTime,
    /// From the intended start to the send, while a slot was free.
    Lag,
}

/// What `count(…)` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Requests that were meant to be sent.
    Intended,
    /// Requests that were sent.
    Sent,
    /// Complete responses, whatever their status.
    Responses,
    /// Requests that were never sent.
    Dropped,
    /// Attempts that repeated a failed one.
    Repeats,
    /// Requests that were sent again on a fresh connection, because the target closed a used
    /// one without an answer.
    Retried,
}

/// Which way `bytes(…)` went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transferred {
    /// Bodies of requests, as they were sent.
    Sent,
    /// Bodies of complete responses, as they came.
    Received,
}

/// Which requests a client expression is about; `None` means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// The request's name.
    pub request: Option<String>,
    /// Only those that ended so.
    pub outcome: Option<Outcome>,
}

/// How a request ended, for `{outcome="…"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Ok,
    /// In any other way.
    Failed,
}

/// What a measured value must be.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The comparison.
    pub comparator: Comparator,
    /// The bound, in the objective's base unit.
    pub bound: f64,
    /// As it was written: `< 10s`.
    pub text: String,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Comparator {
    /// Whether `value` compares so to `bound`.
    #[expect(clippy::float_cmp, reason = "`==` is exact, as in PromQL")]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::LessOrEqual => value <= bound,
            Self::Greater => value > bound,
            Self::GreaterOrEqual => value >= bound,
            Self::Equal => value == bound,
            Self::NotEqual => value != bound,
        }
    }
}

/// `-e` values and the environment, for `${NAME}`.
pub type Variables = BTreeMap<String, String>;
