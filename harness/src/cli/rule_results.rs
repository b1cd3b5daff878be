//! What came of checking and testing rules, as results that the gate understands: one for each
//! engine that answered, and one more where two of them do not agree.

use std::path::PathBuf;

use slogate_promql::unit_test::{Case, Idle, Subject};

use crate::code::Code;
use crate::gate::RuleResult;
use crate::rules::{
    BuiltInCheck, BuiltInResult, PromtoolCheck, PromtoolResult, RuleCheckOutcome, RuleCheckReport,
    RuleTestOutcome, RuleTestReport, codes,
};
use crate::slo::Verdict;
use crate::units::{Unit, format_quantity};

/// The engine of a result that is not promtool's.
pub(super) const BUILT_IN: &str = "built-in";
/// The engine of a result that compares two.
const BOTH: &str = "both";
const AGREEMENT: &str = "both engines agree";
const NO_RULE: &str = "there is no rule in it";
const NO_TEST: &str = "the file holds no test";

/// What is allowed and most likely a mistake, engine by engine.
pub(super) fn findings(report: &RuleCheckReport) -> Vec<(Code, String)> {
    let built_in = report.built_in.iter().flat_map(|check| &check.warnings);
    let promtool = report.promtool.iter().flat_map(|check| {
        let named = named(&check.version);
        let told = move |output: &String| format!("{named}: {}", without_gaps(output));
        check.findings.iter().map(move |output| (codes::PROMTOOL_FINDING, told(output)))
    });
    built_in.map(|one| (codes::DUPLICATE_RULE, one.to_string())).chain(promtool).collect()
}

/// Tests that prove nothing, whether they pass or not.
pub(super) fn idle_tests(report: &RuleTestReport) -> Vec<(Code, String)> {
    let file = report.file.display();
    let text = |idle: &Idle| format!("{file}:{}: {idle}", idle.place.line);
    report.idle.iter().map(|idle| (codes::IDLE_RULE_TEST, text(idle))).collect()
}

/// What checking came to: files that are in order, or nothing that could be.
pub(super) fn of_check(report: &RuleCheckReport) -> Vec<RuleResult> {
    let is_empty = report.outcome() == RuleCheckOutcome::NothingChecked;
    let in_order = |file: &str, name: &str, engine: &str| {
        let found = if is_empty { nothing(codes::NO_RULES, NO_RULE) } else { Found::pass() };
        result((file, name), engine, found)
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
        let found = Found::fail(codes::ENGINES_DISAGREE, detail);
        results.push(result((&rule_files, AGREEMENT), BOTH, found));
    }
    if !is_empty {
        results.extend(nothing_in(report, &report.rule_files, "rules", || {
            nothing(codes::NO_RULES, NO_RULE)
        }));
    }
    results
}

/// Files of tests that hold none: nothing can be said of them, however well they read.
pub(super) fn of_empty_tests(report: &RuleCheckReport) -> Vec<RuleResult> {
    let nothing = || nothing(codes::NO_RULE_TESTS, NO_TEST);
    nothing_in(report, &report.test_files, "tests", nothing).collect()
}

fn nothing_in<'r>(
    report: &'r RuleCheckReport,
    files: &'r [PathBuf],
    name: &'r str,
    found: impl Fn() -> Found + 'r,
) -> impl Iterator<Item = RuleResult> + 'r {
    let empty = files.iter().filter(|file| report.empty_files.contains(file));
    let of = move |file: String| result((&file, name), BUILT_IN, found());
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
    let texts: Vec<&str> = findings.iter().map(|(_, text)| text.as_str()).collect();
    let mut codes: Vec<Code> = findings.iter().map(|(code, _)| *code).collect();
    codes.dedup();
    let found = Found { verdict: Verdict::Fail, codes, detail: texts.join("\n") };
    (!findings.is_empty()).then(|| result((&files, "lint"), &engine, found))
}

/// How what was expected and what was got is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// All of the one, and below it all of the other.
    SideBySide,
    /// What is in one of them only, with a sign before it.
    LineByLine,
}

/// What the tests of a file came to, each test of the built-in engine a result of its own.
pub(super) fn of_single_tests(report: &RuleTestReport, style: Style) -> Vec<RuleResult> {
    let file = report.file.display().to_string();
    let cases = report.built_in.iter().flat_map(|built_in| &built_in.cases);
    let of_case = |case: &Case| {
        let found = if case.passed {
            Found::pass()
        } else {
            Found::fail(codes::FAILED_RULE_TEST, failed_case(&file, case, style))
        };
        result((&file, &name_of(case)), BUILT_IN, found)
    };
    let mut results: Vec<RuleResult> = cases.map(of_case).collect();
    // The tests together stand in the results of the file; so they would be there twice.
    let whole = of_tests(report, style).into_iter();
    let is_of_tests = |one: &RuleResult| one.name == tests_of(results.len());
    let others: Vec<RuleResult> = whole.filter(|one| !is_of_tests(one)).collect();
    results.extend(others);
    results
}

fn tests_of(count: usize) -> String {
    format!("{count} tests")
}

/// What the tests of a file came to.
pub(super) fn of_tests(report: &RuleTestReport, style: Style) -> Vec<RuleResult> {
    let file = report.file.display().to_string();
    let of = |name: &str, engine: &str, found| result((&file, name), engine, found);
    let outcome = report.outcome();
    if outcome == RuleTestOutcome::NothingTested {
        let left_out = report.left_out;
        let detail = match left_out {
            0 => NO_TEST.to_owned(),
            _ => format!("no group of its {left_out} tests has a name that `--run` matches"),
        };
        return vec![of("tests", BUILT_IN, nothing(codes::NO_RULE_TESTS, &detail))];
    }
    let mut results = Vec::new();
    if let Some(built_in) = &report.built_in {
        let name = tests_of(built_in.cases.len());
        results.push(of(&name, BUILT_IN, of_built_in(&file, built_in, style)));
    }
    if let Some(promtool) = &report.promtool {
        let engine = named(&promtool.version);
        results.push(of("all tests", &engine, of_promtool(promtool)));
    }
    if !report.unknown_alerts.is_empty() {
        let alerts = report.unknown_alerts.join(", ");
        let detail = format!("no rule file of the test has an alert of this name: {alerts}");
        let found = nothing(codes::UNKNOWN_ALERT, &detail);
        results.push(of("alerts that are tested", BUILT_IN, found));
    }
    if outcome == RuleTestOutcome::Disagree {
        let found = Found::fail(codes::ENGINES_DISAGREE, disagreement(report));
        results.push(of(AGREEMENT, BOTH, found));
    }
    results
}

fn joined<'f>(files: impl IntoIterator<Item = &'f PathBuf>) -> String {
    let mut names: Vec<String> = files.into_iter().map(|file| file.display().to_string()).collect();
    names.sort();
    names.join(", ")
}

/// What an engine found, before it is known where.
pub(super) struct Found {
    verdict: Verdict,
    codes: Vec<Code>,
    detail: String,
}

impl Found {
    pub(super) fn pass() -> Self {
        Self { verdict: Verdict::Pass, codes: Vec::new(), detail: String::new() }
    }

    pub(super) fn of(verdict: Verdict, codes: Vec<Code>, detail: String) -> Self {
        Self { verdict, codes, detail }
    }

    pub(super) fn fail(code: Code, detail: String) -> Self {
        Self { verdict: Verdict::Fail, codes: vec![code], detail }
    }
}

/// Nothing that could pass or fail.
pub(super) fn nothing(code: Code, detail: &str) -> Found {
    Found { verdict: Verdict::Inconclusive, codes: vec![code], detail: detail.to_owned() }
}

pub(super) fn result((file, name): (&str, &str), engine: &str, found: Found) -> RuleResult {
    let Found { verdict, codes, detail } = found;
    let (file, name, engine) = (file.to_owned(), name.to_owned(), engine.to_owned());
    let codes = codes.iter().map(|code| code.name().to_owned()).collect();
    RuleResult { file, name, engine, verdict, detail, codes }
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

fn of_built_in(file: &str, built_in: &BuiltInResult, style: Style) -> Found {
    let failed = built_in.cases.iter().filter(|case| !case.passed);
    let failed: Vec<String> = failed.map(|case| failed_case(file, case, style)).collect();
    if failed.is_empty() {
        Found::pass()
    } else {
        Found::fail(codes::FAILED_RULE_TEST, failed.join("\n"))
    }
}

/// What a test is about, and when: `alert QueueLong at 5m`.
fn name_of(case: &Case) -> String {
    let subject = match &case.subject {
        Subject::Alert(name) => format!("alert {name}"),
        Subject::Expression(text) => text.clone(),
        Subject::Rule(name) => format!("rule {name}"),
    };
    let seconds = case.eval_time_ms as f64 / 1000.0;
    let group = case.group.as_ref().map_or_else(String::new, |name| format!(" in `{name}`"));
    format!("{subject} at {}{group}", format_quantity(seconds, Unit::Seconds))
}

/// Where the test stands, what it is about, and both sides.
fn failed_case(file: &str, case: &Case, style: Style) -> String {
    let head = format!("{file}:{}: {}", case.place.line, name_of(case));
    let lines = match style {
        Style::SideBySide => {
            let side = |lines: &[String]| {
                if lines.is_empty() { "nothing".into() } else { lines.join("\n            ") }
            };
            vec![
                format!("  expected: {}", side(&case.expected)),
                format!("  got:      {}", side(&case.got)),
            ]
        }
        Style::LineByLine => differences(&case.expected, &case.got),
    };
    [vec![head], lines].concat().join("\n")
}

/// Lines of both sides in their order: those that are missing with `-`, those that are too much
/// with `+`, and the others as they are.
fn differences(expected: &[String], got: &[String]) -> Vec<String> {
    let mut left: Vec<&String> = got.iter().collect();
    let mut lines = Vec::new();
    for line in expected {
        let found = left.iter().position(|one| *one == line);
        let sign = if found.map(|at| left.remove(at)).is_some() { ' ' } else { '-' };
        lines.push(format!("  {sign} {line}"));
    }
    lines.extend(left.into_iter().map(|line| format!("  + {line}")));
    lines
}

fn of_promtool(promtool: &PromtoolResult) -> Found {
    if promtool.passed {
        Found::pass()
    } else {
        Found::fail(codes::FAILED_RULE_TEST, without_gaps(&promtool.output))
    }
}

/// What promtool said, without its empty lines.
fn without_gaps(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_sides_have_is_shown_without_a_sign() {
        let lines = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            differences(&lines(&["a", "b", "b"]), &lines(&["b", "c"])),
            ["  - a", "    b", "  - b", "  + c"]
        );
    }
}
