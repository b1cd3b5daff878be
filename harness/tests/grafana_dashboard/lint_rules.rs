//! Each rule of the linter holds for the dashboard, and each would notice its mistake there.

use serde_json::{Value, json};
use slogate::dashboard::{DashboardReport, Exclusions, NOT_HELD, check_dashboard, rule_names};

use super::model::{dashboard, json};

fn check(json: &Value) -> DashboardReport {
    let text = serde_json::to_string_pretty(json).unwrap();
    check_dashboard("export.json", &text, &Exclusions::default(), None).unwrap()
}

fn ids(json: &Value) -> Vec<&'static str> {
    check(json).findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn every_rule_of_the_linter_holds() {
    let report = check(&json());
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report.queries, dashboard().targets().count());
    assert_eq!(report.panels, dashboard().data_panels().count());
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
    assert_eq!(named, rule_names().collect::<Vec<_>>());
    for (name, place, wrong) in mistakes {
        let mut json = json();
        *json.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = wrong;
        assert!(ids(&json).contains(&name), "{name} does not notice {place}: {:?}", ids(&json));
    }
}

#[test]
fn a_mistake_is_told_where_it_stands() {
    let mut json = json();
    let expr = json.pointer_mut("/panels/1/targets/0/expr").unwrap();
    *expr = json!(r#"summ(a{job=~"$job", instance=~"$instance"})"#);
    let text = serde_json::to_string_pretty(&json).unwrap();
    let report = check(&json);
    let [finding] = report.findings.as_slice() else { panic!("{:#?}", report.findings) };
    let line = text.lines().nth(finding.line - 1).unwrap();
    assert_eq!(line.find("summ(").map(|at| at + 1), Some(finding.column), "{line}");
    assert_eq!(finding.panel.as_deref(), Some("P95 latency, last 10 minutes"));
    assert_eq!((finding.query.as_deref(), finding.severity), (Some("A"), "error"));
    assert!(finding.why.contains("summ"), "{}", finding.why);
}

#[test]
fn a_fixed_range_is_a_matter_of_dashboards_that_choose_a_prometheus() {
    let mut json = json();
    let expr = json.pointer_mut("/panels/1/targets/0/expr").unwrap();
    *expr = json!(r#"rate(a{job=~"$job", instance=~"$instance"}[5m])"#);
    assert!(ids(&json).contains(&"target-rate-interval-rule"));
    json["templating"]["list"].as_array_mut().unwrap().remove(0);
    let without = ids(&json);
    assert!(!without.contains(&"target-rate-interval-rule"), "{without:?}");
    assert!(without.contains(&"template-datasource-rule"), "{without:?}");
}

/// What is said of the first query where it is this one.
fn said_of(expression: &str) -> Vec<String> {
    let mut json = json();
    *json.pointer_mut("/panels/1/targets/0/expr").unwrap() = json!(expression);
    let found = check(&json).findings.into_iter();
    found.map(|one| format!("{} {}: {} {}", one.severity, one.id, one.why, one.instead)).collect()
}

#[test]
fn names_and_formats_that_there_are_not_are_told() {
    let both = r#"job=~"$job", instance=~"$instance""#;
    for (expression, begin, part) in [
        (format!("a{{{both}, b=\"$jub\"}}"), "error unknown-variable: ", "did you mean `$job`?"),
        (format!("a{{{both}, b=\"$__usr\"}}"), "warning unknown-variable: ", "`$__user`"),
        (
            format!("rate(a{{{both}}}[$__rate_intervall])"),
            "error unknown-variable: ",
            "did you mean `$__rate_interval`?",
        ),
        (
            format!("a{{{both}, b=~\"${{job:regexp}}\"}}"),
            "warning unknown-variable: ",
            "did you mean `${job:regex}`?",
        ),
        (format!("a{{{both}}} > $timeFilter"), "error unknown-variable: ", "in PromQL"),
    ] {
        let said = said_of(&expression);
        let [one] = said.as_slice() else { panic!("{expression}: {said:#?}") };
        assert!(one.starts_with(begin) && one.contains(part), "{expression}: {one}");
    }
}

#[test]
fn every_name_and_format_of_grafana_may_be_used() {
    let both = r#"job=~"$job", instance=~"$instance""#;
    for expression in [
        format!("a{{{both}, b=\"${{__user.login}}\", c=\"${{__org.name}}\", d=\"$__dashboard\"}}"),
        format!("a{{{both}}} @ ${{__from:date:seconds}} > $__org + ${{__user.id}} + $__range_ms"),
        format!("label_replace(a{{{both}}}, \"b\", ${{job:doublequote}}, \"c\", \"(.*)\")"),
        format!("increase(a{{{both}}}[${{__range_s}}s])"),
    ] {
        let said = said_of(&expression);
        assert!(said.is_empty(), "{expression}: {said:#?}");
    }
}

#[test]
fn variables_annotations_and_repeats_name_variables_that_there_are() {
    let mut json = json();
    json["panels"][1]["repeat"] = json!("instanc");
    json["templating"]["list"][2]["query"]["query"] =
        json!("label_values(up{job=~\"$jbo\"}, instance)");
    json["annotations"]["list"][1]["target"]["expr"] = json!("ALERTS{job=~\"$jobs\"}");
    let found = check(&json).findings;
    let whys: Vec<_> = found.iter().filter(|one| one.id == "unknown-variable").collect();
    let said = |part: &str| whys.iter().any(|one| one.why.contains(part));
    assert_eq!(whys.len(), 3, "{found:#?}");
    assert!(said("repeated for each value of `instanc`"), "{whys:#?}");
    assert!(said("no variable `jbo`") && said("no variable `jobs`"), "{whys:#?}");
}

#[test]
fn the_other_rules_say_nothing_here() {
    for (name, reason) in NOT_HELD {
        assert!(rule_names().all(|held| held != *name) && !reason.is_empty(), "{name}");
    }
    // Loki would be a data source of some panel, and the v2 schema has these.
    for (panel, _) in dashboard().targets() {
        assert_eq!(panel.datasource.as_ref().unwrap().kind, "prometheus", "{}", panel.title);
    }
    assert!(json().get("apiVersion").is_none() && json().get("spec").is_none());
}
