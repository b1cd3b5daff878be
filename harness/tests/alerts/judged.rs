//! What the verdict says of alerts that fired, stayed quiet or could not have fired.

use serde_json::Value;

use crate::shop::{calm, full_after, workspace};
use crate::support::objective;

fn alert<'a>(report: &'a Value, name: &str) -> &'a Value {
    let alerts = report["scenarios"][0]["alerts"].as_array().unwrap();
    alerts.iter().find(|one| one["alert"] == name).unwrap()
}

fn ran(url: &str, alerts: &str, code: i32) -> Value {
    workspace(url, alerts).run(&["run", "shop.yaml", "--out", "json"]).expect_code(code).report()
}

#[test]
fn an_alert_that_fires_fails_the_run() {
    let service = full_after(100);
    let report = ran(&service.url(), "  must_not_fire: { except: [QueueStuck] }\n", 1);
    let missed = objective(&report, "quiet-QueueFull");
    assert_eq!(missed["verdict"], "fail", "{missed:#}");
    assert_eq!((&missed["source"], &missed["observed"]), (&"alert".into(), &"fired".into()));
    assert_eq!(missed["codes"][0], "alert-fired");
    let reason = missed["reason"].as_str().unwrap();
    assert!(reason.ends_with("until the end, at 20: 20 orders wait in shop"), "{reason}");
    assert_eq!(objective(&report, "quiet-QueueFlooded")["verdict"], "pass");
    let full = alert(&report, "QueueFull");
    assert_eq!((&full["state"], &full["verdict"]), (&"fired".into(), &"fail".into()));
    let activity = &full["activities"][0];
    assert_eq!(activity["annotations"]["summary"], "20 orders wait in shop");
    assert_eq!(activity["labels"]["severity"], "warning");
    assert_eq!(activity["value"], 20.0);
    assert_eq!(alert(&report, "QueueFlooded")["state"], "stayed quiet");
}

#[test]
fn an_alert_is_judged_in_its_phase() {
    let service = full_after(100);
    let alerts = "  must_not_fire: { alerts: [QueueFull], during: steady }\n  \
                  must_fire: [{ alert: QueueFull, labels: { severity: warning }, during: peak, within: 30s }]\n";
    let report = ran(&service.url(), alerts, 0);
    assert_eq!(objective(&report, "quiet-QueueFull-steady")["verdict"], "pass");
    let fired = objective(&report, "fires-QueueFull-warning-peak");
    assert_eq!(
        (&fired["verdict"], &fired["target"]),
        (&"pass".into(), &"fires within 30 s".into())
    );
}

#[test]
fn an_alert_that_must_fire_and_does_not_fails_the_run() {
    let report = ran(&calm().url(), "  must_fire: [QueueFull]\n", 1);
    let missed = objective(&report, "fires-QueueFull");
    assert_eq!(missed["codes"][0], "alert-not-fired", "{missed:#}");
}

#[test]
fn an_alert_that_could_not_have_fired_proves_nothing() {
    for must in ["must_not_fire: [QueueStuck]", "must_fire: [QueueStuck]"] {
        let report = ran(&calm().url(), &format!("  {must}\n"), 3);
        let id = if must.contains("not") { "quiet-QueueStuck" } else { "fires-QueueStuck" };
        let judged = objective(&report, id);
        assert_eq!(judged["codes"][0], "alert-could-not-fire", "{judged:#}");
        assert_eq!(judged["observed"], "could not have fired");
    }
}

#[test]
fn an_alert_that_is_excepted_is_told_when_it_fires() {
    let service = full_after(100);
    let alerts = "  must_not_fire: { except: [QueueFull, QueueStuck] }\n";
    let report = ran(&service.url(), alerts, 0);
    let notes = report["scenarios"][0]["notes"].as_array().unwrap();
    let told = notes
        .iter()
        .filter_map(Value::as_str)
        .any(|note| note.starts_with("the alert `QueueFull` fired, and is not judged"));
    assert!(told, "{notes:#?}");
    assert_eq!(alert(&report, "QueueFull")["verdict"], Value::Null);
}

#[test]
fn alerts_alone_can_judge_a_run() {
    let workspace = workspace(&calm().url(), "  must_not_fire: [QueueFull, QueueFlooded]\n");
    let path = workspace.path().join("shop.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("slo:\n  - 'count(dropped) == 0'\n", "slo: none\n");
    std::fs::write(&path, text).unwrap();
    let report = workspace.run(&["run", "shop.yaml", "--out", "json"]).expect_code(0).report();
    assert_eq!(report["scenarios"][0]["slos"].as_array().unwrap().len(), 2);
}

/// The reference service with a fault that turns every fourth export into an error, and
/// this repository's own rules.
#[test]
fn a_fault_on_purpose_raises_the_alert_that_is_for_it() {
    let workspace = crate::support::Workspace::new();
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/export.yml");
    workspace.write("export.yml", &std::fs::read_to_string(rules).unwrap());
    for (must, code) in [
        ("must_not_fire: [ExportFailSpike, ExportSuccessRateLow]", 1),
        (
            "must_fire: [{ alert: ExportFailSpike, labels: { severity: warning } }, ExportSuccessRateLow]",
            0,
        ),
    ] {
        workspace.write("faulty.yaml", &format!("{FAULTY}  {must}\n"));
        let ended = workspace.run(&["run", "faulty.yaml", "--out", "json"]).expect_code(code);
        let report = ended.report();
        let slos = report["scenarios"][0]["slos"].as_array().unwrap();
        assert_eq!(slos.len(), 2);
        assert!(slos.iter().all(|slo| slo["observed"] == "fired"), "{slos:#?}");
    }
}

const FAULTY: &str = r#"
version: 1
name: faulty
target: reference
reference: { faults: ['error:0.25'] }
metrics: { path: /export/metrics, every: 100ms }
data:
  records: { rows: 20, seed: 42 }
load:
  - { name: steady, users: 2, iterations: 200 }
requests:
  - name: csv
    post: /export/run
    json: { format: csv, columns: [id, symbol], data: "{{records}}" }
slo: none
alerts:
  rules: export.yml
"#;
