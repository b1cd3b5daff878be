//! A recorded run as a unit test of rules, in promtool's format: the series that the rules
//! read, and what the rules made of them.
//!
//! A unit test has its samples at whole multiples of an interval and begins at 0, so the run is
//! put on that grid first ([`Grid`]). What is expected is what the built-in engine says of the
//! series as they are written, not as they were scraped: the test is true of itself, and what
//! the grid changed is told apart ([`Made::notes`]).

mod expect;
mod grid;
mod needed;

use slogate_promql::rules::{RuleFailure, RuleFile};
use slogate_promql::unit_test::{TestFile, TestGroup, observe};
use slogate_promql::{Datum, Labels, Place};

pub use grid::Grid;

use super::RecordedScenario;
use crate::slo::Doubt;
use needed::Needed;

/// What a unit test is made of.
#[derive(Clone, Debug)]
pub struct RuleTestRequest<'a> {
    /// Rule files as the test will name them, in their order.
    pub files: &'a [(String, RuleFile)],
    /// Alerts that are tested; all rules where there are none.
    pub alerts: &'a [String],
    /// Between two samples, milliseconds; the scrape interval where it is not given.
    pub interval_ms: Option<i64>,
}

/// A unit test, and what is to be known of it.
#[derive(Clone, Debug)]
pub struct Made {
    /// The file.
    pub file: TestFile,
    /// Where its samples are.
    pub grid: Grid,
    /// Samples that the grid has no place for: a later one came in the same interval.
    pub left_out: usize,
    /// Samples that were written.
    pub kept: usize,
    /// How many alert rules fire at some time in it.
    pub firing: usize,
    /// How many alert rules are tested.
    pub alerts: usize,
    /// Series that rules ask for and the run has not.
    pub doubts: Vec<Doubt>,
    /// What is not in the test as it was in the run, in sentences.
    pub notes: Vec<String>,
    /// Rule files that are left out, each with the rule that fails in it.
    pub failing: Vec<(String, RuleFailure)>,
}

/// Why no unit test can be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RuleTestError {
    /// An alert that no rule file has.
    #[error("no rule file has an alert `{alert}`; {known}")]
    UnknownAlert {
        /// What was asked for.
        alert: String,
        /// What there is, in words.
        known: String,
    },
    /// The rule files have no rule.
    #[error("there is no rule in the files, so there is nothing to test")]
    NoRules,
    /// The rules read nothing that the run recorded.
    #[error("the run has none of the series that the rules read: {0}")]
    NoSeries(String),
    /// A rule that has no value on these series.
    #[error("{0}; a unit test ends there, so leave the rule's alert out with `--alert`")]
    Failed(RuleFailure),
    /// More samples than a unit test may have.
    #[error(
        "a test every {interval_ms} ms over {length_ms} ms is too long; choose a longer `--interval`"
    )]
    TooLong {
        /// Between two samples.
        interval_ms: i64,
        /// From the first to the last.
        length_ms: i64,
    },
}

impl RecordedScenario {
    /// Makes a unit test of what was recorded. A rule that fails ends a unit test, so the file
    /// that it is in is left out, as long as others are left.
    pub fn rule_tests(&self, request: &RuleTestRequest<'_>) -> Result<Made, RuleTestError> {
        let mut files = request.files.to_vec();
        let mut failing: Vec<(String, RuleFailure)> = Vec::new();
        loop {
            let error = match self.test_of(&RuleTestRequest { files: &files, ..*request }) {
                Ok(made) => return Ok(Made { failing, ..made }),
                Err(error) => error,
            };
            let at = match &error {
                RuleTestError::Failed(failure) => files.iter().position(|(_, it)| has(it, failure)),
                _ => None,
            };
            match (at, error) {
                (Some(at), RuleTestError::Failed(failure)) if files.len() > 1 => {
                    failing.push((files.remove(at).0, failure));
                }
                // What is wrong without those files is wrong because of them.
                (_, error) => return Err(first_of(failing).unwrap_or(error)),
            }
        }
    }

    fn test_of(&self, request: &RuleTestRequest<'_>) -> Result<Made, RuleTestError> {
        let needed = Needed::of(request, self.series())?;
        let grid = Grid::over(self.series(), &needed, request.interval_ms)?;
        let sampled = grid.sample(&needed.series);
        let mut file = unexpecting(self, request, &grid, sampled.series);
        let rules: Vec<RuleFile> = request.files.iter().map(|(_, file)| file.clone()).collect();
        let seen = observe(&file, &file.tests[0], &rules, grid.last_ms())
            .map_err(RuleTestError::Failed)?;
        let expected = expect::of(&seen, &needed);
        let group = &mut file.tests[0];
        (group.alert_tests, group.expression_tests) = (expected.alerts, expected.expressions);
        let mut notes = grid.notes(&needed);
        notes.extend(expected.notes);
        notes.extend(needed.notes());
        Ok(Made {
            file,
            grid,
            left_out: sampled.left_out,
            kept: sampled.kept,
            firing: expected.firing,
            alerts: needed.alerts.len(),
            doubts: needed.doubts,
            notes,
            failing: Vec::new(),
        })
    }
}

/// Whether the rule that failed is in a file.
fn has(file: &RuleFile, failure: &RuleFailure) -> bool {
    let mut groups = file.groups.iter().filter(|group| group.name == failure.group);
    groups.any(|group| group.rules.iter().any(|rule| rule.name == failure.rule))
}

fn first_of(failing: Vec<(String, RuleFailure)>) -> Option<RuleTestError> {
    failing.into_iter().next().map(|(_, failure)| RuleTestError::Failed(failure))
}

/// A file with the series and no expectation yet.
fn unexpecting(
    scenario: &RecordedScenario,
    request: &RuleTestRequest<'_>,
    grid: &Grid,
    input_series: Vec<(Labels, Vec<Option<Datum>>)>,
) -> TestFile {
    let place = Place::default();
    let group = TestGroup {
        name: Some(format!("{}, as it was recorded", scenario.name)),
        interval_ms: grid.interval_ms,
        start_ms: 0,
        input_series,
        alert_tests: Vec::new(),
        expression_tests: Vec::new(),
        external_labels: Labels::default(),
        external_url: String::new(),
        place,
    };
    TestFile {
        name: "the recorded test".to_owned(),
        rule_files: request.files.iter().map(|(name, _)| (name.clone(), place)).collect(),
        evaluation_interval_ms: grid.interval_ms,
        group_eval_order: Vec::new(),
        fuzzy_compare: false,
        tests: vec![group],
    }
}
