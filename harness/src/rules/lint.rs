//! Findings of the built-in checks in rule files on disk, less those that comments silence.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use slogate_promql::Place;
use slogate_promql::lint::{Check, Exported, Finding, Ignored, Knowledge, Severity, ignored, lint};
use slogate_promql::rules::{FileKind, RuleFile, RuleKind, UnknownFields};

use super::RulesError;
use super::codes;
use super::files::open;
use crate::code::Code;
use crate::scenario::closest;

/// What is known besides the rules.
#[derive(Clone, Debug)]
pub struct LintOptions {
    /// Time between two scrapes.
    pub scrape_interval: Duration,
    /// What a target exports, if somebody has looked.
    pub exported: Option<Exported>,
    /// What becomes of fields that are not known.
    pub unknown_fields: UnknownFields,
}

/// One thing in a rule file that is most likely a mistake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LintFinding {
    /// The check's name, a code that `slogate explain` knows.
    pub id: &'static str,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// The rule file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The rule, unless it is about a comment.
    pub rule: Option<String>,
    /// What is wrong and why.
    pub why: String,
    /// What to write instead.
    pub instead: String,
    #[serde(skip)]
    level: Severity,
    #[serde(skip)]
    code: Code,
}

impl LintFinding {
    /// How sure it is.
    pub fn level(&self) -> Severity {
        self.level
    }

    /// The check's code.
    pub fn code(&self) -> Code {
        self.code
    }
}

/// One rule file with its text, whose comments the rules do not have.
struct Source {
    file: RuleFile,
    text: String,
}

/// Everything that the built-in checks find in the rule files among the paths, in the order of
/// paths and lines.
pub fn lint_files(
    paths: &[PathBuf],
    options: &LintOptions,
) -> Result<Vec<LintFinding>, RulesError> {
    let mut sources = Vec::new();
    for path in paths {
        let opened = open(path, options.unknown_fields)?;
        if opened.kind == FileKind::Rules {
            let text = opened.text().to_owned();
            sources.push(Source { file: opened.rules()?, text });
        }
    }
    let recorded = recorded(&sources);
    let scrape_interval_ms = i64::try_from(options.scrape_interval.as_millis()).unwrap_or(i64::MAX);
    let exported = options.exported.as_ref();
    let known = Knowledge { scrape_interval_ms, recorded: &recorded, exported, closest: nearest };
    Ok(sources.iter().flat_map(|source| of_file(source, &known)).collect())
}

/// Names that rules record, in whichever file.
fn recorded(sources: &[Source]) -> BTreeSet<String> {
    let rules = sources.iter().flat_map(|source| &source.file.groups).flat_map(|it| &it.rules);
    let recording = rules.filter(|rule| matches!(rule.kind, RuleKind::Recording));
    recording.map(|rule| rule.name.clone()).collect()
}

fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    closest(word, candidates.iter().copied())
}

fn of_file(source: &Source, known: &Knowledge<'_>) -> Vec<LintFinding> {
    let comments = ignored(&source.text);
    let findings = lint(&source.file, known);
    let silences = |comment: &Ignored, finding: &Finding| {
        comment.above == Some(finding.rule_place.line) && comment.name == finding.check.name()
    };
    let is_told = |finding: &&Finding| !comments.iter().any(|comment| silences(comment, finding));
    let name = &source.file.name;
    let mut told: Vec<LintFinding> =
        findings.iter().filter(is_told).map(|finding| of_finding(name, finding)).collect();
    let is_idle = |comment: &&Ignored| !findings.iter().any(|finding| silences(comment, finding));
    let idle = comments.iter().filter(is_idle);
    told.extend(idle.filter_map(|comment| of_comment(name, comment, known)));
    told.sort_by_key(|one| (one.line, one.column));
    told
}

fn of_finding(file: &str, finding: &Finding) -> LintFinding {
    let code = code_of(finding.check);
    LintFinding {
        id: code.name(),
        severity: finding.severity.word(),
        file: file.to_owned(),
        line: finding.place.line,
        column: finding.place.column,
        rule: Some(finding.rule.clone()),
        why: finding.why.clone(),
        instead: finding.instead.clone(),
        level: finding.severity,
        code,
    }
}

/// A comment that silences nothing. Where a check needs to know what a target exports and
/// nobody has looked, it could not have found anything.
fn of_comment(file: &str, comment: &Ignored, known: &Knowledge<'_>) -> Option<LintFinding> {
    let check = Check::named(&comment.name);
    if known.exported.is_none() && check.is_some_and(Check::needs_exported) {
        return None;
    }
    let names: Vec<&str> = Check::every().map(Check::name).collect();
    let (why, instead) = match check {
        Some(_) => (
            format!("nothing of the kind `{}` is found in the rule below", comment.name),
            "take the comment out, or put it right above the rule that is meant".to_owned(),
        ),
        None if comment.name.is_empty() => (
            "the comment names no check, so it silences nothing".to_owned(),
            format!("name what is meant after `ignore`; the checks are {}", names.join(", ")),
        ),
        None => (
            format!("`{}` is the name of no check", comment.name),
            match nearest(&comment.name, &names) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the checks are {}", names.join(", ")),
            },
        ),
    };
    let (level, code) = (Severity::Warning, codes::UNUSED_IGNORE);
    let Place { line, column } = comment.place;
    let (id, severity, file) = (code.name(), level.word(), file.to_owned());
    Some(LintFinding { id, severity, file, line, column, rule: None, why, instead, level, code })
}

fn code_of(check: Check) -> Code {
    match check {
        Check::CounterValue => codes::COUNTER_VALUE,
        Check::RateWindow => codes::RATE_WINDOW,
        Check::AlwaysFires => codes::ALWAYS_FIRES,
        Check::NeverFires => codes::NEVER_FIRES,
        Check::TemplateLabel => codes::TEMPLATE_LABEL,
        Check::AbsentLabel => codes::ABSENT_LABEL,
        Check::ExperimentalFunction => codes::EXPERIMENTAL_FUNCTION,
        Check::MissingBucket => codes::MISSING_BUCKET,
        Check::InvalidQuantile => codes::INVALID_QUANTILE,
        Check::UnknownSeries => codes::UNKNOWN_SERIES,
        Check::UnknownLabelValue => codes::UNKNOWN_LABEL_VALUE,
        Check::GaugeRate => codes::GAUGE_RATE,
        Check::QuantileEdge => codes::QUANTILE_EDGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.yml");
        std::fs::write(&path, text).unwrap();
        let options = LintOptions {
            scrape_interval: Duration::from_secs(15),
            exported: None,
            unknown_fields: UnknownFields::Refused,
        };
        let found = lint_files(&[path], &options).unwrap();
        found.iter().map(|one| format!("{} {}:{}", one.id, one.line, one.column)).collect()
    }

    #[test]
    fn a_comment_above_a_rule_silences_what_it_names() {
        let rule = "      - alert: A\n        expr: errors_total > 5\n";
        let head = "groups:\n  - name: g\n    rules:\n";
        assert_eq!(found(&format!("{head}{rule}")), ["counter-value 5:15"]);
        let silenced = format!("{head}      # slogate: ignore counter-value\n{rule}");
        assert_eq!(found(&silenced), [] as [&str; 0]);
        let other = format!("{head}      # slogate: ignore rate-window\n{rule}");
        assert_eq!(found(&other), ["unused-ignore 4:7", "counter-value 6:15"]);
        let unknown = format!("{head}      # slogate: ignore counter-values\n{rule}");
        assert_eq!(found(&unknown)[0], "unused-ignore 4:7");
        let nameless = format!("{head}      # slogate: ignore\n{rule}");
        assert_eq!(found(&nameless), ["unused-ignore 4:7", "counter-value 6:15"]);
        let unlooked = format!("{head}      # slogate: ignore gauge-rate\n{rule}");
        assert_eq!(found(&unlooked), ["counter-value 6:15"], "nobody has looked for it");
    }

    #[test]
    fn every_check_is_known_by_the_name_of_its_code() {
        for check in Check::every() {
            assert_eq!(code_of(check).name(), check.name());
        }
    }
}
