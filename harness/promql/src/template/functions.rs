//! The functions that templates may call.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use regex::Regex;

use super::escape;
use super::humanize::{humanize, humanize_1024, humanize_duration, humanize_percentage};
use super::printf::printf;
use super::time::Time;
use super::timestamp::humanize_timestamp;
use super::value::{Value, expansion};
use super::{TemplateData, TemplateError};
use crate::duration::parse_duration_ms;

/// One function of the table.
pub(super) struct Function {
    name: &'static str,
    /// Fewest and most arguments, the piped one included.
    arguments: (usize, usize),
    compute: fn(&[Value], &TemplateData<'_>) -> Outcome,
}

type Outcome = Result<Value, TemplateError>;

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Function {
    pub(super) fn call(&self, arguments: &[Value], data: &TemplateData<'_>) -> Outcome {
        let (fewest, most) = self.arguments;
        if arguments.len() < fewest || arguments.len() > most {
            let (name, got) = (self.name, arguments.len());
            return Err(expansion(format!("wrong number of arguments for {name}: {got}")));
        }
        (self.compute)(arguments, data)
    }
}

/// Functions of Go or Prometheus that are not in the table.
pub(super) const KNOWN_ELSEWHERE: &[&str] = &["call", "toDuration"];

pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const ANY: usize = usize::MAX;

static FUNCTIONS: &[Function] = &[
    // Queries.
    Function { name: "query", arguments: (1, 1), compute: query },
    Function { name: "first", arguments: (1, 1), compute: first },
    Function { name: "value", arguments: (1, 1), compute: value },
    Function { name: "strvalue", arguments: (1, 1), compute: text_value },
    Function { name: "label", arguments: (2, 2), compute: label },
    Function { name: "sortByLabel", arguments: (2, 2), compute: sort_by_label },
    // Numbers for people.
    Function { name: "humanize", arguments: (1, 1), compute: |a, _| number_text(a, humanize) },
    Function {
        name: "humanize1024",
        arguments: (1, 1),
        compute: |a, _| number_text(a, humanize_1024),
    },
    Function {
        name: "humanizeDuration",
        arguments: (1, 1),
        compute: |a, _| number_text(a, humanize_duration),
    },
    Function {
        name: "humanizePercentage",
        arguments: (1, 1),
        compute: |a, _| number_text(a, humanize_percentage),
    },
    Function {
        name: "humanizeTimestamp",
        arguments: (1, 1),
        compute: |a, _| humanize_timestamp(a[0].number()?).map(Value::Text),
    },
    Function {
        name: "toTime",
        arguments: (1, 1),
        compute: |a, _| Time::of_seconds(a[0].number()?).map(Value::Time),
    },
    Function { name: "now", arguments: (0, 0), compute: |_, d| Ok(Value::Float(now(d))) },
    Function { name: "parseDuration", arguments: (1, 1), compute: parse_duration },
    // Texts.
    Function { name: "toUpper", arguments: (1, 1), compute: |a, _| changed(a, str::to_uppercase) },
    Function { name: "toLower", arguments: (1, 1), compute: |a, _| changed(a, str::to_lowercase) },
    Function { name: "title", arguments: (1, 1), compute: |a, _| changed(a, title) },
    Function { name: "safeHtml", arguments: (1, 1), compute: |a, _| changed(a, str::to_owned) },
    Function { name: "stripPort", arguments: (1, 1), compute: |a, _| changed(a, strip_port) },
    Function { name: "stripDomain", arguments: (1, 1), compute: |a, _| changed(a, strip_domain) },
    Function { name: "match", arguments: (2, 2), compute: matches },
    Function { name: "reReplaceAll", arguments: (3, 3), compute: replace_all },
    Function { name: "print", arguments: (0, ANY), compute: |a, _| Ok(Value::Text(print(a))) },
    Function {
        name: "println",
        arguments: (0, ANY),
        compute: |a, _| Ok(Value::Text(print_line(a))),
    },
    Function {
        name: "printf",
        arguments: (1, ANY),
        compute: |a, _| printf(a[0].text()?, &a[1..]).map(Value::Text),
    },
    Function {
        name: "html",
        arguments: (0, ANY),
        compute: |a, _| Ok(Value::Text(escape::html(&print(a)))),
    },
    Function {
        name: "js",
        arguments: (0, ANY),
        compute: |a, _| Ok(Value::Text(escape::javascript(&print(a)))),
    },
    Function {
        name: "urlquery",
        arguments: (0, ANY),
        compute: |a, _| Ok(Value::Text(escape::query(&print(a)))),
    },
    // Links.
    Function {
        name: "externalURL",
        arguments: (0, 0),
        compute: |_, d| Ok(Value::Text(d.external_url.to_owned())),
    },
    Function {
        name: "pathPrefix",
        arguments: (0, 0),
        compute: |_, d| Ok(Value::Text(path_of(d.external_url))),
    },
    Function {
        name: "graphLink",
        arguments: (1, 1),
        compute: |a, _| changed(a, |text| link(text, 0)),
    },
    Function {
        name: "tableLink",
        arguments: (1, 1),
        compute: |a, _| changed(a, |text| link(text, 1)),
    },
    Function {
        name: "urlQueryEscape",
        arguments: (1, 1),
        compute: |a, _| changed(a, escape::query),
    },
    // Logic.
    Function {
        name: "and",
        arguments: (1, ANY),
        compute: |a, _| Ok(chosen(a, |value| !value.is_true())),
    },
    Function { name: "or", arguments: (1, ANY), compute: |a, _| Ok(chosen(a, Value::is_true)) },
    Function { name: "not", arguments: (1, 1), compute: |a, _| Ok(Value::Bool(!a[0].is_true())) },
    Function { name: "eq", arguments: (2, ANY), compute: |a, _| equal_to_any(a).map(Value::Bool) },
    Function {
        name: "ne",
        arguments: (2, 2),
        compute: |a, _| equal_to_any(a).map(|equal| Value::Bool(!equal)),
    },
    Function { name: "lt", arguments: (2, 2), compute: |a, _| ordered(a, Ordering::is_lt) },
    Function { name: "le", arguments: (2, 2), compute: |a, _| ordered(a, Ordering::is_le) },
    Function { name: "gt", arguments: (2, 2), compute: |a, _| ordered(a, Ordering::is_gt) },
    Function { name: "ge", arguments: (2, 2), compute: |a, _| ordered(a, Ordering::is_ge) },
    // Collections.
    Function { name: "args", arguments: (0, ANY), compute: |a, _| Ok(args(a)) },
    Function { name: "len", arguments: (1, 1), compute: |a, _| length(&a[0]) },
    Function {
        name: "index",
        arguments: (1, ANY),
        compute: |a, _| a[1..].iter().try_fold(a[0].clone(), |of, key| at(&of, key)),
    },
    Function { name: "slice", arguments: (1, 4), compute: slice },
];

fn query(arguments: &[Value], data: &TemplateData<'_>) -> Outcome {
    let expression = arguments[0].text()?;
    let rows = (data.query)(expression)
        .map_err(|error| expansion(format!("error executing query {expression}: {error}")))?;
    let sample = |row: crate::Element| Value::Sample { labels: row.labels, value: row.value };
    Ok(Value::List(rows.into_iter().map(sample).collect()))
}

fn first(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    let first = arguments[0].list()?.first().cloned();
    first.ok_or_else(|| expansion("first() called on vector with no elements"))
}

fn value(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    arguments[0].field("Value")
}

fn text_value(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    arguments[0].field("Labels")?.field("__value__")
}

fn label(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    arguments[1].field("Labels")?.field(arguments[0].text()?)
}

fn sort_by_label(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    let name = arguments[0].text()?;
    let mut values = arguments[1].list()?.to_vec();
    let key = |value: &Value| match value {
        Value::Sample { labels, .. } => labels.get(name).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    values.sort_by_key(key);
    Ok(Value::List(values))
}

fn number_text(arguments: &[Value], write: fn(f64) -> String) -> Outcome {
    Ok(Value::Text(write(arguments[0].number()?)))
}

/// Seconds since the epoch.
fn now(data: &TemplateData<'_>) -> f64 {
    data.at_ms as f64 / 1000.0
}

fn parse_duration(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    let milliseconds =
        parse_duration_ms(arguments[0].text()?).map_err(|error| expansion(error.to_string()))?;
    Ok(Value::Float(milliseconds as f64 / 1000.0))
}

fn changed(arguments: &[Value], change: impl Fn(&str) -> String) -> Outcome {
    Ok(Value::Text(change(arguments[0].text()?)))
}

/// Every word with a capital.
fn title(text: &str) -> String {
    let mut before = ' ';
    let capital = |character: char| {
        let starts_word = !(before.is_alphanumeric() || before == '_' || before == '\'');
        before = character;
        if starts_word { character.to_uppercase().collect() } else { String::from(character) }
    };
    text.chars().map(capital).collect()
}

/// `host:port` to `host`; `[::1]:80` to `::1`; anything else as it is.
fn strip_port(text: &str) -> String {
    match text.rsplit_once(':') {
        Some((host, _)) if host.starts_with('[') && host.ends_with(']') => {
            host[1..host.len() - 1].to_owned()
        }
        Some((host, _)) if !host.contains(':') => host.to_owned(),
        _ => text.to_owned(),
    }
}

/// `host.example.org:80` to `host:80`; an address stays as it is.
fn strip_domain(text: &str) -> String {
    let host = strip_port(text);
    if host.parse::<core::net::IpAddr>().is_ok() {
        return text.to_owned();
    }
    let port = text.strip_prefix(host.as_str()).unwrap_or_default();
    format!("{}{port}", host.split('.').next().unwrap_or_default())
}

fn matches(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    Ok(Value::Bool(pattern(&arguments[0])?.is_match(arguments[1].text()?)))
}

fn replace_all(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    let replaced = pattern(&arguments[0])?.replace_all(arguments[2].text()?, arguments[1].text()?);
    Ok(Value::Text(replaced.into_owned()))
}

fn pattern(value: &Value) -> Result<Regex, TemplateError> {
    let text = value.text()?;
    Regex::new(text).map_err(|_| expansion(format!("invalid regular expression {text:?}")))
}

/// Spaces stand between values of which neither is a text, as in Go.
fn print(values: &[Value]) -> String {
    let mut written = String::new();
    for (at, value) in values.iter().enumerate() {
        let texts = at == 0 || [&values[at - 1], value].iter().any(|v| matches!(v, Value::Text(_)));
        if !texts {
            written.push(' ');
        }
        written.push_str(&value.printed());
    }
    written
}

fn print_line(values: &[Value]) -> String {
    values.iter().map(Value::printed).collect::<Vec<_>>().join(" ") + "\n"
}

/// The path of a URL, without the slash at its end.
fn path_of(url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.split_once('/').map_or("", |(_, path)| path);
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

fn link(expression: &str, tab: u8) -> String {
    format!("/graph?g0.expr={}&g0.tab={tab}", escape::query(expression))
}

/// The first value that decides, else the last one.
fn chosen(values: &[Value], decides: fn(&Value) -> bool) -> Value {
    let first = values.iter().find(|value| decides(value));
    first.or(values.last()).cloned().unwrap_or(Value::Nil)
}

fn equal_to_any(values: &[Value]) -> Result<bool, TemplateError> {
    for other in &values[1..] {
        if compared(&values[0], other)? == Some(Ordering::Equal) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn ordered(values: &[Value], holds: fn(Ordering) -> bool) -> Outcome {
    if matches!(values[0], Value::Bool(_)) {
        return Err(expansion("invalid type for comparison"));
    }
    Ok(Value::Bool(compared(&values[0], &values[1])?.is_some_and(holds)))
}

/// Go compares only values of one type: `gt $value 1` is an error, `1.0` is not.
fn compared(a: &Value, b: &Value) -> Result<Option<Ordering>, TemplateError> {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => Ok(Some(a.cmp(b))),
        (Value::Integer(a), Value::Integer(b)) => Ok(Some(a.cmp(b))),
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b)),
        (Value::Text(a), Value::Text(b)) => Ok(Some(a.cmp(b))),
        _ => {
            let (a, b) = (a.kind(), b.kind());
            Err(expansion(format!("incompatible types for comparison: {a} and {b}")))
        }
    }
}

fn args(values: &[Value]) -> Value {
    let named = values.iter().enumerate().map(|(at, value)| (format!("arg{at}"), value.clone()));
    Value::Map(named.collect::<BTreeMap<_, _>>())
}

fn length(value: &Value) -> Outcome {
    let length = match value {
        Value::Text(text) => text.len(),
        Value::List(values) => values.len(),
        Value::Labels(labels) => labels.len(),
        Value::Map(values) => values.len(),
        other => return Err(expansion(format!("len of {}", other.kind()))),
    };
    Ok(Value::Integer(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn at(of: &Value, key: &Value) -> Outcome {
    match (of, key) {
        (Value::List(values), Value::Integer(index)) => {
            let found = usize::try_from(*index).ok().and_then(|index| values.get(index));
            found.cloned().ok_or_else(|| expansion(format!("index out of range: {index}")))
        }
        (Value::Labels(_) | Value::Map(_), Value::Text(name)) => of.field(name),
        _ => Err(expansion(format!("can't index {} with {}", of.kind(), key.kind()))),
    }
}

/// A part of a text, counted in bytes, or of a list. A third bound says how much room there is
/// behind it, which a text has none of.
fn slice(arguments: &[Value], _: &TemplateData<'_>) -> Outcome {
    let (of, bounds) = (&arguments[0], &arguments[1..]);
    let length = match of {
        Value::Text(_) if bounds.len() > 2 => {
            return Err(expansion("cannot 3-index slice a string"));
        }
        Value::Text(text) => text.len(),
        Value::List(values) => values.len(),
        other => return Err(expansion(format!("can't slice {}", other.kind()))),
    };
    let bounds =
        bounds.iter().map(|bound| bound_of(bound, length)).collect::<Result<Vec<_>, _>>()?;
    let start = bounds.first().copied().unwrap_or(0);
    let end = bounds.get(1).copied().unwrap_or(length);
    let room = bounds.get(2).copied().unwrap_or(length);
    if start > end || end > room {
        return Err(expansion(format!("invalid slice index: {start} > {end}")));
    }
    match of {
        Value::Text(text) => {
            let part = text.get(start..end).map(|part| Value::Text(part.to_owned()));
            part.ok_or_else(|| expansion(format!("{start} to {end} cuts a character in {text:?}")))
        }
        of => Ok(Value::List(of.list()?[start..end].to_vec())),
    }
}

fn bound_of(bound: &Value, length: usize) -> Result<usize, TemplateError> {
    let Value::Integer(number) = bound else {
        return Err(expansion(format!("cannot index slice/array with {}", bound.kind())));
    };
    let within = usize::try_from(*number).ok().filter(|number| *number <= length);
    within.ok_or_else(|| expansion(format!("index out of range: {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_ports_and_domains() {
        assert_eq!(strip_port("a.example:80"), "a.example");
        assert_eq!(strip_port("[::1]:80"), "::1");
        assert_eq!(strip_domain("a.example.org:80"), "a:80");
        assert_eq!(strip_domain("10.0.0.1:80"), "10.0.0.1:80");
    }

    #[test]
    fn every_word_gets_a_capital() {
        assert_eq!(title("disk is full"), "Disk Is Full");
    }

    #[test]
    fn links_are_escaped() {
        assert_eq!(link("a > 1", 0), "/graph?g0.expr=a+%3E+1&g0.tab=0");
        assert_eq!(path_of("http://host/a/b/"), "/a/b");
    }
}
