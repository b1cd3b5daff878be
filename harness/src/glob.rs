//! The files that a path with `*` and `?` stands for, as people write it for rule files.
//!
//! What is in the files is for others to say. `**`, `[…]` and `{…}` are no part of it: a
//! pattern with those is refused, so that it does not find something else.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// Why a path or pattern stands for no file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GlobError {
    /// No file is there.
    #[error("no rule file matches `{0}`")]
    NoMatch(String),
    /// It is not understood.
    #[error("`{0}` is not a pattern; `*` and `?` stand for parts of a name")]
    BadPattern(String),
}

/// The files that a path or pattern stands for, sorted. In each part of the
/// path, `*` stands for any characters and `?` for one; no file is an error.
pub fn find(pattern: &str) -> Result<Vec<PathBuf>, GlobError> {
    if pattern.contains(['[', '{']) && !Path::new(pattern).exists() {
        return Err(GlobError::BadPattern(pattern.to_owned()));
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
        return Err(GlobError::NoMatch(pattern.to_owned()));
    }
    Ok(found.into_iter().collect())
}

/// Whether a text is more than the name of one file.
pub fn is_pattern(part: &str) -> bool {
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
        assert!(matches!(find(&pattern("*.json")), Err(GlobError::NoMatch(_))));
        assert!(matches!(find(&pattern("absent.yml")), Err(GlobError::NoMatch(_))));
        assert!(matches!(find(&pattern("[ab].yml")), Err(GlobError::BadPattern(_))));
    }
}
