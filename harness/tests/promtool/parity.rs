//! Every rule file and every file of tests that the Prometheus project tests promtool and its
//! rule format with: the built-in engine says of each what promtool says, but for those that
//! are named here with their reason.

use std::fs;
use std::path::{Path, PathBuf};

use slogate::rules::{
    Engines, PROMTOOL_TIME_LIMIT, Promtool, RuleTestOutcome, RulesError, TestOptions, check_files,
    kind, test_files, test_files_with,
};
use slogate_promql::rules::{FileKind, UnknownFields};

use super::project;
use super::support::generations::{Tool, promtools};
use super::support::outside;
use super::support::page::{assert_fresh, with_between_marks};

/// What an engine makes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// So many rules, or tests that hold.
    Good(usize),
    /// Rules that can be loaded and make the same series twice.
    Repeats,
    /// It cannot be read, or a test in it fails.
    Bad,
}

/// Which promtools a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum In {
    /// Those of Prometheus 2.
    Two,
    /// Those of Prometheus 3.
    Three,
    /// Those that are older than what the file is about; the others agree.
    Older,
}

/// Files of which a promtool says something else, and why.
const DIFFERENT: &[(&str, In, &str)] = &[
    ("no-test-group-interval.yml", In::Two, "a group without `interval` has one of 0"),
    ("start-time-test.yml", In::Older, "`start_timestamp` is an unknown field"),
    ("unittest.yml", In::Two, "`histogram` is an unknown field"),
    ("legacy_validation_annotation.bad.yaml", In::Two, "names are not UTF-8"),
    ("utf-8_annotation.good.yaml", In::Two, "names are not UTF-8"),
    ("utf-8_lname.good.yaml", In::Two, "names are not UTF-8"),
];

/// Where docs/promql.md has what both say of each file.
const BEGIN: &str =
    "<!-- files: made by harness/tests/promtool/parity.rs; SLOGATE_BLESS=1 renews it -->\n";
const END: &str = "<!-- end of files -->\n";

#[test]
fn the_built_in_engine_says_of_every_file_what_promtool_says() {
    let Some(data) = outside::conformance_data() else { return };
    for tool in promtools() {
        let promtool = Promtool::find(&tool.program, PROMTOOL_TIME_LIMIT).unwrap().unwrap();
        let theirs = Engines::Promtool(promtool);
        let mut surprises = Vec::new();
        let mut agreed = 0;
        let mut rows = String::new();
        for file in files(&data.join("prometheus")) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let pair = [verdict(&file, &Engines::BuiltIn), verdict(&file, &theirs)];
            rows.push_str(&row(&file, pair));
            match (pair[0] == pair[1], known(&name, &tool)) {
                (true, Some(In::Two | In::Three)) => {
                    surprises.push(format!("{name} is no difference any more"));
                }
                (true, _) => agreed += 1,
                (false, Some(_)) => {}
                (false, None) => surprises.push(format!("{name}: ours and theirs: {pair:?}")),
            }
        }
        assert!(surprises.is_empty(), "promtool {}:\n{}", tool.version, surprises.join("\n"));
        assert!(agreed > 40, "only {agreed} files");
        if tool.major() >= 3 {
            assert_page_is_fresh(&rows);
        }
    }
}

fn assert_page_is_fresh(rows: &str) {
    let path = project("docs/promql.md");
    let table = format!("| file | slogate | promtool 3 |\n|---|---|---|\n{rows}");
    let page = fs::read_to_string(&path).unwrap();
    assert_fresh(&path, &with_between_marks(&page, BEGIN, END, &table));
}

/// `| promtool/unittest.yml | 12 tests hold | 12 tests hold |`
fn row(file: &Path, [ours, theirs]: [Verdict; 2]) -> String {
    let folder = file.parent().and_then(Path::file_name).unwrap().to_string_lossy();
    let name = file.file_name().unwrap().to_string_lossy();
    let is_tests = matches!(kind(file), Ok(FileKind::UnitTests));
    let (ours, theirs) = (ours.words(is_tests), theirs.words(is_tests));
    format!("| {folder}/{name} | {ours} | {theirs} |\n")
}

impl Verdict {
    fn words(self, is_tests: bool) -> String {
        match (self, is_tests) {
            (Self::Good(count), true) => format!("{count} tests hold"),
            (Self::Good(count), false) => format!("{count} rules"),
            (Self::Repeats, _) => "rules that repeat".to_owned(),
            (Self::Bad, true) => "fails".to_owned(),
            (Self::Bad, false) => "refused".to_owned(),
        }
    }
}

/// Chosen tests, and files with unknown fields, end as with promtool 3, which alone has the
/// flags.
#[test]
fn chosen_tests_and_unknown_fields_end_as_with_promtool() {
    let Some(data) = outside::conformance_data() else { return };
    let chosen = |pattern: &str| TestOptions {
        run: Some(regex::Regex::new(pattern).unwrap()),
        ..TestOptions::default()
    };
    let lenient = TestOptions { unknown_fields: UnknownFields::Ignored, ..TestOptions::default() };
    for tool in promtools().filter(|tool| tool.major() >= 3) {
        let promtool = Promtool::find(&tool.program, PROMTOOL_TIME_LIMIT).unwrap().unwrap();
        let both = Engines::Both(promtool);
        for (name, options, expected) in [
            ("rules_run.yml", chosen("correct"), RuleTestOutcome::Passed),
            ("rules_run.yml", chosen("wrong"), RuleTestOutcome::Failed),
            ("rules_run.yml", chosen("^correct$|^x$"), RuleTestOutcome::NothingTested),
            ("rules_run_fuzzy.yml", chosen("correct"), RuleTestOutcome::Passed),
            ("rules_run_no_fuzzy.yml", TestOptions::default(), RuleTestOutcome::Failed),
            ("rules_run_extrafields.yml", lenient.clone(), RuleTestOutcome::Passed),
        ] {
            let file = data.join("prometheus/promtool").join(name);
            let reports = test_files_with(&[file], &both, &options).unwrap();
            assert_eq!(reports[0].outcome(), expected, "{name} {options:?}");
        }
    }
}

fn known(name: &str, tool: &Tool) -> Option<In> {
    let generation = if tool.major() >= 3 { In::Three } else { In::Two };
    let mut of_file = DIFFERENT.iter().filter(|(file, ..)| *file == name);
    of_file.find(|(_, place, _)| [generation, In::Older].contains(place)).map(|known| known.1)
}

/// Rule files and files of tests; whatever else lies beside them is none of either kind.
fn files(data: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["promtool", "rulefmt", "rules"] {
        let entries = fs::read_dir(data.join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.retain(|file| file.extension().is_some_and(|name| name == "yml" || name == "yaml"));
    files.retain(|file| !matches!(kind(file), Err(RulesError::UnknownKind { .. })));
    files.sort();
    files
}

fn verdict(file: &Path, engines: &Engines) -> Verdict {
    let verdict = match kind(file) {
        Ok(FileKind::UnitTests) => tested(file, engines),
        _ => checked(file, engines),
    };
    match verdict {
        Ok(verdict) => verdict,
        Err(RulesError::Invalid(_) | RulesError::Refused(_)) => Verdict::Bad,
        Err(other) => panic!("{other}"),
    }
}

fn tested(file: &Path, engines: &Engines) -> Result<Verdict, RulesError> {
    let reports = test_files(&[file.to_owned()], engines)?;
    Ok(match reports[0].outcome() {
        RuleTestOutcome::Passed | RuleTestOutcome::NothingTested => Verdict::Good(reports[0].tests),
        RuleTestOutcome::Failed | RuleTestOutcome::Disagree => Verdict::Bad,
    })
}

fn checked(file: &Path, engines: &Engines) -> Result<Verdict, RulesError> {
    let report = check_files(&[file.to_owned()], engines)?;
    let built_in = report.built_in.map(|check| (check.rules, !check.warnings.is_empty()));
    let promtool =
        report.promtool.map(|check| (check.rules.unwrap_or_default(), !check.findings.is_empty()));
    Ok(match built_in.or(promtool).unwrap() {
        (_, true) => Verdict::Repeats,
        (rules, false) => Verdict::Good(rules),
    })
}
