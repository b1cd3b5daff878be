//! What a load run measured, in numbers only: no judgement, no I/O.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::parts::TimeInParts;
use crate::histogram::LatencyHistogram;
use crate::scenario::PhaseLoad;

/// Everything the generator measured over one scenario.
#[derive(Clone, Debug)]
pub struct LoadResult {
    /// One per phase, in order; phases that were not reached are absent.
    pub phases: Vec<PhaseResult>,
    /// The generator about itself.
    pub generator: GeneratorReport,
    /// Why it ended before its time, if it did.
    pub stopped_early: Option<StopReason>,
}

impl LoadResult {
    /// The phases that verdicts are about, in order.
    pub fn measured_phases(&self) -> impl Iterator<Item = &PhaseResult> {
        self.phases.iter().filter(|phase| phase.measured)
    }

    /// What was measured of each request in each of those phases.
    pub fn measured_requests(&self) -> impl Iterator<Item = &RequestResult> {
        self.measured_phases().flat_map(|phase| &phase.requests)
    }

    /// Complete answers that came in those phases, as expected or not.
    pub fn measured_answers(&self) -> u64 {
        self.measured_requests().map(|request| request.responses).sum()
    }
}

/// Why a run ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody asked for it by a signal.
    Cancelled,
    /// An objective with `abort` was missed for too long.
    Aborted {
        /// Its id.
        objective: String,
        /// For how long without interruption.
        missed_for: Duration,
        /// What it was when it ended the load.
        measured: String,
        /// Whether waiting for a CPU explained it then. What came of it is in the verdict,
        /// so that no saved run keeps it.
        waiting_explains: bool,
    },
    /// None of the first requests got a complete response.
    NoResponse {
        /// The last error, in words.
        last_error: String,
    },
}

/// One phase.
#[derive(Clone, Debug)]
pub struct PhaseResult {
    /// The phase's name.
    pub name: String,
    /// Whether it counts for verdicts.
    pub measured: bool,
    /// How requests arrived.
    pub model: LoadModel,
    /// When its first request was meant to start, milliseconds since the epoch.
    pub first_intended_ms: i64,
    /// When its last response (or failure) was complete, milliseconds since the epoch.
    pub last_response_ms: i64,
    /// From the first intended start to the last response, exactly.
    pub span: Duration,
    /// How long each part of its exchanges took.
    pub parts: TimeInParts,
    /// One per request of the scenario, in its order.
    pub requests: Vec<RequestResult>,
}

/// How requests arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoadModel {
    /// Arrivals did not wait for answers.
    Open,
    /// Each user waited for its answer.
    Closed,
}

impl From<&PhaseLoad> for LoadModel {
    fn from(load: &PhaseLoad) -> Self {
        match load {
            PhaseLoad::Open { .. } => Self::Open,
            PhaseLoad::Closed { .. } => Self::Closed,
        }
    }
}

/// One kind of request in one phase.
#[derive(Clone, Debug, Default)]
pub struct RequestResult {
    /// The request's name.
    pub name: String,
    /// Requests that were meant to be sent.
    pub intended: u64,
    /// Requests that were sent: `intended - dropped`.
    pub sent: u64,
    /// Responses that were as expected.
    pub succeeded: u64,
    /// Complete responses, whatever their status.
    pub responses: u64,
    /// Requests that failed in any way, dropped ones included.
    pub failed: u64,
    /// Requests that waited for a slot before they were sent.
    pub late: u64,
    /// Requests that were never sent.
    pub dropped: u64,
    /// Requests sent again on a fresh connection.
    pub retried: u64,
    /// Redirects that were followed.
    pub redirects: u64,
    /// Attempts that repeated a failed one, as `retry` says: so many failures do not show.
    pub repeats: u64,
    /// Requests that needed such an attempt.
    pub repeated: u64,
    /// Requests in flight when the load was stopped early: sent, without an outcome.
    /// Always `sent + dropped = intended = succeeded + failed + abandoned`.
    pub abandoned: u64,
    /// Failures by kind: `status 500`, `connect`, `tls`, `timeout`, `reset`, …
    pub failures: BTreeMap<FailureKind, u64>,
    /// Bytes of request bodies sent.
    pub bytes_sent: u64,
    /// Bytes of the bodies of complete responses.
    pub bytes_received: u64,
    /// Latency from the intended start, of responses as expected.
    pub latency_ok: LatencyHistogram,
    /// Latency from the intended start, of requests that were sent and failed.
    pub latency_failed: LatencyHistogram,
    /// Time from the actual send, of responses as expected.
    pub service_ok: LatencyHistogram,
    /// Time from the actual send, of requests that were sent and failed.
    pub service_failed: LatencyHistogram,
    /// Wait for the generator while a slot was free, of every sent request of an open
    /// phase; a closed phase has no schedule to lag behind.
    pub lag: LatencyHistogram,
    /// Up to a handful of responses that point to files: see `Request::artifacts`.
    pub artifact_urls: Vec<String>,
    /// What the first response with [`FailureKind::Expectation`] lacked, for people: the
    /// expectation, never a value of the response.
    pub unmet: Option<String>,
}

/// How a request failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// A complete response with a status that was not expected.
    Status(u16),
    /// A complete response whose body or headers were not as expected.
    Expectation,
    /// A complete response whose body cannot be looked at: in an encoding that was not
    /// asked for, or not what it says it is.
    Encoding,
    /// A redirect to another origin, which is not what is judged.
    Elsewhere,
    /// More redirects than were to be followed.
    Redirects,
    /// No connection: refused, unreachable, or the connection time-out.
    Connect,
    /// No agreement on TLS: a certificate that is not trusted, a name, an alert, at the
    /// beginning of a connection or later.
    Tls,
    /// Not complete within the request's time-out.
    Timeout,
    /// The connection ended before the response was complete.
    Closed,
    /// The target reset the connection (TCP), or the stream of the request (HTTP/2).
    Reset,
    /// What came was not HTTP.
    Protocol,
    /// More came than the response has by its own head: a wrong `Content-Length`, a body
    /// where there is none, or something behind the last chunk.
    Excess,
    /// Never sent, because no slot was free in time.
    Dropped,
    /// A value for a later step was not in a complete response that was as expected
    /// otherwise; or a value could not be put into a request, which was never sent.
    Capture,
}

impl FailureKind {
    /// Whether waiting alone can cause it: too late, or one too many. A connection that was
    /// refused or ended, and an answer that is wrong, are something else.
    pub fn is_waiting(&self) -> bool {
        match self {
            Self::Timeout | Self::Dropped => true,
            // Request Timeout, Too Many Requests, Service Unavailable, Gateway Timeout.
            Self::Status(status) => matches!(status, 408 | 429 | 503 | 504),
            Self::Expectation
            | Self::Encoding
            | Self::Elsewhere
            | Self::Redirects
            | Self::Connect
            | Self::Tls
            | Self::Closed
            | Self::Reset
            | Self::Protocol
            | Self::Excess
            | Self::Capture => false,
        }
    }
}

/// The word that reports use: `status 500`, `timeout`.
impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status(status) => return write!(f, "status {status}"),
            Self::Expectation => "expectation",
            Self::Encoding => "encoding",
            Self::Elsewhere => "redirected elsewhere",
            Self::Redirects => "too many redirects",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Protocol => "protocol",
            Self::Excess => "excess bytes",
            Self::Dropped => "dropped",
            Self::Capture => "capture",
        })
    }
}

/// A word that is no kind of failure.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no kind of failure")]
pub struct UnknownFailure(String);

impl FromStr for FailureKind {
    type Err = UnknownFailure;

    fn from_str(word: &str) -> Result<Self, UnknownFailure> {
        let plain = [
            Self::Expectation,
            Self::Encoding,
            Self::Elsewhere,
            Self::Redirects,
            Self::Connect,
            Self::Tls,
            Self::Timeout,
            Self::Closed,
            Self::Reset,
            Self::Protocol,
            Self::Excess,
            Self::Dropped,
            Self::Capture,
        ];
        let status = || word.strip_prefix("status ")?.parse().ok().map(Self::Status);
        plain
            .into_iter()
            .find(|kind| kind.to_string() == word)
            .or_else(status)
            .ok_or_else(|| UnknownFailure(word.to_owned()))
    }
}

/// The generator about itself.
#[derive(Clone, Debug, Default)]
pub struct GeneratorReport {
    /// Threads that sent requests.
    pub threads: usize,
    /// CPU seconds that the process used during the load.
    pub cpu_seconds: f64,
    /// Wall seconds of the load.
    pub wall_seconds: f64,
    /// The limit on open files in force.
    pub open_file_limit: u64,
    /// Most requests at once; with several threads the sum of each one's most.
    pub peak_in_flight: u64,
    /// Connections opened.
    pub connections_opened: u64,
    /// Requests that needed no new connection; unknown in runs of before it was counted.
    pub requests_on_open_connections: Option<u64>,
    /// Connections on which bytes came while no request was on its way: whose they are
    /// cannot be known. Unknown in runs of before it was counted.
    pub unasked_connections: Option<u64>,
    /// Responses without a length whose end was the end of a plain connection: whether they
    /// were whole cannot be known. Unknown in runs of before it was counted.
    pub responses_ended_by_close: Option<u64>,
    /// Most files, sockets included, that the process had open where a part of the load
    /// ended; `None` where the system does not tell.
    pub open_files: Option<u64>,
    /// Requests of measured phases that were not dispatched in time because of the
    /// generator: arrivals of open phases that it took up (sent or queued for a slot)
    /// more than a second after their intended start or after the end of their phase's
    /// schedule, and requests of any phase for which this machine had no file
    /// descriptor or local port left.
    pub missed_by_generator: u64,
}
