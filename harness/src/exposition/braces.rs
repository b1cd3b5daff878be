//! `{…}` after a metric's name: labels and, where it must be quoted, the name.

use std::borrow::Cow;

use super::error::LineError;
use super::line::{Line, OtherEscapes};
use super::{Format, NameRules};

/// One label as it stands in a line.
#[derive(Debug)]
pub(super) struct LabelPair<'a> {
    /// Byte offset of its name in the line.
    pub(super) at: usize,
    /// Its name, decoded.
    pub(super) name: Cow<'a, str>,
    /// Its value, decoded.
    pub(super) value: Cow<'a, str>,
}

/// A sample's metric name, and where it stands.
#[derive(Debug)]
pub(super) struct Series<'a> {
    /// Byte offset of its start in the line.
    pub(super) at: usize,
    /// The metric's name, decoded.
    pub(super) name: Cow<'a, str>,
}

/// What the two formats and the name rules make of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grammar {
    /// Which format.
    pub(super) format: Format,
    /// Which names are names.
    pub(super) names: NameRules,
}

impl Grammar {
    /// Skips blanks where the format allows them.
    fn skip_blanks(self, line: &mut Line<'_>) {
        if self.format == Format::Text {
            line.skip_blanks();
        }
    }

    fn escapes(self) -> OtherEscapes {
        match self.format {
            Format::Text => OtherEscapes::Refused,
            Format::OpenMetrics => OtherEscapes::Kept,
        }
    }

    /// Reads a metric's name, bare or quoted.
    pub(super) fn metric_name<'a>(self, line: &mut Line<'a>) -> Result<Cow<'a, str>, LineError> {
        if line.peek() == Some(b'"') {
            let at = line.at();
            let name = line.take_quoted(OtherEscapes::Refused)?;
            return self.checked_metric_name(at, name);
        }
        bare_metric_name(line).ok_or_else(|| line.expected("a metric name")).map(Cow::Borrowed)
    }

    /// Reads what comes before a sample's value: the metric's name and its labels.
    /// The blanks that must or may follow are the format's own matter.
    pub(super) fn series<'a>(
        self,
        line: &mut Line<'a>,
        labels: &mut Vec<LabelPair<'a>>,
    ) -> Result<Series<'a>, LineError> {
        let at = line.at();
        let bare = bare_metric_name(line);
        self.skip_blanks(line);
        if line.peek() != Some(b'{') {
            let name = bare.ok_or_else(|| line.expected("a metric name, `{` or `# `"))?;
            return Ok(Series { at, name: name.into() });
        }
        let name = match (bare, self.braces(line, labels)?) {
            (Some(name), None) => name.into(),
            (None, Some(name)) => name,
            (None, None) => return Err(LineError::new(at, "the sample has no metric name")),
            (Some(_), Some(_)) => {
                return Err(LineError::new(
                    at,
                    "the metric's name is there twice, before the braces and in them",
                ));
            }
        };
        Ok(Series { at, name })
    }

    /// Reads `{…}`, which must come next, into `labels`; the metric's name, if it
    /// is in there, comes back.
    pub(super) fn braces<'a>(
        self,
        line: &mut Line<'a>,
        labels: &mut Vec<LabelPair<'a>>,
    ) -> Result<Option<Cow<'a, str>>, LineError> {
        let mut metric_name = None;
        line.eat("{");
        self.skip_blanks(line);
        while !line.eat("}") {
            let at = line.at();
            let item = Self::label_or_metric_name(line)?;
            self.skip_blanks(line);
            match item {
                Item::Quoted(name) if matches!(line.peek(), Some(b',' | b'}')) => {
                    if metric_name.is_some() {
                        return Err(LineError::new(
                            at,
                            "a second metric name in one sample; write `name=\"value\"` for a label",
                        ));
                    }
                    metric_name = Some(self.checked_metric_name(at, name)?);
                }
                Item::Quoted(name) | Item::Bare(name) => {
                    let pair = self.label(line, at, name)?;
                    push_unique(labels, pair)?;
                }
            }
            self.separator(line)?;
        }
        Ok(metric_name)
    }

    fn label_or_metric_name<'a>(line: &mut Line<'a>) -> Result<Item<'a>, LineError> {
        if line.peek() == Some(b'"') {
            return Ok(Item::Quoted(line.take_quoted(OtherEscapes::Refused)?));
        }
        let starts = line.peek().is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic());
        if !starts {
            return Err(line.expected("a label name or `}`"));
        }
        let name = line.take_while(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
        Ok(Item::Bare(Cow::Borrowed(name)))
    }

    fn label<'a>(
        self,
        line: &mut Line<'a>,
        at: usize,
        name: Cow<'a, str>,
    ) -> Result<LabelPair<'a>, LineError> {
        if !line.eat("=") {
            return Err(line.expected("`=` after the label name"));
        }
        self.skip_blanks(line);
        if line.peek() != Some(b'"') {
            return Err(line.expected("a label value in double quotes"));
        }
        let value = line.take_quoted(self.escapes())?;
        self.check_label_name(at, &name)?;
        Ok(LabelPair { at, name, value })
    }

    /// Reads a comma, or sees that the braces end. The text format lets the comma
    /// out between labels, as the Prometheus server does.
    fn separator(self, line: &mut Line<'_>) -> Result<(), LineError> {
        self.skip_blanks(line);
        if line.eat(",") {
            self.skip_blanks(line);
            return Ok(());
        }
        let next = line.peek();
        let next_label = next.is_some_and(|byte| byte == b'_' || byte.is_ascii_alphabetic());
        if next == Some(b'}') || (next_label && self.format == Format::Text) {
            return Ok(());
        }
        Err(line.expected("`,` or `}`"))
    }

    fn check_label_name(self, at: usize, name: &str) -> Result<(), LineError> {
        let good = match self.names {
            NameRules::Utf8 => !name.is_empty(),
            NameRules::Legacy => is_plain(name, false),
        };
        if !good {
            return Err(LineError::new(at, format!("`{name}` is not a valid label name")));
        }
        if name == slogate_promql::METRIC_NAME {
            return Err(LineError::new(
                at,
                "`__name__` may not be a label; the metric's name stands before the braces",
            ));
        }
        Ok(())
    }

    fn checked_metric_name(self, at: usize, name: Cow<'_, str>) -> Result<Cow<'_, str>, LineError> {
        let good = match self.names {
            NameRules::Utf8 => !name.is_empty(),
            NameRules::Legacy => is_plain(&name, true),
        };
        if good {
            return Ok(name);
        }
        Err(LineError::new(at, format!("`{name}` is not a valid metric name")))
    }
}

enum Item<'a> {
    Bare(Cow<'a, str>),
    Quoted(Cow<'a, str>),
}

/// Reads `[a-zA-Z_:][a-zA-Z0-9_:]*` if it comes next.
fn bare_metric_name<'a>(line: &mut Line<'a>) -> Option<&'a str> {
    let first = line.peek()?;
    if first.is_ascii_digit() {
        return None;
    }
    let name = line.take_while(|byte| byte == b'_' || byte == b':' || byte.is_ascii_alphanumeric());
    (!name.is_empty()).then_some(name)
}

fn is_plain(name: &str, colon_allowed: bool) -> bool {
    let plain =
        |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric() || (colon_allowed && byte == b':');
    !name.is_empty() && !name.as_bytes()[0].is_ascii_digit() && name.bytes().all(plain)
}

fn push_unique<'a>(labels: &mut Vec<LabelPair<'a>>, pair: LabelPair<'a>) -> Result<(), LineError> {
    if labels.iter().any(|known| known.name == pair.name) {
        return Err(LineError::new(pair.at, format!("the label `{}` is there twice", pair.name)));
    }
    labels.push(pair);
    Ok(())
}
