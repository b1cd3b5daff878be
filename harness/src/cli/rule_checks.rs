//! `slogate rules check`: whether rule files can be loaded, and what in them is most likely a
//! mistake.

use serde::Serialize;
use slogate_promql::lint::Severity;

use super::Failure;
use super::arguments::{CheckOutput, EngineChoice, RulesCheckArguments, unknown_fields};
use super::findings::shown;
use super::output::{say, to_standard_output};
use super::rule_evidence::{Place, exported};
use super::rule_results::{BUILT_IN, Found, findings, of_check, of_empty_tests, of_lint, result};
use super::rules::{conclude, engines_or_tell, exit_code, files, tell};
use super::workflow_commands::Notation;
use crate::code::Code;
use crate::gate::{ExitCode, RuleResult};
use crate::rules::{LintFinding, LintOptions, check_files_with, lint_files};
use crate::slo::Verdict;

/// Checks the files, and ends with the verdict over all of them. Where that fails, JSON has an
/// object as well: whoever reads it must not mistake nothing for no findings.
pub(super) fn check_verb(arguments: &RulesCheckArguments) -> Result<ExitCode, Failure> {
    let checked = check(arguments);
    if let (Err(failure), CheckOutput::Json) = (&checked, arguments.out) {
        let error = Some(failure.message.as_str());
        let exit_code = failure.exit_code.number();
        let document = CheckDocument { findings: &[], results: &[], error, exit_code };
        to_standard_output(&document.text()?, Notation::Json)?;
    }
    checked
}

fn check(arguments: &RulesCheckArguments) -> Result<ExitCode, Failure> {
    let options = lint_options(arguments)?;
    let files = files(&arguments.files)?;
    let engines = engines_or_tell(arguments.engine.into())?;
    let unknown = unknown_fields(arguments.ignore_unknown_fields);
    let report = check_files_with(&files, &engines, unknown)?;
    let linted = match &options {
        Some(options) => lint_files(&files, options)?,
        None => Vec::new(),
    };
    let mut results = of_check(&report);
    results.extend(of_empty_tests(&report));
    tell(&findings(&report));
    if arguments.lint_fatal {
        results.extend(of_lint(&report));
    }
    results.extend(arguments.fail_on.and_then(|level| of_findings(&linted, level.into())));
    match arguments.out {
        CheckOutput::Text => {
            for finding in &linted {
                say(&shown(finding));
            }
            conclude(&results)
        }
        CheckOutput::Json => {
            to_standard_output(&json(&linted, &results)?, Notation::Json)?;
            Ok(exit_code(&results))
        }
    }
}

/// What the built-in checks are told; nothing where promtool alone is asked.
fn lint_options(arguments: &RulesCheckArguments) -> Result<Option<LintOptions>, Failure> {
    let place = match (&arguments.run, &arguments.metrics) {
        (Some(run), _) => Some(Place::Run(run)),
        (_, Some(metrics)) => Some(Place::Metrics(metrics, &arguments.tls)),
        _ => None,
    };
    if let (false, Some(given)) =
        (matches!(place, Some(Place::Metrics(..))), arguments.tls.given().next())
    {
        let text = format!("{} says how `--metrics https://…` is asked; add it", given.flag);
        return Err(Failure::usage(super::codes::CONFLICTING_FLAGS, text));
    }
    let is_promtool_alone = matches!(arguments.engine, EngineChoice::Promtool);
    if is_promtool_alone && (place.is_some() || arguments.fail_on.is_some()) {
        return Err(Failure::usage(
            super::codes::CONFLICTING_FLAGS,
            "--run, --metrics and --fail-on are about checks of the built-in engine; leave \
             `--engine promtool` out",
        ));
    }
    if is_promtool_alone {
        return Ok(None);
    }
    let exported = place.map(|place| exported(&place)).transpose()?;
    let unknown_fields = unknown_fields(arguments.ignore_unknown_fields);
    let scrape_interval = arguments.scrape_interval;
    Ok(Some(LintOptions { scrape_interval, exported, unknown_fields }))
}

/// A failure where a finding is at least so sure.
fn of_findings(findings: &[LintFinding], level: Severity) -> Option<RuleResult> {
    let fatal: Vec<&LintFinding> = findings.iter().filter(|one| one.level() >= level).collect();
    let mut codes: Vec<Code> = fatal.iter().map(|one| one.code()).collect();
    codes.sort();
    codes.dedup();
    let mut files: Vec<&str> = fatal.iter().map(|one| one.file.as_str()).collect();
    files.dedup();
    let places =
        fatal.iter().map(|one| format!("{}:{}:{}: {}", one.file, one.line, one.column, one.id));
    let detail = places.collect::<Vec<_>>().join("\n");
    let name = format!("nothing is found at level {} or above", level.word());
    let found = Found::of(Verdict::Fail, codes, detail);
    (!fatal.is_empty()).then(|| result((&files.join(", "), &name), BUILT_IN, found))
}

/// The shape of `--out json`, which docs/rules.md describes.
#[derive(Serialize)]
struct CheckDocument<'r> {
    findings: &'r [LintFinding],
    results: &'r [RuleResult],
    /// Why nothing was checked; null where something was.
    error: Option<&'r str>,
    exit_code: u8,
}

impl CheckDocument<'_> {
    fn text(&self) -> Result<String, Failure> {
        let text = serde_json::to_string_pretty(self).map_err(Failure::internal)?;
        Ok(text + "\n")
    }
}

fn json(findings: &[LintFinding], results: &[RuleResult]) -> Result<String, Failure> {
    let exit_code = exit_code(results).number();
    CheckDocument { findings, results, error: None, exit_code }.text()
}
