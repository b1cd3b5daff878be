//! The reference export service: rows in, a CSV or PDF file out, nine metrics
//! about it.
//!
//! It exists so that every scenario, alert rule and dashboard of this repository
//! has something real to be true about. It is a small service, but a whole one:
//! rows stream from the request into the file, five exports run and a hundred
//! wait, files appear whole or not at all, and shutting down loses nothing.
//!
//! Modules point one way: `routes` → `job` → `format`, with `metrics` and
//! `limits` beside them. Formats know neither HTTP nor metrics. The names of the
//! metrics are spelled in [`catalogue`] only.

mod access;
pub mod catalogue;
mod command;
mod config;
mod faults;
mod format;
#[doc(hidden)]
pub mod in_memory;
mod job;
mod limits;
mod metrics;
mod options;
mod probe;
mod problem;
mod quantity;
mod routes;
mod server;

pub use access::{Access, TokensError};
pub use command::{CommandLine, run_command};
pub use config::{Config, Limits};
pub use faults::{Fault, FaultError, Faults};
pub use format::FONT;
pub use options::Options;
pub use server::{ServeError, SetUpError, run};
