//! How closely unit tests hold rules: coverage, and the mutants that no test notices.

use std::path::PathBuf;

use slogate_promql::mutation::{Mutant, mutants, notices};
use slogate_promql::rules::UnknownFields;
use slogate_promql::unit_test::{Uncovered, uncovered};

use super::RulesError;
use super::suites::{Suite, Suites};

/// What the tests of one rule file leave open.
#[derive(Clone, Debug)]
pub struct RuleFileCoverage {
    /// The rule file.
    pub file: String,
    /// Its rules that lack a kind of test.
    pub uncovered: Vec<Uncovered>,
}

/// What mutants of one rule file came to.
#[derive(Clone, Debug)]
pub struct RuleFileMutants {
    /// The rule file.
    pub file: String,
    /// How many there are.
    pub count: usize,
    /// Those that no test noticed.
    pub survivors: Vec<Mutant>,
}

/// Coverage of every rule file that the files of tests among the paths name.
pub fn coverage_of_files(
    paths: &[PathBuf],
    unknown: UnknownFields,
) -> Result<Vec<RuleFileCoverage>, RulesError> {
    let suites = Suites::read(paths, unknown)?;
    let of_suite = |suite: &Suite<'_>| RuleFileCoverage {
        file: suite.rules.name.clone(),
        uncovered: uncovered(suite.rules, &suite.test_files()),
    };
    Ok(suites.of_rule_files().iter().map(of_suite).collect())
}

/// Tries every mutant of every rule that the files of tests among the paths name, with the
/// built-in engine. All tests must pass on the rules as they are: one that fails anyway would
/// seem to notice every mutant.
pub fn mutate_files(
    paths: &[PathBuf],
    unknown: UnknownFields,
) -> Result<Vec<RuleFileMutants>, RulesError> {
    let suites = Suites::read(paths, unknown)?;
    Ok(suites.of_rule_files().iter().map(of_suite).collect())
}

fn of_suite(suite: &Suite<'_>) -> RuleFileMutants {
    let intervals = suite.tests.iter().map(|(loaded, _)| loaded.tests.evaluation_interval_ms);
    let made = mutants(suite.rules, intervals.max().unwrap_or_default());
    let count = made.len();
    let survivors = made.into_iter().filter(|mutant| !is_noticed(mutant, suite)).collect();
    RuleFileMutants { file: suite.rules.name.clone(), count, survivors }
}

fn is_noticed(mutant: &Mutant, suite: &Suite<'_>) -> bool {
    suite.tests.iter().any(|(loaded, at)| {
        let mut rules = loaded.rules.clone();
        rules[*at] = mutant.in_file(&rules[*at]);
        notices(&loaded.tests, &rules)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]";

    fn test_of(values: &str, fires: bool) -> String {
        let expected = if fires { "[{}]" } else { "[]" };
        format!(
            "rule_files: ['./rules.yml']\ntests:\n  - input_series: [{{ series: x, values: \
             '{values}' }}]\n    alert_rule_test: [{{ eval_time: 0m, alertname: A, exp_alerts: \
             {expected} }}]\n"
        )
    }

    fn mutated(tests: &[&str]) -> Vec<RuleFileMutants> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("rules.yml"), RULES).unwrap();
        let write = |(at, text): (usize, &&str)| {
            let path = folder.path().join(format!("{at}.test.yml"));
            std::fs::write(&path, text).unwrap();
            path
        };
        let paths: Vec<PathBuf> = tests.iter().enumerate().map(write).collect();
        mutate_files(&paths, UnknownFields::Refused).unwrap()
    }

    #[test]
    fn what_one_file_of_tests_leaves_another_may_notice() {
        let survivors = |tests: &[&str]| {
            let found = mutated(tests);
            assert_eq!(found.len(), 1, "one rule file");
            assert_eq!(found[0].count, 5);
            let after = |mutant: &Mutant| mutant.after.clone();
            found[0].survivors.iter().map(after).collect::<Vec<_>>()
        };
        let (above, at, below) = (test_of("2", true), test_of("1", false), test_of("0", false));
        assert_eq!(survivors(&[&above]), [">= 1", "!= 1", "> 0"]);
        assert_eq!(survivors(&[&above, &at, &below]), [] as [&str; 0]);
    }
}
