//! What is told of a dashboard, with its place, in the shape of the findings in rule files.

use serde::Serialize;
use slogate_promql::lint::Severity;

use crate::code::Code;

/// One thing in a dashboard that is most likely a mistake, or shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DashboardFinding {
    /// The check's name, a code that `slogate explain` knows.
    pub id: &'static str,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// The dashboard's file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The panel that it is about, by its title.
    pub panel: Option<String>,
    /// The query of the panel, by its `refId`.
    pub query: Option<String>,
    /// The variable that it is about.
    pub variable: Option<String>,
    /// What is wrong and why.
    pub why: String,
    /// What to write instead.
    pub instead: String,
    #[serde(skip)]
    pub(super) level: Severity,
    #[serde(skip)]
    pub(super) code: Code,
}

impl DashboardFinding {
    /// How sure it is.
    pub fn level(&self) -> Severity {
        self.level
    }

    /// The check's code.
    pub fn code(&self) -> Code {
        self.code
    }
}
