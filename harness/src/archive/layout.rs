//! The names of the files of a saved run, spelled once.

/// The record of the whole invocation.
pub(super) const RUN: &str = "run.json";
/// The digests of all files, as `sha256sum -c` reads them.
pub(super) const SUMS: &str = "SHA256SUMS";
/// Latencies as an HdrHistogram interval log.
pub(super) const LATENCIES: &str = "latency.hlog";
/// Client and scraped series as OpenMetrics with timestamps.
pub(super) const SERIES: &str = "series.om";
/// What OpenMetrics cannot carry: ends of series, and the scrapes themselves.
pub(super) const NOTES: &str = "stale.json";
/// The closing scrape as it was received.
pub(super) const METRICS: &str = "metrics.txt";
/// Name, size and SHA-256 of each artifact.
pub(super) const ARTIFACTS: &str = "artifacts.csv";
/// The artifacts themselves.
pub(super) const SAMPLES: &str = "samples";
