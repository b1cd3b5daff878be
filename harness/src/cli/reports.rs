//! Every report that was asked for: drawn, and written where it should go.

use super::output::{self, Kind, Output, say};
use crate::archive::RunRecord;
use crate::gate::{ExitCode, Outcome};
use crate::report::{TableOptions, json, junit, markdown, pdf, table};

/// Width of a table where standard output is not a terminal.
const PIPED_WIDTH: usize = 80;

/// Writes every report that was asked for; one that cannot be written does not keep the
/// others from being.
pub(super) fn write(record: &RunRecord, outcome: Outcome, outputs: &[Output]) -> ExitCode {
    let mut code = ExitCode::Pass;
    for output in outputs {
        let written = draw(record, outcome, output)
            .and_then(|report| output::write(output, &report).map_err(|error| error.to_string()));
        if let Err(message) = written {
            say(&format!("slogate: {message}"));
            code = ExitCode::Internal;
        }
    }
    code
}

fn draw(record: &RunRecord, outcome: Outcome, output: &Output) -> Result<Vec<u8>, String> {
    let text = match output.kind {
        Kind::Pdf => {
            return pdf(record, outcome, exporter::FONT).map_err(|error| error.to_string());
        }
        Kind::Json => json(record).map_err(|error| error.to_string())?,
        Kind::Table => table(record, outcome, table_options(output)),
        Kind::Junit => junit(record, outcome).map_err(|error| error.to_string())?,
        Kind::Markdown => markdown(record, outcome),
    };
    Ok(text.into_bytes())
}

/// Colours are taken out again by the stream where nobody sees them; a file gets none.
fn table_options(output: &Output) -> TableOptions {
    let to_terminal = output.file.is_none() && output::is_terminal();
    TableOptions { width: output::terminal_width().unwrap_or(PIPED_WIDTH), colour: to_terminal }
}
