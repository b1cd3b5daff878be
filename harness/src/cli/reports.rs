//! Every report that was asked for: drawn, and written where it should go.

use std::fmt::Display;
use std::path::Path;

use super::output::{self, Kind, Output, say};
use crate::archive::{RunRecord, read_observed};
use crate::gate::codes::INTERNAL_ERROR;
use crate::gate::{ExitCode, Outcome};
use crate::report::{csv, json, junit, markdown, openmetrics, pdf, table};
use crate::series::SeriesStore;

/// A run that reports are drawn of.
pub(super) struct Told<'a> {
    pub(super) record: &'a RunRecord,
    pub(super) observed: Observed<'a>,
}

/// Where the series of a run are, which few reports need.
pub(super) enum Observed<'a> {
    /// Here, in the order of the record's scenarios.
    Stores(Vec<&'a SeriesStore>),
    /// In the folder of a saved run.
    Saved(&'a Path),
}

/// Writes every report that was asked for; one that cannot be written does not keep the
/// others from being. Standard output comes last, and files are written again, so that
/// no report tells another exit code than that of the process.
pub(super) fn write(told: &Told<'_>, outcome: Outcome, outputs: &[Output]) -> ExitCode {
    let (files, streams): (Vec<&Output>, Vec<&Output>) =
        outputs.iter().partition(|output| output.file.is_some());
    let of_files = write_each(told, outcome, &files);
    let code = of_files.or(write_each(told, outcome.with(of_files), &streams));
    if code != ExitCode::Pass {
        correct(told, outcome.with(code), outputs);
    }
    code
}

/// Writes the files again where something went wrong since. What cannot be written has
/// been told.
pub(super) fn correct(told: &Told<'_>, outcome: Outcome, outputs: &[Output]) {
    let is_file = |output: &&Output| output.file.as_deref().is_some_and(Path::is_file);
    for output in outputs.iter().filter(is_file) {
        let _ = write_one(told, outcome, output);
    }
}

fn write_each(told: &Told<'_>, outcome: Outcome, outputs: &[&Output]) -> ExitCode {
    let mut code = ExitCode::Pass;
    for output in outputs {
        if let Err(message) = write_one(told, outcome, output) {
            say(&message);
            code = ExitCode::Internal;
        }
    }
    code
}

/// Writes one report; what goes wrong is an error as it is shown.
fn write_one(told: &Told<'_>, outcome: Outcome, output: &Output) -> Result<(), String> {
    let report = draw(told, outcome, output)?;
    output::write(output, &report).map_err(|error| output::error(error.code(), error))
}

/// One report, or the error with its code.
fn draw(told: &Told<'_>, outcome: Outcome, output: &Output) -> Result<Vec<u8>, String> {
    let internal = |error: &dyn Display| output::error(INTERNAL_ERROR, error);
    let record = told.record;
    let text = match output.kind {
        Kind::Pdf => {
            return pdf(record, outcome, exporter::FONT).map_err(|error| internal(&error));
        }
        Kind::Csv => return csv(record).map_err(|error| internal(&error)),
        Kind::OpenMetrics => return told.openmetrics(),
        Kind::Json => json(record, outcome).map_err(|error| internal(&error))?,
        Kind::Table => table(record, outcome, output::table_options(output)),
        Kind::Junit => junit(record, outcome).map_err(|error| internal(&error))?,
        Kind::Markdown => markdown(record, outcome),
    };
    Ok(text.into_bytes())
}

impl Told<'_> {
    fn openmetrics(&self) -> Result<Vec<u8>, String> {
        let saved;
        let stores: Vec<&SeriesStore> = match &self.observed {
            Observed::Stores(stores) => stores.clone(),
            Observed::Saved(run) => {
                saved = read_observed(run, self.record)
                    .map_err(|error| output::error(error.code(), error))?;
                saved.iter().collect()
            }
        };
        let names = self.record.scenarios.iter().map(|scenario| scenario.name.as_str());
        openmetrics(&names.zip(stores).collect::<Vec<_>>())
            .map_err(|error| output::error(INTERNAL_ERROR, error))
    }
}
