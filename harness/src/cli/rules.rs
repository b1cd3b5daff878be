//! Rule files of the command line: found, checked and tested by the engines that were
//! chosen.

use std::path::{Path, PathBuf};

use slogate_promql::rules::FileKind;

use super::arguments::RulesVerb;
use super::files::yaml_files;
use super::output::{error, say, to_standard_output, warning};
use super::rule_checks::check_verb;
use super::rule_results::{Style, findings, idle_tests, of_check, of_tests};
use super::rule_tests::test_verb;
use super::workflow_commands::Notation;
use super::{Failure, rules_record};
use crate::code::Code;
use crate::gate::{ExitCode, OnInconclusive, RuleResult, judge_all};
use crate::report::explanation_of_rules;
use crate::rules::{
    Engine, Engines, PROMTOOL_TIME_LIMIT, RuleTestReport, RulesError, TestOptions,
    check_files_with, find, kind, test_files_with,
};

/// Where a gate looks when nobody says anything.
const DEFAULT_FOLDER: &str = "rules";
/// The program that is asked beside the built-in engine, found like any other.
const PROMTOOL: &str = "promtool";

/// `slogate rules test`, `slogate rules check` and `slogate rules record`.
pub(super) fn rules(verb: &RulesVerb) -> Result<ExitCode, Failure> {
    match verb {
        RulesVerb::Check(arguments) => check_verb(arguments),
        RulesVerb::Test(arguments) => test_verb(arguments),
        RulesVerb::Record(arguments) => rules_record::record(arguments),
    }
}

/// Every error in it, as they are shown.
pub(super) fn shown(found: &RulesError) -> String {
    let errors: Vec<String> =
        found.coded().into_iter().map(|(code, text)| error(code, text)).collect();
    errors.join("\n")
}

/// The engines of a choice, as they are on this machine.
pub(super) fn engines(choice: Engine) -> Result<Engines, RulesError> {
    Engines::find(choice, Path::new(PROMTOOL), PROMTOOL_TIME_LIMIT)
}

/// What to say where the choice was left to slogate and promtool is missing.
pub(super) fn alone(choice: Engine, engines: &Engines) -> Option<&'static str> {
    let is_alone = choice == Engine::Auto && matches!(engines, Engines::BuiltIn);
    is_alone.then_some(
        "note: promtool is not installed, so the built-in engine alone answers for the rules; \
         `--engine both` makes a missing promtool an error",
    )
}

pub(super) fn engines_or_tell(choice: Engine) -> Result<Engines, Failure> {
    let engines = engines(choice)?;
    if let Some(note) = alone(choice, &engines) {
        say(note);
    }
    Ok(engines)
}

/// Shows every result, and ends with the verdict over all of them.
pub(super) fn conclude(results: &[RuleResult]) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    for result in results {
        let RuleResult { file, name, engine, verdict, detail, .. } = result;
        lines.push(format!("{verdict} {file}: {name} ({engine})\n"));
        lines.extend(detail.lines().map(|line| format!("     {line}\n")));
    }
    lines.extend(explanation_of_rules(results).map(|line| line + "\n"));
    to_standard_output(&lines.concat(), Notation::Text)?;
    Ok(exit_code(results))
}

/// The verdict over all results, as an exit code.
pub(super) fn exit_code(results: &[RuleResult]) -> ExitCode {
    judge_all(&[], Some(results), OnInconclusive::Fail).exit_code
}

/// Files for the patterns; without any, those of `rules/` if there is such a folder.
pub(super) fn files(patterns: &[String]) -> Result<Vec<PathBuf>, RulesError> {
    if patterns.is_empty() {
        return in_default_folder();
    }
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(find(pattern)?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The YAML files of `rules/`; a folder that is there holds something to test.
fn in_default_folder() -> Result<Vec<PathBuf>, RulesError> {
    let folder = Path::new(DEFAULT_FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files = yaml_files(folder).map_err(|error| RulesError::Unreadable {
        path: folder.to_owned(),
        reason: error.to_string(),
    })?;
    if files.is_empty() {
        return Err(RulesError::NoMatch { pattern: format!("{DEFAULT_FOLDER}/*.yml") });
    }
    Ok(files)
}

/// Checks all files and runs the tests among them.
pub(super) fn test(files: &[PathBuf], engines: &Engines) -> Result<Vec<RuleResult>, RulesError> {
    let (mut results, reports) = checked_and_tested(files, engines, &TestOptions::default())?;
    results.extend(reports.iter().flat_map(|report| of_tests(report, Style::SideBySide)));
    Ok(results)
}

/// What checking all files came to, and what the tests among them did.
pub(super) fn checked_and_tested(
    files: &[PathBuf],
    engines: &Engines,
    options: &TestOptions,
) -> Result<(Vec<RuleResult>, Vec<RuleTestReport>), RulesError> {
    let checked = match engines {
        // promtool reads the tests that it runs, and may know what the built-in engine does not.
        Engines::Promtool(_) => of_kind(files, FileKind::Rules)?,
        Engines::BuiltIn | Engines::Both(_) => files.to_vec(),
    };
    let report = check_files_with(&checked, engines, options.unknown_fields)?;
    tell(&findings(&report));
    let tested = test_files_with(files, engines, options)?;
    for report in &tested {
        tell(&idle_tests(report));
    }
    Ok((of_check(&report), tested))
}

pub(super) fn of_kind(files: &[PathBuf], wanted: FileKind) -> Result<Vec<PathBuf>, RulesError> {
    let mut found = Vec::new();
    for file in files {
        if kind(file)? == wanted {
            found.push(file.clone());
        }
    }
    Ok(found)
}

/// Says what is most likely a mistake.
pub(super) fn tell(findings: &[(Code, String)]) {
    for (code, finding) in findings {
        say(&warning(*code, finding));
    }
}
