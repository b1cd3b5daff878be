//! Findings of checks as people see them, whatever they are found in.

use slogate_promql::lint::Severity;

use super::arguments::LevelChoice;
use crate::code::Code;
use crate::dashboard::DashboardFinding;
use crate::report::one_line;
use crate::rules::LintFinding;

/// Something that a check found.
pub(super) trait Told {
    /// The check's code.
    fn code(&self) -> Code;
    /// How sure it is.
    fn level(&self) -> Severity;
    /// `rules.yml:5:15`.
    fn place(&self) -> String;
    /// What of the file it is about, if not all of it.
    fn subject(&self) -> Option<String>;
    /// What is wrong and why.
    fn why(&self) -> &str;
    /// What to write instead.
    fn instead(&self) -> &str;
}

/// `warning[counter-value]: rules.yml:5:15: High: …`, and below it what to write instead.
pub(super) fn shown(found: &impl Told) -> String {
    let subject = found.subject().map_or_else(String::new, |subject| format!("{subject}: "));
    let told = format!("{}: {subject}{}", found.place(), found.why());
    let (level, code) = (found.level().word(), found.code());
    // Titles and expressions are whatever somebody wrote into a file.
    format!("{level}[{code}]: {}\n     instead: {}", one_line(&told), one_line(found.instead()))
}

impl Told for LintFinding {
    fn code(&self) -> Code {
        Self::code(self)
    }

    fn level(&self) -> Severity {
        Self::level(self)
    }

    fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    fn subject(&self) -> Option<String> {
        self.rule.clone()
    }

    fn why(&self) -> &str {
        &self.why
    }

    fn instead(&self) -> &str {
        &self.instead
    }
}

impl Told for DashboardFinding {
    fn code(&self) -> Code {
        Self::code(self)
    }

    fn level(&self) -> Severity {
        Self::level(self)
    }

    fn place(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }

    fn subject(&self) -> Option<String> {
        match (&self.panel, &self.query) {
            (Some(panel), Some(query)) => Some(format!("{panel}, query {query}")),
            (panel, _) => panel.clone(),
        }
    }

    fn why(&self) -> &str {
        &self.why
    }

    fn instead(&self) -> &str {
        &self.instead
    }
}

impl From<LevelChoice> for Severity {
    fn from(level: LevelChoice) -> Self {
        match level {
            LevelChoice::Info => Self::Info,
            LevelChoice::Warning => Self::Warning,
            LevelChoice::Error => Self::Error,
        }
    }
}
