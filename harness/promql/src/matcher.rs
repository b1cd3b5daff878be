//! Label matchers and plain series selectors.
//!
//! A matcher compares one label; an absent label counts as the empty text, as in
//! Prometheus. Regular expressions are anchored at both ends and `.` matches a
//! newline, as in Prometheus 3.

use std::fmt;

use regex::Regex;

use crate::expression::{Expression, Kind, ParseError};
use crate::{Labels, METRIC_NAME};

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchOperator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    NotMatches,
}

/// One comparison of a label.
#[derive(Clone, Debug)]
pub struct Matcher {
    name: String,
    operator: MatchOperator,
    value: String,
    pattern: Option<Regex>,
}

impl Matcher {
    /// A matcher that wants exactly this value.
    pub fn equal(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            operator: MatchOperator::Equal,
            value: value.to_owned(),
            pattern: None,
        }
    }

    /// A matcher as a parser read it; `pattern` only for the two that match patterns.
    pub(crate) fn parsed(
        name: String,
        operator: MatchOperator,
        value: String,
        pattern: Option<Regex>,
    ) -> Self {
        Self { name, operator, value, pattern }
    }

    /// The label's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it compares.
    pub fn operator(&self) -> MatchOperator {
        self.operator
    }

    /// The value or pattern, as written.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether a label value passes; an absent label is the empty text.
    pub fn matches_value(&self, value: &str) -> bool {
        let pattern_matches = || self.pattern.as_ref().is_some_and(|p| p.is_match(value));
        match self.operator {
            MatchOperator::Equal => value == self.value,
            MatchOperator::NotEqual => value != self.value,
            MatchOperator::Matches => pattern_matches(),
            MatchOperator::NotMatches => !pattern_matches(),
        }
    }

    /// Whether a label set passes.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_value(labels.get(&self.name).unwrap_or_default())
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.operator, &self.value) == (&other.name, other.operator, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for MatchOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        })
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain_label_name(&self.name) {
            write!(f, "{}", self.name)?;
        } else {
            write!(f, "{:?}", self.name)?;
        }
        write!(f, "{}{:?}", self.operator, self.value)
    }
}

/// Whether a label name needs no quotes: `[a-zA-Z_][a-zA-Z0-9_]*`.
pub(crate) fn is_plain_label_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a metric name needs no quotes: a label name that may have colons.
pub(crate) fn is_plain_metric_name(name: &str) -> bool {
    is_plain_label_name(&name.replace(':', "_"))
}

/// Which series are meant: `name{label="value", …}` without range, offset or `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    metric_name: Option<String>,
    matchers: Vec<Matcher>,
}

impl Selector {
    pub(crate) fn new(metric_name: Option<String>, matchers: Vec<Matcher>) -> Self {
        Self { metric_name, matchers }
    }

    /// The metric name, if the selector fixes one.
    pub fn metric_name(&self) -> Option<&str> {
        self.metric_name.as_deref()
    }

    /// All other matchers.
    pub fn matchers(&self) -> &[Matcher] {
        &self.matchers
    }

    /// Whether a series is meant.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.metric_name.as_deref().is_none_or(|name| labels.metric_name() == Some(name))
            && self.matchers.iter().all(|matcher| matcher.matches(labels))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = self.metric_name.as_deref().filter(|name| !is_plain_metric_name(name));
        if quoted.is_none() {
            f.write_str(self.metric_name.as_deref().unwrap_or_default())?;
            if self.matchers.is_empty() && self.metric_name.is_some() {
                return Ok(());
            }
        }
        let inside = quoted
            .map(|name| format!("{name:?}"))
            .into_iter()
            .chain(self.matchers.iter().map(ToString::to_string))
            .collect::<Vec<_>>();
        write!(f, "{{{}}}", inside.join(","))
    }
}

/// Reads a selector: `export_fail_total{reason="x"}`. Anything more than a plain
/// selector is an error.
pub fn parse_selector(text: &str) -> Result<Selector, ParseError> {
    let expression = Expression::parse(text)?;
    match expression.kind {
        Kind::Selector(instant) if instant.time.is_plain() => Ok(instant.selector),
        _ => Err(ParseError::NotASelector { expression: text.to_owned() }),
    }
}

/// Takes a fixed metric name out of matchers such as `{__name__="up"}`.
pub(crate) fn split_metric_name(
    name: Option<String>,
    mut matchers: Vec<Matcher>,
) -> (Option<String>, Vec<Matcher>) {
    if name.is_some() {
        return (name, matchers);
    }
    let fixed = matchers
        .iter()
        .position(|m| m.name == METRIC_NAME && m.operator == MatchOperator::Equal)
        .filter(|at| !matchers[*at].value.is_empty());
    let name = fixed.map(|at| matchers.remove(at).value);
    (name, matchers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        Labels::new(pairs.iter().copied())
    }

    #[test]
    fn a_selector_matches_name_and_labels() {
        let selector = parse_selector(r#"export_fail_total{reason="x",format!~"p.*"}"#).unwrap();
        let series =
            |name, format| labels(&[(METRIC_NAME, name), ("reason", "x"), ("format", format)]);
        assert!(selector.matches(&series("export_fail_total", "csv")));
        assert!(!selector.matches(&series("export_fail_total", "pdf")));
        assert!(!selector.matches(&series("other", "csv")));
    }

    #[test]
    fn an_absent_label_is_the_empty_text() {
        let selector = parse_selector(r#"up{job=""}"#).unwrap();
        assert!(selector.matches(&labels(&[(METRIC_NAME, "up")])));
        assert!(!selector.matches(&labels(&[(METRIC_NAME, "up"), ("job", "a")])));
    }

    #[test]
    fn patterns_are_anchored_and_a_dot_matches_a_newline() {
        let selector = parse_selector(r#"up{job=~"a.b"}"#).unwrap();
        assert!(selector.matches(&labels(&[(METRIC_NAME, "up"), ("job", "a\nb")])));
        assert!(!selector.matches(&labels(&[(METRIC_NAME, "up"), ("job", "xa-b")])));
    }

    #[test]
    fn more_than_a_selector_is_refused() {
        for text in ["up[5m]", "up offset 1m", "rate(up[1m])", "up + up", "up @ 10"] {
            let error = parse_selector(text).unwrap_err();
            assert!(matches!(error, ParseError::NotASelector { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn a_metric_name_in_braces_is_the_metric_name() {
        let selector = parse_selector(r#"{__name__="up"}"#).unwrap();
        assert_eq!(selector.metric_name(), Some("up"));
        assert_eq!(selector.to_string(), "up");
    }
}
