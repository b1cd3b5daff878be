//! `slogate check`: everything that can be wrong with files, without sending anything.

use std::path::{Path, PathBuf};

use slogate_promql::rules::FileKind;

use super::arguments::CheckArguments;
use super::dashboards::{Dashboards, dashboards_in, is_for_dashboards};
use super::files::{Reading, Shown, yaml_files};
use super::output::{say, to_standard_output, warning};
use super::workflow_commands::Notation;
use super::{Failure, codes};
use crate::gate::ExitCode;
use crate::rules::{self, Engines, check_files};

/// Checks all files, and says of each what it is.
pub(super) fn check(arguments: &CheckArguments) -> Result<ExitCode, Failure> {
    let reading = Reading::new(&arguments.variables, None)?;
    let files = expanded(&arguments.files)?;
    refuse_flags_of_dashboards(arguments, &files)?;
    let mut dashboards = Dashboards::new(arguments)?;
    let mut shown = Shown::default();
    let mut lines = Vec::new();
    for path in files {
        let found = if is_for_dashboards(&path) {
            dashboards.check(&path, &mut shown)
        } else if is_rule_file(&path) {
            rule_file(&path, &mut shown)
        } else {
            reading.check(&path, &mut shown)
        };
        if let Some(found) = found {
            lines.push(format!("{}: {found}\n", path.display()));
        }
    }
    if !dashboards.is_json() {
        to_standard_output(&lines.concat(), Notation::Text)?;
    }
    shown.conclude()?;
    dashboards.conclude()
}

/// What is said about dashboards would be nothing about other files.
fn refuse_flags_of_dashboards(
    arguments: &CheckArguments,
    files: &[PathBuf],
) -> Result<(), Failure> {
    let CheckArguments { run, fail_on, out, .. } = arguments;
    let flag = match (run, fail_on, out) {
        (Some(_), ..) => "--run",
        (_, Some(_), _) => "--fail-on",
        (.., Some(_)) => "--out",
        _ => return Ok(()),
    };
    let other = files.iter().find(|path| path.is_file() && !is_for_dashboards(path));
    other.map_or(Ok(()), |other| {
        let text = format!(
            "{flag} is about dashboards of Grafana, and {} is none; check it by itself, or name \
             the dashboard's JSON file",
            other.display()
        );
        Err(Failure::usage(codes::CONFLICTING_FLAGS, text))
    })
}

/// Folders stand for the YAML files and dashboards in them.
fn expanded(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut inside = yaml_files(path)?;
            inside.extend(dashboards_in(path)?);
            if inside.is_empty() {
                let text = format!("{} holds no YAML file and no dashboard", path.display());
                return Err(Failure::usage(codes::EMPTY_FOLDER, text));
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

/// Whether a file's own keys say that it holds rules or rule tests. A file that
/// cannot be read is left to the scenario reader, whose error is the better one.
fn is_rule_file(path: &Path) -> bool {
    let Ok(text) = rules::read(path) else { return false };
    matches!(FileKind::of(&text, &path.display().to_string()), Ok(Some(_)))
}

fn rule_file(path: &Path, shown: &mut Shown) -> Option<String> {
    match check_files(&[path.to_owned()], &Engines::BuiltIn) {
        Ok(report) => {
            let found = report.built_in.unwrap_or_default();
            for found in &found.warnings {
                say(&warning(rules::codes::DUPLICATE_RULE, found));
            }
            shown.warnings += found.warnings.len() + report.empty_files.len();
            if !report.empty_files.is_empty() {
                let (code, nothing) = if report.test_files.is_empty() {
                    (rules::codes::NO_RULES, "no rule")
                } else {
                    (rules::codes::NO_RULE_TESTS, "no test")
                };
                say(&warning(code, format!("{}: there is {nothing} in it", path.display())));
            }
            Some(if report.test_files.is_empty() {
                format!("{} rules", found.rules)
            } else {
                "rule unit tests".to_owned()
            })
        }
        Err(error) => {
            say(&super::rules::shown(&error));
            shown.errors += error.coded().len();
            None
        }
    }
}
