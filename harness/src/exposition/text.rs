//! The grammar of one line of the Prometheus text format.

use super::FamilyKind;
use super::braces::Grammar;
use super::error::LineError;
use super::line::{Line, OtherEscapes, unescape};
use super::number::{parse_milliseconds, parse_value};
use super::series::SeriesReader;
use super::statement::{RawSample, Statement};

/// Reads one line.
pub(super) fn statement<'a>(
    text: &'a str,
    reader: &mut SeriesReader<'a>,
) -> Result<Statement<'a>, LineError> {
    let mut line = Line::new(text);
    line.skip_blanks();
    match line.peek() {
        None => Ok(Statement::Nothing),
        Some(b'#') => comment(&mut line, reader.grammar),
        Some(_) => sample(&mut line, reader).map(Statement::Sample),
    }
}

/// `# HELP`, `# TYPE`, or a comment, which may say anything.
fn comment<'a>(line: &mut Line<'a>, grammar: Grammar) -> Result<Statement<'a>, LineError> {
    line.eat("#");
    if !line.skip_blanks() {
        return Ok(Statement::Nothing);
    }
    let keyword = line.take_token();
    line.skip_blanks();
    // A bare `# HELP` is a comment upstream, too.
    if !matches!(keyword, "HELP" | "TYPE") || line.is_at_end() {
        return Ok(Statement::Nothing);
    }
    let at = line.at();
    let name = grammar.metric_name(line)?;
    if !line.skip_blanks() && !line.is_at_end() {
        return Err(line.expected("a space after the metric name"));
    }
    if keyword == "TYPE" {
        let kind = kind(line)?;
        return Ok(Statement::Type { at, name, kind });
    }
    let help = line.take_rest();
    if help.is_empty() {
        return Ok(Statement::Nothing);
    }
    Ok(Statement::Help { at, name, help: unescape(help, OtherEscapes::Kept)? })
}

fn kind(line: &mut Line<'_>) -> Result<FamilyKind, LineError> {
    let at = line.at();
    let kind = match line.take_rest().trim_end_matches([' ', '\t']) {
        "counter" => FamilyKind::Counter,
        "gauge" => FamilyKind::Gauge,
        "histogram" => FamilyKind::Histogram,
        "gaugehistogram" | "gauge_histogram" => FamilyKind::GaugeHistogram,
        "summary" => FamilyKind::Summary,
        "untyped" => FamilyKind::Unknown,
        "" => return Err(line.expected("a metric type after the metric name")),
        other => {
            let message = format!(
                "unknown metric type `{other}`; known are counter, gauge, histogram, summary and untyped"
            );
            return Err(LineError::new(at, message));
        }
    };
    Ok(kind)
}

fn sample<'a>(
    line: &mut Line<'a>,
    reader: &mut SeriesReader<'a>,
) -> Result<RawSample<'a>, LineError> {
    let series = reader.series(line)?;
    if !line.skip_blanks() && !line.before().ends_with([' ', '\t', '}']) {
        return Err(line.expected("a space and a value after the metric name"));
    }
    let value_at = line.at();
    let value_text = line.take_token();
    let value = parse_value(value_text).map_err(|message| LineError::new(value_at, message))?;
    let timestamp_ms = timestamp(line)?;
    Ok(RawSample { series, value_at, value_text, value, timestamp_ms })
}

/// Blanks and whole milliseconds, unless the line ends.
fn timestamp(line: &mut Line<'_>) -> Result<Option<i64>, LineError> {
    line.skip_blanks();
    if line.is_at_end() {
        return Ok(None);
    }
    let at = line.at();
    let timestamp_ms =
        parse_milliseconds(line.take_token()).map_err(|message| LineError::new(at, message))?;
    line.skip_blanks();
    if !line.is_at_end() {
        return Err(line.expected("the end of the line after the timestamp"));
    }
    Ok(Some(timestamp_ms))
}
