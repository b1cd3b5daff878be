//! Saved runs: one folder for each invocation, from which it can be judged and drawn
//! again at any time.
//!
//! `run.json` holds the record ([`RunRecord`]): every judged number, and what it was
//! judged by. Each scenario has a folder with the evidence: latencies, series, the
//! closing scrape, artifacts. Secrets are never saved: a scenario is kept as its file
//! has it, where variables stand by name.

mod again;
mod alerts;
mod build;
pub mod codes;
mod definition;
mod error;
mod flows;
mod folders;
mod layout;
mod parts;
mod read;
mod record;
mod sums;
mod verification;
mod write;

pub use again::{read_and_judge, read_and_judge_by};
pub use build::{ScenarioRun, is_pipeline};
pub use definition::{
    ComparatorSign, Definition, FilterRecord, Measures, ThresholdRecord, TotalRecord, WithinRecord,
};
pub use error::ArchiveError;
pub use read::{SavedEvidence, read, read_evidence, read_observed};
pub use record::*;
pub use sums::verify;
pub use verification::{AgreementName, ComparedRecord, LeftOutRecord, VerificationRecord};
pub use write::{Artifact, ClosingScrape, ScenarioEvidence, check_destination, write};
