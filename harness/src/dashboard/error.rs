//! Why a dashboard cannot be checked at all.

use slogate_promql::Place;
use thiserror::Error;

use super::codes;
use crate::code::Code;
use crate::gate::ExitCode;
use crate::query::QueryError;
use crate::scenario::codes::TOO_LARGE;
use crate::slo::Doubt;

/// Why there is no report.
#[derive(Debug, Error)]
pub enum DashboardError {
    /// Not JSON.
    #[error("{file}:{}:{}: it is no JSON: {message}", place.line, place.column)]
    NotJson {
        /// The file.
        file: String,
        /// Where it stops to be JSON.
        place: Place,
        /// What is wrong there.
        message: String,
    },
    /// JSON of something else.
    #[error(
        "{file} is JSON and no dashboard: it has neither `panels` nor `schemaVersion`; export the \
         dashboard in Grafana (Share > Export > Save to file)"
    )]
    NoDashboard {
        /// The file.
        file: String,
    },
    /// A dashboard that cannot be read here.
    #[error(
        "{file} is a dashboard of the v2 schema (`elements` and `layout`), which is not read; \
         export it as the classic model (\"V1 Resource\" or \"Classic\")"
    )]
    SecondSchema {
        /// The file.
        file: String,
    },
    /// Values of types that their fields cannot have; each with its place.
    #[error("{}", told(file, wrong))]
    WrongTypes {
        /// The file.
        file: String,
        /// What is wrong, and where.
        wrong: Vec<(Place, String)>,
    },
    /// More than any person looks at.
    #[error("{file} has {count} {what}, and at most {most} are checked; split the dashboard")]
    TooLarge {
        /// The file.
        file: String,
        /// How many there are.
        count: usize,
        /// How many may be.
        most: usize,
        /// Of what.
        what: &'static str,
    },
    /// The run cannot be asked.
    #[error("{0}")]
    Run(QueryError),
}

impl DashboardError {
    /// A run without a window has no time to show.
    pub(super) fn no_window(doubt: &Doubt) -> Self {
        let advice = "check the dashboard on a run that was scraped to its end";
        Self::Run(QueryError::NoWindow { doubt: doubt.clone(), advice })
    }

    /// Every error in it, each with its code, in the order in which they are told.
    pub fn coded(&self) -> Vec<(Code, String)> {
        match self {
            Self::WrongTypes { file, wrong } => {
                let lines = wrong.iter().map(|one| (codes::INVALID_DASHBOARD, line(file, one)));
                lines.collect()
            }
            Self::Run(error) => vec![(error.code(), self.to_string())],
            Self::TooLarge { .. } => vec![(TOO_LARGE, self.to_string())],
            _ => vec![(codes::INVALID_DASHBOARD, self.to_string())],
        }
    }

    /// What the process ends with.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Run(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }
}

fn told(file: &str, wrong: &[(Place, String)]) -> String {
    wrong.iter().map(|one| line(file, one)).collect::<Vec<_>>().join("\n")
}

fn line(file: &str, (place, message): &(Place, String)) -> String {
    format!("{file}:{}:{}: {message}", place.line, place.column)
}
