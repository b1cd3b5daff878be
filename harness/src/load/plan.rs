//! What the engine is asked to do, and the requests made ready before the clock starts.
//!
//! Everything that can be refused is refused here, before a byte is sent: names,
//! methods and paths that are not HTTP, headers that would break the framing.

use std::net::SocketAddr;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use thiserror::Error;

use super::{codes, picker};
use crate::code::Code;
use crate::scenario::{
    Artifacts, Capture, CaptureFrom, Expect, Flow, HttpSettings, Iteration, PartTimeouts, Phase,
    PhaseLoad, Request, Retry, Template, ThinkTime, TlsClient, UnfitValue, Varying,
};

/// Requests in flight at once when a plan does not say: beyond the capacity of
/// most services, below every usual limit on open files.
pub const DEFAULT_MAX_IN_FLIGHT: usize = 1000;
/// How long unanswered requests are awaited after the last arrival.
pub const DEFAULT_DRAIN: Duration = Duration::from_secs(30);
/// Arrivals a second for which a thread of its own is started; one core does several
/// times as many.
const ONE_THREAD_PEAK_PER_SECOND: f64 = 10_000.0;
/// Users for which a thread of its own is started.
const ONE_THREAD_USERS: u32 = 50;
/// Threads that any two cores are given.
const FEW_THREADS: usize = 2;

/// Weights may add up to so much after their common divisor is taken out: one block
/// of the order of requests has as many entries.
const MOST_WEIGHT: u64 = 1_000_000;
/// A user who sends the next step at once.
const NO_THOUGHT: ThinkTime = ThinkTime { shortest: Duration::ZERO, longest: Duration::ZERO };
/// Longer than any load, and short enough to be added to any instant.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What the engine is asked to do.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// Phases, one after the other; never empty.
    pub phases: Vec<Phase>,
    /// Requests, picked by weight; never empty.
    pub requests: Vec<Request>,
    /// Flows of them, picked by weight; without any, requests are picked by their own.
    pub flows: Vec<Flow>,
    /// Where to connect; names are resolved by the caller, once.
    pub address: SocketAddr,
    /// The `Host` header of every request that does not bring its own.
    pub host_header: String,
    /// How TLS is spoken with the target; plain HTTP without it.
    pub tls: Option<TlsClient>,
    /// Which versions of HTTP are spoken, and whether connections are kept.
    pub http: HttpSettings,
    /// Most requests of open phases in flight at once, at least 1. With several
    /// threads each has an equal share.
    pub max_in_flight: usize,
    /// Decides the order of requests.
    pub seed: u64,
    /// What makes the identifiers (`{{uuid}}`) of this run differ from another's.
    pub uuid_seed: u64,
    /// Threads that send; at least 1, and no more than `max_in_flight`.
    pub threads: usize,
    /// How long unanswered requests are awaited after the last arrival.
    pub drain: Duration,
    /// Bucket bounds, in seconds, that the client's own histograms must have
    /// besides the regular ones: every judged threshold.
    pub latency_bounds_seconds: Vec<f64>,
}

impl LoadPlan {
    /// A plan with the default limits, and as many threads as it asks for and the cores allow.
    pub fn new(
        phases: Vec<Phase>,
        requests: Vec<Request>,
        address: SocketAddr,
        host_header: String,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let threads = default_threads(&phases, cores);
        Self {
            phases,
            requests,
            flows: Vec::new(),
            address,
            host_header,
            tls: None,
            http: HttpSettings::default(),
            max_in_flight: DEFAULT_MAX_IN_FLIGHT,
            seed: 0,
            uuid_seed: 0,
            threads,
            drain: DEFAULT_DRAIN,
            latency_bounds_seconds: Vec::new(),
        }
    }

    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Scheme, host and port of the target.
    pub(super) fn origin(&self) -> String {
        format!("{}://{}", self.scheme(), self.host_header)
    }

    /// The weights of what is picked.
    pub(super) fn weights(&self) -> Vec<u32> {
        if self.flows.is_empty() {
            return self.requests.iter().map(|request| request.weight).collect();
        }
        self.flows.iter().map(|flow| flow.weight).collect()
    }

    /// The request with which each of what is picked begins.
    pub(super) fn first_steps(&self) -> Vec<usize> {
        if self.flows.is_empty() {
            return (0..self.requests.len()).collect();
        }
        self.flows.iter().map(|flow| flow.steps.start).collect()
    }

    /// Threads that will really send.
    pub(super) fn lanes(&self) -> usize {
        self.threads.clamp(1, self.max_in_flight.max(1))
    }
}

/// As many threads as the load asks for, and no more than half of the cores but for the
/// first two: the target wants cores as well.
fn default_threads(phases: &[Phase], cores: usize) -> usize {
    let most = (cores / 2).max(FEW_THREADS).min(cores);
    phases.iter().map(|phase| wanted_threads(&phase.load)).max().unwrap_or(1).clamp(1, most.max(1))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float becomes an integer saturating, and rates are not negative"
)]
fn wanted_threads(load: &PhaseLoad) -> usize {
    match load {
        PhaseLoad::Open { from, to, .. } => {
            (from.max(*to) / ONE_THREAD_PEAK_PER_SECOND).ceil() as usize
        }
        PhaseLoad::Closed { users, .. } => users.most().div_ceil(ONE_THREAD_USERS) as usize,
    }
}

/// Why the engine could not do what it was asked to.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A plan without phases or without requests.
    #[error("the load has no {0}; give at least one")]
    Empty(&'static str),
    /// A request that cannot be written as HTTP.
    #[error("request `{request}`: {what} `{value}` is not valid in HTTP")]
    NotHttp {
        /// The request's name.
        request: String,
        /// Which part: method, path, header name or header value.
        what: &'static str,
        /// The part as it was given.
        value: String,
    },
    /// A header that says where the message ends.
    #[error("request `{request}`: header `{header}` is set by the load engine; remove it")]
    FramingHeader {
        /// The request's name.
        request: String,
        /// The header's name.
        header: String,
    },
    /// Weights whose even order would not fit into memory.
    #[error(
        "the weights of the requests add up to {sum}; use smaller ones, at most {MOST_WEIGHT} in all"
    )]
    Weights {
        /// Their sum, their common divisor taken out.
        sum: u64,
    },
    /// A host that is none.
    #[error("`{0}` is no host with a port")]
    NoAuthority(String),
    /// A host that no certificate can be for.
    #[error(
        "no certificate can be for the host `{0}`; name its own with `tls: {{ server_name: NAME }}`"
    )]
    NoTlsName(String),
    /// The operating system refused a thread, a timer or an event queue.
    #[error("could not start a load thread: {0}; lower the number of threads or raise the limits")]
    Start(#[source] std::io::Error),
    /// A load thread ended without handing over what it had measured.
    #[error("a load thread ended by itself, its measurements are lost; this is a bug in slogate")]
    ThreadLost,
}

impl LoadError {
    /// What it is called, for `slogate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Empty(_)
            | Self::NotHttp { .. }
            | Self::FramingHeader { .. }
            | Self::Weights { .. }
            | Self::NoAuthority(_)
            | Self::NoTlsName(_) => codes::UNSENDABLE_LOAD,
            Self::Start(_) => codes::LOAD_THREAD,
            Self::ThreadLost => codes::LOAD_LOST,
        }
    }
}

/// A request made ready: what is sent is cloned from here, bodies are shared.
#[derive(Clone, Debug)]
pub(super) struct PreparedRequest {
    /// `http` or `https`.
    pub(super) scheme: &'static str,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What differs from one iteration to the next; `None` where nothing does.
    varying: Option<Arc<VaryingParts>>,
    /// From the send until the last byte of the answer.
    pub(super) timeout: Duration,
    /// How long parts of that may take.
    pub(super) part_timeouts: PartTimeouts,
    /// What a good answer looks like.
    pub(super) expect: Arc<Expect>,
    /// Most redirects that are followed.
    pub(super) redirects: u32,
    /// What is repeated, if anything.
    pub(super) retry: Option<Arc<Retry>>,
    /// Whether it asks for gzip, and answers in it are decoded.
    pub(super) gzip: bool,
    /// Files that good answers point to.
    pub(super) artifacts: Option<Artifacts>,
    /// What the steps after it need of its answer.
    pub(super) captures: Arc<[Capture]>,
    /// How long a user thinks before the step after it; `None` where there is none.
    pub(super) next_step: Option<ThinkTime>,
}

/// The parts of a request that are put together for each iteration.
#[derive(Debug)]
struct VaryingParts {
    path: Option<Template>,
    headers: Vec<(HeaderName, Template)>,
    body: Option<Template>,
}

impl PreparedRequest {
    /// Whether it is another request in each iteration.
    pub(super) fn varies(&self) -> bool {
        self.varying.is_some()
    }

    /// It with the values of one iteration in it. An error where one of them is nothing
    /// that can stand there: a path that is none, a line break in a header.
    pub(super) fn of_iteration(&self, iteration: &Iteration<'_>) -> Result<Self, UnfitValue> {
        let mut request = self.clone();
        let Some(varying) = request.varying.take() else { return Ok(request) };
        let mut text = Vec::new();
        if let Some(path) = &varying.path {
            path.render(iteration, &mut text)?;
            request.uri = Uri::try_from(text.as_slice()).map_err(|_| UnfitValue)?;
        }
        for (name, value) in &varying.headers {
            text.clear();
            value.render(iteration, &mut text)?;
            let value = std::str::from_utf8(&text).map_err(|_| UnfitValue)?;
            let value = HeaderValue::from_str(value).map_err(|_| UnfitValue)?;
            request.headers.insert(name, value);
        }
        if let Some(body) = &varying.body {
            let mut text = Vec::new();
            body.render(iteration, &mut text)?;
            request.body = text.into();
        }
        Ok(request)
    }

    /// One message to send; the body is shared, not copied.
    pub(super) fn message(&self) -> http::Request<Bytes> {
        let mut message = http::Request::new(self.body.clone());
        *message.method_mut() = self.method.clone();
        *message.uri_mut() = self.uri.clone();
        *message.headers_mut() = self.headers.clone();
        message
    }

    /// Tells the target when the connection is not kept, as HTTP/1.1 does.
    fn telling(mut self, http: HttpSettings) -> Self {
        if !http.keep_alive {
            self.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        self
    }

    /// Whether sending it twice has the effect of sending it once (RFC 9110 §9.2.2).
    pub(super) fn is_idempotent(&self) -> bool {
        self.method.is_idempotent()
    }

    /// Whether it tells the target that no other request follows on its connection.
    pub(super) fn closes(&self) -> bool {
        self.headers
            .get(CONNECTION)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
    }

    /// Whether the body of the answer is read as JSON.
    pub(super) fn parses_answer(&self) -> bool {
        !self.expect.json.is_empty()
            || self.artifacts.is_some()
            || self.captures.iter().any(|one| matches!(one.from, CaptureFrom::Json(_)))
    }

    /// Whether the body of the answer must be kept in order to judge it.
    pub(super) fn keeps_answer(&self) -> bool {
        self.parses_answer() || !self.expect.contains.is_empty() || self.captures_text()
    }

    /// Whether anything of the answer's body is judged.
    pub(super) fn looks_into_body(&self) -> bool {
        self.expect.looks_into_body() || self.keeps_answer()
    }

    /// Whether any header of the answer is judged, taken or followed.
    pub(super) fn looks_into_head(&self) -> bool {
        !self.expect.headers.is_empty()
            || self.captures.iter().any(|one| matches!(one.from, CaptureFrom::Header(_)))
            || self.redirects > 0
            || self.retry.is_some()
            || self.gzip
            || self.looks_into_body()
    }

    fn captures_text(&self) -> bool {
        self.captures.iter().any(|one| matches!(one.from, CaptureFrom::Regex(_)))
    }

    /// Whether a header of its own asks for an encoding.
    pub(super) fn asks_for_encoding(&self) -> bool {
        self.headers.contains_key(ACCEPT_ENCODING)
    }
}

/// Makes all requests of a plan ready, or says which one cannot be.
pub(super) fn prepare(plan: &LoadPlan) -> Result<Vec<PreparedRequest>, LoadError> {
    if plan.phases.is_empty() {
        return Err(LoadError::Empty("phases"));
    }
    if plan.requests.is_empty() {
        return Err(LoadError::Empty("requests"));
    }
    let is_there = |flow: &Flow| !flow.steps.is_empty() && flow.steps.end <= plan.requests.len();
    if !plan.flows.iter().all(is_there) {
        return Err(LoadError::Empty("steps in one of its flows"));
    }
    let sum = picker::block_length(&plan.weights());
    if sum > MOST_WEIGHT {
        return Err(LoadError::Weights { sum });
    }
    let prepare = |request| {
        let prepared = prepare_one(request, plan.scheme(), &plan.host_header);
        prepared.map(|request| request.telling(plan.http))
    };
    let mut requests: Vec<_> = plan.requests.iter().map(prepare).collect::<Result<_, _>>()?;
    for step in
        plan.flows.iter().flat_map(|flow| flow.steps.start..flow.steps.end.saturating_sub(1))
    {
        requests[step].next_step = Some(plan.requests[step].think_time.unwrap_or(NO_THOUGHT));
    }
    Ok(requests)
}

/// A duration that can be added to an instant.
pub(super) fn within_reach(duration: Duration) -> Duration {
    duration.min(LONGEST)
}

fn prepare_one(
    request: &Request,
    scheme: &'static str,
    host: &str,
) -> Result<PreparedRequest, LoadError> {
    let invalid = |what, value: &str| LoadError::NotHttp {
        request: request.name.clone(),
        what,
        value: value.to_owned(),
    };
    let method = Method::from_bytes(request.method.as_bytes())
        .map_err(|_| invalid("method", &request.method))?;
    // One that varies is checked when it is put together.
    let path = if request.varying.path.is_some() { "/" } else { request.path.as_str() };
    let uri: Uri = path.parse().map_err(|_| invalid("path", path))?;
    if !path.starts_with('/') {
        return Err(invalid("path", path));
    }
    let mut headers = HeaderMap::with_capacity(request.headers.len() + 2);
    let varies = |name: &str| request.varying.headers.iter().any(|(other, _)| other == name);
    for (name, value) in request.headers.iter().filter(|(name, _)| !varies(name)) {
        let key: HeaderName = name.parse().map_err(|_| invalid("header name", name))?;
        if key == CONTENT_LENGTH || key == TRANSFER_ENCODING {
            return Err(LoadError::FramingHeader {
                request: request.name.clone(),
                header: name.clone(),
            });
        }
        headers.append(key, value.parse().map_err(|_| invalid("the value of header", name))?);
    }
    if !headers.contains_key(HOST) {
        headers.insert(HOST, host.parse().map_err(|_| invalid("host", host))?);
    }
    if !headers.contains_key(USER_AGENT) {
        let agent = concat!("slogate/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    }
    if request.gzip {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(PreparedRequest {
        scheme,
        gzip: request.gzip,
        redirects: request.redirects,
        retry: request.retry.clone().map(Arc::new),
        method,
        uri,
        headers,
        body: request.body.clone(),
        varying: varying_parts(&request.varying).map_err(|name| invalid("header name", name))?,
        timeout: within_reach(request.timeout),
        part_timeouts: request.part_timeouts,
        expect: Arc::new(request.expect.clone()),
        artifacts: request.artifacts.clone(),
        captures: request.captures.clone().into(),
        next_step: None,
    })
}

/// `None` where nothing varies; the name of a header that is none as the error.
fn varying_parts(varying: &Varying) -> Result<Option<Arc<VaryingParts>>, &str> {
    if varying.is_empty() {
        return Ok(None);
    }
    let mut headers = Vec::new();
    for (name, value) in &varying.headers {
        headers.push((name.parse().map_err(|_| name.as_str())?, value.clone()));
    }
    let (path, body) = (varying.path.clone(), varying.body.clone());
    Ok(Some(Arc::new(VaryingParts { path, headers, body })))
}

/// A request to the host `h`, made ready.
#[cfg(test)]
pub(super) fn prepared(request: &Request) -> PreparedRequest {
    prepare_one(request, "http", "h").unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Stop;

    fn request() -> Request {
        Request {
            method: "POST".into(),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: Bytes::from_static(b"{}"),
            timeout: Duration::from_secs(1),
            ..Request::get("csv", "/export/run?x=1")
        }
    }

    #[test]
    fn a_plan_that_does_not_say_has_a_thousand_slots_and_drains_for_half_a_minute() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let plan = LoadPlan::new(Vec::new(), Vec::new(), address, "h".into());
        assert_eq!((plan.max_in_flight, plan.drain), (1000, Duration::from_secs(30)));
    }

    #[test]
    fn a_load_gets_the_threads_it_asks_for_and_leaves_cores_to_the_target() {
        let phase = |load| Phase { name: "p".into(), group: None, load, measured: true };
        let rate = |rate| vec![phase(PhaseLoad::open(1.0, rate, Duration::from_secs(1)))];
        let users = |users| vec![phase(PhaseLoad::closed(users, Stop::Iterations(1)))];
        for (phases, cores, threads) in [
            (rate(10_000.0), 64, 1),
            (rate(10_001.0), 64, 2),
            (rate(80_000.0), 64, 8),
            (rate(80_000.0), 8, 4),
            (rate(80_000.0), 2, 2),
            (rate(80_000.0), 1, 1),
            (users(50), 8, 1),
            (users(10_000), 8, 4),
        ] {
            assert_eq!(default_threads(&phases, cores), threads, "{phases:?} on {cores}");
        }
    }

    #[test]
    fn a_message_has_host_and_agent_and_shares_its_body() {
        let given = request();
        let prepared = prepare_one(&given, "http", "localhost:80").unwrap();
        let message = prepared.message();
        assert_eq!(message.headers()[HOST], "localhost:80");
        assert!(message.headers()[USER_AGENT].to_str().unwrap().starts_with("slogate/"));
        assert_eq!(prepared.body.as_ptr(), given.body.as_ptr());
        assert_eq!(message.uri().to_string(), "/export/run?x=1");
    }

    #[test]
    fn weights_that_would_fill_the_memory_are_refused() {
        let weighing = |weight| Request { weight, ..request() };
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let phase = Phase {
            name: "p".into(),
            group: None,
            load: PhaseLoad::open(1.0, 1.0, Duration::MAX),
            measured: true,
        };
        let plan = |requests| LoadPlan::new(vec![phase.clone()], requests, address, "h".into());
        let refused = prepare(&plan(vec![weighing(u32::MAX), weighing(u32::MAX - 1)]));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, LoadError::Weights { .. }));
        assert_eq!(refused.code(), codes::UNSENDABLE_LOAD);
        assert!(prepare(&plan(vec![weighing(u32::MAX), weighing(u32::MAX)])).is_ok());
    }

    #[test]
    fn headers_of_the_scenario_win_over_ours() {
        let mut given = request();
        given.headers.push(("host".into(), "other".into()));
        assert_eq!(prepare_one(&given, "http", "ours").unwrap().headers[HOST], "other");
    }

    #[test]
    fn what_is_not_http_is_refused_by_name() {
        let mut wrong = request();
        wrong.method = "GE T".into();
        assert!(
            prepare_one(&wrong, "http", "h").unwrap_err().to_string().contains("method `GE T`")
        );
        let mut wrong = request();
        wrong.headers.push(("x".into(), "a\nb".into()));
        assert!(matches!(prepare_one(&wrong, "http", "h"), Err(LoadError::NotHttp { .. })));
        let mut wrong = request();
        wrong.headers.push(("Content-Length".into(), "5".into()));
        assert!(matches!(prepare_one(&wrong, "http", "h"), Err(LoadError::FramingHeader { .. })));
    }

    #[test]
    fn what_the_system_refuses_and_what_is_lost_are_told_apart() {
        let refused = LoadError::Start(std::io::ErrorKind::OutOfMemory.into());
        assert_eq!(refused.code(), codes::LOAD_THREAD);
        assert_eq!(LoadError::ThreadLost.code(), codes::LOAD_LOST);
    }
}
