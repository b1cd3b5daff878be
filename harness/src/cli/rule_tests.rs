//! `slogate rules test`: unit tests by the engines that were chosen, how much they cover, and
//! the mutants that they do not notice.

use std::io;
use std::path::{Path, PathBuf};

use regex::Regex;
use slogate_promql::rules::FileKind;

use super::Failure;
use super::arguments::{EngineChoice, RulesTestArguments, unknown_fields};
use super::mutation_results::{Told, of_coverage, of_mutants};
use super::output::{Kind, Output, probe_file, say, write};
use super::rule_results::{Style, of_single_tests, of_tests};
use super::rules::{checked_and_tested, conclude, engines_or_tell, files, of_kind};
use crate::gate::{ExitCode, RuleResult};
use crate::report::junit_of_rules;
use crate::rules::{Engine, TestOptions, codes, coverage_of_files, mutate_files};
use crate::slo::Verdict;

/// Runs the tests, and then what else was asked for about them.
pub(super) fn test_verb(arguments: &RulesTestArguments) -> Result<ExitCode, Failure> {
    let files = files(&arguments.files)?;
    let choice = Engine::from(arguments.engine);
    if arguments.mutate && choice == Engine::Promtool {
        return Err(Failure::usage(
            super::codes::CONFLICTING_FLAGS,
            "--mutate needs the built-in engine, which alone evaluates mutants; leave `--engine \
             promtool` out",
        ));
    }
    if let Some(file) = &arguments.junit {
        probe_file(file).map_err(|source| unwritable_junit(file, &source))?;
    }
    let engines = engines_or_tell(choice)?;
    let options = test_options(arguments)?;
    let (mut results, reports) = checked_and_tested(&files, &engines, &options)?;
    let tests = of_kind(&files, FileKind::UnitTests)?;
    // Rules that are well-formed prove nothing: asked for tests, there must be some.
    if tests.is_empty() {
        return Err(Failure::usage(
            codes::NO_RULE_TESTS,
            "none of the files holds unit tests (`tests`)",
        ));
    }
    let style = if arguments.diff { Style::LineByLine } else { Style::SideBySide };
    let mut cases = results.clone();
    for report in &reports {
        results.extend(of_tests(report, style));
        cases.extend(of_single_tests(report, style));
    }
    let held = how_closely(arguments, &tests, &results)?;
    results.extend(held.iter().cloned());
    cases.extend(held);
    if let Some(file) = &arguments.junit {
        let xml = junit_of_rules("slogate rules test", &cases).map_err(Failure::internal)?;
        write(&Output { kind: Kind::Junit, file: Some(file.clone()) }, xml.as_bytes())?;
    }
    conclude(&results)
}

fn unwritable_junit(file: &Path, source: &io::Error) -> Failure {
    let file = file.display();
    let text = format!(
        "--junit: cannot write {file}: {source}; choose a folder that exists and may be written"
    );
    Failure::usage(super::codes::UNWRITABLE_OUTPUT, text)
}

/// The expressions of `--run` are one, as in promtool.
fn test_options(arguments: &RulesTestArguments) -> Result<TestOptions, Failure> {
    let patterns: Vec<&str> = arguments.run.iter().map(Regex::as_str).collect();
    let run = Regex::new(&patterns.join("|")).map_err(Failure::internal)?;
    let run = Some(run).filter(|_| !patterns.is_empty());
    Ok(TestOptions { run, unknown_fields: unknown_fields(arguments.ignore_unknown_fields) })
}

/// Coverage and mutants, as far as they were asked for. Tests that are left out by name hold
/// nothing, so with `--run` neither is told.
fn how_closely(
    arguments: &RulesTestArguments,
    tests: &[PathBuf],
    results: &[RuleResult],
) -> Result<Vec<RuleResult>, Failure> {
    let unknown = unknown_fields(arguments.ignore_unknown_fields);
    let is_built_in = !matches!(arguments.engine, EngineChoice::Promtool);
    let mut held = Vec::new();
    if arguments.require_coverage || (is_built_in && arguments.run.is_empty()) {
        let coverage = coverage_of_files(tests, unknown)?;
        held.extend(told(of_coverage(&coverage, arguments.require_coverage)));
    }
    if arguments.mutate && has_passed(results) {
        let allowed = arguments.mutants_allowed.unwrap_or(0);
        held.extend(told(of_mutants(&mutate_files(tests, unknown)?, allowed)));
    } else if arguments.mutate {
        say("note: no mutant was tried, because the tests do not pass on the rules as they are");
    }
    Ok(held)
}

/// The results, after the notes are said.
fn told(found: Told) -> Vec<RuleResult> {
    for note in &found.notes {
        say(note);
    }
    found.results
}

fn has_passed(results: &[RuleResult]) -> bool {
    results.iter().all(|result| result.verdict == Verdict::Pass)
}
