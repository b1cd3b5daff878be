//! The values that a variable may have on a run.

use std::collections::BTreeSet;

use regex::{Captures, Regex};
use slogate_promql::{
    Expression, METRIC_NAME, SeriesRef, SeriesSource, Value, instant, is_stale, parse_selector,
};

use super::super::choice::Choosable;
use super::super::lookup::Lookup;
use super::super::model::Variable;
use super::super::queries::ALL;
use super::Run;
use crate::slo::missing_series;

/// What a variable may be.
pub(super) enum Options {
    /// One of these.
    Listed(Vec<Choosable>),
    /// Nothing, for this reason.
    Empty(String),
    /// That is not known here, for this reason.
    Unknown(String),
}

/// The values of a variable whose query is `query`, with the variables in it replaced.
pub(super) fn of_variable(variable: &Variable, query: &str, run: Run<'_>) -> Options {
    match variable.kind.as_str() {
        "query" => match asked(variable, query, run) {
            Ok(options) => options,
            Err(reason) => Options::Unknown(reason),
        },
        // Files that were made by hand may have the chosen value alone.
        "custom" | "interval" if query.trim().is_empty() => {
            let saved = variable.current.iter().filter(|saved| *saved != ALL);
            Options::Listed(saved.cloned().map(Choosable::from).collect())
        }
        "custom" | "interval" => Options::Listed(listed(query)),
        "constant" => Options::Listed(vec![query.to_owned().into()]),
        "textbox" | "datasource" => {
            let saved = variable.current.first().cloned().filter(|saved| saved != ALL);
            Options::Listed(vec![saved.unwrap_or_else(|| query.to_owned()).into()])
        }
        other => Options::Unknown(format!("it is of the type `{other}`")),
    }
}

/// `a, b : c, d\,e`: what stands behind ` : ` is the value, what stands before it a name.
fn listed(query: &str) -> Vec<Choosable> {
    let mut values = Vec::new();
    let mut last = String::new();
    let mut is_escaped = false;
    for letter in query.chars() {
        match letter {
            '\\' if !is_escaped => {
                is_escaped = true;
                continue;
            }
            ',' if !is_escaped => values.push(std::mem::take(&mut last)),
            _ => {
                last.extend((is_escaped && letter != ',').then_some('\\'));
                last.push(letter);
            }
        }
        is_escaped = false;
    }
    values.push(last);
    values.iter().map(|text| named(text)).filter(|one| !one.value.is_empty()).collect()
}

fn named(text: &str) -> Choosable {
    match text.rsplit_once(" : ") {
        Some((name, value)) => {
            Choosable { value: value.trim().to_owned(), text: name.trim().to_owned() }
        }
        None => text.trim().to_owned().into(),
    }
}

fn asked(variable: &Variable, query: &str, run: Run<'_>) -> Result<Options, String> {
    let lookup = Lookup::read(query)?;
    let found = answers(&lookup, run)?;
    if found.is_empty() {
        return Ok(Options::Empty(why_empty(&lookup, run)));
    }
    let kept = filtered(found, &variable.regex)?;
    if kept.is_empty() {
        let reason = format!("its filter `{}` leaves none of what its query gives", variable.regex);
        return Ok(Options::Empty(reason));
    }
    Ok(Options::Listed(kept))
}

fn answers(lookup: &Lookup, run: Run<'_>) -> Result<Vec<String>, String> {
    match lookup {
        Lookup::LabelValues { selector, label } => {
            let series = selected(selector.as_deref(), run)?;
            let values = series.into_iter().filter_map(|one| one.labels.get(label));
            Ok(sorted(values))
        }
        Lookup::LabelNames(selector) => {
            let series = selected(selector.as_deref(), run)?;
            Ok(sorted(series.into_iter().flat_map(|one| one.labels.iter().map(|(name, _)| name))))
        }
        Lookup::Metrics(pattern) => {
            let pattern = Regex::new(pattern).map_err(|_| no_pattern(pattern))?;
            let series = selected(None, run)?;
            let names = series.into_iter().filter_map(|one| one.labels.get(METRIC_NAME));
            Ok(sorted(names.filter(|name| pattern.is_match(name))))
        }
        Lookup::QueryResult(text) => elements(text, run),
    }
}

/// Series with a sample in the window of the run.
fn selected<'r>(selector: Option<&str>, run: Run<'r>) -> Result<Vec<SeriesRef<'r>>, String> {
    let selector = selector.map(parse_selector).transpose().map_err(|error| error.to_string())?;
    let name = selector.as_ref().and_then(|selector| selector.metric_name());
    let window = run.window.opened_ms..=run.window.closed_ms;
    let is_there = |one: &SeriesRef<'_>| {
        let mut live = one.samples.iter().filter(|sample| !is_stale(sample.value));
        live.any(|sample| window.contains(&sample.t_ms))
    };
    let is_meant =
        |one: &SeriesRef<'_>| selector.as_ref().is_none_or(|selector| selector.matches(one.labels));
    Ok(run.series.series(name).filter(|one| is_meant(one) && is_there(one)).collect())
}

fn sorted<'v>(values: impl Iterator<Item = &'v str>) -> Vec<String> {
    values.collect::<BTreeSet<&str>>().into_iter().map(str::to_owned).collect()
}

/// `name{a="1"} 5 1700000000000` for each element, as the data source writes them.
fn elements(text: &str, run: Run<'_>) -> Result<Vec<String>, String> {
    let expression = Expression::parse(text).map_err(|error| error.to_string())?;
    let at_ms = run.window.closed_ms;
    let options = slogate_promql::Options::default();
    let value = instant(&expression, run.series, at_ms, &options).map_err(|it| it.to_string())?;
    match value {
        Value::Vector(all) => {
            let shown = all.iter().map(|one| format!("{} {} {at_ms}", one.labels, one.value));
            Ok(shown.collect())
        }
        Value::Scalar(number) => Ok(vec![number.to_string()]),
        Value::Matrix(_) | Value::Text(_) => Err(format!("`{text}` is no instant vector")),
    }
}

fn why_empty(lookup: &Lookup, run: Run<'_>) -> String {
    let (selector, label) = match lookup {
        Lookup::LabelValues { selector: Some(selector), label } => (selector, Some(label)),
        Lookup::LabelNames(Some(selector)) => (selector, None),
        Lookup::LabelValues { selector: None, label } => {
            return format!("no series has a label `{label}`");
        }
        _ => return "its query finds nothing".to_owned(),
    };
    let parsed = parse_selector(selector).ok();
    match (parsed.and_then(|parsed| missing_series(run.series, &parsed)), label) {
        (Some(doubt), _) => doubt.reason,
        (None, Some(label)) => format!("no series of {selector} has a label `{label}`"),
        (None, None) => format!("no sample of {selector} in the window of the run"),
    }
}

/// What a filter leaves of the values: its first group where it has one.
fn filtered(values: Vec<String>, filter: &str) -> Result<Vec<Choosable>, String> {
    if filter.is_empty() {
        return Ok(values.into_iter().map(Choosable::from).collect());
    }
    let pattern = match filter.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((pattern, flags)) if flags.contains('i') => format!("(?i){pattern}"),
        Some((pattern, _)) => pattern.to_owned(),
        None => format!("^{filter}$"),
    };
    let pattern = Regex::new(&pattern).map_err(|_| no_pattern(filter))?;
    let mut kept: Vec<Choosable> = Vec::new();
    for value in &values {
        let Some(found) = pattern.captures(value) else { continue };
        let part = part(&found, value);
        if kept.iter().all(|one| one.value != part.value) {
            kept.push(part);
        }
    }
    Ok(kept)
}

/// The groups `value` and `text`, or the first one for both; without a group all of the value:
/// the pattern says only which.
fn part(found: &Captures<'_>, whole: &str) -> Choosable {
    let group = |name| found.name(name).map(|group| group.as_str().to_owned());
    match (group("value"), group("text")) {
        (None, None) => {
            let first =
                found.get(1).map_or(if found.len() == 1 { whole } else { "" }, |it| it.as_str());
            first.to_owned().into()
        }
        (Some(value), None) | (None, Some(value)) => value.into(),
        (Some(value), Some(text)) => Choosable { value, text },
    }
}

fn no_pattern(text: &str) -> String {
    const LOOKING_AROUND: [&str; 4] = ["(?=", "(?!", "(?<=", "(?<!"];
    match LOOKING_AROUND.iter().find(|sign| text.contains(**sign)) {
        Some(sign) => format!(
            "`{text}` looks around itself with `{sign}…)`, which is not supported here; write a \
             group instead, `/a(.*)/`"
        ),
        None => format!("`{text}` is no regular expression that can be read here"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_values_are_split_at_commas_that_are_not_escaped() {
        let pairs = |query| listed(query).into_iter().map(|one| (one.value, one.text));
        let found: Vec<_> = pairs(r"a, b : c,d\,e , ").collect();
        let expected = [("a", "a"), ("c", "b"), ("d,e", "d,e")];
        assert_eq!(found, expected.map(|(value, text)| (value.to_owned(), text.to_owned())));
        assert_eq!(pairs("1m,5m").count(), 2);
    }

    #[test]
    fn a_filter_keeps_values_or_their_first_group() {
        let values = || vec!["prod-eu".to_owned(), "prod-us".to_owned(), "test".to_owned()];
        let kept = |filter: &str| {
            let kept = filtered(values(), filter).unwrap();
            kept.into_iter().map(|one| format!("{}={}", one.text, one.value)).collect::<Vec<_>>()
        };
        assert_eq!(kept("/prod-(.*)/"), ["eu=eu", "us=us"]);
        assert_eq!(kept("/^PROD/i"), ["prod-eu=prod-eu", "prod-us=prod-us"]);
        assert_eq!(kept("test"), ["test=test"]);
        assert_eq!(kept("/(?<text>.*)-(?<value>us)/"), ["prod=us"]);
        for around in ["/(?=x)/", "/^(?!test).*/", "/(?<=prod-).*/"] {
            let reason = filtered(values(), around).unwrap_err();
            assert!(reason.contains("which is not supported here"), "{reason}");
        }
        assert!(filtered(values(), "/(/").unwrap_err().contains("is no regular expression"));
    }
}
