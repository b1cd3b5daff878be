//! Why a saved run gives no answer.

use slogate_promql::{EvalError, ParseError, ValueType};
use thiserror::Error;

use super::codes;
use crate::archive::ArchiveError;
use crate::code::Code;
use crate::gate::ExitCode;
use crate::scenario::closest;
use crate::scenario::codes::{INVALID_PROMQL, UNKNOWN_NAME, UNKNOWN_WINDOW};
use crate::slo::Doubt;

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum QueryError {
    /// The run cannot be read.
    #[error("{0}")]
    Run(#[from] ArchiveError),
    /// The run has several scenarios, or none.
    #[error("{}", which_of(.known))]
    UnnamedScenario {
        /// Those that it has.
        known: Vec<String>,
    },
    /// The run has no scenario of this name.
    #[error("the run has no scenario `{scenario}`; {}", instead(.scenario, .known))]
    UnknownScenario {
        /// What was asked for.
        scenario: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The scenario has no measured phase of this name.
    #[error("scenario `{scenario}` of the run has no measured phase `{phase}`; {}", instead(.phase, .known))]
    UnknownPhase {
        /// What was asked for.
        phase: String,
        /// The scenario.
        scenario: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// `$phase` where no phase is asked about.
    #[error("`$phase` needs a phase; name one with `--phase NAME`")]
    NoPhase,
    /// Not PromQL.
    #[error("{0}")]
    Expression(#[from] ParseError),
    /// No value on these series.
    #[error("{0}")]
    Evaluation(#[from] EvalError),
    /// The run has no window that the question needs.
    #[error("{}; {advice}", .doubt.reason)]
    NoWindow {
        /// Why there is none.
        doubt: Doubt,
        /// What can be asked all the same.
        advice: &'static str,
    },
    /// A value over a range that can have none.
    #[error(
        "over a range there is a scalar or an instant vector at each point, and the expression is a \
         {0}; apply a function such as `rate`, or ask without `--range`"
    )]
    NotOverARange(ValueType),
    /// A range that is none.
    #[error("{0}")]
    Range(String),
}

/// What kind of error Prometheus' HTTP API would call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was asked is wrong.
    BadData,
    /// The expression has no value.
    Execution,
    /// The data cannot be read.
    Internal,
}

impl QueryError {
    /// What it is called, for `slogate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Run(error) => error.code(),
            Self::UnnamedScenario { .. } => codes::UNNAMED_SCENARIO,
            Self::UnknownScenario { .. } | Self::UnknownPhase { .. } => UNKNOWN_NAME,
            Self::NoPhase => UNKNOWN_WINDOW,
            Self::Expression(_) => INVALID_PROMQL,
            Self::Evaluation(EvalError::InvalidRange { .. }) | Self::Range(_) => codes::QUERY_TIME,
            Self::Evaluation(_) | Self::NotOverARange(_) => codes::FAILED_QUERY,
            Self::NoWindow { doubt, .. } => doubt.code,
        }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Run(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    /// How Prometheus' HTTP API tells it from others.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Run(_) => ErrorKind::Internal,
            Self::Evaluation(EvalError::InvalidRange { .. }) => ErrorKind::BadData,
            Self::Evaluation(_) => ErrorKind::Execution,
            _ => ErrorKind::BadData,
        }
    }
}

impl ErrorKind {
    /// As `errorType` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadData => "bad_data",
            Self::Execution => "execution",
            Self::Internal => "internal",
        }
    }
}

fn which_of(known: &[String]) -> String {
    match known {
        [] => "the run has no scenario, so there are no series to ask".to_owned(),
        several => {
            format!(
                "the run has several scenarios; name one with `--scenario`: {}",
                several.join(", ")
            )
        }
    }
}

/// The name that was probably meant, and all that there are.
fn instead(wanted: &str, known: &[String]) -> String {
    if known.is_empty() {
        return "it has none".to_owned();
    }
    let names = known.join(", ");
    match closest(wanted, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`? It has {names}"),
        None => format!("it has {names}"),
    }
}
