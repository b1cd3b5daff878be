//! The load engine over TLS and HTTP/2, against peers that break every rule on purpose:
//! each failure is counted under its own kind, and none hangs.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

#[path = "../load_engine/support.rs"]
#[expect(dead_code, reason = "the plans and the scripted servers of another test")]
mod engine;
mod http2;
mod peers;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod tls_server;
