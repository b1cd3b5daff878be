//! The service as its clients see it: over HTTP, on a free port of loopback.
//!
//! One binary, one file for each concern, so that they share how a service is
//! started and are linked once.

mod admission;
mod bad_input;
mod downloads;
mod faults;
mod metrics;
mod outside;
mod pdf;
mod process;
mod routes;
mod service;
