//! From the paths on the command line to scenarios: folders, duplicates, problems.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use exporter::catalogue::{self, MetricKind};
use thiserror::Error;

use crate::code::Code;
use crate::scenario::{
    self, Document, KnownFamily, KnownMetrics, Problem, Problems, ReadOptions, Scenario, Variables,
    parse_target, read_document,
};

use crate::series::FamilyKind;

use super::output::{error_columns, say};
use super::{Failure, codes};

/// Why there is nothing to run.
#[derive(Debug, Error)]
pub(super) enum FilesError {
    #[error("cannot read {}: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("{} holds no scenario (a .yaml or .yml file with `load`); a gate over nothing proves nothing", .0.display())]
    EmptyFolder(PathBuf),
    #[error("{} and {} are both named `{name}`; give each scenario its own name", one.display(), other.display())]
    SameName { name: String, one: PathBuf, other: PathBuf },
    #[error("{} is a list of objectives, not a scenario; include it from one", .0.display())]
    ObjectivesOnly(PathBuf),
    #[error("--target: {0}")]
    Target(String),
}

impl FilesError {
    /// What it is called, for `slogate explain`.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Folder { .. } => scenario::codes::UNREADABLE_FILE,
            Self::EmptyFolder(_) => codes::EMPTY_FOLDER,
            Self::SameName { .. } => scenario::codes::DUPLICATE_NAME,
            Self::ObjectivesOnly(_) => scenario::codes::WRONG_FILE_KIND,
            Self::Target(_) => scenario::codes::INVALID_URL,
        }
    }
}

/// What the command line says about how files are read.
pub(super) struct Reading {
    pub(super) variables: Variables,
    pub(super) options: ReadOptions,
}

impl Reading {
    /// From the environment, `-e` and `--target`; `-e` wins over the environment.
    pub(super) fn new(
        variables: &[(String, String)],
        target: Option<&str>,
    ) -> Result<Self, FilesError> {
        let target = target
            .map(|text| parse_target(text).map_err(|error| FilesError::Target(error.to_string())))
            .transpose()?;
        // A variable that is not Unicode cannot stand in a YAML file.
        let environment = env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let variables = environment.chain(variables.iter().cloned()).collect();
        Ok(Self { variables, options: ReadOptions { target, known: Some(reference_metrics()) } })
    }

    /// Reads scenario files and folders of them. Every problem of every file is
    /// shown before this comes back.
    pub(super) fn scenarios(&self, paths: &[PathBuf]) -> Result<Vec<Scenario>, Failure> {
        let mut found = Found::default();
        for path in paths {
            if path.is_dir() {
                self.folder(path, &mut found)?;
            } else if let Some(Document::Objectives(_)) = self.document(path, &mut found) {
                return Err(FilesError::ObjectivesOnly(path.clone()).into());
            }
        }
        found.problems.conclude()?;
        different_names(&found.scenarios)?;
        Ok(found.scenarios)
    }

    /// Reads one file for its problems, and says what it is.
    pub(super) fn check(&self, path: &Path, shown: &mut Shown) -> Option<String> {
        match read_document(path, &self.variables, &self.options) {
            Ok((document, warnings)) => {
                shown.show(&[], &warnings);
                shown.show(&[], &without_secrets(&document));
                Some(match document {
                    Document::Scenario(scenario) => format!("scenario `{}`", scenario.name),
                    Document::Objectives(objectives) => format!("{} objectives", objectives.len()),
                })
            }
            Err(Problems { problems, warnings }) => {
                shown.show(&problems, &warnings);
                None
            }
        }
    }

    fn folder(&self, folder: &Path, found: &mut Found) -> Result<(), FilesError> {
        let (before, problems_before) = (found.scenarios.len(), found.problems.errors);
        for file in yaml_files(folder)? {
            self.document(&file, found);
        }
        if found.scenarios.len() == before && found.problems.errors == problems_before {
            return Err(FilesError::EmptyFolder(folder.to_owned()));
        }
        Ok(())
    }

    /// Reads one file; a scenario goes to `found`, anything else comes back.
    fn document(&self, path: &Path, found: &mut Found) -> Option<Document> {
        match read_document(path, &self.variables, &self.options) {
            Ok((Document::Scenario(scenario), warnings)) => {
                found.problems.show(&scenario.unusable_files(), &warnings);
                found.scenarios.push(*scenario);
                None
            }
            Ok((document, warnings)) => {
                found.problems.show(&[], &warnings);
                Some(document)
            }
            Err(Problems { problems, warnings }) => {
                found.problems.show(&problems, &warnings);
                None
            }
        }
    }
}

/// Files with secrets or certificates that cannot be used here: whoever checks a file
/// need not have them, so that they are no errors before a run.
fn without_secrets(document: &Document) -> Vec<Problem> {
    let Document::Scenario(scenario) = document else { return Vec::new() };
    scenario.unusable_files().into_iter().map(Problem::into_warning).collect()
}

/// What the reference service exports, from its own catalogue.
fn reference_metrics() -> KnownMetrics {
    KnownMetrics::new(catalogue::METRICS.iter().map(|metric| {
        KnownFamily {
            name: metric.name.to_owned(),
            kind: match metric.kind {
                MetricKind::Counter => FamilyKind::Counter,
                MetricKind::Gauge => FamilyKind::Gauge,
                MetricKind::Histogram => FamilyKind::Histogram,
            },
            labels: metric.labels.iter().map(|label| label.name.to_owned()).collect(),
            highest_bound: (metric.kind == MetricKind::Histogram)
                .then(|| catalogue::LATENCY_BUCKETS_MS.last().copied())
                .flatten(),
        }
    }))
}

#[derive(Default)]
struct Found {
    scenarios: Vec<Scenario>,
    problems: Shown,
}

/// Shows problems as they are found and counts them.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) errors: usize,
    pub(super) warnings: usize,
}

impl Shown {
    pub(super) fn show(&mut self, problems: &[Problem], warnings: &[Problem]) {
        let mut is_first = self.errors + self.warnings == 0;
        self.errors += problems.len();
        self.warnings += warnings.len();
        for problem in problems.iter().chain(warnings) {
            if !is_first {
                say("");
            }
            is_first = false;
            // Colours are taken out again where standard error is not a terminal.
            say(&problem.render_in_colour(error_columns()));
        }
    }

    /// `2 problems found`, as an error if there are any.
    pub(super) fn conclude(&self) -> Result<(), Failure> {
        match self.errors {
            0 => Ok(()),
            count => Err(Failure::problems(count, "nothing was sent")),
        }
    }
}

/// The YAML files of a folder, by name with numbers in front by their size (`5k`
/// before `10k`); hidden files do not count, and subfolders are not entered.
pub(super) fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let failed = |source| FilesError::Folder { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if path.is_dir() && !is_hidden {
            say(&format!("note: the folder {} is not entered; name it to use it", path.display()));
        } else if is_yaml && !is_hidden {
            files.push(path);
        }
    }
    files.sort_by_cached_key(|path| (leading_number(path), path.clone()));
    Ok(files)
}

/// The number that a file's name begins with; names without one come last.
fn leading_number(path: &Path) -> u64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len());
    name[..digits].parse().unwrap_or(u64::MAX)
}

/// A saved run has a folder for each scenario, named after it.
fn different_names(scenarios: &[Scenario]) -> Result<(), FilesError> {
    let mut seen: BTreeMap<&str, &Path> = BTreeMap::new();
    for scenario in scenarios {
        if let Some(one) = seen.insert(&scenario.name, &scenario.path) {
            return Err(FilesError::SameName {
                name: scenario.name.clone(),
                one: one.to_owned(),
                other: scenario.path.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["batch.yaml", "10k.yaml", "5k.yml", "notes.txt", ".hidden.yaml"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let files = yaml_files(folder.path()).unwrap();
        let names: Vec<_> = files.iter().filter_map(|file| file.file_name()).collect();
        assert_eq!(names, ["5k.yml", "10k.yaml", "batch.yaml"]);
    }
}
