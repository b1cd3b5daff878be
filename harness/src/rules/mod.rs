//! Rule files and rule unit tests on disk: finding them, checking them, running
//! the tests with the built-in engine and with promtool beside it.
//!
//! What a file is, its own top-level keys say: `groups` makes it a rule file,
//! `tests` or `rule_files` a file of unit tests, in promtool's format. Rules on
//! recorded runs, and lint findings that need data, are not here.

mod engines;
mod files;
mod promtool;
mod report;

pub use engines::{check_files, test_files};
pub use files::{find, read};
pub use report::{
    BuiltInResult, Engine, PromtoolResult, RuleCheckReport, RuleTestOutcome, RuleTestReport,
};

use std::path::PathBuf;

use slogate_promql::rules::RuleError;
use thiserror::Error;

/// Why rule files cannot be checked or tested. A test that fails is no error:
/// it is a [`RuleTestReport`].
#[derive(Debug, Error)]
pub enum RulesError {
    /// A file that cannot be read.
    #[error("cannot read the rule file {path}: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A path or pattern that stands for no file.
    #[error("no rule file matches `{pattern}`")]
    NoMatch {
        /// As it was given.
        pattern: String,
    },
    /// A pattern that is not understood.
    #[error("`{pattern}` is not a pattern; `*` and `?` stand for parts of a name")]
    BadPattern {
        /// As it was given.
        pattern: String,
    },
    /// A file that is neither rules nor unit tests.
    #[error(
        "{path} is neither a rule file (with `groups`) nor a file of rule tests (with `tests`)",
        path = path.display()
    )]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// Files with problems; every problem of every file is there.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<RuleError>),
    /// promtool was asked for and is not there.
    #[error("promtool is not installed; install it, or use the built-in engine")]
    PromtoolMissing,
    /// promtool is there and did not do its work.
    #[error("promtool failed on {path}: {reason}", path = path.display())]
    Promtool {
        /// The file it was given.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
}
