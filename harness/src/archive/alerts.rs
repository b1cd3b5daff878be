//! Alerts in a record: what each rule did, and the rules themselves, both ways.

use std::path::Path;
use std::time::Duration;

use super::ArchiveError;
use super::build::measured_value;
use super::definition::Measures;
use super::record::{
    AlertActivityRecord, AlertRecord, AlertRuleFileRecord, AlertRulesRecord, SloRecord,
};
use crate::scenario::{AlertRuleFile, AlertRules};
use crate::slo::{AlertActivity, Verdict, WatchedAlert};

/// The records of what alert rules did, each with what was asked of it.
pub(super) fn alert_records(watched: &[WatchedAlert], slos: &[SloRecord]) -> Vec<AlertRecord> {
    watched.iter().map(|one| alert_record(one, slos)).collect()
}

fn alert_record(watched: &WatchedAlert, slos: &[SloRecord]) -> AlertRecord {
    let is_about = |slo: &&SloRecord| match &slo.definition.measures {
        Measures::Alert { alert, .. } => *alert == watched.alert,
        _ => false,
    };
    let about: Vec<&SloRecord> = slos.iter().filter(is_about).collect();
    AlertRecord {
        alert: watched.alert.clone(),
        labels: watched.labels.iter().cloned().collect(),
        group: watched.group.clone(),
        file: watched.place.0.clone(),
        line: watched.place.1,
        state: watched.ending,
        reason: watched.why.clone(),
        evaluations: watched.evaluations,
        activities: watched.activities.iter().map(Into::into).collect(),
        verdict: about.iter().map(|slo| slo.verdict).reduce(Verdict::and),
        objectives: about.iter().map(|slo| slo.id.clone()).collect(),
    }
}

impl From<&AlertActivity> for AlertActivityRecord {
    fn from(activity: &AlertActivity) -> Self {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            labels: activity.labels.iter().map(owned).collect(),
            annotations: activity.annotations.iter().map(owned).collect(),
            value: measured_value(activity.value),
            active_at_ms: activity.active_at_ms,
            fired_at_ms: activity.fired_at_ms,
            last_at_ms: activity.last_ms,
            until_the_end: activity.is_open,
        }
    }
}

impl From<&AlertRules> for AlertRulesRecord {
    fn from(rules: &AlertRules) -> Self {
        let file = |file: &AlertRuleFile| AlertRuleFileRecord {
            path: file.rules.name.clone(),
            sha256: file.sha256.clone(),
            text: file.text.to_string(),
        };
        Self {
            every_seconds: rules.every.as_secs_f64(),
            files: rules.files.iter().map(file).collect(),
        }
    }
}

/// The rules of a saved scenario, read once more; `record` is the file they stand in.
pub(super) fn read_alert_rules(
    rules: &AlertRulesRecord,
    record: &Path,
) -> Result<AlertRules, ArchiveError> {
    let malformed = |problem: String| ArchiveError::Malformed { path: record.to_owned(), problem };
    let file = |file: &AlertRuleFileRecord| {
        AlertRuleFile::read(&file.path, &file.text).map_err(|errors| {
            let first = errors.first().map(ToString::to_string).unwrap_or_default();
            malformed(format!("a rule file in it does not read: {first}"))
        })
    };
    Ok(AlertRules {
        every: Duration::try_from_secs_f64(rules.every_seconds)
            .map_err(|error| malformed(format!("`every_seconds`: {error}")))?,
        files: rules.files.iter().map(file).collect::<Result<_, _>>()?,
    })
}
