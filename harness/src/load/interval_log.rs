//! Histograms as an HdrHistogram V2 interval log, the format that other tools read.
//!
//! One line for each phase, request and outcome, tagged `phase=…;request=…;outcome=…`;
//! that is the latency from the intended start. The other times carry a fourth key,
//! `time=service_time` or `time=lag` (lag has no outcome: `outcome=all`), so that a
//! saved run can be judged again. Samples longer than the histograms' bound have no
//! place in the format; where there are any, their number is a key `over_bound=…`.
//!
//! Requests that were dropped have no time and are not here: the counts of a run
//! are kept elsewhere.

use std::io::{self, Write};
use std::str::Utf8Error;
use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::interval_log::{
    IntervalLogHistogram, IntervalLogIterator, IntervalLogWriterBuilder, IntervalLogWriterError,
    LogEntry, Tag,
};
use hdrhistogram::serialization::{DeserializeError, Deserializer, V2DeflateSerializer};
use thiserror::Error;

use super::outcome::{LoadResult, PhaseResult, RequestResult};
use crate::histogram::LatencyHistogram;
use crate::scenario::{Outcome, TimeKind};

/// The `max` column is for people: nanoseconds become milliseconds.
const NANOS_PER_MILLI: f64 = 1e6;

/// One histogram of a log.
#[derive(Clone, Debug)]
pub struct LoggedHistogram {
    /// The phase's name.
    pub phase: String,
    /// The request's name.
    pub request: String,
    /// How the requests ended; `None` for all of them (lag).
    pub outcome: Option<Outcome>,
    /// Which of the requests' times.
    pub time: TimeKind,
    /// When the phase's first request was meant to start, milliseconds since the epoch.
    pub start_ms: i64,
    /// From there to the phase's last response.
    pub duration: Duration,
    /// The times.
    pub histogram: LatencyHistogram,
}

/// Why a log cannot be written or read.
#[derive(Debug, Error)]
pub enum IntervalLogError {
    /// The disk, or whatever is behind the writer.
    #[error("could not write the interval log: {0}")]
    Write(#[from] io::Error),
    /// A histogram that the format cannot hold.
    #[error("could not encode the histogram `{tag}`: {reason}")]
    Encode {
        /// Its tag.
        tag: String,
        /// In words.
        reason: String,
    },
    /// A name with a comma, a space, `;` or `=` in it.
    #[error("`{0}` cannot be a tag of an interval log; names are made of A-Z a-z 0-9 _ . and -")]
    Name(String),
    /// A line that is none of a log's.
    #[error("line {line} of the interval log is neither a comment nor a histogram")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// A tag that is not one of ours.
    #[error("tag `{0}` of the interval log is not `phase=…;request=…;outcome=…`")]
    Tag(String),
    /// A histogram that is damaged.
    #[error("histogram `{tag}` of the interval log is damaged: {reason}")]
    Damaged {
        /// Its tag.
        tag: String,
        /// In words.
        reason: String,
    },
    /// A log that is not text.
    #[error("the interval log is not text: {0}")]
    NotText(#[from] Utf8Error),
}

/// Writes all histograms that hold anything.
pub fn write_interval_log(
    result: &LoadResult,
    out: &mut impl Write,
) -> Result<(), IntervalLogError> {
    let mut serializer = V2DeflateSerializer::new();
    let start = result.phases.first().map_or(Duration::ZERO, since_epoch);
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment("[values in nanoseconds, Interval_Max in milliseconds]")
        .with_start_time(UNIX_EPOCH + start)
        .with_max_value_divisor(NANOS_PER_MILLI)
        .begin_log_with(out, &mut serializer)?;
    for phase in &result.phases {
        for (tag, histogram) in phase.requests.iter().flat_map(|of| tagged(phase, of)) {
            if histogram.count() == 0 {
                continue;
            }
            let whole = histogram.recorded_or_empty();
            let name = checked_tag(&tag)?;
            log.write_histogram(&whole, since_epoch(phase), phase.span, Some(name)).map_err(
                |error| match error {
                    IntervalLogWriterError::IoError(error) => IntervalLogError::Write(error),
                    IntervalLogWriterError::SerializeError(error) => {
                        IntervalLogError::Encode { tag: tag.clone(), reason: error.to_string() }
                    }
                },
            )?;
        }
    }
    Ok(())
}

/// Reads a log that [`write_interval_log`] has written.
pub fn read_interval_log(log: &[u8]) -> Result<Vec<LoggedHistogram>, IntervalLogError> {
    let text = std::str::from_utf8(log)?;
    let mut deserializer = Deserializer::new();
    let mut histograms = Vec::new();
    // Line by line, so that an error can name its line.
    for (at, line) in text.lines().enumerate() {
        let line_with_end = format!("{line}\n");
        for entry in IntervalLogIterator::new(line_with_end.as_bytes()) {
            match entry.map_err(|_| IntervalLogError::Line { line: at + 1 })? {
                LogEntry::Interval(interval) => {
                    histograms.push(read_histogram(&interval, &mut deserializer)?);
                }
                LogEntry::StartTime(_) | LogEntry::BaseTime(_) => {}
            }
        }
    }
    Ok(histograms)
}

/// The histograms of one request, with their tags.
fn tagged<'a>(
    phase: &PhaseResult,
    request: &'a RequestResult,
) -> [(String, &'a LatencyHistogram); 5] {
    let all = [
        ("ok", "", &request.latency_ok),
        ("failed", "", &request.latency_failed),
        ("ok", ";time=service_time", &request.service_ok),
        ("failed", ";time=service_time", &request.service_failed),
        ("all", ";time=lag", &request.lag),
    ];
    all.map(|(outcome, time, histogram)| {
        let over_bound = match histogram.over_bound() {
            0 => String::new(),
            count => format!(";over_bound={count}"),
        };
        let (phase, request) = (&phase.name, &request.name);
        let tag = format!("phase={phase};request={request};outcome={outcome}{time}{over_bound}");
        (tag, histogram)
    })
}

/// A name with a separator in it would be read back as something else.
fn checked_tag(tag: &str) -> Result<Tag<'_>, IntervalLogError> {
    let is_plain = tag.split(';').all(|pair| pair.matches('=').count() == 1);
    is_plain.then(|| Tag::new(tag)).flatten().ok_or_else(|| IntervalLogError::Name(tag.to_owned()))
}

fn since_epoch(phase: &PhaseResult) -> Duration {
    Duration::from_millis(u64::try_from(phase.first_intended_ms).unwrap_or(0))
}

fn read_histogram(
    interval: &IntervalLogHistogram<'_>,
    deserializer: &mut Deserializer,
) -> Result<LoggedHistogram, IntervalLogError> {
    let tag = interval.tag().map_or("", |tag| tag.as_str());
    let damaged = |reason: String| IntervalLogError::Damaged { tag: tag.to_owned(), reason };
    let encoded = BASE64_STANDARD
        .decode(interval.encoded_histogram())
        .map_err(|error| damaged(error.to_string()))?;
    let recorded: Histogram<u64> = deserializer
        .deserialize(&mut encoded.as_slice())
        .map_err(|error: DeserializeError| damaged(error.to_string()))?;
    let fields = TagFields::read(tag).ok_or_else(|| IntervalLogError::Tag(tag.to_owned()))?;
    let start_ms = i64::try_from(interval.start_timestamp().as_millis()).unwrap_or(i64::MAX);
    Ok(LoggedHistogram {
        phase: fields.phase.to_owned(),
        request: fields.request.to_owned(),
        outcome: fields.outcome,
        time: fields.time,
        start_ms,
        duration: interval.duration(),
        histogram: LatencyHistogram::from_recorded(&recorded, fields.over_bound),
    })
}

/// What a tag says.
struct TagFields<'a> {
    phase: &'a str,
    request: &'a str,
    outcome: Option<Outcome>,
    time: TimeKind,
    over_bound: u64,
}

impl<'a> TagFields<'a> {
    fn read(tag: &'a str) -> Option<Self> {
        let value = |wanted: &str| {
            let mut pairs = tag.split(';').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == wanted).map(|(_, value)| value)
        };
        Some(Self {
            phase: value("phase")?,
            request: value("request")?,
            outcome: match value("outcome")? {
                "ok" => Some(Outcome::Ok),
                "failed" => Some(Outcome::Failed),
                "all" => None,
                _ => return None,
            },
            time: match value("time") {
                None => TimeKind::Latency,
                Some("service_time") => TimeKind::ServiceTime,
                Some("lag") => TimeKind::Lag,
                Some(_) => return None,
            },
            over_bound: value("over_bound").map_or(Some(0), |count| count.parse().ok())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::Ranked;
    use crate::load::{GeneratorReport, LoadModel, TimeInParts};

    fn of(millis: impl IntoIterator<Item = u64>) -> LatencyHistogram {
        let mut histogram = LatencyHistogram::new();
        millis.into_iter().for_each(|millis| histogram.record(Duration::from_millis(millis)));
        histogram
    }

    fn result(phase: &str) -> LoadResult {
        let request = RequestResult {
            name: "csv".into(),
            latency_ok: of(1..=1000),
            latency_failed: of([3, 700_000]),
            service_ok: of(1..=500),
            lag: of([1]),
            ..RequestResult::default()
        };
        let phase = PhaseResult {
            name: phase.into(),
            measured: true,
            model: LoadModel::Open,
            first_intended_ms: 1_700_000_000_123,
            last_response_ms: 1_700_000_020_123,
            span: Duration::from_secs(20),
            parts: TimeInParts::default(),
            requests: vec![request],
        };
        LoadResult {
            phases: vec![phase],
            generator: GeneratorReport::default(),
            stopped_early: None,
        }
    }

    fn written(result: &LoadResult) -> Vec<u8> {
        let mut log = Vec::new();
        write_interval_log(result, &mut log).unwrap();
        log
    }

    #[test]
    fn what_is_written_is_read_back_exactly() {
        let original = result("steady");
        let read = read_interval_log(&written(&original)).unwrap();
        assert_eq!(read.len(), 4, "empty histograms are left out");
        let first = &read[0];
        assert_eq!((first.phase.as_str(), first.request.as_str()), ("steady", "csv"));
        assert_eq!((first.outcome, first.time), (Some(Outcome::Ok), TimeKind::Latency));
        assert_eq!((first.start_ms, first.duration), (1_700_000_000_123, Duration::from_secs(20)));
        let before = &original.phases[0].requests[0].latency_ok;
        for quantile in [0.0, 0.5, 0.9, 0.99, 1.0] {
            assert_eq!(first.histogram.rank(quantile, 0), before.rank(quantile, 0));
        }
        assert_eq!(first.histogram.mean(0), before.mean(0));
    }

    #[test]
    fn samples_over_the_bound_survive() {
        let read = read_interval_log(&written(&result("steady"))).unwrap();
        let failed = read.iter().find(|one| one.outcome == Some(Outcome::Failed)).unwrap();
        assert_eq!((failed.histogram.count(), failed.histogram.over_bound()), (2, 1));
        assert_eq!(failed.histogram.max(0), Ranked::Unbounded);
    }

    #[test]
    fn other_tools_find_the_tags_they_know() {
        let log = String::from_utf8(written(&result("steady"))).unwrap();
        assert!(log.starts_with("#[Histogram log format version"));
        assert!(log.contains("\nTag=phase=steady;request=csv;outcome=ok,1700000000.123,20.000,"));
        // Compressed V2, as the Java log writer encodes it.
        assert!(log.contains(",HISTFAAA"));
    }

    #[test]
    fn a_name_that_would_break_the_format_is_refused() {
        for name in ["a,b", "a b", "a;b", "a=b"] {
            let refused = write_interval_log(&result(name), &mut Vec::new());
            assert!(matches!(refused, Err(IntervalLogError::Name(_))), "{name}");
        }
    }

    #[test]
    fn damage_is_an_error_with_its_place() {
        let text = String::from_utf8(written(&result("steady"))).unwrap();
        let error = read_interval_log(format!("nonsense\n{text}").as_bytes()).unwrap_err();
        assert!(matches!(error, IntervalLogError::Line { line: 1 }), "{error}");
        let damaged = text.replacen("HISTFAAA", "AAAAFAAA", 1);
        let error = read_interval_log(damaged.as_bytes()).unwrap_err();
        assert!(matches!(error, IntervalLogError::Damaged { .. }), "{error}");
    }
}
