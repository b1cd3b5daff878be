//! Rule groups: recording and alerting rules, read from YAML and evaluated over
//! time. Which files there are, and when to evaluate, is the caller's business.

mod alerts;
mod evaluate;
mod file;
mod overlay;

pub use alerts::{ActiveAlert, AlertState};
pub use evaluate::{GroupState, RuleContext, RuleFailure, evaluate_group};
pub use overlay::{Overlay, RuleStore};

use std::fmt;

use crate::yaml::{self, Problem};
use crate::{Expression, Place, Template};

/// The label that holds an alert's name.
pub const ALERT_NAME: &str = "alertname";

/// One rule file.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The name it was read under.
    pub name: String,
    /// Its groups, in the order of the file.
    pub groups: Vec<Group>,
}

/// Rules that are evaluated one after the other at the same instants.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, unique in its file.
    pub name: String,
    /// Time between evaluations, milliseconds; the caller's default where absent.
    pub interval_ms: Option<i64>,
    /// How much earlier than the evaluation its expressions look, milliseconds.
    pub query_offset_ms: i64,
    /// Most series or alerts that one rule may make; 0 is no limit.
    pub limit: usize,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// Where it stands.
    pub place: Place,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The metric that it records, or the alert's name.
    pub name: String,
    /// What it does with its expression's value.
    pub kind: RuleKind,
    /// Its expression.
    pub expression: Expression,
    /// Labels to set, the group's included; the values of alerts' labels are expanded.
    pub labels: Vec<(String, Template)>,
    /// Where it stands.
    pub place: Place,
    /// Where its expression stands.
    pub expression_place: Place,
}

/// What a rule does with its expression's value.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// Each element becomes a sample of the rule's metric.
    Recording,
    /// Each element is an alert.
    Alerting(Alerting),
}

/// What only alerting rules have.
#[derive(Clone, Debug)]
pub struct Alerting {
    /// How long an element must be there before its alert fires, milliseconds.
    pub for_ms: i64,
    /// How long an alert goes on firing when its element is gone, milliseconds.
    pub keep_firing_for_ms: i64,
    /// Texts for people, expanded for each alert.
    pub annotations: Vec<(String, Template)>,
}

/// One thing that is wrong in a rule or test file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    /// The name of the file.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a file is, told by its top-level keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// It has `groups`: rules.
    Rules,
    /// It has `tests` or `rule_files`: unit tests of rules.
    UnitTests,
}

/// What becomes of fields that the format does not have. Prometheus itself refuses them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// Each is a problem of the file.
    #[default]
    Refused,
    /// They are for other programs, and passed over.
    Ignored,
}

impl UnknownFields {
    /// Takes out what is no problem.
    pub(crate) fn forgive(self, problems: &mut Vec<Problem>) {
        if self == Self::Ignored {
            problems.retain(|problem| !problem.is_unknown_field);
        }
    }
}

impl FileKind {
    /// Tells what a file is. A file with the keys of both kinds, or of neither,
    /// is neither; one that is no YAML at all is a [`RuleError`].
    pub fn of(text: &str, name: &str) -> Result<Option<Self>, RuleError> {
        let one = |problem: Problem| RuleError {
            file: name.to_owned(),
            place: problem.place,
            message: problem.message,
        };
        let root = yaml::parse(text).map_err(one)?;
        let pairs = root.map("a rule file").map_err(one)?;
        let has = |wanted: &str| pairs.iter().any(|(key, _)| key.name == wanted);
        Ok(match (has("groups"), has("tests") || has("rule_files")) {
            (true, false) => Some(Self::Rules),
            (false, true) => Some(Self::UnitTests),
            _ => None,
        })
    }
}

impl RuleFile {
    /// Reads a rule file from its text. All problems are reported at once.
    pub fn parse(text: &str, name: &str) -> Result<Self, Vec<RuleError>> {
        Self::parse_with(text, name, UnknownFields::Refused)
    }

    /// As [`Self::parse`], where somebody says what becomes of unknown fields.
    pub fn parse_with(
        text: &str,
        name: &str,
        unknown: UnknownFields,
    ) -> Result<Self, Vec<RuleError>> {
        file::parse(text, name, unknown).map_err(|problems| RuleError::all(name, problems))
    }

    /// Rules that make the same series as an earlier one of this file: the same
    /// name and labels.
    pub fn duplicates(&self) -> Vec<&Rule> {
        let rules = self.groups.iter().flat_map(|group| &group.rules).collect::<Vec<_>>();
        let same = |a: &Rule, b: &Rule| a.name == b.name && a.labels == b.labels;
        let repeated = |at: &usize| rules[..*at].iter().any(|earlier| same(earlier, rules[*at]));
        (0..rules.len()).filter(repeated).map(|at| rules[at]).collect()
    }
}

impl RuleError {
    pub(crate) fn all(file: &str, problems: Vec<Problem>) -> Vec<Self> {
        let error = |problem: Problem| Self {
            file: file.to_owned(),
            place: problem.place,
            message: problem.message,
        };
        problems.into_iter().map(error).collect()
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column } = self.place;
        write!(f, "{}:{line}:{column}: {}", self.file, self.message)
    }
}

impl std::error::Error for RuleError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_kind_is_told_by_its_keys() {
        let kind = |text| FileKind::of(text, "x.yml");
        assert_eq!(kind("groups: []"), Ok(Some(FileKind::Rules)));
        assert_eq!(kind("tests: []"), Ok(Some(FileKind::UnitTests)));
        assert_eq!(kind("rule_files: [a.yml]"), Ok(Some(FileKind::UnitTests)));
        assert_eq!(kind("groups: []\ntests: []"), Ok(None));
        assert_eq!(kind("load: []"), Ok(None));
        assert!(kind("groups: [").is_err());
    }
}
