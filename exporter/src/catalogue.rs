//! The one place that spells the metrics of the service: names, types, labels,
//! label values, bucket bounds, help.
//!
//! Documentation, alert rules, dashboard and scenarios are tested against it. It
//! holds no counters and measures nothing; that is `metrics`.

/// What kind of metric a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows; judged by its differences.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts in buckets, with `_bucket`, `_sum` and `_count` series.
    Histogram,
}

impl MetricKind {
    /// The word that the exposition format uses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Which values a label can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelValues {
    /// These and no others.
    Closed(&'static [&'static str]),
    /// Comes from requests: this value when a request names none, at most
    /// [`MAX_USERS`] distinct others, and [`OTHER_USER`] for the rest.
    Open(&'static str),
}

/// One label of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    /// Name of the label.
    pub name: &'static str,
    /// Its values.
    pub values: LabelValues,
}

/// One metric family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Name of the family.
    pub name: &'static str,
    /// Its type.
    pub kind: MetricKind,
    /// Its labels, in the order in which code gives their values.
    pub labels: &'static [Label],
    /// One sentence, shown in the exposition.
    pub help: &'static str,
    /// Whether a service that has exported nothing yet shows a sample.
    pub present_from_start: bool,
}

/// Exports that were asked for, by how they ended.
pub const REQUESTS_TOTAL: &str = "export_requests_total";
/// Time from admission to the renamed file, in milliseconds.
pub const LATENCY_MS: &str = "export_latency_ms";
/// Bytes written to files.
pub const BYTES_TOTAL: &str = "export_bytes_total";
/// Exports that run now.
pub const CONCURRENT_RUNNING: &str = "export_concurrent_running";
/// Exports that wait now.
pub const QUEUE_DEPTH: &str = "export_queue_depth";
/// Exports that failed or were rejected, by reason.
pub const FAIL_TOTAL: &str = "export_fail_total";
/// Most bytes that one export held, over the last minute.
pub const MEMORY_BYTES: &str = "export_memory_bytes";
/// Finished exports a second, over the last minute.
pub const THROUGHPUT: &str = "export_throughput_ops_per_sec";
/// Share of accepted exports that succeeded, over the last ten minutes.
pub const SUCCESS_RATE: &str = "export_success_rate";

/// Label `user` of a request that names none.
pub const ANONYMOUS_USER: &str = "anonymous";
/// Label `user` once [`MAX_USERS`] distinct users have been seen.
pub const OTHER_USER: &str = "other";
/// Distinct values of the label `user`, so that a client cannot grow the
/// exposition without bound.
pub const MAX_USERS: usize = 50;

/// File formats, in the order of [`crate::format::Format`].
const FILE_FORMATS: &[&str] = &["csv", "pdf"];
/// File formats, and `unknown` for a body that was not read so far.
const REQUEST_FORMATS: &[&str] = &["csv", "pdf", "unknown"];
/// How a request can end.
const REQUEST_STATUSES: &[&str] = &["succeeded", "failed", "rejected"];
/// How the bytes of a file can end.
const BYTES_STATUSES: &[&str] = &["success", "failed"];
/// Sizes by rows: up to 1,000; fewer than 10,000; the rest.
const SIZES: &[&str] = &["small", "medium", "large"];

/// Upper bounds of the latency buckets, in milliseconds. Each threshold that a
/// rule or a scenario uses is one of them, and the last lie far beyond.
pub const LATENCY_BUCKETS_MS: &[f64] = &[
    1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 750.0,
    1_000.0, 1_500.0, 2_000.0, 2_500.0, 3_000.0, 5_000.0, 7_500.0, 10_000.0, 15_000.0, 20_000.0,
    30_000.0, 60_000.0, 120_000.0,
];

const FILE_FORMAT: Label = Label { name: "format", values: LabelValues::Closed(FILE_FORMATS) };
const REQUEST_FORMAT: Label =
    Label { name: "format", values: LabelValues::Closed(REQUEST_FORMATS) };
const USER: Label = Label { name: "user", values: LabelValues::Open(ANONYMOUS_USER) };

/// The nine metrics.
pub const METRICS: &[Metric] = &[
    Metric {
        name: REQUESTS_TOTAL,
        kind: MetricKind::Counter,
        labels: &[
            REQUEST_FORMAT,
            Label { name: "status", values: LabelValues::Closed(REQUEST_STATUSES) },
            USER,
        ],
        help: "Exports asked for: succeeded, failed (accepted and not finished), rejected (refused before work began).",
        present_from_start: true,
    },
    Metric {
        name: LATENCY_MS,
        kind: MetricKind::Histogram,
        labels: &[FILE_FORMAT, Label { name: "size", values: LabelValues::Closed(SIZES) }],
        help: "Time of succeeded exports from admission, waiting included, to the renamed file, in milliseconds.",
        present_from_start: true,
    },
    Metric {
        name: BYTES_TOTAL,
        kind: MetricKind::Counter,
        labels: &[
            FILE_FORMAT,
            Label { name: "status", values: LabelValues::Closed(BYTES_STATUSES) },
        ],
        help: "Bytes written to files, by whether the export succeeded.",
        present_from_start: true,
    },
    Metric {
        name: CONCURRENT_RUNNING,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Exports that run now.",
        present_from_start: true,
    },
    Metric {
        name: QUEUE_DEPTH,
        kind: MetricKind::Gauge,
        labels: &[],
        help: "Exports that wait for a place now.",
        present_from_start: true,
    },
    Metric {
        name: FAIL_TOTAL,
        kind: MetricKind::Counter,
        labels: &[
            Label { name: "reason", values: LabelValues::Closed(crate::problem::REASONS) },
            REQUEST_FORMAT,
        ],
        help: "Exports that failed or were rejected, by reason.",
        present_from_start: true,
    },
    Metric {
        name: MEMORY_BYTES,
        kind: MetricKind::Gauge,
        labels: &[FILE_FORMAT],
        help: "Most bytes that the buffers of one export held, over the last 60 seconds.",
        present_from_start: true,
    },
    Metric {
        name: THROUGHPUT,
        kind: MetricKind::Gauge,
        labels: &[FILE_FORMAT],
        help: "Finished exports a second, over the last 60 seconds or since the start.",
        present_from_start: true,
    },
    Metric {
        name: SUCCESS_RATE,
        kind: MetricKind::Gauge,
        labels: &[FILE_FORMAT],
        help: "Share of accepted exports that succeeded, 0 to 1, over the last 10 minutes; absent without exports.",
        present_from_start: false,
    },
];

/// The metric with this name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_nine_metrics_with_distinct_names() {
        let names: std::collections::BTreeSet<_> = METRICS.iter().map(|m| m.name).collect();
        assert_eq!((METRICS.len(), names.len()), (9, 9));
    }

    #[test]
    fn latency_buckets_grow_and_hold_the_thresholds_in_use() {
        assert!(LATENCY_BUCKETS_MS.is_sorted());
        for threshold in [1_000.0, 10_000.0, 30_000.0, 60_000.0, 120_000.0] {
            assert!(LATENCY_BUCKETS_MS.contains(&threshold), "{threshold}");
        }
    }
}
