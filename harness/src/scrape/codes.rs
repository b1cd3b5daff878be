//! Codes of why metrics cannot be had from a page or an API, each with its text in `codes/`.

use crate::code::{Code, CodeGroup};

/// All of them.
pub const CODES: CodeGroup = CodeGroup {
    title: "Metrics that cannot be had",
    codes: &[
        SCRAPE_TIMEOUT,
        METRICS_UNREACHABLE,
        TLS_FAILED,
        BROKEN_ANSWER,
        METRICS_DENIED,
        METRICS_STATUS,
        METRICS_REDIRECT,
        OVERSIZED_ANSWER,
        EMPTY_EXPOSITION,
        ENCODED_ANSWER,
        PROTOBUF_EXPOSITION,
        NOT_AN_EXPOSITION,
        TYPE_CHANGED,
        DUPLICATE_SAMPLE,
        LATE_SAMPLE,
        RESERVED_SERIES,
        NOT_THE_API,
        API_REFUSED,
        API_WARNING,
        TOO_MUCH_SELECTED,
        NOTHING_SELECTED,
        SEVERAL_TARGETS,
        UNKNOWN_INTERVAL,
        NO_NEW_SAMPLE,
        THEIR_SCRAPE_FAILED,
        UNSETTLED_SAMPLES,
        CLOCK_MOVED,
    ],
};

/// No complete page of metrics in time.
pub const SCRAPE_TIMEOUT: Code =
    Code::new(&["scrape-timeout", include_str!("codes/scrape-timeout.md")]);
/// No connection to where the metrics are.
pub const METRICS_UNREACHABLE: Code =
    Code::new(&["metrics-unreachable", include_str!("codes/metrics-unreachable.md")]);
/// TLS with the metrics server failed.
pub const TLS_FAILED: Code = Code::new(&["tls-failed", include_str!("codes/tls-failed.md")]);
/// An answer that broke off or is not HTTP.
pub const BROKEN_ANSWER: Code =
    Code::new(&["broken-answer", include_str!("codes/broken-answer.md")]);
/// The metrics are not for whoever asks.
pub const METRICS_DENIED: Code =
    Code::new(&["metrics-denied", include_str!("codes/metrics-denied.md")]);
/// The metrics page answered something else than 200.
pub const METRICS_STATUS: Code =
    Code::new(&["metrics-status", include_str!("codes/metrics-status.md")]);
/// The metrics are elsewhere.
pub const METRICS_REDIRECT: Code =
    Code::new(&["metrics-redirect", include_str!("codes/metrics-redirect.md")]);
/// More bytes than allowed.
pub const OVERSIZED_ANSWER: Code =
    Code::new(&["oversized-answer", include_str!("codes/oversized-answer.md")]);
/// A page of metrics without samples.
pub const EMPTY_EXPOSITION: Code =
    Code::new(&["empty-exposition", include_str!("codes/empty-exposition.md")]);
/// A compressed answer that nobody asked for.
pub const ENCODED_ANSWER: Code =
    Code::new(&["encoded-answer", include_str!("codes/encoded-answer.md")]);
/// The binary format.
pub const PROTOBUF_EXPOSITION: Code =
    Code::new(&["protobuf-exposition", include_str!("codes/protobuf-exposition.md")]);
/// An answer of which nothing is metrics.
pub const NOT_AN_EXPOSITION: Code =
    Code::new(&["not-an-exposition", include_str!("codes/not-an-exposition.md")]);
/// A family that is suddenly something else.
pub const TYPE_CHANGED: Code = Code::new(&["type-changed", include_str!("codes/type-changed.md")]);
/// Two values for one series at one time.
pub const DUPLICATE_SAMPLE: Code =
    Code::new(&["duplicate-sample", include_str!("codes/duplicate-sample.md")]);
/// A sample whose own time lies before the last one.
pub const LATE_SAMPLE: Code = Code::new(&["late-sample", include_str!("codes/late-sample.md")]);
/// A series that only the scraper may write.
pub const RESERVED_SERIES: Code =
    Code::new(&["reserved-series", include_str!("codes/reserved-series.md")]);
/// An answer, and not one of the metrics API.
pub const NOT_THE_API: Code = Code::new(&["not-the-api", include_str!("codes/not-the-api.md")]);
/// An error of the metrics API itself.
pub const API_REFUSED: Code = Code::new(&["api-refused", include_str!("codes/api-refused.md")]);
/// The API says itself that something may be missing.
pub const API_WARNING: Code = Code::new(&["api-warning", include_str!("codes/api-warning.md")]);
/// The matcher selects more than can be watched.
pub const TOO_MUCH_SELECTED: Code =
    Code::new(&["too-much-selected", include_str!("codes/too-much-selected.md")]);
/// The matcher finds no series in the API.
pub const NOTHING_SELECTED: Code =
    Code::new(&["nothing-selected", include_str!("codes/nothing-selected.md")]);
/// One instance that is scraped as several targets.
pub const SEVERAL_TARGETS: Code =
    Code::new(&["several-targets", include_str!("codes/several-targets.md")]);
/// How often an instance is scraped is not known.
pub const UNKNOWN_INTERVAL: Code =
    Code::new(&["unknown-interval", include_str!("codes/unknown-interval.md")]);
/// A sample that was waited for and did not come.
pub const NO_NEW_SAMPLE: Code =
    Code::new(&["no-new-sample", include_str!("codes/no-new-sample.md")]);
/// A scrape that whoever is asked made, and that failed.
pub const THEIR_SCRAPE_FAILED: Code =
    Code::new(&["their-scrape-failed", include_str!("codes/their-scrape-failed.md")]);
/// What was fetched twice was not the same.
pub const UNSETTLED_SAMPLES: Code =
    Code::new(&["unsettled-samples", include_str!("codes/unsettled-samples.md")]);
/// A clock was set while the load ran.
pub const CLOCK_MOVED: Code = Code::new(&["clock-moved", include_str!("codes/clock-moved.md")]);
