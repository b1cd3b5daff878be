//! The service as its clients see it: over HTTP, on a free port of loopback.
//!
//! One binary, one file for each concern, so that they share how a service is
//! started and are linked once.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a panic is how a test reports, and a skipped test says so"
)]

mod admission;
mod bad_input;
mod counters;
mod downloads;
mod faults;
mod health;
mod long_soak;
mod metrics;
mod outside;
mod pdf;
mod process;
mod properties;
mod routes;
mod service;
mod small_disk;
mod soak;
mod tokens;
mod wrk;
