//! The table of docs/false-green.md: everything that could make a gate green on
//! nothing, each through the built binary, none of it exit code 0.
//!
//! Where a control makes sense, the same run without the trap passes in the same test,
//! so that its row is not red for some other reason. [`rows`] has the rows, [`page`] compares what was
//! seen with the page; `SLOGATE_BLESS=1` writes the page anew.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

#[path = "../support/mod.rs"]
mod support;

mod alerts;
mod answers;
mod balancer;
mod client;
mod dead;
mod evidence;
mod files;
mod metrics;
mod page;
mod processes;
mod rows;
mod shop;
mod starved;
mod time;
mod verified;
