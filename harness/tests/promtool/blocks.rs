//! A saved run's series load into a real Prometheus: promtool makes blocks of
//! them and counts as many samples and series as were written.

use slogate::series::{FamilyKind, FamilyMetadata, SeriesStore, write_openmetrics};
use slogate_promql::{Labels, METRIC_NAME};

use super::support::generations::promtools;

#[test]
fn promtool_makes_blocks_of_the_written_series() {
    for tool in promtools() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("series.om");
        write_openmetrics(&store(), &mut std::fs::File::create(&text).unwrap()).unwrap();
        let made = tool
            .command()
            .args(["tsdb", "create-blocks-from", "openmetrics"])
            .args([&text, &folder.path().join("blocks")])
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&made.stdout).into_owned();
        assert!(made.status.success(), "{stdout}{}", String::from_utf8_lossy(&made.stderr));
        // BLOCK ULID, MIN TIME, MAX TIME (exclusive), DURATION, SAMPLES, CHUNKS, SERIES, SIZE
        let block: Vec<&str> = stdout.lines().last().unwrap().split_whitespace().collect();
        assert_eq!(block[1..3], ["1700000000123", "1700000024874"], "{stdout}");
        assert_eq!((block[4], block[6]), ("700", "7"), "{stdout}");
    }
}

/// Seven series of a hundred samples each, 250 ms apart, and an end of a series.
fn store() -> SeriesStore {
    let mut store = SeriesStore::default();
    let metadata =
        |kind| FamilyMetadata { kind, help: "what \"it\"\nis \\".to_owned(), unit: String::new() };
    store.describe("requests_total", metadata(FamilyKind::Counter));
    store.describe("ops", metadata(FamilyKind::Counter));
    store.describe("latency_ms", metadata(FamilyKind::Histogram));
    let label_sets = [
        vec![(METRIC_NAME, "requests_total"), ("path", "/a\"\\\né{},=")],
        vec![(METRIC_NAME, "ops")],
        vec![(METRIC_NAME, "latency_ms_bucket"), ("le", "10000.0")],
        vec![(METRIC_NAME, "latency_ms_bucket"), ("le", "+Inf")],
        vec![(METRIC_NAME, "latency_ms_sum")],
        vec![(METRIC_NAME, "latency_ms_count")],
        vec![(METRIC_NAME, "undeclared")],
    ];
    for labels in label_sets.map(Labels::new) {
        for (step, value) in (0..100).zip([1.0, 1e300, f64::NAN, f64::INFINITY].iter().cycle()) {
            assert!(store.append(&labels, 1_700_000_000_123 + 250 * step, *value));
        }
        store.end(&labels, 1_700_000_100_000);
    }
    store
}
