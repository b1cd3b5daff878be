//! Checking files of either kind by one engine or both.
//!
//! A file that an engine refuses is invalid, whatever the other one says: what promtool refuses
//! no Prometheus of its version loads, and what the built-in engine refuses it cannot judge.

use std::path::{Path, PathBuf};

use slogate_promql::rules::{FileKind, Rule, RuleError, RuleFile, UnknownFields};

use super::files::open;
use super::promtool::Checked;
use super::{
    BuiltInCheck, Engines, Promtool, PromtoolCheck, PromtoolRefusal, Refusals, RuleCheckReport,
    RulesError,
};

/// Checks files of either kind. Problems of all files are reported at once. promtool checks
/// rule files only, so files of tests are always read by the built-in engine.
pub fn check_files(paths: &[PathBuf], engines: &Engines) -> Result<RuleCheckReport, RulesError> {
    check_files_with(paths, engines, UnknownFields::Refused)
}

/// As [`check_files`], where somebody says what becomes of unknown fields.
pub fn check_files_with(
    paths: &[PathBuf],
    engines: &Engines,
    unknown: UnknownFields,
) -> Result<RuleCheckReport, RulesError> {
    let mut check = Check { unknown, ..Check::default() };
    if engines.include_built_in() {
        check.report.built_in = Some(BuiltInCheck::default());
    }
    for path in paths {
        match check.read(path) {
            Err(RulesError::Invalid(found)) => check.errors.extend(found),
            other => other?,
        }
    }
    if let Some(promtool) = engines.promtool().filter(|_| !check.report.rule_files.is_empty()) {
        check.ask(promtool)?;
    }
    check.conclude()
}

/// What has been found so far.
#[derive(Default)]
struct Check {
    report: RuleCheckReport,
    errors: Vec<RuleError>,
    refusals: Vec<PromtoolRefusal>,
    unknown: UnknownFields,
}

impl Check {
    fn read(&mut self, path: &Path) -> Result<(), RulesError> {
        let file = open(path, self.unknown)?;
        match file.kind {
            FileKind::Rules => {
                self.report.rule_files.push(path.to_owned());
                if let Some(check) = &mut self.report.built_in {
                    let rules = file.rules()?;
                    let count: usize = rules.groups.iter().map(|group| group.rules.len()).sum();
                    check.rules += count;
                    check.warnings.extend(duplicates(&rules));
                    self.note_if_empty(path, count);
                }
            }
            FileKind::UnitTests => {
                self.report.test_files.push(path.to_owned());
                file.tests()?;
                self.note_if_empty(path, file.count_tests(None)?);
            }
        }
        Ok(())
    }

    fn note_if_empty(&mut self, path: &Path, count: usize) {
        let empty = &mut self.report.empty_files;
        if count == 0 && !empty.iter().any(|known| known == path) {
            empty.push(path.to_owned());
        }
    }

    fn ask(&mut self, promtool: &Promtool) -> Result<(), RulesError> {
        let version = promtool.version().to_owned();
        let mut counted = Some(0);
        let mut findings = Vec::new();
        for path in &self.report.rule_files.clone() {
            match promtool.check(path, self.unknown)? {
                Checked::InOrder { rules } => {
                    counted = counted.map(|count| count + rules);
                    self.note_if_empty(path, rules);
                }
                Checked::Findings(output) => {
                    counted = None;
                    findings.push(output);
                }
                Checked::Refused(output) => {
                    let (file, version) = (path.clone(), version.clone());
                    self.refusals.push(PromtoolRefusal { file, version, output });
                }
            }
        }
        self.report.promtool = Some(PromtoolCheck { version, rules: counted, findings });
        Ok(())
    }

    fn conclude(mut self) -> Result<RuleCheckReport, RulesError> {
        // A rule file and the tests that name it report the same problems.
        self.errors.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
        self.errors.dedup();
        let disputed = self.disputed();
        if self.refusals.is_empty() && disputed.is_empty() {
            return if self.errors.is_empty() {
                Ok(self.report)
            } else {
                Err(RulesError::Invalid(self.errors))
            };
        }
        let Self { errors: built_in, refusals: promtool, .. } = self;
        Err(RulesError::Refused(Refusals { built_in, promtool, disputed }))
    }

    /// Rule files that one of two engines refuses and the other takes.
    fn disputed(&self) -> Vec<PathBuf> {
        if self.report.built_in.is_none() || self.report.promtool.is_none() {
            return Vec::new();
        }
        let by_built_in = |path: &Path| {
            let name = path.display().to_string();
            self.errors.iter().any(|error| error.file == name)
        };
        let by_promtool = |path: &Path| self.refusals.iter().any(|refusal| refusal.file == path);
        let files = self.report.rule_files.iter();
        files.filter(|path| by_built_in(path) != by_promtool(path)).cloned().collect()
    }
}

fn duplicates(file: &RuleFile) -> Vec<RuleError> {
    let warning = |rule: &Rule| RuleError {
        file: file.name.clone(),
        place: rule.place,
        message: format!("`{}` has the same name and labels as an earlier rule", rule.name),
    };
    file.duplicates().into_iter().map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)]) -> Result<RuleCheckReport, RulesError> {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let paths: Vec<PathBuf> = files.iter().map(write).collect();
        check_files(&paths, &Engines::BuiltIn)
    }

    #[test]
    fn problems_of_all_files_are_reported_at_once() {
        let bad = "groups: [{name: g, rules: [{alert: A, expr: x >}]}]";
        let checked = check(&[
            ("a.yml", bad),
            ("b.yml", "groups: [{rules: []}]"),
            ("c.test.yml", "rule_files: [a.yml, absent.yml]\ntests: []"),
        ]);
        let Err(RulesError::Invalid(errors)) = checked else { panic!("invalid") };
        let shown = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        for part in ["a.yml:1:45", "b.yml:1:10", "c.test.yml:1:21", "absent.yml"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn files_that_hold_nothing_are_told_from_those_beside_them() {
        let some = "groups: [{name: g, rules: [{alert: A, expr: x}]}]";
        let report = check(&[
            ("a.yml", some),
            ("b.yml", "groups: [{name: g, rules: []}]"),
            ("c.test.yml", "rule_files: [a.yml]\ntests: []"),
        ]);
        let empty = report.unwrap().empty_files;
        let names: Vec<_> = empty.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["b.yml", "c.test.yml"]);
    }

    #[test]
    fn a_file_of_neither_kind_is_refused() {
        assert!(matches!(check(&[("a.yml", "load: []")]), Err(RulesError::UnknownKind { .. })));
        let absent = check_files(&["absent.yml".into()], &Engines::BuiltIn);
        assert!(matches!(absent, Err(RulesError::Unreadable { .. })));
    }

    #[test]
    fn repeated_rules_are_a_warning() {
        let twice = "groups: [{name: g, rules: [{record: x, expr: a}, {record: x, expr: b}]}]";
        let found = check(&[("a.yml", twice)]).unwrap().built_in.unwrap();
        assert_eq!((found.rules, found.warnings.len()), (2, 1));
    }
}
