//! The times of requests as a table for spreadsheets and scripts: RFC 4180, one row a
//! scenario, phase, request and outcome.

use super::cells::model_name;
use crate::archive::{Measured, MeasuredWord, RequestRecord, RunRecord, ScenarioRecord, Times};

/// Columns before the times. Columns are added at the end of a row, for readers that count them.
const NAMES: [&str; 10] = [
    "scenario", "phase", "measured", "request", "model", "outcome", "count", "sent", "late",
    "dropped",
];
/// Columns of times from the intended start, in seconds.
const TIMES: [&str; 7] = [
    "latency_p50_seconds",
    "latency_p90_seconds",
    "latency_p95_seconds",
    "latency_p99_seconds",
    "latency_p999_seconds",
    "latency_max_seconds",
    "latency_mean_seconds",
];

/// Columns behind the times: what was sent beyond one message a request.
const AGAIN: [&str; 4] = ["retried", "redirects", "repeats", "repeated"];

/// The record's requests as CSV.
pub fn csv(record: &RunRecord) -> Result<Vec<u8>, ::csv::Error> {
    let mut table =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    table.write_record(NAMES.iter().chain(&TIMES).chain(&AGAIN))?;
    for scenario in &record.scenarios {
        for request in &scenario.requests {
            for row in rows(scenario, request) {
                table.write_record(row)?;
            }
        }
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// All requests, then those with each outcome. In the first row one that failed ranks above
/// all others; only there does it make sense to ask what was sent at all.
fn rows(scenario: &ScenarioRecord, request: &RequestRecord) -> [Vec<String>; 3] {
    let row = |outcome: &str, count: u64, totals: Totals, times: &Times| {
        let planned = scenario.phases.iter().find(|phase| phase.name == request.phase);
        let is_measured = planned.is_some_and(|phase| phase.measured);
        let names = [
            scenario.name.clone(),
            request.phase.clone(),
            is_measured.to_string(),
            request.name.clone(),
            model_name(request.model).to_owned(),
            outcome.to_owned(),
            count.to_string(),
        ];
        names.into_iter().chain(totals.sent).chain(seconds(times)).chain(totals.again).collect()
    };
    [
        row("all", request.count, Totals::of(request), &request.latency_seconds),
        row("ok", request.succeeded, Totals::default(), &request.latency_ok_seconds),
        row("failed", request.failed, Totals::default(), &request.latency_failed_seconds),
    ]
}

/// What is counted over all outcomes; nothing for one of them.
#[derive(Default)]
struct Totals {
    sent: [String; 3],
    again: [String; 4],
}

impl Totals {
    fn of(request: &RequestRecord) -> Self {
        let RequestRecord { retried, redirects, repeats, repeated, .. } = *request;
        Self {
            sent: [request.sent, request.late, request.dropped].map(|count| count.to_string()),
            again: [retried, redirects, repeats, repeated].map(|count| count.to_string()),
        }
    }
}

fn seconds(times: &Times) -> [String; 7] {
    let Times { p50, p90, p95, p99, p999, max, mean } = *times;
    [p50, p90, p95, p99, p999, max, mean].map(number)
}

/// A number that every reader of numbers reads; nothing where there are no samples.
fn number(measured: Option<Measured>) -> String {
    match measured {
        None
        // No time of a request is one of these.
        | Some(Measured::Word(
            MeasuredWord::Fired
            | MeasuredWord::StayedQuiet
            | MeasuredWord::PendingAtEnd
            | MeasuredWord::CouldNotHaveFired,
        )) => String::new(),
        Some(Measured::Number(value)) => value.to_string(),
        Some(Measured::Word(MeasuredWord::NotANumber)) => "NaN".into(),
        Some(Measured::Word(MeasuredWord::NegativeInfinity)) => "-Inf".into(),
        Some(Measured::Word(MeasuredWord::Unbounded | MeasuredWord::PositiveInfinity)) => {
            "+Inf".into()
        }
    }
}
