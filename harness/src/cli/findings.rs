//! Findings of checks as people see them, whatever they are found in.

use slogate_promql::lint::Severity;

use super::arguments::LevelChoice;
use crate::code::Code;
use crate::dashboard::DashboardFinding;
use crate::report::one_line;
use crate::rules::LintFinding;

/// Something that a check found.
pub(super) struct Told<'f> {
    code: Code,
    level: Severity,
    /// `rules.yml:5:15`.
    place: String,
    /// What of the file it is about, if not all of it.
    subject: Option<String>,
    /// What is wrong and why.
    why: &'f str,
    /// What to write instead.
    instead: &'f str,
}

/// `warning[counter-value]: rules.yml:5:15: High: …`, and below it what to write instead.
pub(super) fn shown<'f>(found: impl Into<Told<'f>>) -> String {
    let Told { code, level, place, subject, why, instead } = found.into();
    let subject = subject.map_or_else(String::new, |subject| format!("{subject}: "));
    let told = format!("{place}: {subject}{why}");
    // Titles and expressions are whatever somebody wrote into a file.
    format!("{}[{code}]: {}\n     instead: {}", level.word(), one_line(&told), one_line(instead))
}

impl<'f> From<&'f LintFinding> for Told<'f> {
    fn from(found: &'f LintFinding) -> Self {
        Self {
            code: found.code(),
            level: found.level(),
            place: format!("{}:{}:{}", found.file, found.line, found.column),
            subject: found.rule.clone(),
            why: &found.why,
            instead: &found.instead,
        }
    }
}

impl<'f> From<&'f DashboardFinding> for Told<'f> {
    fn from(found: &'f DashboardFinding) -> Self {
        Self {
            code: found.code(),
            level: found.level(),
            place: format!("{}:{}:{}", found.file, found.line, found.column),
            subject: match (&found.panel, &found.query) {
                (Some(panel), Some(query)) => Some(format!("{panel}, query {query}")),
                (panel, _) => panel.clone(),
            },
            why: &found.why,
            instead: &found.instead,
        }
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
