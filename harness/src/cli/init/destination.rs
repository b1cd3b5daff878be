//! Where the scenario goes: found out before anything is sent, and never over somebody's file
//! unless that is asked for.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::super::output::{self, to_standard_output};
use super::super::workflow_commands::Notation;
use super::super::{Failure, codes};
use crate::code::Code;
use crate::gate::ExitCode;

/// Where the scenario goes.
#[derive(Debug)]
pub(super) enum Destination {
    StandardOutput,
    /// A file that is not there yet.
    New(PathBuf),
    /// A file that may be there.
    Any(PathBuf),
}

impl Destination {
    /// What `--output` and `--force` say of a scenario with a name, if it can be written.
    pub(super) fn of(output: Option<&Path>, force: bool, name: &str) -> Result<Self, Failure> {
        let file = match output {
            Some(file) if file == Path::new("-") => return Ok(Self::StandardOutput),
            Some(file) => file.to_owned(),
            None => PathBuf::from(format!("{name}.yaml")),
        };
        let found = fs::metadata(&file);
        if found.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(Failure::usage(
                codes::UNWRITABLE_OUTPUT,
                format!("--output {}: that is a folder; name a file in it", file.display()),
            ));
        }
        if found.is_ok_and(|found| found.is_file()) && !force {
            return Err(Failure::usage(codes::EXISTING_FILE, is_there(&file)));
        }
        output::probe_file(&file).map_err(|error| not_writable(&file, &error))?;
        Ok(if force { Self::Any(file) } else { Self::New(file) })
    }

    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::StandardOutput => None,
            Self::New(file) | Self::Any(file) => Some(file),
        }
    }

    /// Writes the scenario.
    pub(super) fn write(&self, text: &str) -> Result<(), Failure> {
        let (file, written) = match self {
            Self::StandardOutput => {
                return Ok(to_standard_output(text, Notation::Json)?);
            }
            // What is no file, such as a pipe, is written to and not replaced.
            Self::New(file) if !file.exists() => (file, output::to_new_file(file, text.as_bytes())),
            Self::New(file) if file.is_file() => {
                return Err(too_late(codes::EXISTING_FILE, &is_there(file)));
            }
            Self::New(file) | Self::Any(file) => (file, output::to_file(file, text.as_bytes())),
        };
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => too_late(codes::EXISTING_FILE, &is_there(file)),
            kind => too_late(
                codes::UNWRITABLE_OUTPUT,
                &format!("cannot write {}: {kind}", file.display()),
            ),
        })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file() {
            Some(file) => write!(f, "{}", file.display()),
            None => f.write_str("the scenario"),
        }
    }
}

fn is_there(file: &Path) -> String {
    format!(
        "{} is there already; --force writes over it, --output names another file",
        file.display()
    )
}

/// What goes wrong when the requests have been sent is no matter of usage any more.
fn too_late(code: Code, reason: &str) -> Failure {
    let text = format!("{reason}; the requests were sent, and nothing was written");
    Failure { exit_code: ExitCode::Internal, message: output::error(code, text) }
}

fn not_writable(file: &Path, error: &io::Error) -> Failure {
    Failure::usage(
        codes::UNWRITABLE_OUTPUT,
        format!(
            "cannot write {}: {}; choose a folder that exists and may be written",
            file.display(),
            error.kind()
        ),
    )
}
