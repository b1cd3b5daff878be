//! What checking and testing rules gives back.

use std::path::PathBuf;

use slogate_promql::rules::RuleError;
use slogate_promql::unit_test::Case;

/// Which engine runs rule unit tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Both where promtool is installed, else the built-in one.
    #[default]
    Auto,
    /// The built-in one only.
    BuiltIn,
    /// promtool only.
    Promtool,
    /// Both; a missing promtool is an error.
    Both,
}

/// Rule files that are in order.
#[derive(Clone, Debug, Default)]
pub struct RuleCheckReport {
    /// Files with rules.
    pub rule_files: Vec<PathBuf>,
    /// Files with unit tests.
    pub test_files: Vec<PathBuf>,
    /// How many rules there are in all.
    pub rules: usize,
    /// What is allowed and most likely a mistake.
    pub warnings: Vec<RuleError>,
}

/// The outcome of one file of unit tests.
#[derive(Clone, Debug)]
pub struct RuleTestReport {
    /// The file.
    pub file: PathBuf,
    /// How many tests the file holds.
    pub tests: usize,
    /// Alerts that are tested and that no rule file of the test has: a test that expects
    /// nothing of them proves nothing.
    pub unknown_alerts: Vec<String>,
    /// What the built-in engine found, if it ran.
    pub built_in: Option<BuiltInResult>,
    /// What promtool found, if it ran.
    pub promtool: Option<PromtoolResult>,
}

/// What the built-in engine found.
#[derive(Clone, Debug)]
pub struct BuiltInResult {
    /// One case for each test, in the order of the file.
    pub cases: Vec<Case>,
}

/// What promtool found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromtoolResult {
    /// Its version: `2.42.0`.
    pub version: String,
    /// Whether it ended with success.
    pub passed: bool,
    /// All that it wrote.
    pub output: String,
}

/// How a file of unit tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleTestOutcome {
    /// Every test passed, in every engine that ran.
    Passed,
    /// A test failed, in every engine that ran.
    Failed,
    /// One engine passed what the other failed; to be shown with both outputs,
    /// and to be treated as failed.
    Disagree,
    /// There is no test in the file: neither passed nor failed.
    NothingTested,
}

impl BuiltInResult {
    /// Whether every case passed.
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }
}

impl RuleTestReport {
    /// How the file ended, over all engines that ran.
    pub fn outcome(&self) -> RuleTestOutcome {
        if self.tests == 0 {
            return RuleTestOutcome::NothingTested;
        }
        let built_in = self.built_in.as_ref().map(BuiltInResult::passed);
        let promtool = self.promtool.as_ref().map(|promtool| promtool.passed);
        match (built_in, promtool) {
            (None, None) => RuleTestOutcome::NothingTested,
            (Some(one), Some(other)) if one != other => RuleTestOutcome::Disagree,
            (Some(passed), _) | (None, Some(passed)) => {
                if passed {
                    RuleTestOutcome::Passed
                } else {
                    RuleTestOutcome::Failed
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::Place;
    use slogate_promql::unit_test::Subject;

    use super::*;

    fn report(built_in: Option<&[bool]>, promtool: Option<bool>) -> RuleTestReport {
        let case = |passed: &bool| Case {
            group: None,
            subject: Subject::Alert("A".into()),
            eval_time_ms: 0,
            passed: *passed,
            expected: Vec::new(),
            got: Vec::new(),
            place: Place::default(),
        };
        RuleTestReport {
            file: "x.yml".into(),
            tests: built_in.map_or(1, <[bool]>::len),
            unknown_alerts: Vec::new(),
            built_in: built_in
                .map(|cases| BuiltInResult { cases: cases.iter().map(case).collect() }),
            promtool: promtool.map(|passed| PromtoolResult {
                version: "3.0.0".into(),
                passed,
                output: String::new(),
            }),
        }
    }

    #[test]
    fn engines_that_disagree_are_neither_passed_nor_failed() {
        for (built_in, promtool, outcome) in [
            (Some([true].as_slice()), Some(true), RuleTestOutcome::Passed),
            (Some(&[true]), None, RuleTestOutcome::Passed),
            (None, Some(false), RuleTestOutcome::Failed),
            (Some(&[true, false]), Some(false), RuleTestOutcome::Failed),
            (Some(&[true, false]), Some(true), RuleTestOutcome::Disagree),
            (Some(&[true]), Some(false), RuleTestOutcome::Disagree),
            (Some(&[]), Some(true), RuleTestOutcome::NothingTested),
            (None, None, RuleTestOutcome::NothingTested),
        ] {
            assert_eq!(report(built_in, promtool).outcome(), outcome);
        }
    }
}
