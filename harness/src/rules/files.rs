//! Rule files on disk: patterns, reading, what kind each is.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use slogate_promql::Place;
use slogate_promql::rules::{FileKind, RuleError, RuleFile};
use slogate_promql::unit_test::{Outline, TestFile};

use super::RulesError;
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
}

/// A file of unit tests that is in order.
pub(super) struct LoadedTests {
    pub(super) tests: TestFile,
    /// The rule files that the tests name, in their order.
    pub(super) rules: Vec<RuleFile>,
}

/// The files that a path or pattern stands for, sorted. In each part of the
/// path, `*` stands for any characters and `?` for one; no file is an error.
pub fn find(pattern: &str) -> Result<Vec<PathBuf>, RulesError> {
    if pattern.contains(['[', '{']) && !Path::new(pattern).exists() {
        return Err(RulesError::BadPattern { pattern: pattern.to_owned() });
    }
    let mut found = BTreeSet::from([PathBuf::new()]);
    for component in Path::new(pattern).components() {
        found = match component {
            Component::Normal(part) if is_pattern(&part.to_string_lossy()) => {
                let part = part.to_string_lossy();
                found.iter().flat_map(|folder| matching_entries(folder, &part)).collect()
            }
            plain => found.into_iter().map(|path| path.join(plain)).collect(),
        };
    }
    found.retain(|path| path.is_file());
    if found.is_empty() {
        return Err(RulesError::NoMatch { pattern: pattern.to_owned() });
    }
    Ok(found.into_iter().collect())
}

/// What a file's own keys say that it is.
pub fn kind(path: &Path) -> Result<FileKind, RulesError> {
    open(path).map(|opened| opened.kind)
}

/// Reads a file of either kind.
pub(super) fn open(path: &Path) -> Result<Opened, RulesError> {
    let text = read(path)?;
    let name = path.display().to_string();
    let kind = FileKind::of(&text, &name).map_err(|error| RulesError::Invalid(vec![error]))?;
    let kind = kind.ok_or_else(|| RulesError::UnknownKind { path: path.to_owned() })?;
    Ok(Opened { path: path.to_owned(), kind, name, text })
}

impl Opened {
    /// What stands in it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The rules in it.
    pub(super) fn rules(&self) -> Result<RuleFile, RulesError> {
        RuleFile::parse(&self.text, &self.name).map_err(RulesError::Invalid)
    }

    /// The unit tests in it, and the rules that they are about.
    pub(super) fn tests(&self) -> Result<LoadedTests, RulesError> {
        let tests = TestFile::parse(&self.text, &self.name).map_err(RulesError::Invalid)?;
        let rules = self.load_named_rules(&tests)?;
        Ok(LoadedTests { tests, rules })
    }

    /// How many unit tests are in it. Rule files that it names and that are not there are an
    /// error here too: promtool only warns of them.
    pub(super) fn count_tests(&self) -> Result<usize, RulesError> {
        let outline = Outline::of(&self.text, &self.name);
        let outline = outline.map_err(|error| RulesError::Invalid(vec![error]))?;
        for named in &outline.rule_files {
            self.find_named(named)?;
        }
        Ok(outline.tests)
    }

    /// All problems of all rule files are reported at once.
    fn load_named_rules(&self, tests: &TestFile) -> Result<Vec<RuleFile>, RulesError> {
        let mut rules = Vec::new();
        let mut errors = Vec::new();
        for named in &tests.rule_files {
            for file in self.find_named(named)? {
                match RuleFile::parse(&read(&file)?, &file.display().to_string()) {
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

/// The text of a file of rules or of their tests.
pub fn read(path: &Path) -> Result<String, RulesError> {
    let unreadable = |reason: String| RulesError::Unreadable { path: path.to_owned(), reason };
    let bytes = read_at_most(path, LARGEST_FILE_BYTES)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or_else(|| unreadable("it is larger than 16 MiB".to_owned()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?'])
}

/// Entries of a folder whose names match. A folder that cannot be read has none.
fn matching_entries(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else {
        return Vec::new();
    };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| matches(pattern, name)).map(|name| folder.join(name)).collect()
}

/// Whether a name matches a pattern of `*` and `?`. As in a shell, a pattern
/// does not find hidden files unless it begins with a dot itself.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let pattern = pattern.chars().collect::<Vec<_>>();
    let name = name.chars().collect::<Vec<_>>();
    matches_from(&pattern, &name)
}

fn matches_from(pattern: &[char], name: &[char]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) if matches_from(rest, name) => true,
        (Some(('*', _)), Some((_, after))) => matches_from(pattern, after),
        (Some(('?', rest)), Some((_, after))) => matches_from(rest, after),
        (Some((wanted, rest)), Some((found, after))) => {
            wanted == found && matches_from(rest, after)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_parts_of_names() {
        for (pattern, name) in [("*.yml", "a.yml"), ("a*b?c", "axxbyc"), ("*", "x"), ("x", "x")] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.yml", "a.yaml"), ("?", "ab"), ("*", ".hidden"), ("a", "b")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_without_files_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.yml", "a.yml", "c.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let pattern = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let found = find(&pattern("*.yml")).unwrap();
        let names = found.iter().map(|path| path.file_name().unwrap()).collect::<Vec<_>>();
        assert_eq!(names, ["a.yml", "b.yml"]);
        assert!(matches!(find(&pattern("*.json")), Err(RulesError::NoMatch { .. })));
        assert!(matches!(find(&pattern("absent.yml")), Err(RulesError::NoMatch { .. })));
        assert!(matches!(find(&pattern("[ab].yml")), Err(RulesError::BadPattern { .. })));
    }
}
