//! PromQL with Prometheus 3 semantics over in-memory series.
//!
//! The crate is pure: it does no I/O, reads no clock, and knows neither an async
//! runtime nor a command line. Series come in through [`SeriesSource`], time comes
//! in as an argument, and every construct that is not supported is an explicit
//! error that names it.
//!
//! Times are milliseconds since the Unix epoch, as in Prometheus itself.

mod annotation;
mod duration;
mod eval;
mod expression;
mod functions;
mod histogram;
mod labels;
pub mod lint;
mod matcher;
mod memory;
mod metric;
pub mod mutation;
mod number;
pub mod rules;
mod series;
mod template;
pub mod unit_test;
mod value;
mod yaml;

pub use annotation::{Annotation, AnnotationLevel};
pub use duration::{DurationError, format_duration_ms, parse_duration_ms};
pub use eval::{Annotated, EvalError, Options, instant, instant_annotated, range, range_annotated};
pub use expression::{
    Asks, Bounds, Copies, Dilution, Expression, LabelUse, ParseError, Peak, QuantileAbove,
    Recorded, RecordedTimes, SelectorInfo, Spread, Surrounded,
};
pub use histogram::{BoundedBucket, Buckets, Histogram, Layout, ResetHint};
pub use labels::{Labels, METRIC_NAME};
pub use matcher::{MatchOperator, Matcher, Selector, parse_selector};
pub use memory::MemorySeries;
pub use number::{format_api_number, format_number};
pub use series::{
    HistogramSample, STALE_NAN_BITS, Sample, SeriesRef, SeriesSource, is_stale, stale_marker,
};
pub use template::{Template, TemplateData, TemplateError};
pub use value::{Datum, Element, Series, Value, ValueType};
pub use yaml::Place;
