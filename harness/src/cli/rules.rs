//! Rule files of the command line: found, checked, tested, and what came of it as
//! results that the gate understands.

use std::path::{Path, PathBuf};

use crate::gate::{ExitCode, OnInconclusive, RuleResult, judge_all};
use crate::rules::{
    BuiltInResult, Engine, PromtoolResult, RuleCheckReport, RuleTestOutcome, RuleTestReport,
    RulesError, check_files, find, test_files,
};
use crate::slo::Verdict;

use crate::units::{Unit, format_quantity};
use slogate_promql::unit_test::{Case, Subject};

use super::Failure;
use super::arguments::{EngineChoice, RulesVerb};
use super::files::yaml_files;
use super::output::{say, to_standard_output};

/// Where a gate looks when nobody says anything.
const DEFAULT_FOLDER: &str = "rules";

/// `slogate rules test` and `slogate rules check`.
pub(super) fn rules(verb: &RulesVerb) -> Result<ExitCode, Failure> {
    match verb {
        RulesVerb::Check(arguments) => {
            let files = files(&arguments.files).map_err(failure)?;
            let results = [checked(&files).map_err(failure)?];
            conclude(&results)
        }
        RulesVerb::Test(arguments) => {
            let files = files(&arguments.files).map_err(failure)?;
            let engine = match arguments.engine {
                EngineChoice::Auto => Engine::Auto,
                EngineChoice::BuiltIn => Engine::BuiltIn,
                EngineChoice::Promtool => Engine::Promtool,
                EngineChoice::Both => Engine::Both,
            };
            let results = test(&files, engine).map_err(failure)?;
            // Rules that are well-formed prove nothing: asked for tests, there must be some.
            if results.len() == 1 {
                return Err(Failure::usage("none of the files holds unit tests (`tests`)"));
            }
            conclude(&results)
        }
    }
}

/// Bad files are the caller's; a promtool that hangs or breaks is not.
pub(super) fn failure(error: RulesError) -> Failure {
    match error {
        RulesError::Promtool { .. } => Failure::internal(error),
        _ => Failure::usage(error),
    }
}

/// Shows every result, and ends with the verdict over all of them.
fn conclude(results: &[RuleResult]) -> Result<ExitCode, Failure> {
    let mut lines = Vec::new();
    for result in results {
        let RuleResult { file, name, engine, verdict, detail } = result;
        lines.push(format!("{verdict} {file}: {name} ({engine})\n"));
        lines.extend(detail.lines().map(|line| format!("     {line}\n")));
    }
    to_standard_output(&lines.concat()).map_err(Failure::internal)?;
    Ok(judge_all(&[], Some(results), OnInconclusive::Fail).exit_code)
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
pub(super) fn test(files: &[PathBuf], engine: Engine) -> Result<Vec<RuleResult>, RulesError> {
    let mut results = vec![checked(files)?];
    for report in test_files(files, engine)? {
        results.extend(of_report(&report));
    }
    Ok(results)
}

/// Reads all files; that they are in order is a result of its own.
fn checked(files: &[PathBuf]) -> Result<RuleResult, RulesError> {
    let report = check_files(files)?;
    for warning in &report.warnings {
        say(&format!("warning: {warning}"));
    }
    Ok(well_formed(files, &report))
}

fn well_formed(files: &[PathBuf], report: &RuleCheckReport) -> RuleResult {
    let named: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let is_empty = report.rules == 0 && report.test_files.is_empty();
    let (verdict, detail) = if is_empty {
        (Verdict::Inconclusive, "there is no rule in it".to_owned())
    } else {
        (Verdict::Pass, String::new())
    };
    RuleResult {
        file: named.join(", "),
        name: format!("syntax of {} rules", report.rules),
        engine: "built-in".to_owned(),
        verdict,
        detail,
    }
}

/// One result for each engine that ran, and one if they do not agree.
fn of_report(report: &RuleTestReport) -> Vec<RuleResult> {
    let result = |name: String, engine: &str, verdict, detail| RuleResult {
        file: report.file.display().to_string(),
        name,
        engine: engine.to_owned(),
        verdict,
        detail,
    };
    if report.outcome() == RuleTestOutcome::NothingTested {
        let detail = "the file holds no test".to_owned();
        return vec![result("tests".to_owned(), "built-in", Verdict::Inconclusive, detail)];
    }
    let mut results = Vec::new();
    if let Some(built_in) = &report.built_in {
        let (verdict, detail) = of_built_in(built_in);
        results.push(result(
            format!("{} tests", built_in.cases.len()),
            "built-in",
            verdict,
            detail,
        ));
    }
    if let Some(promtool) = &report.promtool {
        let engine = format!("promtool {}", promtool.version);
        let (verdict, detail) = of_promtool(promtool);
        results.push(result("all tests".to_owned(), &engine, verdict, detail));
    }
    if !report.unknown_alerts.is_empty() {
        let detail = format!(
            "no rule file of the test has an alert of this name: {}",
            report.unknown_alerts.join(", ")
        );
        let name = "alerts that are tested".to_owned();
        results.push(result(name, "built-in", Verdict::Inconclusive, detail));
    }
    if report.outcome() == RuleTestOutcome::Disagree {
        results.push(result(
            "both engines agree".to_owned(),
            "both",
            Verdict::Fail,
            "one engine passes what the other fails; see both results".to_owned(),
        ));
    }
    results
}

fn of_built_in(built_in: &BuiltInResult) -> (Verdict, String) {
    let failed: Vec<String> =
        built_in.cases.iter().filter(|case| !case.passed).map(failed_case).collect();
    if failed.is_empty() {
        (Verdict::Pass, String::new())
    } else {
        (Verdict::Fail, failed.join("\n"))
    }
}

/// Where the test stands, what it is about, and both sides.
fn failed_case(case: &Case) -> String {
    let subject = match &case.subject {
        Subject::Alert(name) => format!("alert {name}"),
        Subject::Expression(text) => text.clone(),
        Subject::Rule(name) => format!("rule {name}"),
    };
    let side =
        |lines: &[String]| if lines.is_empty() { "nothing".into() } else { lines.join("; ") };
    format!(
        "line {}: {subject} at {}: expected {}, got {}",
        case.place.line,
        format_quantity(case.eval_time_ms as f64 / 1000.0, Unit::Seconds),
        side(&case.expected),
        side(&case.got)
    )
}

fn of_promtool(promtool: &PromtoolResult) -> (Verdict, String) {
    if promtool.passed {
        (Verdict::Pass, String::new())
    } else {
        (Verdict::Fail, promtool.output.clone())
    }
}
