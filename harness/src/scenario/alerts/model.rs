//! What a scenario says of alerts, as the rest of the program sees it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use slogate_promql::rules::{ALERT_NAME, Rule, RuleError, RuleFile, RuleKind};

use crate::scenario::reader::sha256;

/// The rule files that are evaluated over a run, and how often.
#[derive(Clone, Debug)]
pub struct AlertRules {
    /// Time between two evaluations of a group that has no `interval` of its own.
    pub every: Duration,
    /// The files, in the order in which they were named.
    pub files: Vec<AlertRuleFile>,
}

/// One rule file with its text, so that a saved run can be judged without it.
#[derive(Clone, Debug)]
pub struct AlertRuleFile {
    /// The text as it stands on disk.
    pub text: Arc<str>,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
    /// What stands in it, under the file's name.
    pub rules: RuleFile,
}

/// What an objective on an alert asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertObjective {
    /// The alert's name; every rule of this name is meant.
    pub alert: String,
    /// What it must do.
    pub expected: AlertExpectation,
    /// The expressions of those rules, for reports.
    pub expressions: Vec<String>,
}

/// What an alert must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertExpectation {
    /// Not fire, under any labels.
    Quiet,
    /// Fire.
    Fires {
        /// With at least these labels.
        labels: BTreeMap<String, String>,
        /// So long after the start of its phase at most; any time in it otherwise.
        within: Option<Duration>,
    },
}

impl AlertRuleFile {
    /// Reads a rule file from its text; all that is wrong with it otherwise.
    pub fn read(name: &str, text: &str) -> Result<Self, Vec<RuleError>> {
        let rules = RuleFile::parse(text, name)?;
        Ok(Self { text: text.into(), sha256: sha256(text), rules })
    }
}

impl AlertRules {
    /// Every alerting rule with the names of its file and group, in the order of the files.
    pub fn alerts(&self) -> impl Iterator<Item = (&str, &str, &Rule)> {
        self.files.iter().flat_map(|file| {
            let groups = file.rules.groups.iter();
            groups.flat_map(|group| {
                let rules = group.rules.iter().filter(|rule| is_alert(rule));
                rules.map(|rule| (file.rules.name.as_str(), group.name.as_str(), rule))
            })
        })
    }
}

/// Every alerting rule of some files.
pub(super) fn alerts(files: &[AlertRuleFile]) -> impl Iterator<Item = &Rule> {
    let rules = files.iter().flat_map(|file| &file.rules.groups).flat_map(|group| &group.rules);
    rules.filter(|rule| is_alert(rule))
}

fn is_alert(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Alerting(_))
}

/// Whether the alerts of a rule may have these labels: none that it sets to another text, and
/// no other name than its own.
pub fn may_have(rule: &Rule, labels: &BTreeMap<String, String>) -> bool {
    labels.iter().all(|(name, wanted)| {
        if name == ALERT_NAME {
            return *wanted == rule.name;
        }
        let set = rule.labels.iter().find(|(known, _)| known == name);
        // What a template comes to is known only when it fires.
        set.is_none_or(|(_, value)| value.source().contains("{{") || value.source() == wanted)
    })
}
