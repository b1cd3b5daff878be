//! Each rule of the linter holds, and each would notice its mistake.

use serde_json::{Value, json};

use super::linter::{NOT_APPLICABLE, RULES};
use super::model::{Dashboard, dashboard, json};

#[test]
fn every_rule_of_the_linter_that_applies_holds() {
    let board = dashboard();
    for rule in RULES {
        let findings = (rule.findings)(&board);
        assert!(findings.is_empty(), "{}: {findings:#?}", rule.name);
    }
}

/// A mistake for each rule: where in the JSON, and what stands there then.
fn mistakes() -> Vec<(&'static str, &'static str, Value)> {
    let expr = "/panels/1/targets/0/expr";
    let job = r#"job=~"$job""#;
    let both = r#"job=~"$job", instance=~"$instance""#;
    let instance = r#"instance=~"$instance""#;
    vec![
        ("template-datasource-rule", "/templating/list/0/label", json!("Prometheus")),
        ("template-job-rule", "/templating/list/1/allValue", json!(".*")),
        ("template-instance-rule", "/templating/list/2/multi", json!(false)),
        ("template-label-promql-rule", "/templating/list/1/query/query", json!("values(a, job)")),
        ("template-on-time-change-reload-rule", "/templating/list/2/refresh", json!(1)),
        ("template-unused-rule", "/templating/list/2/name", json!("host")),
        ("panel-datasource-rule", "/panels/1/datasource/uid", json!("prometheus")),
        ("panel-title-description-rule", "/panels/1/description", json!("")),
        ("panel-units-rule", "/panels/1/fieldConfig/defaults/unit", json!("seconds")),
        ("panel-no-targets-rule", "/panels/1/targets", json!([])),
        ("target-promql-rule", expr, json!(format!("sum(a{{{both}}}"))),
        ("target-rate-interval-rule", expr, json!(format!("rate(a{{{both}}}[5m])"))),
        ("target-job-rule", expr, json!(format!("a{{job=\"$job\", {instance}}}"))),
        ("target-instance-rule", expr, json!(format!("a{{{job}}}"))),
        ("target-counter-agg-rule", expr, json!(format!("sum(a_total{{{both}}})"))),
        (
            "target-histogram-rule",
            expr,
            json!(format!("sum(rate(a_bucket{{{both}}}[$__rate_interval]))")),
        ),
        ("uneditable-dashboard-rule", "/editable", json!(true)),
    ]
}

#[test]
fn every_rule_notices_its_mistake() {
    let mistakes = mistakes();
    let named: Vec<_> = mistakes.iter().map(|(name, ..)| *name).collect();
    assert_eq!(named, RULES.iter().map(|rule| rule.name).collect::<Vec<_>>());
    for (rule, (name, place, wrong)) in RULES.iter().zip(mistakes) {
        let mut json = json();
        *json.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = wrong;
        let findings = (rule.findings)(&Dashboard::read(json));
        assert!(!findings.is_empty(), "{name} does not notice {place}");
    }
}

#[test]
fn the_other_rules_really_do_not_apply() {
    let json = json();
    // The v2 schema has these; Loki would be a data source of some panel.
    assert!(json.get("apiVersion").is_none() && json.get("spec").is_none());
    for (panel, _) in dashboard().targets() {
        assert_eq!(panel.datasource.as_ref().unwrap().kind, "prometheus", "{}", panel.title);
    }
    let applies = |name: &str| RULES.iter().any(|rule| rule.name == name);
    for (name, reason) in NOT_APPLICABLE {
        assert!(!applies(name) && !reason.is_empty(), "{name}");
    }
}
