//! What coverage and mutants came to, as results that the gate understands and notes for who
//! reads along.

use super::output::warning;
use super::rule_results::{BUILT_IN, Found, nothing, result};
use crate::gate::RuleResult;
use crate::rules::{RuleFileCoverage, RuleFileMutants, codes};

/// Results, and what is worth saying without changing the verdict.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) results: Vec<RuleResult>,
    pub(super) notes: Vec<String>,
}

/// Rules that lack a kind of test: notes, or failures where coverage is required.
pub(super) fn of_coverage(files: &[RuleFileCoverage], is_required: bool) -> Told {
    let mut told = Told::default();
    for RuleFileCoverage { file, uncovered } in files {
        let places = uncovered.iter().map(|one| format!("{file}:{}: {one}", one.place.line));
        if !is_required {
            told.notes.extend(places.map(|text| format!("note: {text}")));
            continue;
        }
        let places: Vec<String> = places.collect();
        let found = if places.is_empty() {
            Found::pass()
        } else {
            Found::fail(codes::UNTESTED_RULE, places.join("\n"))
        };
        told.results.push(result((file, "every rule is tested from both sides"), BUILT_IN, found));
    }
    told
}

/// Mutants that no test noticed; so many over all files are no failure.
pub(super) fn of_mutants(files: &[RuleFileMutants], allowed: usize) -> Told {
    let mut told = Told::default();
    let surviving: usize = files.iter().map(|file| file.survivors.len()).sum();
    let is_accepted = surviving <= allowed;
    for found in files {
        let RuleFileMutants { file, count, survivors } = found;
        let texts: Vec<String> = survivors.iter().map(|one| shown(file, one)).collect();
        let name = score(found);
        let found = match (count, survivors.is_empty(), is_accepted) {
            (0, ..) => nothing(codes::NO_MUTANTS, "there is nothing in it that could be changed"),
            (_, true, _) => Found::pass(),
            (_, false, true) => {
                let told_text = |text: &String| warning(codes::SURVIVING_MUTANT, text);
                told.notes.extend(texts.iter().map(told_text));
                Found::pass()
            }
            (_, false, false) => Found::fail(codes::SURVIVING_MUTANT, texts.join("\n")),
        };
        told.results.push(result((file, &name), BUILT_IN, found));
    }
    if files.is_empty() {
        let detail = "the tests name no rule file";
        told.results.push(result(
            ("tests", "mutants"),
            BUILT_IN,
            nothing(codes::NO_MUTANTS, detail),
        ));
    }
    told
}

/// `41 of 45 mutants noticed (91 %)`, rounded down: 100 % is all of them.
fn score(found: &RuleFileMutants) -> String {
    let noticed = found.count - found.survivors.len();
    let share = (noticed * 100).checked_div(found.count).unwrap_or_default();
    format!("{noticed} of {} mutants noticed ({share} %)", found.count)
}

fn shown(file: &str, mutant: &slogate_promql::mutation::Mutant) -> String {
    let (line, rule) = (mutant.place.line, &mutant.rule);
    format!("{file}:{line}: {rule}: `{}` → `{}`", mutant.before, mutant.after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slo::Verdict;
    use slogate_promql::mutation::mutants;
    use slogate_promql::rules::RuleFile;

    fn mutated(count: usize, surviving: usize) -> RuleFileMutants {
        let rules = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]";
        let file = RuleFile::parse(rules, "a.yml").unwrap();
        let survivors = mutants(&file, 60_000).into_iter().take(surviving).collect();
        RuleFileMutants { file: "a.yml".into(), count, survivors }
    }

    #[test]
    fn survivors_fail_unless_so_many_are_allowed() {
        let files = [mutated(5, 2), mutated(5, 0)];
        let told = of_mutants(&files, 1);
        assert_eq!(told.results[0].verdict, Verdict::Fail);
        assert_eq!(told.results[0].name, "3 of 5 mutants noticed (60 %)");
        let first = told.results[0].detail.lines().next();
        assert_eq!(first, Some("a.yml:1: A: `> 1` → `>= 1`"));
        assert_eq!(told.results[1].verdict, Verdict::Pass);
        let told = of_mutants(&files, 2);
        assert_eq!(told.results[0].verdict, Verdict::Pass);
        assert_eq!(told.notes.len(), 2);
    }

    #[test]
    fn no_mutant_at_all_is_no_pass() {
        for files in [&[][..], &[mutated(0, 0)]] {
            assert_eq!(of_mutants(files, 9).results[0].verdict, Verdict::Inconclusive);
        }
    }

    #[test]
    fn a_score_is_never_rounded_up_to_all() {
        assert_eq!(score(&mutated(1000, 1)), "999 of 1000 mutants noticed (99 %)");
    }
}
