//! What checking and testing rules gives back.

use std::path::PathBuf;

use slogate_promql::rules::RuleError;
use slogate_promql::unit_test::{Case, Idle};

/// Files that are in order.
#[derive(Clone, Debug, Default)]
pub struct RuleCheckReport {
    /// Files with rules.
    pub rule_files: Vec<PathBuf>,
    /// Files with unit tests.
    pub test_files: Vec<PathBuf>,
    /// Those of either kind that hold nothing: no rule, or no test.
    pub empty_files: Vec<PathBuf>,
    /// What the built-in engine found in the rule files, if it was asked.
    pub built_in: Option<BuiltInCheck>,
    /// What promtool found in them, if it was asked.
    pub promtool: Option<PromtoolCheck>,
}

/// What the built-in engine found in rule files.
#[derive(Clone, Debug, Default)]
pub struct BuiltInCheck {
    /// How many rules there are in all.
    pub rules: usize,
    /// What is allowed and most likely a mistake.
    pub warnings: Vec<RuleError>,
}

/// What promtool found in rule files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PromtoolCheck {
    /// Its version: `2.42.0`.
    pub version: String,
    /// How many rules there are in all; `None` where a finding stands in place of their number.
    pub rules: Option<usize>,
    /// What is allowed and most likely a mistake, in promtool's words.
    pub findings: Vec<String>,
}

/// The outcome of one file of unit tests.
#[derive(Clone, Debug)]
pub struct RuleTestReport {
    /// The file.
    pub file: PathBuf,
    /// How many tests of the file were chosen to run.
    pub tests: usize,
    /// How many more it holds.
    pub left_out: usize,
    /// Those that prove nothing, though they may pass.
    pub idle: Vec<Idle>,
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

/// How a check of files that are in order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleCheckOutcome {
    /// Every engine that was asked read every rule.
    InOrder,
    /// The engines have not read the same number of rules.
    Disagree {
        /// Rules that the built-in engine read.
        built_in: usize,
        /// Rules that promtool read.
        promtool: usize,
    },
    /// There is neither a rule nor a file of tests.
    NothingChecked,
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

impl RuleCheckReport {
    /// How the check ended, over all engines that were asked.
    pub fn outcome(&self) -> RuleCheckOutcome {
        let built_in = self.built_in.as_ref().map(|check| check.rules);
        let promtool = self.promtool.as_ref().and_then(|check| check.rules);
        match (built_in, promtool) {
            (Some(built_in), Some(promtool)) if built_in != promtool => {
                RuleCheckOutcome::Disagree { built_in, promtool }
            }
            (Some(0), _) | (None, Some(0)) if self.test_files.is_empty() => {
                RuleCheckOutcome::NothingChecked
            }
            _ => RuleCheckOutcome::InOrder,
        }
    }
}

impl BuiltInResult {
    /// Whether every case passed.
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }
}

impl RuleTestReport {
    /// How the file ended, over all engines that ran. A rule that cannot be evaluated fails a
    /// file without tests as well.
    pub fn outcome(&self) -> RuleTestOutcome {
        let built_in = self.built_in.as_ref().map(BuiltInResult::passed);
        let promtool = self.promtool.as_ref().map(|promtool| promtool.passed);
        match (built_in, promtool) {
            (Some(one), Some(other)) if one != other => RuleTestOutcome::Disagree,
            (Some(false), _) | (None, Some(false)) => RuleTestOutcome::Failed,
            (Some(true), _) | (None, Some(true)) if self.tests > 0 => RuleTestOutcome::Passed,
            _ => RuleTestOutcome::NothingTested,
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
            left_out: 0,
            idle: Vec::new(),
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
            (Some(&[]), Some(false), RuleTestOutcome::Disagree),
            (None, None, RuleTestOutcome::NothingTested),
        ] {
            assert_eq!(report(built_in, promtool).outcome(), outcome);
        }
    }

    #[test]
    fn a_rule_that_cannot_be_evaluated_fails_a_file_without_tests() {
        let failed = RuleTestReport { tests: 0, ..report(Some(&[false]), Some(false)) };
        assert_eq!(failed.outcome(), RuleTestOutcome::Failed);
    }

    #[test]
    fn engines_that_count_differently_have_read_different_files() {
        let of = |built_in: Option<usize>, promtool: Option<Option<usize>>| RuleCheckReport {
            built_in: built_in.map(|rules| BuiltInCheck { rules, warnings: Vec::new() }),
            promtool: promtool.map(|rules| PromtoolCheck { rules, ..PromtoolCheck::default() }),
            ..RuleCheckReport::default()
        };
        let differ = |built_in, promtool| RuleCheckOutcome::Disagree { built_in, promtool };
        for (built_in, promtool, outcome) in [
            (Some(7), Some(Some(7)), RuleCheckOutcome::InOrder),
            (Some(7), Some(None), RuleCheckOutcome::InOrder),
            (Some(7), Some(Some(6)), differ(7, 6)),
            (Some(0), Some(Some(1)), differ(0, 1)),
            (Some(0), Some(Some(0)), RuleCheckOutcome::NothingChecked),
            (Some(0), None, RuleCheckOutcome::NothingChecked),
            (None, Some(Some(0)), RuleCheckOutcome::NothingChecked),
            (None, Some(Some(7)), RuleCheckOutcome::InOrder),
        ] {
            assert_eq!(of(built_in, promtool).outcome(), outcome, "{built_in:?} {promtool:?}");
        }
    }
}
