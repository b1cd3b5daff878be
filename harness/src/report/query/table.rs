//! The answer for a terminal: a table, and small charts of what moved over time.

use slogate_promql::{Datum, Element, Series, Value};

use super::chart::Scale;
use super::points;
use crate::clock::rfc3339;
use crate::query::{Answer, Instants};
use crate::report::TableOptions;
use crate::report::table::style::{Style, wrapped};
use crate::report::words::printable;
use crate::units::{Unit, format_quantity};

/// Series that are drawn at most; the table has all of them.
const MOST_CHARTS: usize = 6;

/// What a chart may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Braille patterns and lines.
    Unicode,
    /// What every terminal has.
    Ascii,
}

/// The answer as a table; with a character set, what moved over time as charts, too. Where
/// nothing was found there is nothing to draw.
pub fn query_table(answer: &Answer, options: TableOptions, charts: Option<Charset>) -> String {
    let style = Style::new(options);
    let rows = match &answer.value {
        Value::Vector(elements) if elements.is_empty() => return String::new(),
        Value::Matrix(series) if series.is_empty() => return String::new(),
        Value::Scalar(number) => format!("{}\n", Datum::Number(*number)),
        Value::Text(text) => printable(text) + "\n",
        Value::Vector(elements) => of_vector(elements, style),
        Value::Matrix(series) => match answer.instants {
            Instants::One(_) => of_samples(series, style),
            Instants::Range { .. } => of_range(series, style),
        },
    };
    let head = wrapped(&head(answer), 2, style);
    format!("{head}\n{rows}{}", charts.map_or_else(String::new, |one| drawn(answer, one, options)))
}

/// `at 2026-01-02T03:04:11Z, 6s after the opening scrape`
fn head(answer: &Answer) -> String {
    let relative = |at_ms: i64| {
        let Some(window) = answer.window else { return String::new() };
        match at_ms - window.opened_ms {
            _ if at_ms == window.closed_ms => ", the closing scrape".to_owned(),
            _ if at_ms > window.closed_ms => {
                format!(", {} after the closing scrape", length(at_ms - window.closed_ms))
            }
            after if after >= 0 => format!(", {} after the opening scrape", length(after)),
            before => format!(", {} before the opening scrape", length(-before)),
        }
    };
    match answer.instants {
        Instants::One(at_ms) => format!("at {}{}", rfc3339(at_ms), relative(at_ms)),
        Instants::Range { start_ms, end_ms, step_ms } => {
            let points = (end_ms - start_ms) / step_ms + 1;
            format!(
                "{points} points every {} from {} to {}{}",
                length(step_ms),
                rfc3339(start_ms),
                rfc3339(end_ms),
                relative(end_ms)
            )
        }
    }
}

fn length(ms: i64) -> String {
    format_quantity(ms as f64 / 1000.0, Unit::Seconds)
}

fn of_vector(elements: &[Element], style: Style) -> String {
    let row = |one: &Element| [printable(&one.labels.to_string()), one.value.to_string()];
    style.table(["element", "value"], elements.iter().map(row).collect(), &[0, 1], |at| at == 1)
}

/// The samples that a range selector found.
fn of_samples(series: &[Series], style: Style) -> String {
    let mut rows = Vec::new();
    for one in series {
        for (at, (at_ms, datum)) in points(one).into_iter().enumerate() {
            let labels = if at == 0 { printable(&one.labels.to_string()) } else { String::new() };
            rows.push([labels, rfc3339(at_ms), datum.to_string()]);
        }
    }
    style.table(["series", "time", "value"], rows, &[0, 2], |at| at == 2)
}

/// What each series did over the range, with three digits; other formats have all of them.
fn of_range(series: &[Series], style: Style) -> String {
    let rows = series.iter().map(|one| {
        let numbers = || one.samples.iter().map(|sample| sample.value);
        let shown = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format_quantity(value, Unit::Plain))
        };
        [
            printable(&one.labels.to_string()),
            (one.samples.len() + one.histograms.len()).to_string(),
            shown(numbers().next()),
            shown(numbers().reduce(f64::min)),
            shown(numbers().reduce(f64::max)),
            shown(numbers().next_back()),
        ]
    });
    let header = ["series", "points", "first", "lowest", "highest", "last"];
    style.table(header, rows.collect(), &[0], |at| at > 0)
}

/// The charts of a range, all of one scale.
fn drawn(answer: &Answer, charset: Charset, options: TableOptions) -> String {
    let (Value::Matrix(series), Instants::Range { start_ms, end_ms, step_ms }) =
        (&answer.value, answer.instants)
    else {
        return String::new();
    };
    let span = (start_ms, end_ms, step_ms);
    let Some(scale) = Scale::of(series, span, (charset, options.width)) else {
        return "\nno number of these is finite, so there is nothing to draw\n".to_owned();
    };
    let charts = series.iter().take(MOST_CHARTS).map(|one| {
        let labels = printable(&one.labels.to_string());
        format!("\n{labels}\n{}", scale.chart(one))
    });
    let more = series.len().saturating_sub(MOST_CHARTS);
    let rest = if more == 0 {
        String::new()
    } else {
        format!("\n{more} more series are in the table only\n")
    };
    charts.collect::<String>() + &rest
}
