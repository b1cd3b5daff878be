//! What a run says to GitHub by itself: a summary of the job, and annotations at the
//! lines of what does not hold.
//!
//! It happens where GitHub's own variables say so, and `--github off` (or
//! `SLOGATE_GITHUB=off`) turns it off. Annotations go to standard error, which GitHub
//! reads as well, because standard output belongs to reports. Both are reports:
//! `--quiet` does not silence them.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::arguments::GitHubChoice;
use super::codes;
use super::output::{self, say, say_to_github};
use super::workflow_commands::are_read;
use crate::archive::RunRecord;
use crate::code::Code;
use crate::gate::{ExitCode, Outcome};
use crate::report::{Workspace, annotations, cut_markdown};

/// GitHub refuses the summary of a step that is larger.
const SUMMARY_LIMIT_BYTES: usize = 1024 * 1024;
/// What is left to the commands that write to the same summary after us.
const LEFT_TO_OTHERS_BYTES: usize = 128 * 1024;

/// A job on GitHub.
pub(super) struct GitHub {
    summary: Option<PathBuf>,
    workspace: Workspace,
}

/// Why GitHub does not get what it should.
#[derive(Debug, Error)]
pub(super) enum GitHubError {
    #[error("cannot write the job summary {}: {source}; turn it off with --github off", file.display())]
    NotWritable { file: PathBuf, source: io::Error },
    #[error(
        "the job summary {} is full ({size} bytes); run slogate in a step of its own, or turn the \
         summary off with --github off", file.display()
    )]
    Full { file: PathBuf, size: usize },
}

impl GitHubError {
    /// What it is called, for `slogate explain`.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::NotWritable { .. } => codes::UNWRITABLE_OUTPUT,
            Self::Full { .. } => codes::FULL_SUMMARY,
        }
    }
}

impl GitHub {
    /// The job that this process is part of, by its environment.
    pub(super) fn detect(choice: GitHubChoice) -> Option<Self> {
        if !are_read() || choice == GitHubChoice::Off {
            return None;
        }
        let path = |name| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let here = env::current_dir().unwrap_or_default();
        let root = path("GITHUB_WORKSPACE").unwrap_or_else(|| here.clone());
        let summary = path("GITHUB_STEP_SUMMARY");
        Some(Self { summary, workspace: Workspace { root, here } })
    }

    /// Finds out before any load whether the summary can be written.
    pub(super) fn probe(&self) -> Result<(), GitHubError> {
        self.summary.as_deref().map_or(Ok(()), |file| append(file, ""))
    }

    /// Writes both; what goes wrong is said and changes the exit code.
    pub(super) fn report(&self, record: &RunRecord, outcome: Outcome) -> ExitCode {
        for annotation in annotations(record, &self.workspace) {
            say_to_github(&annotation);
        }
        let Some(file) = &self.summary else { return ExitCode::Pass };
        match write_summary(file, record, outcome) {
            Ok(()) => ExitCode::Pass,
            Err(error) => {
                say(&output::error(error.code(), &error));
                ExitCode::Internal
            }
        }
    }
}

/// Adds to the summary, which other commands of the step may have begun.
fn write_summary(file: &Path, record: &RunRecord, outcome: Outcome) -> Result<(), GitHubError> {
    let before = file.metadata().map_or(0, |found| found.len());
    let size = usize::try_from(before).unwrap_or(usize::MAX);
    let room = SUMMARY_LIMIT_BYTES.saturating_sub(size);
    let room = room.saturating_sub(LEFT_TO_OTHERS_BYTES).saturating_sub(1);
    let summary = cut_markdown(record, outcome, room);
    let summary = summary.ok_or_else(|| GitHubError::Full { file: file.to_owned(), size })?;
    // What was written before may not end in a line break.
    append(file, &format!("\n{summary}"))
}

fn append(file: &Path, text: &str) -> Result<(), GitHubError> {
    let open = OpenOptions::new().append(true).create(true).open(file);
    open.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| GitHubError::NotWritable { file: file.to_owned(), source })
}
