//! `slogate rules test`: unit tests by the engines that were chosen, how much they cover, and
//! the mutants that they do not notice.

use slogate_promql::rules::FileKind;

use super::Failure;
use super::arguments::RulesTestArguments;
use super::mutation_results::{Told, of_coverage, of_mutants};
use super::output::say;
use super::rules::{conclude, engines_or_tell, files, of_kind, test};
use crate::gate::{ExitCode, RuleResult};
use crate::rules::{Engine, codes, coverage_of_files, mutate_files};
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
    let engines = engines_or_tell(choice)?;
    let mut results = test(&files, &engines)?;
    let tests = of_kind(&files, FileKind::UnitTests)?;
    // Rules that are well-formed prove nothing: asked for tests, there must be some.
    if tests.is_empty() {
        return Err(Failure::usage(
            codes::NO_RULE_TESTS,
            "none of the files holds unit tests (`tests`)",
        ));
    }
    if arguments.require_coverage || choice != Engine::Promtool {
        let found = of_coverage(&coverage_of_files(&tests)?, arguments.require_coverage);
        results.extend(told(found));
    }
    if arguments.mutate {
        if has_passed(&results) {
            let allowed = arguments.mutants_allowed.unwrap_or(0);
            let found = of_mutants(&mutate_files(&tests)?, allowed);
            results.extend(told(found));
        } else {
            say(
                "note: no mutant was tried, because the tests do not pass on the rules as they are",
            );
        }
    }
    conclude(&results)
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
