//! `alerts:` of a scenario: real rule files, evaluated over the run that was just made,
//! from the file to every report, and in a real Prometheus.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod judged;
mod live_prometheus;
mod reading;
mod reported;
mod shop;
#[path = "../support/mod.rs"]
mod support;
