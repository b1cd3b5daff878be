//! Rule files and rule unit tests on disk: finding them, checking them, running
//! the tests, each by the built-in engine, by promtool, or by both.
//!
//! What a file is, its own top-level keys say: `groups` makes it a rule file,
//! `tests` or `rule_files` a file of unit tests, in promtool's format. Where what a
//! target exports comes from is the caller's business.

mod check;
pub mod codes;
mod engines;
mod exported;
mod files;
mod lint;
mod mutate;
mod promtool;
mod refusals;
mod report;
mod suites;
mod test;

pub use check::{check_files, check_files_with};
pub use engines::{Engine, Engines};
pub use exported::{exported_by, exported_in};
pub use files::{find, kind, read, read_rules};
pub use lint::{LintFinding, LintOptions, lint_files};
pub use mutate::{RuleFileCoverage, RuleFileMutants, coverage_of_files, mutate_files};
pub use promtool::{PROMTOOL_TIME_LIMIT, Promtool};
pub use refusals::{PromtoolRefusal, Refusals};
pub use report::{
    BuiltInCheck, BuiltInResult, PromtoolCheck, PromtoolResult, RuleCheckOutcome, RuleCheckReport,
    RuleTestOutcome, RuleTestReport,
};
pub use test::{TestOptions, test_files, test_files_with};

use std::path::PathBuf;

use slogate_promql::rules::RuleError;
use thiserror::Error;

use crate::code::Code;
use crate::scenario::codes::{UNREADABLE_FILE, WRONG_FILE_KIND};

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
    /// Files that promtool refuses, or about which the engines disagree.
    #[error("{0}")]
    Refused(Refusals),
    /// promtool was asked for and is not there.
    #[error(
        "promtool is not installed; install it (it comes with Prometheus' releases and container \
         image, and in the package `prometheus` of Debian, Ubuntu and Homebrew), or use \
         `--engine built-in`"
    )]
    PromtoolMissing,
    /// promtool is there and does not work.
    #[error("promtool does not work: {reason}; mend it, or use `--engine built-in`")]
    PromtoolBroken {
        /// What happened.
        reason: String,
    },
    /// promtool works and gave no answer about a file.
    #[error(
        "promtool gave no answer about {path}: {reason}; ask another version of it, or use \
         `--engine built-in`",
        path = path.display()
    )]
    Promtool {
        /// The file it was given.
        path: PathBuf,
        /// What happened.
        reason: String,
    },
}

impl RulesError {
    /// Every error in it, each with its code, in the order in which they are told.
    pub fn coded(&self) -> Vec<(Code, String)> {
        let code = match self {
            Self::Invalid(found) => {
                return found.iter().map(|one| (codes::INVALID_RULE, one.to_string())).collect();
            }
            Self::Refused(refusals) => return refusals.coded(),
            Self::Unreadable { .. } => UNREADABLE_FILE,
            Self::NoMatch { .. } | Self::BadPattern { .. } => codes::NO_RULE_FILE,
            Self::UnknownKind { .. } => WRONG_FILE_KIND,
            Self::PromtoolMissing => codes::PROMTOOL_MISSING,
            Self::PromtoolBroken { .. } | Self::Promtool { .. } => codes::PROMTOOL_BROKEN,
        };
        vec![(code, self.to_string())]
    }
}
