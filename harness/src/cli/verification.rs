//! `--verify-with`: a Prometheus-compatible API that is asked after a run what the run's own
//! series were asked.

use std::path::Path;

use clap::Args;

use super::files::Reading;
use super::output::say;
use super::scenario_text::ScenarioText;
use super::{Failure, runtime};
use crate::archive::{RunRecord, read_evidence};
use crate::gate::{Condition, OnInconclusive};
use crate::scenario::{
    COMMAND_LINE, Objective, Problems, VERIFY_WITH, Variables, read_verification,
};
use crate::session::Verifier;
use crate::slo::SAME_SAMPLES;
use crate::units::{Unit, parse_quantity};

/// The flag, for messages.
const FLAG: &str = "--verify-with";

/// What `run`, `gate`, `assert` and `report` take about another source.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct VerifyArguments {
    /// Ask this Prometheus-compatible API for every objective on metrics as well, and fail on a
    /// difference: a URL, or '{ prometheus: URL, auth: …, headers: …, tls: … }'
    #[arg(long, value_name = "URL")]
    pub(super) verify_with: Option<String>,
    /// Differences up to this share are none, such as 5%, for an API that has scraped the target
    /// itself; what meets a target in one must meet it in both [default: 1e-9]
    #[arg(long, value_name = "SHARE", requires = "verify_with", value_parser = parse_share)]
    pub(super) verify_tolerance: Option<f64>,
}

impl VerifyArguments {
    /// Reads it, with every file that it names: what cannot be used is told before anything is
    /// sent.
    pub(super) fn verifier(
        &self,
        variables: &[(String, String)],
    ) -> Result<Option<Verifier>, Failure> {
        let Some(given) = &self.verify_with else { return Ok(None) };
        let variables = Reading::new(variables, None)?.variables;
        let (text, source) = read(given, &variables)?;
        if let Err(problems) = source.access.read() {
            return Err(refused(&text, &problems));
        }
        Ok(Some(Verifier { source, tolerance: self.verify_tolerance.unwrap_or(SAME_SAMPLES) }))
    }
}

fn read(
    given: &str,
    variables: &Variables,
) -> Result<(ScenarioText, crate::scenario::VerificationSource), Failure> {
    let mut text = ScenarioText::default();
    if given.trim_start().starts_with('{') && !given.contains('\n') {
        // Not shown where something is wrong: it may hold what is secret.
        text.line(FLAG, &format!("{VERIFY_WITH}: {given}"));
    } else {
        let quoted = super::scenario_text::quoted(given);
        text.line(FLAG, &format!("{VERIFY_WITH}: {quoted}"));
    }
    match read_verification(Path::new(COMMAND_LINE), text.text(), variables) {
        Ok((source, warnings)) => {
            for shown in text.render(&Problems { problems: Vec::new(), warnings }) {
                say(&shown);
            }
            Ok((text, source))
        }
        Err(problems) => Err(refused(&text, &problems)),
    }
}

fn refused(text: &ScenarioText, problems: &Problems) -> Failure {
    for shown in text.render(problems) {
        say(&shown);
    }
    Failure::problems(problems.problems.len(), "nothing was sent")
}

/// Asks about every scenario of a saved run that was loaded; `others` are objectives in place
/// of the scenarios' own.
pub(super) fn verify_saved(
    run: &Path,
    record: &mut RunRecord,
    others: Option<&[Objective]>,
    verifier: Option<&Verifier>,
) -> Result<(), Failure> {
    let Some(verifier) = verifier else { return Ok(()) };
    let (runtime, signals) = runtime::start()?;
    for at in 0..record.scenarios.len() {
        let scenario = &record.scenarios[at];
        if scenario.generator.is_none() || scenario.conditions.iter().any(Condition::is_silence) {
            continue;
        }
        let saved = read_evidence(run, record, at)?;
        let objectives = others.unwrap_or(&saved.objectives);
        let evidence = saved.evidence();
        let asking = verifier.verify(objectives, &evidence);
        let asked = runtime.block_on(signals.token().run_until_cancelled(asking));
        let Some(outcome) = asked else {
            let interrupted = signals.received().map(|signal| Condition::Interrupted { signal });
            record.scenarios[at].conditions.extend(interrupted);
            record.scenarios[at].decide_again();
            break;
        };
        record.scenarios[at].set_verification(outcome.record, outcome.conditions, outcome.notes);
    }
    record.verdict = record.outcome(OnInconclusive::Fail).verdict;
    Ok(())
}

/// A share above 0 and below 1: a number or a percentage.
fn parse_share(text: &str) -> Result<f64, String> {
    let quantity = parse_quantity(text).map_err(|error| error.to_string())?;
    let is_share = matches!(quantity.unit, Unit::Ratio | Unit::Plain);
    if is_share && quantity.value > 0.0 && quantity.value < 1.0 {
        Ok(quantity.value)
    } else {
        Err("write a share above 0 and below 1, such as 5% or 0.05".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_a_share_that_still_compares() {
        assert_eq!(parse_share("5%"), Ok(0.05));
        assert_eq!(parse_share("0.25"), Ok(0.25));
        for text in ["0", "100%", "1", "-1%", "5ms", ""] {
            assert!(parse_share(text).is_err(), "{text}");
        }
    }
}
