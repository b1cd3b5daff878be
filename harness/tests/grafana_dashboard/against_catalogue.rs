//! Queries name only metrics, labels and values that the service has, show every metric
//! that it has, in the unit that it has, and never a number where there is none.

use std::collections::BTreeSet;

use exporter::catalogue::{self, LabelValues, Metric};
use slogate_promql::{Expression, MatchOperator, SelectorInfo};

use super::model::{Panel, Target, dashboard};

/// Metrics of the process and of Prometheus, which are in no catalogue of ours.
const OUTSIDE: &[&str] = &[
    "up",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
    "process_start_time_seconds",
];
/// Labels that Prometheus gives every series.
const GIVEN: &[&str] = &["job", "instance"];

fn expression(target: &Target) -> Expression {
    let text = target.expr.replace("$__rate_interval", "1m");
    Expression::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", target.expr))
}

/// Every selector on the dashboard, with its panel and query.
fn selectors() -> Vec<(Panel, Target, SelectorInfo)> {
    let board = dashboard();
    let of_target = |(panel, target): (&Panel, &Target)| {
        let selectors = expression(target).selectors();
        let each = selectors.into_iter().map(|one| (panel.clone(), target.clone(), one));
        each.collect::<Vec<_>>()
    };
    board.targets().flat_map(of_target).collect()
}

/// The catalogue's metric for the name of a series.
fn family(name: &str) -> Option<&'static Metric> {
    catalogue::metric(name.strip_suffix("_bucket").unwrap_or(name))
}

#[test]
fn every_metric_of_the_service_is_shown_and_no_other() {
    let mut shown = BTreeSet::new();
    for (panel, _, selected) in selectors() {
        let name = selected.metric_name().unwrap().to_owned();
        match family(&name) {
            Some(metric) => drop(shown.insert(metric.name)),
            None => assert!(OUTSIDE.contains(&name.as_str()), "{name} in {}", panel.title),
        }
    }
    let all: BTreeSet<_> = catalogue::METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(shown, all);
}

#[test]
fn matchers_name_labels_and_values_that_exist() {
    for (panel, _, selected) in selectors() {
        for matcher in selected.selector.matchers() {
            assert_ne!(matcher.name(), "le", "{}: its text differs by version", panel.title);
            if GIVEN.contains(&matcher.name()) {
                continue;
            }
            let metric = family(selected.metric_name().unwrap()).unwrap();
            let label = metric.labels.iter().find(|label| label.name == matcher.name());
            let label = label.unwrap_or_else(|| panic!("{} in {}", matcher.name(), panel.title));
            let LabelValues::Closed(values) = label.values else { panic!("{}", label.name) };
            for value in matcher.value().split('|') {
                assert!(values.contains(&value), "{value} in {}", panel.title);
            }
            let plain = [MatchOperator::Equal, MatchOperator::Matches];
            assert!(plain.contains(&matcher.operator()));
        }
    }
}

/// The labels that a query groups by.
fn grouped_by(target: &Target) -> Vec<&str> {
    let after = target.expr.split("by (").skip(1);
    after.flat_map(|rest| rest.split(')').next().unwrap().split(", ")).collect()
}

#[test]
fn queries_group_by_labels_that_their_metrics_have() {
    for (panel, target, selected) in selectors() {
        let metric = family(selected.metric_name().unwrap());
        for label in grouped_by(&target) {
            let is_bound = label == "le" && selected.metric_name().unwrap().ends_with("_bucket");
            let has = |metric: &Metric| metric.labels.iter().any(|one| one.name == label);
            let known = GIVEN.contains(&label) || is_bound || metric.is_some_and(has);
            assert!(known, "{label} in {}", panel.title);
        }
    }
}

/// The units that fit a query, by what it asks of which metric.
fn units(name: &str, target: &Target) -> &'static [&'static str] {
    let is_rate = target.expr.contains("rate(");
    match name {
        _ if target.expr.contains(" / ") => &["percentunit"],
        "process_start_time_seconds" => &["s"],
        "process_cpu_seconds_total" | catalogue::SUCCESS_RATE => &["percentunit"],
        "export_latency_ms_bucket" => &["ms"],
        catalogue::BYTES_TOTAL if is_rate => &["Bps"],
        catalogue::BYTES_TOTAL | catalogue::MEMORY_BYTES | "process_resident_memory_bytes" => {
            &["decbytes"]
        }
        catalogue::THROUGHPUT => &["ops"],
        catalogue::REQUESTS_TOTAL | catalogue::FAIL_TOTAL if is_rate => &["ops", "reqps"],
        _ => &["short"],
    }
}

#[test]
fn units_fit_what_is_shown() {
    for (panel, target, selected) in selectors() {
        let name = selected.metric_name().unwrap();
        let fitting = units(name, &target);
        let unit = panel.field_config.defaults.unit.as_str();
        assert!(fitting.contains(&unit), "{}: {unit}, and {fitting:?} fit {name}", panel.title);
    }
}

#[test]
fn no_query_has_a_value_where_nothing_was_measured() {
    for (panel, target) in dashboard().targets() {
        let expression = expression(target);
        let invents = expression.falls_back_to_constant() || expression.fills_what_is_missing();
        let hides = expression.has_top_level_comparison();
        assert!(!invents && !hides, "{}: {}", panel.title, target.expr);
    }
}
