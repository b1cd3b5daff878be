//! What can go wrong with a saved run.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::codes;
use crate::code::Code;
use crate::gate::ExitCode;
use crate::scenario::codes::UNKNOWN_NAME;

/// Why a run could not be saved or read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The folder holds something already.
    #[error("{0} is not empty; name a folder that does not exist yet, or empty it")]
    NotEmpty(PathBuf),
    /// There is something else where the folder should be.
    #[error("{0} is not a folder; name a folder that does not exist yet")]
    NotAFolder(PathBuf),
    /// Writing failed: a full disk, missing rights.
    #[error("cannot save {path}: {source}; free some space or choose another folder")]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can be written where the run is to be saved.
    #[error("nothing can be written at {path}: {source}; choose another folder")]
    NotWritable {
        /// The folder that was asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Reading failed.
    #[error("cannot read {path}: {source}; is it a saved run?")]
    Read {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is there and is not what it should be.
    #[error("{path} is not part of a saved run: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A file is there and is not what was saved.
    #[error(
        "{path} is not what was saved (its SHA-256 differs); take the run from where it was kept"
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A file that was saved is gone.
    #[error("{path} is gone; take the run from where it was kept, with all its files")]
    Incomplete {
        /// The file.
        path: PathBuf,
    },
    /// An objective is about a phase that a scenario of the run does not have.
    #[error(
        "objective `{objective}`: scenario `{scenario}` of the run has no measured phase `{phase}`; {}",
        known_phases(.known)
    )]
    UnknownPhase {
        /// The objective's id.
        objective: String,
        /// The phase that it is about.
        phase: String,
        /// The scenario.
        scenario: String,
        /// The phases that it may be about.
        known: Vec<String>,
    },
    /// It was saved by another major version.
    #[error(
        "{path} has schema version {found}, this slogate reads {known}; read it with the slogate that saved it"
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// What can be read.
        known: u32,
    },
}

impl ArchiveError {
    /// What it is called, for `slogate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::NotEmpty(_) | Self::NotAFolder(_) => codes::OCCUPIED_FOLDER,
            Self::Write { .. } | Self::NotWritable { .. } => codes::UNSAVED_RUN,
            Self::Read { .. } => codes::UNREADABLE_RUN,
            Self::Malformed { .. } => codes::DAMAGED_RUN,
            Self::Changed { .. } => codes::CHANGED_RUN,
            Self::Incomplete { .. } => codes::INCOMPLETE_RUN,
            Self::UnknownPhase { .. } => UNKNOWN_NAME,
            Self::Version { .. } => codes::RUN_VERSION,
        }
    }

    /// What the process ends with: what the user can name differently is usage, what
    /// the machine could not do is an internal error. Never 0, whatever the verdict.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Write { .. } | Self::NotWritable { .. } => ExitCode::Internal,
            Self::NotEmpty(_)
            | Self::NotAFolder(_)
            | Self::Read { .. }
            | Self::Malformed { .. }
            | Self::Changed { .. }
            | Self::Incomplete { .. }
            | Self::UnknownPhase { .. }
            | Self::Version { .. } => ExitCode::Usage,
        }
    }
}

/// What can be written instead.
fn known_phases(known: &[String]) -> String {
    match known {
        [] => "it has none; remove `during`".to_owned(),
        names => format!("it has {}", names.join(", ")),
    }
}
