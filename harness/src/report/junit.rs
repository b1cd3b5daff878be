//! The report as JUnit XML, for pipelines that show test results: one suite a scenario
//! and one for the rules, one case an objective.
//!
//! A miss is a `failure`. A doubt is an `error`, because readers show errors as red as
//! the exit code is; where `--on-inconclusive warn` accepted it, and the exit code is 0,
//! it is `skipped`. What happened to a scenario as a whole is a case as well, so that no
//! suite is empty, and none is all green whose verdict is not a pass.
//!
//! The dialect is the one that the schema of Jenkins accepts: no properties of cases, no
//! count of skipped cases at the root, no host name, because a record has none.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use thiserror::Error;

use super::cells;
use super::words::{self, one_line, printable};
use crate::archive::{RulesRecord, RunRecord, ScenarioRecord, SloRecord};
use crate::gate::{Condition, ExitCode, Outcome, RuleResult};
use crate::slo::Verdict;

/// Why there is no JUnit file.
#[derive(Debug, Error)]
#[error("the JUnit report could not be made: {0}; please report this")]
pub struct JunitError(#[from] quick_junit::SerializeError);

/// The record as JUnit XML; `outcome` is what the process ends with.
pub fn junit(record: &RunRecord, outcome: Outcome) -> Result<String, JunitError> {
    let dialect = Dialect { is_doubt_accepted: words::is_accepted(outcome) };
    let mut report = Report::new(printable(&record.tool.name));
    report.set_time(seconds(record.duration_seconds));
    for scenario in &record.scenarios {
        report.add_test_suite(dialect.scenario(scenario, record));
    }
    if let Some(rules) = &record.rules {
        report.add_test_suite(dialect.rules(rules));
    }
    if outcome.exit_code != ExitCode::Pass && report.failures + report.errors == 0 {
        report.add_test_suite(dialect.exit(record, outcome));
    }
    written(&report)
}

/// What checking and testing rules came to as JUnit XML: one suite a file.
pub fn junit_of_rules(tool: &str, results: &[RuleResult]) -> Result<String, JunitError> {
    let dialect = Dialect { is_doubt_accepted: false };
    let mut report = Report::new(printable(tool));
    let mut files: Vec<&str> = results.iter().map(|result| result.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    for file in files {
        let mut suite = TestSuite::new(printable(file));
        let of_file = results.iter().filter(|result| result.file == file);
        suite.add_test_cases(of_file.map(|result| dialect.rule(result)));
        report.add_test_suite(suite);
    }
    written(&report)
}

fn written(report: &Report) -> Result<String, JunitError> {
    let xml = report.to_string()?;
    // quick-junit always counts skipped cases at the root, which the schema of Jenkins
    // does not know. The root is the first element, and a quote in its name is escaped.
    Ok(xml.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1))
}

/// How a verdict is told.
#[derive(Clone, Copy)]
struct Dialect {
    is_doubt_accepted: bool,
}

impl Dialect {
    fn scenario(self, scenario: &ScenarioRecord, record: &RunRecord) -> TestSuite {
        let mut suite = TestSuite::new(printable(&scenario.name));
        let began = scenario.t0.as_ref().unwrap_or(&record.started_at);
        set_timestamp(&mut suite, began);
        if let Some(generator) = &scenario.generator {
            suite.set_time(seconds(generator.wall_seconds));
        }
        suite.add_properties(properties(scenario, record));
        suite.add_test_cases(self.conditions(scenario));
        suite.add_test_cases(scenario.slos.iter().map(|slo| self.objective(scenario, slo)));
        if scenario.verdict != Verdict::Pass && is_all_green(&suite) {
            let text = format!("the scenario is {}", scenario.verdict);
            suite.add_test_case(self.case(&scenario.name, "verdict", scenario.verdict, &text));
        }
        suite
    }

    /// What decided besides objectives. A condition is called by the name that it has
    /// in the JSON report.
    fn conditions(self, scenario: &ScenarioRecord) -> Vec<TestCase> {
        let mut cases = Vec::new();
        for (at, reason) in scenario.reasons.iter().enumerate() {
            let condition = scenario.conditions.get(at);
            let verdict = condition.map_or(Verdict::Inconclusive, Condition::verdict);
            let kind = condition.and_then(kind_of);
            let name = kind.unwrap_or_else(|| "nothing_to_judge".into());
            let codes = condition.map(Condition::codes).unwrap_or_default();
            let text = with_lookup(reason.clone(), &codes);
            cases.push(self.case(&scenario.name, &name, verdict, &text));
        }
        cases
    }

    fn objective(self, scenario: &ScenarioRecord, slo: &SloRecord) -> TestCase {
        let numbers = cells::objective_line(slo);
        let element = slo.element.as_ref();
        let element = element.map_or_else(String::new, |labels| format!("for {labels}\n"));
        let text = format!(
            "{}\n{numbers}\nof {}\n{element}{}",
            slo.reason,
            slo.expression,
            words::place(slo)
        );
        let text = with_lookup(text, &slo.codes);
        let mut case = self.case(&scenario.name, &slo.id, slo.verdict, &text);
        if slo.verdict == Verdict::Pass {
            case.set_system_out(printable(&text));
        }
        case
    }

    fn rules(self, rules: &RulesRecord) -> TestSuite {
        let mut suite = TestSuite::new("rules");
        suite.add_test_cases(rules.results.iter().map(|result| self.rule(result)));
        if rules.verdict != Verdict::Pass && is_all_green(&suite) {
            let text = "no rule was checked or tested";
            suite.add_test_case(self.case("rules", "verdict", rules.verdict, text));
        }
        suite
    }

    fn rule(self, result: &RuleResult) -> TestCase {
        let name = format!("{} ({})", result.name, result.engine);
        let text = with_lookup(result.detail.clone(), &result.codes);
        self.case(&result.file, &name, result.verdict, &text)
    }

    /// The exit code as a case, where no other says that something is wrong: nothing was
    /// judged, or the run could not be saved.
    fn exit(self, record: &RunRecord, outcome: Outcome) -> TestSuite {
        let mut suite = TestSuite::new(printable(&record.tool.name));
        set_timestamp(&mut suite, &record.started_at);
        let text = format!("{}; {}", words::tally(record), words::ending(outcome));
        suite.add_test_case(self.case("exit", "code", Verdict::Inconclusive, &text));
        suite
    }

    /// The first line of the text is the message, all of it the description.
    fn case(self, class: &str, name: &str, verdict: Verdict, text: &str) -> TestCase {
        let message = one_line(text.lines().next().unwrap_or_default());
        let mut status = match verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Verdict::Inconclusive if self.is_doubt_accepted => TestCaseStatus::skipped(),
            Verdict::Inconclusive => TestCaseStatus::non_success(NonSuccessKind::Error),
        };
        if verdict != Verdict::Pass {
            let accepted = matches!(status, TestCaseStatus::Skipped { .. });
            let before = if accepted { format!("{}: ", words::ACCEPTED) } else { String::new() };
            status.set_type(verdict.word()).set_message(before + &message);
            status.set_description(printable(text));
        }
        let mut case = TestCase::new(one_line(name), status);
        case.set_classname(one_line(class));
        case
    }
}

/// A text with how to look it up as its last line.
fn with_lookup(text: String, codes: &[String]) -> String {
    match words::lookup(codes) {
        Some(lookup) => format!("{text}\n{lookup}"),
        None => text,
    }
}

fn is_all_green(suite: &TestSuite) -> bool {
    suite.failures + suite.errors + suite.skipped == 0
}

/// The word that the JSON report has for a condition.
fn kind_of(condition: &Condition) -> Option<String> {
    let value = serde_json::to_value(condition).ok()?;
    value.get("kind")?.as_str().map(str::to_owned)
}

fn properties(scenario: &ScenarioRecord, record: &RunRecord) -> Vec<Property> {
    let address = scenario.address.as_deref().unwrap_or("none");
    let version = format!("{} {}", record.tool.name, record.tool.version);
    [
        ("verdict", scenario.verdict.word()),
        ("target", &scenario.target),
        ("address", address),
        ("bundled_service", if scenario.bundled_service { "yes" } else { "no" }),
        ("started_program", scenario.started_program.as_deref().unwrap_or("none")),
        ("scenario_file", &scenario.configuration.path),
        ("scenario_sha256", &scenario.configuration.sha256),
        ("tool", &version),
    ]
    .into_iter()
    .map(|(name, value)| Property::new(name, printable(value)))
    .collect()
}

/// The record's own text: RFC 3339 as the schema wants it.
fn set_timestamp(suite: &mut TestSuite, rfc3339: &str) {
    suite.extra.insert("timestamp".into(), printable(rfc3339).into());
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
