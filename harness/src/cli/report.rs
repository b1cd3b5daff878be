//! `slogate report`: a saved run, judged again and drawn again.

use super::arguments::ReportArguments;
use super::reports::{self, Observed, Told};
use super::verification::verify_saved;
use super::{Failure, output};
use crate::archive::read_and_judge;
use crate::gate::ExitCode;

/// Draws a saved run and ends with its verdict.
pub(super) fn report(arguments: &ReportArguments) -> Result<ExitCode, Failure> {
    let outputs = output::parse(&arguments.outputs)?;
    output::probe(&outputs)?;
    let verifier = arguments.verify.verifier(&[])?;
    let mut record = read_and_judge(&arguments.run)?;
    verify_saved(&arguments.run, &mut record, None, verifier.as_ref())?;
    let told = Told { record: &record, observed: Observed::Saved(&arguments.run) };
    let outcome = record.outcome(arguments.on_inconclusive.into());
    let reported = reports::write(&told, outcome, &outputs);
    Ok(outcome.exit_code.or(reported))
}
