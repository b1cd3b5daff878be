//! `slogate query`: PromQL over a saved run, by the engine that judges.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use slogate_promql::{Annotation, AnnotationLevel};

use super::output::{self, Kind, Output, error, say, warning};
use super::terminal::charset;
use super::{Failure, codes};
use crate::gate::ExitCode;
use crate::query::{Answer, Moment, Query, QueryError, RangeRequest, RecordedScenario, When};
use crate::report::{Charset, query_csv, query_error, query_json, query_table};
use crate::units::parse_duration;

/// What a query can be written as.
const KINDS: [Kind; 3] = [Kind::Table, Kind::Json, Kind::Csv];
/// What `--help` says of `--out`.
const OUT_HELP: &str = "The answer as KIND or KIND=FILE, repeatable; kinds are table, json (as \
    Prometheus' HTTP API answers) and csv [default: table]";

#[derive(Debug, Args)]
pub(super) struct QueryArguments {
    /// A folder that `--save` wrote
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// A PromQL expression; `$run` and `$phase` are the windows of objectives
    #[arg(value_name = "EXPR")]
    expression: String,
    /// Whose series, where the run has several scenarios
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Ask about this measured phase instead of the whole run
    #[arg(long, value_name = "NAME")]
    phase: Option<String>,
    /// Evaluate at this instant: RFC 3339, Unix seconds, or +12s from the opening scrape [default:
    /// the closing scrape, where objectives are judged]
    #[arg(long, value_name = "TIME", conflicts_with = "range")]
    time: Option<Moment>,
    /// Evaluate over a time instead of at one instant
    #[arg(long)]
    range: bool,
    /// Where a range begins [default: the opening scrape]
    #[arg(long, value_name = "TIME", requires = "range")]
    start: Option<Moment>,
    /// Where a range ends [default: the closing scrape]
    #[arg(long, value_name = "TIME", requires = "range")]
    end: Option<Moment>,
    /// Time between two points of a range [default: a round one that gives 96 to 240 points]
    #[arg(long, value_name = "DURATION", requires = "range", value_parser = parse_step)]
    step: Option<Duration>,
    /// Draw a range, as on a terminal, also where standard output is none
    #[arg(long, requires = "range")]
    chart: bool,
    #[arg(long = "out", value_name = "KIND[=FILE]", help = OUT_HELP)]
    outputs: Vec<String>,
}

/// Asks a saved run, and shows the answer.
pub(super) fn query(arguments: &QueryArguments) -> Result<ExitCode, Failure> {
    let outputs = output::parse(&arguments.outputs)?;
    output::only(&outputs, &KINDS)?;
    output::probe(&outputs)?;
    output::no_data_to_github(&outputs, Kind::Csv)?;
    if arguments.chart && !outputs.iter().any(|output| output.kind == Kind::Table) {
        let text = "--chart draws below the table, and none is asked for; add `--out table=FILE`";
        return Err(Failure::usage(codes::CONFLICTING_FLAGS, text));
    }
    match ask(arguments) {
        Ok(answer) => {
            for doubt in &answer.doubts {
                say(&warning(doubt.code, &doubt.reason));
            }
            for annotation in &answer.annotations {
                say(&beside(annotation));
            }
            write(&outputs, |output| draw(&answer, output, arguments))?;
            Ok(ExitCode::Pass)
        }
        Err(found) => {
            write_error(&found, &outputs)?;
            let message = error(found.code(), &found);
            Err(Failure { exit_code: found.exit_code(), message })
        }
    }
}

/// `info: …`, as of Prometheus.
fn beside(annotation: &Annotation) -> String {
    let level = match annotation.level {
        AnnotationLevel::Warning => "warning",
        AnnotationLevel::Info => "info",
    };
    format!("{level}: {}", annotation.text)
}

fn ask(arguments: &QueryArguments) -> Result<Answer, QueryError> {
    let scenario = RecordedScenario::open(&arguments.run, arguments.scenario.as_deref())?;
    let when = if arguments.range {
        let QueryArguments { start, end, step, .. } = *arguments;
        When::Range(RangeRequest { start, end, step })
    } else {
        When::Instant(arguments.time)
    };
    let (expression, phase) = (arguments.expression.as_str(), arguments.phase.as_deref());
    scenario.ask(&Query { expression, phase, when })
}

/// Files first: standard output is what somebody waits for.
fn write(
    outputs: &[Output],
    draw: impl Fn(&Output) -> Result<Vec<u8>, Failure>,
) -> Result<(), Failure> {
    let (files, streams): (Vec<&Output>, Vec<&Output>) =
        outputs.iter().partition(|output| output.file.is_some());
    for output in files.into_iter().chain(streams) {
        output::write(output, &draw(output)?)?;
    }
    Ok(())
}

/// Programs that read Prometheus' answers read its errors as well.
fn write_error(found: &QueryError, outputs: &[Output]) -> Result<(), Failure> {
    let of_programs = outputs.iter().filter(|output| output.kind == Kind::Json).cloned();
    write(&of_programs.collect::<Vec<_>>(), |_| {
        let text = query_error(found.kind(), &found.to_string()).map_err(Failure::internal)?;
        Ok(text.into_bytes())
    })
}

fn draw(answer: &Answer, output: &Output, arguments: &QueryArguments) -> Result<Vec<u8>, Failure> {
    match output.kind {
        Kind::Json => Ok(query_json(answer).map_err(Failure::internal)?.into_bytes()),
        Kind::Csv => query_csv(answer).map_err(Failure::internal),
        _ => {
            let options = output::table_options(output);
            let is_seen = output.file.is_none() && output::is_terminal();
            let charts: Option<Charset> =
                (arguments.range && (arguments.chart || is_seen)).then(charset);
            Ok(query_table(answer, options, charts).into_bytes())
        }
    }
}

fn parse_step(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}
