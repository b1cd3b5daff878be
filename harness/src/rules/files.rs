//! Rule files on disk: patterns, reading, what kind each is.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use regex::Regex;
use slogate_promql::Place;
use slogate_promql::rules::{FileKind, RuleError, RuleFile, UnknownFields};
use slogate_promql::unit_test::{Outline, TestFile};

use super::RulesError;
use crate::glob::{self, GlobError};
use crate::scenario::read_at_most;

/// The largest file that is read: hundreds of times what people write by hand.
const LARGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// A file whose kind is known.
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) kind: FileKind,
    /// The path as it stands in errors.
    name: String,
    text: String,
    unknown: UnknownFields,
}

/// A file of unit tests that is in order.
pub(super) struct LoadedTests {
    pub(super) tests: TestFile,
    /// The rule files that the tests name, in their order.
    pub(super) rules: Vec<RuleFile>,
}

/// The files that a path or pattern stands for, sorted; no file is an error.
pub fn find(pattern: &str) -> Result<Vec<PathBuf>, RulesError> {
    glob::find(pattern).map_err(|error| match error {
        GlobError::NoMatch(pattern) => RulesError::NoMatch { pattern },
        GlobError::BadPattern(pattern) => RulesError::BadPattern { pattern },
    })
}

/// What a file's own keys say that it is.
pub fn kind(path: &Path) -> Result<FileKind, RulesError> {
    open(path, UnknownFields::Refused).map(|opened| opened.kind)
}

/// Reads a file of either kind.
pub(super) fn open(path: &Path, unknown: UnknownFields) -> Result<Opened, RulesError> {
    let text = read(path)?;
    let name = path.display().to_string();
    let kind = FileKind::of(&text, &name).map_err(|error| RulesError::Invalid(vec![error]))?;
    let kind = kind.ok_or_else(|| RulesError::UnknownKind { path: path.to_owned() })?;
    Ok(Opened { path: path.to_owned(), kind, name, text, unknown })
}

impl Opened {
    /// What stands in it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The rules in it.
    pub(super) fn rules(&self) -> Result<RuleFile, RulesError> {
        RuleFile::parse_with(&self.text, &self.name, self.unknown).map_err(RulesError::Invalid)
    }

    /// The unit tests in it, and the rules that they are about.
    pub(super) fn tests(&self) -> Result<LoadedTests, RulesError> {
        let tests = TestFile::parse_with(&self.text, &self.name, self.unknown);
        let tests = tests.map_err(RulesError::Invalid)?;
        let rules = self.load_named_rules(&tests)?;
        Ok(LoadedTests { tests, rules })
    }

    /// How many unit tests are in it, in the groups that are chosen. Rule files that it names and that are not there are an
    /// error here too: promtool only warns of them.
    pub(super) fn count_tests(&self, only: Option<&Regex>) -> Result<usize, RulesError> {
        let outline = Outline::of(&self.text, &self.name);
        let outline = outline.map_err(|error| RulesError::Invalid(vec![error]))?;
        for named in &outline.rule_files {
            self.find_named(named)?;
        }
        Ok(outline.tests(only))
    }

    /// All problems of all rule files are reported at once. A file that is named twice is loaded
    /// once, as by promtool.
    fn load_named_rules(&self, tests: &TestFile) -> Result<Vec<RuleFile>, RulesError> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        let mut loaded = BTreeSet::new();
        for named in &tests.rule_files {
            for file in self.find_named(named)? {
                if !loaded.insert(without_detours(&file)) {
                    continue;
                }
                let (text, name) = (read(&file)?, file.display().to_string());
                match RuleFile::parse_with(&text, &name, self.unknown) {
                    Ok(file) => rules.push(file),
                    Err(found) => errors.extend(found),
                }
            }
        }
        if errors.is_empty() { Ok(rules) } else { Err(RulesError::Invalid(errors)) }
    }

    /// Names in a test file are relative to that file.
    fn find_named(&self, (pattern, place): &(String, Place)) -> Result<Vec<PathBuf>, RulesError> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        find(&folder.join(pattern).to_string_lossy()).map_err(|error| {
            let (file, message) = (self.name.clone(), error.to_string());
            RulesError::Invalid(vec![RuleError { file, place: *place, message }])
        })
    }
}

/// A path without `.` and without what a `..` behind it takes back, as its text says: links are
/// not followed.
fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The rules of those files that hold rules. All problems of all files are reported at once.
pub fn read_rules(paths: &[PathBuf]) -> Result<Vec<RuleFile>, RulesError> {
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        let opened = open(path, UnknownFields::Refused)?;
        if opened.kind == FileKind::Rules {
            match opened.rules() {
                Ok(file) => rules.push(file),
                Err(RulesError::Invalid(found)) => problems.extend(found),
                Err(other) => return Err(other),
            }
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(RulesError::Invalid(problems)) }
}

/// The text of a file of rules or of their tests.
pub fn read(path: &Path) -> Result<String, RulesError> {
    let unreadable = |reason: String| RulesError::Unreadable { path: path.to_owned(), reason };
    let bytes = read_at_most(path, LARGEST_FILE_BYTES)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or_else(|| unreadable("it is larger than 16 MiB".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_by_any_way() {
        for (path, plain) in
            [("./a/../r.yml", "r.yml"), ("a/./b/../r.yml", "a/r.yml"), ("../r.yml", "../r.yml")]
        {
            assert_eq!(without_detours(Path::new(path)), Path::new(plain));
        }
    }
}
