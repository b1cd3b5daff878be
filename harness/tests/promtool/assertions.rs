//! A saved run's series in a real Prometheus of each generation, made blocks of by its own
//! promtool: it says of the six assertions what our engine and our verdict say.
//!
//! One number differs, and is meant to: the success rate is judged by whole requests, while
//! `increase()` extrapolates over the extra millisecond of `$run`, in series that were not 0
//! at its start. So the two may differ by as much as that millisecond is of the window.
//!
//! The generations read ranges differently: Prometheus 3 leaves a sample at the very start of
//! a range out and 2.x takes it in. `$run` is a millisecond longer than the window, so that
//! both see the opening sample and neither sees one before it. The last test here shows what
//! would differ otherwise.

use std::path::Path;

use serde_json::Value;
use slogate::series::{Notes, SeriesStore, read_openmetrics};
use slogate_promql::{Expression, Options, instant};

use super::project;
use super::support::generations::{Tool, prometheuses, promtools};
use super::support::prometheus::Prometheus;
use super::support::{Workspace, objective};

/// Relative difference that the order of additions may make.
const TOLERANCE: f64 = 1e-9;

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
struct Saved {
    workspace: Workspace,
    report: Value,
}

impl Saved {
    fn make() -> Self {
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
    fn window(&self) -> (i64, i64) {
        let window = &self.report["scenarios"][0]["window"];
        (window["opened_ms"].as_i64().unwrap(), window["closed_ms"].as_i64().unwrap())
    }

    /// What we observed and the expression that it is of.
    fn judged(&self, id: &str) -> (f64, String) {
        let judged = objective(&self.report, id);
        let observed = judged["observed"].as_f64().unwrap_or_else(|| panic!("{judged:#}"));
        (observed, judged["expression"].as_str().unwrap().to_owned())
    }

    /// What is shown beside the success rate and the counter that it is of.
    fn rejected(&self) -> (f64, String) {
        let shown = &objective(&self.report, "success-rate")["beside"][0];
        (shown["observed"].as_f64().unwrap(), shown["expression"].as_str().unwrap().to_owned())
    }

    /// The series as they are read for judging the run again.
    fn series(&self) -> SeriesStore {
        let read = |name: &str| {
            std::fs::read_to_string(self.workspace.path().join("kept/mixed").join(name)).unwrap()
        };
        let notes: Notes = serde_json::from_str(&read("stale.json")).unwrap();
        read_openmetrics(&read("series.om"), &notes).unwrap()
    }

    /// A Prometheus that has the series, by way of the promtool of its generation.
    fn in_prometheus(&self, (promtool, prometheus): &(Tool, Tool)) -> Prometheus {
        let blocks = self.workspace.path().join(format!("blocks-{}", promtool.version));
        make_blocks(promtool, &self.workspace.path().join("kept/mixed/series.om"), &blocks);
        Prometheus::on_blocks(prometheus, &blocks)
    }
}

/// What our engine says of an expression that has one value.
fn evaluated(series: &SeriesStore, expression: &str, at_ms: i64) -> f64 {
    let expression = Expression::parse(expression).unwrap();
    match instant(&expression, series, at_ms, &Options::default()).unwrap() {
        slogate_promql::Value::Vector(elements) if elements.len() == 1 => {
            elements[0].value.number().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

fn make_blocks(promtool: &Tool, series: &Path, blocks: &Path) {
    let made = promtool
        .command()
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([series, blocks])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// promtool and Prometheus of each generation of which both are here.
fn generations() -> Vec<(Tool, Tool)> {
    let prometheuses: Vec<Tool> = prometheuses().collect();
    let beside = |promtool: Tool| {
        let prometheus = prometheuses.iter().find(|one| one.version == promtool.version)?;
        Some((promtool, prometheus.clone()))
    };
    promtools().filter_map(beside).collect()
}

#[track_caller]
fn assert_close((ours, theirs): (f64, f64), tolerance: f64, what: &str) {
    assert!((ours - theirs).abs() <= tolerance * ours.abs(), "{what}: {ours} and {theirs}");
}

#[test]
fn a_real_prometheus_says_of_the_six_assertions_what_the_verdict_says() {
    let generations = generations();
    if generations.is_empty() {
        return;
    }
    let saved = Saved::make();
    let series = saved.series();
    let (opened_ms, closed_ms) = saved.window();
    let run_ms = closed_ms - opened_ms + 1;
    let extra_millisecond = 1.0 / run_ms as f64;
    for generation in &generations {
        let prometheus = saved.in_prometheus(generation);
        // Ours is in seconds, and the metric in milliseconds.
        for (id, scale, tolerance) in [
            ("metrics-coverage", 1.0, TOLERANCE),
            ("latency-p95", 1e-3, TOLERANCE),
            ("success-rate", 1.0, extra_millisecond),
            ("concurrent", 1.0, TOLERANCE),
            ("queue-depth", 1.0, TOLERANCE),
        ] {
            let what = format!("{id} in {generation:?}");
            let (judged, expression) = saved.judged(id);
            let expression = expression.replace("$run", &format!("{run_ms}ms"));
            let theirs = prometheus.instant(&expression, closed_ms);
            let [theirs] = theirs[..] else { panic!("{what}: {theirs:?}") };
            let ours = evaluated(&series, &expression, closed_ms);
            assert_close((ours, theirs), TOLERANCE, &what);
            assert_close((judged, theirs * scale), tolerance, &what);
        }
        // A counter's growth is what it came to less what it began with.
        for (id, (judged, selector)) in
            [("bytes-exported", saved.judged("bytes-exported")), ("rejected", saved.rejected())]
        {
            let sum = format!("sum({selector})");
            let [opened, closed] = [opened_ms, closed_ms].map(|at| prometheus.instant(&sum, at)[0]);
            let what = format!("{id} in {generation:?}");
            assert_close((judged, closed - opened), TOLERANCE, &what);
        }
    }
    for (id, plain) in [("success-rate", 1.0), ("bytes-exported", 0.0)] {
        assert!((saved.judged(id).0 - plain).abs() > 0.01, "{id} shows nothing");
    }
    assert!(saved.rejected().0 > 0.0, "nothing was rejected");
}

#[test]
fn a_window_without_its_extra_millisecond_would_lose_a_sample_in_prometheus_3_only() {
    let generations = generations();
    if generations.is_empty() {
        return;
    }
    let saved = Saved::make();
    let (opened_ms, closed_ms) = saved.window();
    let window_ms = closed_ms - opened_ms;
    let counted = |prometheus: &Prometheus, range_ms: i64| {
        let count = format!("count_over_time(export_queue_depth[{range_ms}ms])");
        prometheus.instant(&count, closed_ms)[0]
    };
    let mut whole = None;
    for generation in &generations {
        let prometheus = saved.in_prometheus(generation);
        let with = counted(&prometheus, window_ms + 1);
        let lost = with - counted(&prometheus, window_ms);
        let expected = if generation.1.major() >= 3 { 1.0 } else { 0.0 };
        assert!((lost - expected).abs() < 0.5, "{lost} in {generation:?}");
        let first = *whole.get_or_insert(with);
        assert!((first - with).abs() < 0.5, "{first} and {with} samples in {generation:?}");
    }
}
