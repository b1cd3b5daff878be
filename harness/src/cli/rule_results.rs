//! What came of checking and testing rules, as results that the gate understands: one for each
//! engine that answered, and one more where two of them do not agree.

use std::path::PathBuf;

use slogate_promql::unit_test::{Case, Subject};

use crate::gate::RuleResult;
use crate::rules::{
    BuiltInCheck, BuiltInResult, PromtoolCheck, PromtoolResult, RuleCheckOutcome, RuleCheckReport,
    RuleTestOutcome, RuleTestReport,
};
use crate::slo::Verdict;
use crate::units::{Unit, format_quantity};

/// The engine of a result that is not promtool's.
const BUILT_IN: &str = "built-in";
/// The engine of a result that compares two.
const BOTH: &str = "both";
const AGREEMENT: &str = "both engines agree";
const NO_RULE: &str = "there is no rule in it";
const NO_TEST: &str = "the file holds no test";

/// What is allowed and most likely a mistake, engine by engine.
pub(super) fn findings(report: &RuleCheckReport) -> Vec<String> {
    let built_in = report.built_in.iter().flat_map(|check| &check.warnings);
    let promtool = report.promtool.iter().flat_map(|check| {
        let named = named(&check.version);
        check.findings.iter().map(move |output| format!("{named}: {}", without_gaps(output)))
    });
    built_in.map(ToString::to_string).chain(promtool).collect()
}

/// What checking came to: files that are in order, or nothing that could be.
pub(super) fn of_check(report: &RuleCheckReport) -> Vec<RuleResult> {
    let is_empty = report.outcome() == RuleCheckOutcome::NothingChecked;
    let (verdict, detail) =
        if is_empty { (Verdict::Inconclusive, NO_RULE) } else { (Verdict::Pass, "") };
    let in_order = |file: &str, name: &str, engine: &str| {
        result((file, name), engine, verdict, detail.to_owned())
    };
    let mut results = Vec::new();
    let rule_files = joined(&report.rule_files);
    match &report.built_in {
        Some(BuiltInCheck { rules, .. }) => {
            let files = joined(report.rule_files.iter().chain(&report.test_files));
            let name = if rule_files.is_empty() {
                "syntax of tests".to_owned()
            } else {
                format!("syntax of {rules} rules")
            };
            results.push(in_order(&files, &name, BUILT_IN));
        }
        None if report.test_files.is_empty() => {}
        None => results.push(in_order(&joined(&report.test_files), "syntax of tests", BUILT_IN)),
    }
    if let Some(PromtoolCheck { version, rules, .. }) = &report.promtool {
        let name =
            rules.map_or("syntax of rules".to_owned(), |rules| format!("syntax of {rules} rules"));
        results.push(in_order(&rule_files, &name, &named(version)));
    }
    if let RuleCheckOutcome::Disagree { built_in, promtool } = report.outcome() {
        let detail = format!("the built-in engine reads {built_in} rules and promtool {promtool}");
        results.push(result((&rule_files, AGREEMENT), BOTH, Verdict::Fail, detail));
    }
    if !is_empty {
        results.extend(nothing_in(report, &report.rule_files, ("rules", NO_RULE)));
    }
    results
}

/// Files of tests that hold none: nothing can be said of them, however well they read.
pub(super) fn of_empty_tests(report: &RuleCheckReport) -> Vec<RuleResult> {
    nothing_in(report, &report.test_files, ("tests", NO_TEST)).collect()
}

fn nothing_in<'r>(
    report: &'r RuleCheckReport,
    files: &'r [PathBuf],
    (name, detail): (&'r str, &'r str),
) -> impl Iterator<Item = RuleResult> + 'r {
    let empty = files.iter().filter(|file| report.empty_files.contains(file));
    let verdict = Verdict::Inconclusive;
    let of = move |file: String| result((&file, name), BUILT_IN, verdict, detail.to_owned());
    empty.map(|file| file.display().to_string()).map(of)
}

/// A failure where there is something to improve.
pub(super) fn of_lint(report: &RuleCheckReport) -> Option<RuleResult> {
    let findings = findings(report);
    let engine = match (&report.built_in, &report.promtool) {
        (Some(_), Some(_)) => BOTH.to_owned(),
        (None, Some(promtool)) => named(&promtool.version),
        (_, None) => BUILT_IN.to_owned(),
    };
    let files = joined(&report.rule_files);
    let failed = || result((&files, "lint"), &engine, Verdict::Fail, findings.join("\n"));
    (!findings.is_empty()).then(failed)
}

/// What the tests of a file came to.
pub(super) fn of_tests(report: &RuleTestReport) -> Vec<RuleResult> {
    let file = report.file.display().to_string();
    let of =
        |name: &str, engine: &str, verdict, detail| result((&file, name), engine, verdict, detail);
    let outcome = report.outcome();
    if outcome == RuleTestOutcome::NothingTested {
        return vec![of("tests", BUILT_IN, Verdict::Inconclusive, NO_TEST.to_owned())];
    }
    let mut results = Vec::new();
    if let Some(built_in) = &report.built_in {
        let (verdict, detail) = of_built_in(built_in);
        results.push(of(&format!("{} tests", built_in.cases.len()), BUILT_IN, verdict, detail));
    }
    if let Some(promtool) = &report.promtool {
        let engine = named(&promtool.version);
        let (verdict, detail) = of_promtool(promtool);
        results.push(of("all tests", &engine, verdict, detail));
    }
    if !report.unknown_alerts.is_empty() {
        let alerts = report.unknown_alerts.join(", ");
        let detail = format!("no rule file of the test has an alert of this name: {alerts}");
        results.push(of("alerts that are tested", BUILT_IN, Verdict::Inconclusive, detail));
    }
    if outcome == RuleTestOutcome::Disagree {
        results.push(of(AGREEMENT, BOTH, Verdict::Fail, disagreement(report)));
    }
    results
}

fn joined<'f>(files: impl IntoIterator<Item = &'f PathBuf>) -> String {
    let mut names: Vec<String> = files.into_iter().map(|file| file.display().to_string()).collect();
    names.sort();
    names.join(", ")
}

fn result(
    (file, name): (&str, &str),
    engine: &str,
    verdict: Verdict,
    detail: String,
) -> RuleResult {
    let (file, name, engine) = (file.to_owned(), name.to_owned(), engine.to_owned());
    RuleResult { file, name, engine, verdict, detail }
}

fn disagreement(report: &RuleTestReport) -> String {
    let promtool = report.promtool.as_ref().map_or_else(String::new, |one| named(&one.version));
    let built_in = "the built-in engine".to_owned();
    let [passes, fails] = if report.built_in.as_ref().is_some_and(BuiltInResult::passed) {
        [built_in, promtool]
    } else {
        [promtool, built_in]
    };
    format!("{passes} passes what {fails} does not; see both results, and docs/rules.md")
}

/// An engine by its version.
fn named(promtool_version: &str) -> String {
    format!("promtool {promtool_version}")
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
        (Verdict::Fail, without_gaps(&promtool.output))
    }
}

/// What promtool said, without its empty lines.
fn without_gaps(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}
