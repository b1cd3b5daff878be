//! The Grafana dashboard against everything that it speaks of: the catalogue of metrics,
//! the alert rules, the scenarios, the rules of grafana/dashboard-linter, and a real
//! Prometheus that scraped the service while it worked and failed.
//!
//! No Grafana is needed: what it does to a query before it sends it is `slogate::dashboard`. Other
//! dashboards, with mistakes and hostile ones, are in `checked` and `hostile`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod against_catalogue;
mod against_limits;
mod checked;
mod grafana;
mod hostile;
mod layout;
mod lint_rules;
mod live_prometheus;
mod model;
mod our_engine;
mod page;
mod prometheus_api;
mod provisioning;
#[path = "../support/mod.rs"]
mod support;
