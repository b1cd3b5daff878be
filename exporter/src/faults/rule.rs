//! The grammar of fault rules: `KIND[:ARGUMENT...][,FILTER=VALUE...]`.
//!
//! Kinds are in [`KINDS`]. Filters are `format=csv|pdf` and
//! `size=small|medium|large` for kinds that hit exports, and for all kinds, on the
//! service's own clock, `from=DURATION` (default 0) and `for=DURATION` (default for
//! ever). What is not in this grammar is an error, never ignored.

use std::{collections::HashSet, str::FromStr, time::Duration};

use thiserror::Error;

use crate::{
    catalogue::{self, MetricKind},
    format::Format,
    metrics::Size,
    quantity::{parse_bytes, parse_duration},
};

/// Each kind as it is written, and what it does.
const KINDS: &[(&str, &str)] = &[
    ("latency:DURATION", "each export takes that much longer"),
    ("latency:SHORTEST:LONGEST", "each export takes longer, evenly spread between the two"),
    ("stall:EVERY:DURATION", "at each multiple of EVERY, exports stop for DURATION"),
    ("error:RATIO[:STATUS]", "that share of exports fails with STATUS (500 to 599, default 500)"),
    ("slow-body:DURATION", "the answer to each export takes that long"),
    ("truncated-body:RATIO", "the answer to that share of exports breaks off"),
    ("lost-bytes:RATIO", "that share of files is empty"),
    ("memory:SIZE", "each export holds that much more memory"),
    ("stuck-queue", "exports do not give their place back while the rule lasts"),
    ("exit:N", "the process ends at the N-th export"),
    ("missing-metric:NAME", "the family is not in the exposition"),
    ("stuck-gauge:NAME", "the gauge keeps the value of the first scrape"),
];

/// What `--help` says about rules.
pub(crate) fn help() -> String {
    let lines = KINDS.iter().map(|(usage, meaning)| format!("  {usage:26} {meaning}\n"));
    let kinds = lines.collect::<Vec<_>>().concat();
    format!(
        "Something to go wrong on purpose, repeatable: KIND[,FILTER=VALUE...]\n\n{kinds}\n\
         Filters: format=csv|pdf and size=small|medium|large choose exports;\n\
         from=DURATION and for=DURATION choose a time on the clock of the service."
    )
}

/// Why a text is not a fault rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultError {
    /// A kind that does not exist.
    #[error("unknown fault `{0}`; known are {known}", known = known_kinds())]
    UnknownKind(String),
    /// An argument that is missing, superfluous or wrong.
    #[error("`{rule}` is not a fault: {problem}; known are {known}", known = known_kinds())]
    WrongArgument {
        /// The rule as written.
        rule: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A filter that does not exist, has no such value, or does not fit the kind.
    #[error(
        "unknown filter `{0}` in a fault; known are format=csv|pdf and size=small|medium|large for kinds that hit exports, and from=DURATION and for=DURATION"
    )]
    UnknownFilter(String),
    /// A filter whose time is none, or that stands twice.
    #[error("the filter `{filter}` in a fault: {problem}")]
    WrongFilter {
        /// The filter as written.
        filter: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    text: String,
    kind: Kind,
    filter: Filter,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Exports take longer.
    Latency { shortest: Duration, longest: Duration },
    /// Exports stop now and then.
    Stall { every: Duration, duration: Duration },
    /// Exports fail.
    Error { ratio: f64, status: u16 },
    /// Answers come slowly.
    SlowBody(Duration),
    /// Answers break off.
    TruncatedBody(f64),
    /// Files are empty.
    LostBytes(f64),
    /// Exports hold more bytes.
    Memory(usize),
    /// Places are not given back.
    StuckQueue,
    /// The process ends at this export.
    Exit(u64),
    /// A family is not exposed.
    MissingMetric(&'static str),
    /// A gauge does not move.
    StuckGauge(&'static str),
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Filter {
    format: Option<Format>,
    size: Option<Size>,
    from: Duration,
    duration: Option<Duration>,
}

impl Fault {
    /// The rule as it was written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What goes wrong.
    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether the rule is in force at this time.
    pub(super) fn is_active(&self, clock: Duration) -> bool {
        clock >= self.filter.from && self.ends_at().is_none_or(|end| clock < end)
    }

    /// When the rule ends, if it does.
    pub(super) fn ends_at(&self) -> Option<Duration> {
        self.filter.duration.map(|duration| self.filter.from + duration)
    }

    /// Whether the rule is in force for an export at this time.
    pub(super) fn matches(&self, (format, size): (Format, Size), clock: Duration) -> bool {
        self.is_active(clock)
            && self.filter.format.is_none_or(|wanted| wanted == format)
            && self.filter.size.is_none_or(|wanted| wanted == size)
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(',');
        let kind = Kind::parse(text, parts.next().unwrap_or_default())?;
        let mut filter = Filter::default();
        let mut names = HashSet::new();
        for part in parts {
            if !names.insert(part.split('=').next()) {
                let problem = "it stands twice; keep one of them".to_owned();
                return Err(FaultError::WrongFilter { filter: part.to_owned(), problem });
            }
            filter.add(part, &kind)?;
        }
        Ok(Self { text: text.to_owned(), kind, filter })
    }
}

impl Kind {
    fn parse(rule: &str, text: &str) -> Result<Self, FaultError> {
        let arguments: Vec<&str> = text.split(':').collect();
        let name = arguments.first().copied().unwrap_or_default();
        let parsed = match arguments.as_slice() {
            ["latency", latency] => latency_between(latency, latency),
            ["latency", shortest, longest] => latency_between(shortest, longest),
            ["stall", every, duration] => stall(every, duration),
            ["error", share] => error(share, "500"),
            ["error", share, status] => error(share, status),
            ["slow-body", time] => duration(time).map(Self::SlowBody),
            ["truncated-body", share] => ratio(share).map(Self::TruncatedBody),
            ["lost-bytes", share] => ratio(share).map(Self::LostBytes),
            ["memory", size] => bytes(size).map(Self::Memory),
            ["stuck-queue"] => Ok(Self::StuckQueue),
            ["exit", count] => positive(count).map(Self::Exit),
            ["missing-metric", name] => metric(name, None).map(Self::MissingMetric),
            ["stuck-gauge", name] => metric(name, Some(MetricKind::Gauge)).map(Self::StuckGauge),
            _ if KINDS.iter().any(|(usage, _)| usage.split(':').next() == Some(name)) => {
                Err("it has the wrong number of arguments".to_owned())
            }
            _ => return Err(FaultError::UnknownKind(name.to_owned())),
        };
        parsed.map_err(|problem| FaultError::WrongArgument { rule: rule.to_owned(), problem })
    }

    /// Whether single exports suffer it, so that it can be filtered by them.
    fn hits_exports(&self) -> bool {
        !matches!(self, Self::MissingMetric(_) | Self::StuckGauge(_))
    }
}

impl Filter {
    fn add(&mut self, text: &str, kind: &Kind) -> Result<(), FaultError> {
        let unknown = || FaultError::UnknownFilter(text.to_owned());
        let wrong = |problem: String| FaultError::WrongFilter { filter: text.to_owned(), problem };
        let (name, value) = text.split_once('=').ok_or_else(unknown)?;
        match name {
            "format" if kind.hits_exports() => {
                self.format = Some(Format::from_label(value).ok_or_else(unknown)?);
            }
            "size" if kind.hits_exports() => {
                let sizes = [Size::Small, Size::Medium, Size::Large];
                let size = sizes.into_iter().find(|size| size.label() == value);
                self.size = Some(size.ok_or_else(unknown)?);
            }
            "from" => self.from = duration(value).map_err(wrong)?,
            "for" => self.duration = Some(duration(value).and_then(some_time).map_err(wrong)?),
            _ => return Err(unknown()),
        }
        Ok(())
    }
}

fn known_kinds() -> String {
    KINDS.iter().map(|(usage, _)| *usage).collect::<Vec<_>>().join(", ")
}

fn latency_between(shortest: &str, longest: &str) -> Result<Kind, String> {
    let (shortest, longest) = (duration(shortest)?, duration(longest)?);
    if shortest > longest {
        return Err("the shortest latency is longer than the longest".to_owned());
    }
    Ok(Kind::Latency { shortest, longest })
}

fn stall(every: &str, length: &str) -> Result<Kind, String> {
    let (every, length) = (duration(every)?, duration(length)?);
    if length >= every {
        return Err("a stall must be shorter than the time between stalls".to_owned());
    }
    Ok(Kind::Stall { every, duration: length })
}

fn error(share: &str, status: &str) -> Result<Kind, String> {
    let ratio = ratio(share)?;
    match status.parse() {
        Ok(status @ 500..=599) => Ok(Kind::Error { ratio, status }),
        _ => Err(format!("the status `{status}` is not one of 500 to 599")),
    }
}

fn ratio(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share <= 1.0 => Ok(share),
        _ => Err(format!("`{text}` is not a ratio above 0 and at most 1")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

fn some_time(duration: Duration) -> Result<Duration, String> {
    if duration.is_zero() { Err("no time is in it".to_owned()) } else { Ok(duration) }
}

fn bytes(text: &str) -> Result<usize, String> {
    let bytes = parse_bytes(text).map_err(|error| error.to_string())?;
    usize::try_from(bytes).map_err(|_| format!("`{text}` is more than a process can hold"))
}

fn positive(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("`{text}` is not a whole number of at least 1")),
    }
}

fn metric(name: &str, kind: Option<MetricKind>) -> Result<&'static str, String> {
    let fits = |metric: &&catalogue::Metric| kind.is_none_or(|kind| metric.kind == kind);
    let known = || catalogue::METRICS.iter().filter(fits).map(|metric| metric.name);
    known()
        .find(|known| *known == name)
        .ok_or_else(|| format!("`{name}` is not one of {}", known().collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_and_names_the_known_kinds() {
        for wrong in [
            "",
            "flood",
            "error",
            "error:2",
            "error:0.5:200",
            "error:0.5:500:1",
            "latency:5",
            "latency:2s:1s",
            "stall:1s:2s",
            "exit:0",
            "memory:lots",
            "missing-metric:nope",
            "stuck-gauge:export_requests_total",
        ] {
            let error = wrong.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains("latency:DURATION"), "{error}");
        }
    }

    #[test]
    fn a_filter_that_cannot_apply_is_an_error() {
        for wrong in [
            "error:1,color=red",
            "error:1,size=huge",
            "missing-metric:export_queue_depth,format=csv",
        ] {
            let error = wrong.parse::<Fault>().unwrap_err();
            assert!(matches!(error, FaultError::UnknownFilter(_)), "{error}");
        }
    }

    #[test]
    fn a_filter_without_a_time_or_twice_says_so() {
        for (wrong, problem) in [
            ("error:1,from=5", "`from=5`"),
            ("error:1,from=99999999999999999d", "`from=99999999999999999d`"),
            ("error:1,for=0s", "no time"),
            ("error:1,format=csv,format=pdf", "twice"),
        ] {
            let error = wrong.parse::<Fault>().unwrap_err().to_string();
            assert!(error.contains(problem) && !error.contains("unknown"), "{error}");
        }
    }

    #[test]
    fn each_kind_in_the_help_can_be_written() {
        for (usage, _) in KINDS {
            let rule = usage
                .replace("DURATION", "1s")
                .replace("SHORTEST", "1s")
                .replace("LONGEST", "2s")
                .replace("EVERY", "5s")
                .replace("RATIO", "0.5")
                .replace("[:STATUS]", ":503")
                .replace("SIZE", "1MB")
                .replace(":NAME", ":export_queue_depth")
                .replace(":N", ":3");
            assert!(rule.parse::<Fault>().is_ok(), "{rule}");
        }
    }
}
