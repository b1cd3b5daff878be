//! Which faults there are rows for, and what each turns red.

/// A fault, and what of this repository notices it.
pub(crate) struct Row {
    /// The rule, as `exporter --fault` takes it.
    pub(crate) fault: &'static str,
    /// Objectives of `scenarios/1k.yaml` that are missed.
    pub(crate) missed: &'static [&'static str],
    /// Objectives that cannot be judged any more, each with the code that says why.
    pub(crate) doubted: &'static [(&'static str, &'static str)],
    /// Alerts of `rules/export.yml` that fire.
    pub(crate) alerts: &'static [&'static str],
    /// What a scenario says that needs no objective.
    pub(crate) reason: &'static str,
}

const CSV_TODAY: &str = "p95-csv-today";
const PDF_TODAY: &str = "p95-pdf-today";
const SUCCESS: &str = "ratio-success";

/// All of them, in the order of `exporter --help`.
pub(crate) const ROWS: &[Row] = &[
    late("latency:600ms", &[CSV_TODAY, PDF_TODAY]),
    late("latency:400ms:1200ms,format=pdf", &[PDF_TODAY]),
    late("stall:3s:2s", &[CSV_TODAY, PDF_TODAY]),
    failing("error:0.25"),
    failing("error:0.25:503,format=csv,from=100ms,for=1h"),
    late("slow-body:800ms", &[CSV_TODAY, PDF_TODAY]),
    late("truncated-body:0.25", &[SUCCESS]),
    late("lost-bytes:1", &["bytes-exported", "csv-file-bytes"]),
    late("lost-bytes:0.1,format=csv", &["csv-file-bytes"]),
    late("memory:20MB", &["memory-today"]),
    // After the warm-up, whose one user would wait for its end.
    late("stuck-queue,from=4s,for=6s", &[CSV_TODAY, PDF_TODAY]),
    Row {
        fault: "exit:60",
        missed: &[SUCCESS],
        doubted: &[("metrics-coverage", "no-window")],
        alerts: &[],
        reason: "the reference service ended during the run",
    },
    Row {
        fault: "missing-metric:export_queue_depth",
        missed: &["metrics-coverage"],
        doubted: &[("queue-depth", "no-such-series")],
        alerts: &[],
        reason: "",
    },
    late("stuck-gauge:export_success_rate", &["metrics-coverage"]),
    late("stuck-gauge:export_throughput_ops_per_sec", &["throughput"]),
    late("stuck-gauge:export_memory_bytes", &["memory-seen"]),
];

/// A fault by which objectives are missed.
const fn late(fault: &'static str, missed: &'static [&'static str]) -> Row {
    Row { fault, missed, doubted: &[], alerts: &[], reason: "" }
}

/// A fault that lets a share of exports fail: alerts fire as well.
const fn failing(fault: &'static str) -> Row {
    Row {
        fault,
        missed: &["success-rate", SUCCESS],
        doubted: &[],
        alerts: &["ExportFailSpike", "ExportSuccessRateLow"],
        reason: "",
    }
}
