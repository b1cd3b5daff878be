//! One verdict over objectives, conditions, scenarios and rule tests.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, ExitCode, why_not_judged};
use crate::slo::Verdict;

/// The result of checking or testing one rule file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleResult {
    /// The file.
    pub file: String,
    /// The test or check in it.
    pub name: String,
    /// Which engine gave the answer: `built-in`, `promtool` with its version, or `both`.
    pub engine: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was expected and what came instead; empty for a pass.
    pub detail: String,
    /// What took the pass away, for `slogate explain`; empty for a pass, and in records of
    /// before these results had codes.
    #[serde(default)]
    pub codes: Vec<String>,
}

/// How a scenario ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Over all objectives and conditions.
    pub verdict: Verdict,
    /// What the process would end with for this scenario alone.
    pub exit_code: ExitCode,
    /// What decided besides objectives, for people; empty if nothing did.
    pub reasons: Vec<String>,
    /// The names of the codes of the reasons and of what caused them.
    pub codes: Vec<String>,
}

/// What an inconclusive verdict does to the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInconclusive {
    /// It ends with 3.
    #[default]
    Fail,
    /// It ends with 0, and everything still says `inconclusive`.
    Warn,
}

/// How everything together ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Over all scenarios and rules.
    pub verdict: Verdict,
    /// What the process ends with.
    pub exit_code: ExitCode,
}

impl Outcome {
    /// The same with what happened besides scenarios and rules: a run that could not be
    /// saved, a report that could not be written, a late signal. What ends with another
    /// code than 0 because of that is no pass.
    #[must_use]
    pub fn with(self, code: ExitCode) -> Self {
        let exit_code = self.exit_code.or(code);
        let verdict = match self.verdict {
            Verdict::Pass if exit_code != ExitCode::Pass => Verdict::Inconclusive,
            verdict => verdict,
        };
        Self { verdict, exit_code }
    }
}

/// Judges a scenario: failure beats doubt, and of nothing nothing is known.
pub fn judge_scenario(objectives: &[Verdict], conditions: &[Condition]) -> Standing {
    let objective_verdicts = objectives.iter().copied();
    let condition_verdicts = conditions.iter().map(Condition::verdict);
    let verdict = Verdict::all(objective_verdicts.chain(condition_verdicts));
    let exit_code =
        conditions.iter().map(Condition::exit_code).fold(code_of(verdict), ExitCode::or);
    let mut reasons: Vec<String> = conditions.iter().map(Condition::reason).collect();
    let mut codes: Vec<String> = conditions.iter().flat_map(Condition::codes).collect();
    if objectives.is_empty() && conditions.is_empty() {
        let nothing = why_not_judged(conditions);
        reasons.push(nothing.reason);
        codes.push(nothing.code.to_string());
    }
    Standing { verdict, exit_code, reasons, codes }
}

/// Judges everything: each scenario and each rule test must hold. Rules that were asked
/// for and gave no result prove nothing; `None` is that nobody asked.
pub fn judge_all(
    scenarios: &[Standing],
    rules: Option<&[RuleResult]>,
    on_inconclusive: OnInconclusive,
) -> Outcome {
    let scenario_verdicts = scenarios.iter().map(|scenario| scenario.verdict);
    let of_rules = rules.map(|rules| Verdict::all(rules.iter().map(|rule| rule.verdict)));
    let verdict = Verdict::all(scenario_verdicts.chain(of_rules));
    let worst = scenarios.iter().map(|scenario| scenario.exit_code);
    let exit_code = match (worst.fold(code_of(verdict), ExitCode::or), on_inconclusive) {
        (ExitCode::Inconclusive, OnInconclusive::Warn) => ExitCode::Pass,
        (code, _) => code,
    };
    Outcome { verdict, exit_code }
}

fn code_of(verdict: Verdict) -> ExitCode {
    match verdict {
        Verdict::Pass => ExitCode::Pass,
        Verdict::Inconclusive => ExitCode::Inconclusive,
        Verdict::Fail => ExitCode::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Signal;

    fn scenario(verdicts: &[Verdict], conditions: &[Condition]) -> Standing {
        judge_scenario(verdicts, conditions)
    }

    fn rule(verdict: Verdict) -> RuleResult {
        RuleResult {
            file: "export.test.yml".into(),
            name: "fires".into(),
            engine: "built-in".into(),
            verdict,
            detail: String::new(),
            codes: Vec::new(),
        }
    }

    const FAIL: OnInconclusive = OnInconclusive::Fail;
    const WARN: OnInconclusive = OnInconclusive::Warn;

    #[test]
    fn failure_beats_doubt_within_a_scenario() {
        let standing = scenario(&[Verdict::Pass, Verdict::Inconclusive, Verdict::Fail], &[]);
        assert_eq!((standing.verdict, standing.exit_code), (Verdict::Fail, ExitCode::Failed));
    }

    #[test]
    fn failure_beats_doubt_across_scenarios_and_rules() {
        let passed = scenario(&[Verdict::Pass], &[]);
        let doubted = scenario(&[Verdict::Inconclusive], &[]);
        let outcome = judge_all(&[passed, doubted], Some(&[rule(Verdict::Fail)]), FAIL);
        assert_eq!(outcome, Outcome { verdict: Verdict::Fail, exit_code: ExitCode::Failed });
    }

    #[test]
    fn nothing_to_judge_is_never_a_pass() {
        assert_eq!(scenario(&[], &[]).exit_code, ExitCode::Inconclusive);
        assert_eq!(scenario(&[], &[]).reasons, ["there was nothing to judge"]);
        assert_eq!(judge_all(&[], None, FAIL).exit_code, ExitCode::Inconclusive);
        assert_eq!(scenario(&[], &[Condition::LoadOnly]).exit_code, ExitCode::Inconclusive);
    }

    #[test]
    fn rules_without_a_result_take_a_pass_away() {
        let passed = [scenario(&[Verdict::Pass], &[])];
        assert_eq!(judge_all(&passed, None, FAIL).exit_code, ExitCode::Pass);
        let outcome = judge_all(&passed, Some(&[]), FAIL);
        assert_eq!(outcome.verdict, Verdict::Inconclusive);
        assert_eq!(outcome.exit_code, ExitCode::Inconclusive);
        let proven = judge_all(&passed, Some(&[rule(Verdict::Pass)]), FAIL);
        assert_eq!(proven.exit_code, ExitCode::Pass);
    }

    #[test]
    fn of_several_scenarios_a_miss_beats_no_target_and_that_beats_doubt() {
        let failed = || scenario(&[Verdict::Fail], &[]);
        let unreached =
            || scenario(&[], &[Condition::not_reachable("refused", ["connection-refused"])]);
        let doubted = || scenario(&[Verdict::Inconclusive], &[]);
        let passed = || scenario(&[Verdict::Pass], &[]);
        let code = |scenarios: &[Standing]| judge_all(scenarios, None, FAIL).exit_code;
        assert_eq!(code(&[doubted(), unreached(), failed(), passed()]), ExitCode::Failed);
        assert_eq!(code(&[doubted(), unreached(), passed()]), ExitCode::NotReachable);
        assert_eq!(code(&[passed(), doubted()]), ExitCode::Inconclusive);
        assert_eq!(code(&[passed(), passed()]), ExitCode::Pass);
    }

    #[test]
    fn a_missed_objective_outweighs_a_target_that_was_not_reachable() {
        let unreachable = Condition::not_reachable("refused", ["connection-refused"]);
        let failed = scenario(&[Verdict::Fail], &[]);
        let unreached = scenario(&[], &[unreachable]);
        assert_eq!(unreached.exit_code, ExitCode::NotReachable);
        assert_eq!(judge_all(&[failed, unreached], None, FAIL).exit_code, ExitCode::Failed);
    }

    #[test]
    fn a_signal_outweighs_everything() {
        let interrupted = Condition::Interrupted { signal: Signal::Interrupt };
        let standing = scenario(&[Verdict::Fail], &[interrupted]);
        assert_eq!((standing.verdict, standing.exit_code), (Verdict::Fail, ExitCode::Interrupted));
    }

    #[test]
    fn a_restart_fails_whatever_the_objectives_say() {
        let restarted = Condition::Restarted { reason: "start time changed".into() };
        let standing = scenario(&[Verdict::Pass], &[restarted]);
        assert_eq!((standing.verdict, standing.exit_code), (Verdict::Fail, ExitCode::Failed));
    }

    #[test]
    fn what_goes_wrong_after_a_pass_takes_it_away() {
        let passed = judge_all(&[scenario(&[Verdict::Pass], &[])], None, FAIL);
        assert_eq!(passed.with(ExitCode::Pass), passed);
        let unsaved = passed.with(ExitCode::Internal);
        let expected = Outcome { verdict: Verdict::Inconclusive, exit_code: ExitCode::Internal };
        assert_eq!(unsaved, expected);
        let failed = judge_all(&[scenario(&[Verdict::Fail], &[])], None, FAIL);
        assert_eq!(failed.with(ExitCode::Internal).verdict, Verdict::Fail);
    }

    #[test]
    fn a_warning_accepts_doubt_and_nothing_else() {
        let doubted = scenario(&[Verdict::Inconclusive], &[]);
        let outcome = judge_all(&[doubted], None, WARN);
        assert_eq!((outcome.verdict, outcome.exit_code), (Verdict::Inconclusive, ExitCode::Pass));
        let failed = scenario(&[Verdict::Fail], &[]);
        assert_eq!(judge_all(&[failed], None, WARN).exit_code, ExitCode::Failed);
        let unreached =
            scenario(&[], &[Condition::not_reachable("refused", ["connection-refused"])]);
        assert_eq!(judge_all(&[unreached], None, WARN).exit_code, ExitCode::NotReachable);
    }
}
