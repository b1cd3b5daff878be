//! The built binary against servers that somebody else wrote: nginx, haproxy and
//! Prometheus as they come with Debian.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod haproxy_balancer;
mod nginx_exposition;
mod nginx_https;
mod nginx_keep_alive;
mod nginx_requests;
mod nginx_tls;
mod node_target;
mod prometheus_api;
mod prometheus_target;
#[path = "../support/mod.rs"]
mod support;

use support::Workspace;

/// Runs a scenario and gives its JSON report; panics unless it ends with `code`.
#[track_caller]
fn report_of(workspace: &Workspace, scenario: &str, code: i32) -> serde_json::Value {
    let file = workspace.write("scenario.yaml", scenario);
    workspace.run(&["run", file.to_str().unwrap(), "--out", "json"]).expect_code(code).report()
}

/// A field of the report's requests, summed over phases.
fn requests(report: &serde_json::Value, field: &str) -> u64 {
    let requests = report["scenarios"][0]["requests"].as_array().unwrap();
    requests.iter().map(|request| request[field].as_u64().unwrap()).sum()
}

/// What else decided over the first scenario, in words.
fn reasons(report: &serde_json::Value) -> String {
    report["scenarios"][0]["reasons"].to_string()
}
