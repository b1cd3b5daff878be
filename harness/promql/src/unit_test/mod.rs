//! Rule unit tests in promtool's format: invented series, and what rules and
//! expressions must make of them.
//!
//! Verdicts are those of promtool 3. Its peculiarities are kept where they
//! decide a verdict: rules run at every multiple of the evaluation interval up
//! to the latest `eval_time`, whatever interval a group states, and samples
//! after the last such instant are not seen.

mod coverage;
mod file;
mod histogram_notation;
mod idle;
mod notation;
mod observe;
mod run;
mod timestamp;
mod write;
mod write_values;

pub use coverage::{Missing, TestsWithRules, Uncovered, uncovered};
pub use idle::{Idle, IdleReason, idle};
pub use notation::{NotationError, parse_histogram, parse_values};
pub use observe::{Observed, Recorded, observe};
pub use run::{RunOptions, passes, run};
pub use write_values::write_values;

use crate::rules::{RuleError, UnknownFields};
use crate::{Datum, Expression, Labels, Place};

/// One file of unit tests.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// The name it was read under.
    pub name: String,
    /// Names or patterns of rule files, as written, with their places. Finding
    /// and reading them is the caller's business.
    pub rule_files: Vec<(String, Place)>,
    /// Time between two evaluations of all rules, milliseconds.
    pub evaluation_interval_ms: i64,
    /// Names of groups in the order in which they are evaluated; groups that
    /// are not named come first, in the order of their files.
    pub group_eval_order: Vec<String>,
    /// Whether the last bit of a value may differ.
    pub fuzzy_compare: bool,
    /// The tests.
    pub tests: Vec<TestGroup>,
}

/// What a file of unit tests is about, told without understanding its tests: for files
/// that another engine runs and this one may not be able to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Names or patterns of rule files, as written, with their places.
    pub rule_files: Vec<(String, Place)>,
    /// The name of each group, empty where it has none, and how many tests of alerts and
    /// expressions it has.
    pub groups: Vec<(String, usize)>,
}

/// One set of invented series with its tests.
#[derive(Clone, Debug)]
pub struct TestGroup {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Time between two samples of the input series, milliseconds.
    pub interval_ms: i64,
    /// The instant to which all times are relative, milliseconds since the epoch.
    pub start_ms: i64,
    /// The invented series: one value for each interval from the start, `None` for no sample.
    pub input_series: Vec<(Labels, Vec<Option<Datum>>)>,
    /// What alerts must fire.
    pub alert_tests: Vec<AlertTest>,
    /// What expressions must evaluate to.
    pub expression_tests: Vec<ExpressionTest>,
    /// For templates.
    pub external_labels: Labels,
    /// For templates.
    pub external_url: String,
    /// Where it stands.
    pub place: Place,
}

/// What alerts of a name must fire at a time.
#[derive(Clone, Debug)]
pub struct AlertTest {
    /// The alert's name.
    pub alert: String,
    /// Milliseconds after the start.
    pub eval_time_ms: i64,
    /// All alerts of that name that must fire: labels and annotations.
    pub expected: Vec<ExpectedAlert>,
    /// Where it stands.
    pub place: Place,
}

/// One alert that must fire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedAlert {
    /// Its labels, `alertname` included.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Labels,
}

/// What an expression must evaluate to at a time.
#[derive(Clone, Debug)]
pub struct ExpressionTest {
    /// The expression, as written.
    pub text: String,
    /// The expression.
    pub expression: Expression,
    /// Milliseconds after the start.
    pub eval_time_ms: i64,
    /// All elements: labels and values.
    pub expected: Vec<(Labels, Datum)>,
    /// Where it stands.
    pub place: Place,
}

/// The outcome of all tests of a file.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One for each alert test and expression test, and one for each failure
    /// to evaluate a rule; in the order of the file.
    pub cases: Vec<Case>,
}

/// The outcome of one test.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The name of the test group, if it has one.
    pub group: Option<String>,
    /// What is tested.
    pub subject: Subject,
    /// Milliseconds after the group's start.
    pub eval_time_ms: i64,
    /// Whether what was expected is what was got.
    pub passed: bool,
    /// What was expected, one line each, sorted.
    pub expected: Vec<String>,
    /// What was got, one line each, sorted; or the error.
    pub got: Vec<String>,
    /// Where the test stands.
    pub place: Place,
}

/// What one case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The firing alerts of this name.
    Alert(String),
    /// The value of this expression.
    Expression(String),
    /// A rule of this name that could not be evaluated.
    Rule(String),
}

impl TestFile {
    /// Reads a test file from its text. All problems are reported at once.
    pub fn parse(text: &str, name: &str) -> Result<Self, Vec<RuleError>> {
        Self::parse_with(text, name, UnknownFields::Refused)
    }

    /// As [`Self::parse`], where somebody says what becomes of unknown fields.
    pub fn parse_with(
        text: &str,
        name: &str,
        unknown: UnknownFields,
    ) -> Result<Self, Vec<RuleError>> {
        file::parse(text, name, unknown).map_err(|problems| RuleError::all(name, problems))
    }
}

impl Outline {
    /// Reads the outline of a test file from its text.
    pub fn of(text: &str, name: &str) -> Result<Self, RuleError> {
        file::outline(text).map_err(|problem| RuleError {
            file: name.to_owned(),
            place: problem.place,
            message: problem.message,
        })
    }

    /// How many tests run where only groups whose name passes are chosen.
    pub fn tests(&self, only: Option<&regex::Regex>) -> usize {
        let chosen = |name: &str| only.is_none_or(|only| only.is_match(name));
        self.groups.iter().filter(|(name, _)| chosen(name)).map(|(_, tests)| tests).sum()
    }
}

impl TestGroup {
    /// The latest time that a test asks for, milliseconds after the start.
    fn latest_ms(&self) -> i64 {
        let alerts = self.alert_tests.iter().map(|test| test.eval_time_ms);
        let expressions = self.expression_tests.iter().map(|test| test.eval_time_ms);
        alerts.chain(expressions).max().unwrap_or(0)
    }
}

impl Report {
    /// Whether every case passed. A report without cases has passed, as with
    /// promtool; whether a file without tests is acceptable is the caller's decision.
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alert(name) => write!(f, "alert {name}"),
            Self::Expression(text) => write!(f, "expr {text}"),
            Self::Rule(name) => write!(f, "rule {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_counts_tests_that_are_not_understood() {
        let text = "
rule_files: [a.yml, 'b*.yml']
tests:
  - input_series: [{ series: x, values: '{{schema:0}}x5' }]
    alert_rule_test: [{ alertname: A, exp_alerts: [] }, { alertname: B }]
  - promql_expr_test: [{ expr: 'x anchored' }]
  - name: nothing
";
        assert!(TestFile::parse(text, "a.test.yml").is_err());
        let outline = Outline::of(text, "a.test.yml").unwrap();
        let chosen = regex::Regex::new("^noth").unwrap();
        assert_eq!((outline.tests(None), outline.tests(Some(&chosen))), (3, 0));
        let names = outline.rule_files.iter().map(|(name, _)| name.as_str());
        assert_eq!(names.collect::<Vec<_>>(), ["a.yml", "b*.yml"]);
    }

    #[test]
    fn an_outline_of_something_else_names_the_place() {
        let error = Outline::of("tests:\n  - 1\n", "a.test.yml").unwrap_err();
        assert!(error.to_string().starts_with("a.test.yml:2:5: "), "{error}");
    }
}
