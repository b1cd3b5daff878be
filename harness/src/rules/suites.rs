//! Rule files with the files of tests that are about them: what a rule is held to, is said by
//! all of them together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use slogate_promql::rules::{FileKind, RuleFile, UnknownFields};
use slogate_promql::unit_test::TestFile;

use super::RulesError;
use super::files::{LoadedTests, open};

/// Files of tests, with the rules that they name.
pub(super) struct Suites {
    tests: Vec<LoadedTests>,
}

/// One rule file that tests are about.
pub(super) struct Suite<'s> {
    pub(super) rules: &'s RuleFile,
    /// Each file of tests with all of its rules, and where among those this file stands.
    pub(super) tests: Vec<(&'s LoadedTests, usize)>,
}

impl Suites {
    /// Reads the files of tests among the paths, and the rules that they name.
    pub(super) fn read(paths: &[PathBuf], unknown: UnknownFields) -> Result<Self, RulesError> {
        let mut tests = Vec::new();
        for path in paths {
            let file = open(path, unknown)?;
            if file.kind == FileKind::UnitTests {
                tests.push(file.tests()?);
            }
        }
        Ok(Self { tests })
    }

    /// Each rule file once, however many files of tests name it and in which way.
    pub(super) fn of_rule_files(&self) -> Vec<Suite<'_>> {
        let mut suites: Vec<Suite<'_>> = Vec::new();
        let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for loaded in &self.tests {
            for (at, rules) in loaded.rules.iter().enumerate() {
                let path = Path::new(&rules.name);
                let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                let suite = *known.entry(path).or_insert_with(|| {
                    suites.push(Suite { rules, tests: Vec::new() });
                    suites.len() - 1
                });
                suites[suite].tests.push((loaded, at));
            }
        }
        suites
    }
}

impl Suite<'_> {
    /// The files of tests, each with all the rules that it names.
    pub(super) fn test_files(&self) -> Vec<(&TestFile, &[RuleFile])> {
        self.tests.iter().map(|(loaded, _)| (&loaded.tests, loaded.rules.as_slice())).collect()
    }
}
