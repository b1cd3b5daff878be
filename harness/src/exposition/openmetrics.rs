//! The grammar of one line of OpenMetrics text, version 1.0.

use super::FamilyKind;
use super::braces::Grammar;
use super::error::LineError;
use super::line::{Line, OtherEscapes, unescape};
use super::number::{parse_seconds, parse_value};
use super::series::SeriesReader;
use super::statement::{RawSample, Statement};

/// The line that ends an exposition.
pub(super) const END: &str = "# EOF";

/// Reads one line.
pub(super) fn statement<'a>(
    text: &'a str,
    reader: &mut SeriesReader<'a>,
) -> Result<Statement<'a>, LineError> {
    let mut line = Line::new(text);
    if text == END {
        return Ok(Statement::End);
    }
    if line.peek() == Some(b'#') {
        return description(&mut line, reader.grammar);
    }
    sample(&mut line, reader).map(Statement::Sample)
}

/// `# HELP`, `# TYPE`, `# UNIT`; OpenMetrics has no other comments.
fn description<'a>(line: &mut Line<'a>, grammar: Grammar) -> Result<Statement<'a>, LineError> {
    let Some(keyword) =
        ["HELP", "TYPE", "UNIT"].into_iter().find(|keyword| line.eat(&format!("# {keyword} ")))
    else {
        return Err(line.expected("`# HELP `, `# TYPE `, `# UNIT ` or `# EOF`"));
    };
    let at = line.at();
    let name = grammar.metric_name(line)?;
    if !line.eat(" ") {
        return Err(line.expected(&format!("a space and text after the name in {keyword}")));
    }
    let text_at = line.at();
    let text = line.take_rest();
    Ok(match keyword {
        "HELP" => Statement::Help { at, name, help: unescape(text, OtherEscapes::Kept)? },
        "TYPE" => Statement::Type { at, name, kind: kind(text_at, text)? },
        _ => {
            check_unit(text_at, &name, text)?;
            Statement::Unit { at, name, unit: text }
        }
    })
}

fn kind(at: usize, word: &str) -> Result<FamilyKind, LineError> {
    use FamilyKind::{Counter, Gauge, GaugeHistogram, Histogram, Info, StateSet, Summary, Unknown};
    [Counter, Gauge, Histogram, GaugeHistogram, Summary, Info, StateSet, Unknown]
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .ok_or_else(|| {
            let message = format!(
                "unknown metric type `{word}`; known are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown"
            );
            LineError::new(at, message)
        })
}

fn check_unit(at: usize, name: &str, unit: &str) -> Result<(), LineError> {
    let is_suffix = name.strip_suffix(unit).is_some_and(|before| before.ends_with('_'));
    if unit.is_empty() || is_suffix {
        return Ok(());
    }
    Err(LineError::new(at, format!("the metric `{name}` must end with its unit: `_{unit}`")))
}

fn sample<'a>(
    line: &mut Line<'a>,
    reader: &mut SeriesReader<'a>,
) -> Result<RawSample<'a>, LineError> {
    let series = reader.series(line)?;
    if !line.eat(" ") {
        return Err(line.expected("one space and a value"));
    }
    let value_at = line.at();
    let (value_text, value) = value(line)?;
    let timestamp_ms = timestamp(line)?;
    exemplar(line, reader.grammar)?;
    if !line.is_at_end() {
        return Err(line.expected("one space and an exemplar, or the end of the line"));
    }
    Ok(RawSample { series, value_at, value_text, value, timestamp_ms })
}

fn value<'a>(line: &mut Line<'a>) -> Result<(&'a str, f64), LineError> {
    let at = line.at();
    let token = take_until_space(line);
    let value = parse_value(token).map_err(|message| LineError::new(at, message))?;
    Ok((token, value))
}

/// A space and seconds, unless the line ends or an exemplar follows.
fn timestamp(line: &mut Line<'_>) -> Result<Option<i64>, LineError> {
    if line.is_at_end() || line.rest().starts_with(" # {") || !line.eat(" ") {
        return Ok(None);
    }
    let at = line.at();
    let token = take_until_space(line);
    parse_seconds(token).map(Some).map_err(|message| LineError::new(at, message))
}

/// Checks an exemplar; nothing here uses them.
fn exemplar(line: &mut Line<'_>, grammar: Grammar) -> Result<(), LineError> {
    if !line.eat(" # ") {
        return Ok(());
    }
    if line.peek() != Some(b'{') {
        return Err(line.expected("`{` and the exemplar's labels"));
    }
    let at = line.at();
    if grammar.braces(line, &mut Vec::new())?.is_some() {
        return Err(LineError::new(at, "an exemplar has labels, but no metric name"));
    }
    if !line.eat(" ") {
        return Err(line.expected("one space and a value after the exemplar's labels"));
    }
    value(line)?;
    timestamp(line)?;
    Ok(())
}

/// In OpenMetrics only the space separates; a tab is part of a token, and so wrong.
fn take_until_space<'a>(line: &mut Line<'a>) -> &'a str {
    line.take_while(|byte| byte != b' ')
}
