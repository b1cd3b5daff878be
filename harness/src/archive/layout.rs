//! The names of the files of a saved run, spelled once.

use std::path::Path;

use super::folders::unique_names;

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
/// The closing scrape as it was received, of the only instance that there is.
const METRICS: &str = "metrics.txt";
/// Name, size and SHA-256 of each artifact.
pub(super) const ARTIFACTS: &str = "artifacts.csv";
/// The artifacts themselves.
pub(super) const SAMPLES: &str = "samples";

/// The file for the closing scrape of each instance: `metrics.txt` where there is one,
/// `metrics-INSTANCE.txt` otherwise, with what no file name should have as `_`.
pub(super) fn metrics_files(instances: &[String]) -> Vec<(&str, String)> {
    if let [only] = instances {
        return vec![(only, METRICS.to_owned())];
    }
    let names = unique_names(instances.iter().map(String::as_str)).into_iter();
    let files = names.map(|name| format!("metrics-{name}.txt"));
    instances.iter().map(String::as_str).zip(files).collect()
}

/// Whether a file may be the closing scrape of an instance.
pub(super) fn is_metrics(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name == METRICS || (name.starts_with("metrics-") && name.ends_with(".txt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instance_has_a_file_of_its_own() {
        let files = |instances: &[&str]| -> Vec<String> {
            let instances: Vec<String> = instances.iter().map(|one| (*one).to_owned()).collect();
            metrics_files(&instances).into_iter().map(|(_, file)| file).collect()
        };
        assert_eq!(files(&["127.0.0.1:1"]), ["metrics.txt"]);
        assert_eq!(
            files(&["127.0.0.1:1", "a b", "a/b"]),
            ["metrics-127.0.0.1_1.txt", "metrics-a_b.txt", "metrics-a_b~2.txt"]
        );
    }
}
