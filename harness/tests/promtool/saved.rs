//! A run of the reference service that was saved, and a real Prometheus that has its series.

use std::path::Path;

use serde_json::Value;
use slogate::series::{Notes, SeriesStore, read_openmetrics};

use super::project;
use super::support::generations::{Tool, prometheuses, promtools};
use super::support::prometheus::Prometheus;
use super::support::{Workspace, objective};

/// Exports that succeed, fail and are refused, so that no assertion is about a round number.
const SCENARIO: &str = r#"
version: 1
name: mixed
target: reference
reference: { faults: ['error:0.1', 'latency:5ms:60ms'] }
metrics: { path: /export/metrics, every: 100ms }
data:
  records: { rows: 500, seed: 42 }
load:
  - { name: warm-up, users: 1, iterations: 3, measure: false }
  - { name: steady, users: 4, iterations: 200 }
requests:
  - name: csv
    weight: 8
    post: /export/run
    json: { format: csv, columns: [id, symbol, price], data: "{{records}}" }
  - name: odd
    post: /export/run
    json: { format: odd, columns: [id], data: [] }
    expect: { status: 400 }
slo:
  - include: export-assertions.yaml
"#;

/// A saved run and what was judged in it.
pub(crate) struct Saved {
    pub(crate) workspace: Workspace,
    report: Value,
}

impl Saved {
    pub(crate) fn make() -> Self {
        let workspace = Workspace::new();
        let assertions = project("scenarios/export-assertions.yaml");
        let text = std::fs::read_to_string(assertions).unwrap();
        workspace.write("export-assertions.yaml", &text);
        let file = workspace.write("mixed.yaml", SCENARIO);
        let arguments = ["run", file.to_str().unwrap(), "--out", "json", "--save", "kept"];
        let ended = workspace.run(&arguments);
        // A tenth of the exports fails, and 95 of 100 must not. On a starved machine that is a
        // doubt; what was observed is there all the same.
        assert!(matches!(ended.code, Some(1 | 3)), "{ended:?}");
        let report = ended.report();
        Self { workspace, report }
    }

    /// The opening and the closing scrape, milliseconds since the epoch.
    pub(crate) fn window(&self) -> (i64, i64) {
        let window = &self.report["scenarios"][0]["window"];
        (window["opened_ms"].as_i64().unwrap(), window["closed_ms"].as_i64().unwrap())
    }

    /// What we observed and the expression that it is of.
    pub(crate) fn judged(&self, id: &str) -> (f64, String) {
        let judged = objective(&self.report, id);
        let observed = judged["observed"].as_f64().unwrap_or_else(|| panic!("{judged:#}"));
        (observed, judged["expression"].as_str().unwrap().to_owned())
    }

    /// What is shown beside the success rate and the counter that it is of.
    pub(crate) fn rejected(&self) -> (f64, String) {
        let shown = &objective(&self.report, "success-rate")["beside"][0];
        (shown["observed"].as_f64().unwrap(), shown["expression"].as_str().unwrap().to_owned())
    }

    /// The series as they are read for judging the run again.
    pub(crate) fn series(&self) -> SeriesStore {
        let read = |name: &str| {
            std::fs::read_to_string(self.workspace.path().join("kept/mixed").join(name)).unwrap()
        };
        let notes: Notes = serde_json::from_str(&read("stale.json")).unwrap();
        read_openmetrics(&read("series.om"), &notes).unwrap()
    }

    /// A Prometheus that has the series, by way of the promtool of its generation.
    pub(crate) fn in_prometheus(&self, (promtool, prometheus): &(Tool, Tool)) -> Prometheus {
        let blocks = self.workspace.path().join(format!("blocks-{}", promtool.version));
        make_blocks(promtool, &self.workspace.path().join("kept/mixed/series.om"), &blocks);
        Prometheus::on_blocks(prometheus, &blocks)
    }
}

pub(crate) fn make_blocks(promtool: &Tool, series: &Path, blocks: &Path) {
    let made = promtool
        .command()
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([series, blocks])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// promtool and Prometheus of each generation of which both are here.
pub(crate) fn generations() -> Vec<(Tool, Tool)> {
    let prometheuses: Vec<Tool> = prometheuses().collect();
    let beside = |promtool: Tool| {
        let prometheus = prometheuses.iter().find(|one| one.version == promtool.version)?;
        Some((promtool, prometheus.clone()))
    };
    promtools().filter_map(beside).collect()
}
