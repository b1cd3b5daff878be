//! Reads what a service exposes at its metrics path: the Prometheus text format
//! and OpenMetrics text.
//!
//! A gate that judges numbers must not judge numbers that were misread, so the
//! parser is strict: what it does not understand is an error with its line and
//! column, never a line left out. A second, independent parser looks at every
//! sample as well (`crosscheck`).
//!
//! It does no I/O, keeps nothing between two expositions but what the text of a series
//! was read as ([`Reader`]), drops exemplars after checking them, and knows no protobuf.

#[cfg(test)]
mod against_fresh;
mod assembly;
mod braces;
pub mod codes;
mod content_type;
mod crosscheck;
mod error;
mod families;
mod foreign;
mod interner;
mod known;
mod line;
mod number;
mod openmetrics;
mod parse;
mod series;
mod statement;
mod text;

pub use content_type::{ContentTypeError, Format};
pub use error::ExpositionError;
pub use foreign::Foreign;
pub use number::format_bound;
pub use parse::{Reader, parse, parse_with};

use slogate_promql::Labels;

/// Everything that one exposition says.
#[derive(Clone, Debug, Default)]
pub struct Exposition {
    /// Every family, declared or not, in order of first mention.
    pub families: Vec<Family>,
    /// Every sample, in order.
    pub samples: Vec<ParsedSample>,
}

/// One metric family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name, without `_bucket`, `_sum` and the like where a type is declared.
    pub name: String,
    /// What it was declared to be.
    pub kind: FamilyKind,
    /// The `HELP` text, empty if there is none.
    pub help: String,
    /// The `UNIT`, empty if there is none (OpenMetrics only).
    pub unit: String,
}

/// What an exposition declares a metric family to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only goes up, but for restarts.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets, sum and count.
    Histogram,
    /// Buckets, sum and count that go up and down.
    GaugeHistogram,
    /// Quantiles, sum and count.
    Summary,
    /// Constant text in labels.
    Info,
    /// A set of booleans.
    StateSet,
    /// Not declared.
    Unknown,
}

/// One sample as it was exposed.
#[derive(Clone, Debug, PartialEq)]
pub struct ParsedSample {
    /// Its labels, the metric name among them; `le` and `quantile` as
    /// Prometheus 3 writes them.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
    /// Its own time, milliseconds since the epoch, if the exposition states one.
    pub timestamp_ms: Option<i64>,
}

/// Which names are names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameRules {
    /// Anything in UTF-8, quoted where it is not a plain name (Prometheus 3).
    #[default]
    Utf8,
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`, labels without the colon (Prometheus 2).
    Legacy,
}

/// How the last line of the text format must end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FinalNewline {
    /// With a line feed, as the format's specification says: without one, the
    /// last value may be cut short.
    #[default]
    Required,
    /// In any way, as the Prometheus server takes it.
    Optional,
}

/// Whether a second, independent parser looks at every sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecondOpinion {
    /// It does; a difference is an error.
    #[default]
    Asked,
    /// It does not: the text is one of slogate's own, whose samples were looked at when
    /// they were scraped. It would take most of the time that reading takes.
    Spared,
}

/// How strictly to read. The default is what a scrape uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseRules {
    /// Which names are names.
    pub names: NameRules,
    /// How the last line must end.
    pub final_newline: FinalNewline,
    /// Most samples; one more is an error. `None` for no limit.
    pub sample_limit: Option<usize>,
    /// Whether a second parser is asked.
    pub second_opinion: SecondOpinion,
}

impl FamilyKind {
    /// The word that OpenMetrics uses for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::GaugeHistogram => "gaugehistogram",
            Self::Summary => "summary",
            Self::Info => "info",
            Self::StateSet => "stateset",
            Self::Unknown => "unknown",
        }
    }

    /// What may follow a family's name in the names of its samples.
    pub fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Histogram => &["_bucket", "_sum", "_count", "_created"],
            Self::GaugeHistogram => &["_bucket", "_gsum", "_gcount", "_sum", "_count"],
            Self::Summary => &["_sum", "_count", "_created"],
            Self::Info => &["_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[],
        }
    }
}
