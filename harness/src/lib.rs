//! slogate drives load at an HTTP service, watches the service's own Prometheus
//! metrics while it does, and gives one verdict over both.
//!
//! The modules are layers, lowest first; a module uses lower layers only, and
//! modules of one layer do not see each other (`tests/layers.rs` holds this):
//! `code`, `units`, `clock` → `histogram`, `exposition` → `series` → `scenario` → `load`,
//! `scrape`, `rules`, `target`, `machine` → `slo` → `gate`, `propose` → `archive` →
//! `query` → `dashboard` → `report` → `session` → `cli`.

pub mod archive;
pub mod cli;
pub mod clock;
pub mod code;
pub mod dashboard;
pub mod exposition;
pub mod gate;
pub mod glob;
pub mod histogram;
pub mod load;
pub mod machine;
pub mod propose;
pub mod query;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod scrape;
pub mod series;
pub mod session;
pub mod slo;
pub mod target;
pub mod units;
