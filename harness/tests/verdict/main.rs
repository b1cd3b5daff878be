//! Verdicts from end to end: evidence made by hand, judged, saved, read and shown.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

mod archive_saved_run;
mod gate_exit_codes;
#[expect(dead_code, reason = "these tests use a part of it")]
#[path = "../support/outside.rs"]
mod outside;
mod propose_file;
mod report_github;
mod report_json;
mod report_junit;
mod report_markdown;
mod report_pdf;
mod report_snapshots;
mod report_table;
mod reports_page;
mod slo_false_green;
mod slo_properties;
mod slo_verdict_page;
mod support;
