//! Rule files of the command line: found, checked, tested, and what came of it as
//! results that the gate understands.

use std::path::{Path, PathBuf};

use crate::gate::RuleResult;
use crate::rules::{
    BuiltInResult, Engine, PromtoolResult, RuleTestOutcome, RuleTestReport, RulesError,
    check_files, find, test_files,
};
use crate::slo::Verdict;

use crate::units::{Unit, format_quantity};
use slogate_promql::unit_test::{Case, Subject};

use super::output::say;

/// Where a gate looks when nobody says anything.
const DEFAULT_PATTERN: &str = "rules/*.yml";
/// The folder of [`DEFAULT_PATTERN`].
const DEFAULT_FOLDER: &str = "rules";

/// Files for the patterns; without any, those of `rules/` if there is such a folder.
pub(super) fn files(patterns: &[String]) -> Result<Vec<PathBuf>, RulesError> {
    if patterns.is_empty() {
        return if Path::new(DEFAULT_FOLDER).is_dir() {
            find(DEFAULT_PATTERN)
        } else {
            Ok(Vec::new())
        };
    }
    let mut files = Vec::new();
    for pattern in patterns {
        files.extend(find(pattern)?);
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Checks all files and runs the tests among them.
pub(super) fn test(files: &[PathBuf]) -> Result<Vec<RuleResult>, RulesError> {
    let checked = check_files(files)?;
    for warning in &checked.warnings {
        say(&format!("warning: {warning}"));
    }
    let mut results = vec![well_formed(files, checked.rules)];
    for report in test_files(files, Engine::Auto)? {
        results.extend(of_report(&report));
    }
    Ok(results)
}

fn well_formed(files: &[PathBuf], rules: usize) -> RuleResult {
    let named: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    RuleResult {
        file: named.join(", "),
        name: format!("syntax of {rules} rules"),
        engine: "built-in".to_owned(),
        verdict: Verdict::Pass,
        detail: String::new(),
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
    match report.outcome() {
        RuleTestOutcome::Disagree => results.push(result(
            "both engines agree".to_owned(),
            "both",
            Verdict::Fail,
            "one engine passes what the other fails; see both results".to_owned(),
        )),
        RuleTestOutcome::NothingTested if results.is_empty() => results.push(result(
            "tests".to_owned(),
            "built-in",
            Verdict::Inconclusive,
            "the file holds no test".to_owned(),
        )),
        _ => {}
    }
    results
}

fn of_built_in(built_in: &BuiltInResult) -> (Verdict, String) {
    if built_in.cases.is_empty() {
        return (Verdict::Inconclusive, "the file holds no test".to_owned());
    }
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
