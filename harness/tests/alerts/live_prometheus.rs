//! A real Prometheus 3 over the series of a saved run says of each alert of this
//! repository's rules, at every second evaluation, what the record says.

use serde_json::Value;
use slogate::scenario::AlertRuleFile;

use crate::support::Workspace;
use crate::support::generations::{Tool, prometheuses, promtools};
use crate::support::prometheus::Prometheus;

/// Exports that fail now and then, so that some alerts fire part of the time.
const SCENARIO: &str = r#"
version: 1
name: mixed
target: reference
reference: { faults: ['error:0.5,from=2s,for=1s'] }
metrics: { path: /export/metrics, every: 100ms }
data:
  records: { rows: 20, seed: 42 }
load:
  - { name: steady, rate: 40/s, for: 5s }
requests:
  - name: csv
    post: /export/run
    json: { format: csv, columns: [id, symbol], data: "{{records}}" }
slo: none
alerts:
  rules: rules.yml
  every: 100ms
  must_not_fire: true
"#;

/// Alerts that come and go within seconds, of each kind of expression.
const RULES: &str = "groups:
  - name: short
    rules:
      - { alert: Failing, expr: 'sum by (reason) (increase(export_fail_total[1s])) > 1' }
      - { alert: Slow, expr: 'histogram_quantile(0.5, sum by (le) (rate(export_latency_ms_bucket[1s]))) > 1' }
      - { alert: Busy, expr: 'export_concurrent_running > 0' }
      - { alert: ShareOfErrors, expr: 'sum(rate(export_fail_total[1s])) / sum(rate(export_requests_total[1s])) > 0.2' }
      - { alert: LowRate, expr: 'export_success_rate < 0.999' }
      - { alert: Absent, expr: 'absent(export_nothing)' }
";

/// promtool and Prometheus of the third generation, if both are here.
fn third_generation() -> Option<(Tool, Tool)> {
    let promtool = promtools().find(|tool| tool.major() >= 3)?;
    Some((promtool, prometheuses().find(|tool| tool.major() >= 3)?))
}

fn saved() -> (Workspace, Value) {
    let workspace = Workspace::new();
    workspace.write("rules.yml", RULES);
    workspace.write("mixed.yaml", SCENARIO);
    let ended = workspace.run(&["run", "mixed.yaml", "--out", "json", "--save", "kept"]);
    assert!(matches!(ended.code, Some(1 | 3)), "{ended:?}");
    let report = ended.report();
    (workspace, report)
}

/// How many of an alert's label sets were active at a time.
fn active(alert: &Value, at_ms: i64) -> usize {
    let activities = alert["activities"].as_array().unwrap();
    let is_active = |one: &&Value| {
        (one["active_at_ms"].as_i64().unwrap()..=one["last_at_ms"].as_i64().unwrap())
            .contains(&at_ms)
    };
    activities.iter().filter(is_active).count()
}

#[test]
fn a_real_prometheus_says_when_each_alert_is_active() {
    let Some((promtool, prometheus)) = third_generation() else { return };
    let (workspace, report) = saved();
    let blocks = workspace.path().join("blocks");
    let made = promtool
        .command()
        .args(["tsdb", "create-blocks-from", "openmetrics"])
        .args([&workspace.path().join("kept/mixed/series.om"), &blocks])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let prometheus = Prometheus::on_blocks(&prometheus, &blocks);
    let scenario = &report["scenarios"][0];
    let window = |key: &str| scenario["window"][key].as_i64().unwrap();
    let rules = AlertRuleFile::read("rules.yml", RULES).unwrap().rules;
    let (mut fired, mut quiet) = (0, 0);
    for (rule, alert) in rules.groups[0].rules.iter().zip(scenario["alerts"].as_array().unwrap()) {
        assert_eq!(alert["alert"], rule.name.as_str());
        let mut at_ms = window("closed_ms");
        while at_ms >= window("opened_ms") {
            let theirs = prometheus.instant(&rule.expression.to_string(), at_ms).len();
            assert_eq!(active(alert, at_ms), theirs, "{} at {at_ms}: {alert:#}", rule.name);
            (fired, quiet) = if theirs > 0 { (fired + 1, quiet) } else { (fired, quiet + 1) };
            at_ms -= 200;
        }
    }
    assert!(fired > 20 && quiet > 20, "{fired} fired and {quiet} quiet show too little");
}
