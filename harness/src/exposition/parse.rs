//! Puts an exposition together from its lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use slogate_promql::{Labels, METRIC_NAME};

use super::braces::{Grammar, LabelPair};
use super::codes;
use super::crosscheck::CanonicalText;
use super::error::LineError;
use super::families::Families;
use super::number::{format_bound, parse_value};
use super::{
    Exposition, ExpositionError, FamilyKind, FinalNewline, Format, ParseRules, ParsedSample,
    SecondOpinion, openmetrics, text,
};

/// What one line says.
pub(super) enum Statement<'a> {
    /// Nothing: an empty line or a comment.
    Nothing,
    /// A `HELP` line.
    Help { at: usize, name: Cow<'a, str>, help: Cow<'a, str> },
    /// A `TYPE` line.
    Type { at: usize, name: Cow<'a, str>, kind: FamilyKind },
    /// A `UNIT` line.
    Unit { at: usize, name: Cow<'a, str>, unit: &'a str },
    /// A sample, but for its labels.
    Sample(RawSample<'a>),
    /// The end of an OpenMetrics exposition.
    End,
}

/// A sample as it stands in its line, without its labels.
pub(super) struct RawSample<'a> {
    /// Byte offset of the sample in its line.
    pub(super) at: usize,
    /// The metric's name, decoded.
    pub(super) name: Cow<'a, str>,
    /// Byte offset of the value in its line.
    pub(super) value_at: usize,
    /// The value as it is written.
    pub(super) value_text: &'a str,
    /// The value.
    pub(super) value: f64,
    /// The sample's own time.
    pub(super) timestamp_ms: Option<i64>,
}

/// Reads an exposition by the rules of a scrape.
pub fn parse(bytes: &[u8], format: Format) -> Result<Exposition, ExpositionError> {
    parse_with(bytes, format, ParseRules::default())
}

/// Reads an exposition by other rules.
pub fn parse_with(
    bytes: &[u8],
    format: Format,
    rules: ParseRules,
) -> Result<Exposition, ExpositionError> {
    let whole = as_text(bytes)?;
    let mut assembly = Assembly::new(format, rules);
    let mut lines = whole.split('\n').enumerate().peekable();
    while let Some((index, line)) = lines.next() {
        let is_last = lines.peek().is_none();
        if is_last && line.is_empty() {
            break;
        }
        let read = assembly.check_last(line, is_last).and_then(|()| assembly.line(line));
        read.map_err(|error| error.in_line(index + 1, line))?;
    }
    let line_count = whole.split('\n').count();
    assembly.finish().map_err(|error| error.in_line(line_count, ""))
}

/// The bytes as text; the formats are UTF-8 throughout.
fn as_text(bytes: &[u8]) -> Result<&str, ExpositionError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line_start = good.rfind('\n').map_or(0, |at| at + 1);
        ExpositionError {
            code: codes::MALFORMED_EXPOSITION,
            line: good.matches('\n').count() + 1,
            column: good[line_start..].chars().count() + 1,
            message: format!(
                "expected UTF-8, found the byte 0x{:02x}",
                bytes.get(error.valid_up_to()).copied().unwrap_or_default()
            ),
        }
    })
}

/// An exposition in the making.
struct Assembly<'a> {
    grammar: Grammar,
    rules: ParseRules,
    families: Families,
    samples: Vec<ParsedSample>,
    canonical: CanonicalText,
    /// Names and values that came up before: most of them come up again.
    interned: HashMap<String, Arc<str>>,
    labels: Vec<LabelPair<'a>>,
    ended: bool,
}

impl<'a> Assembly<'a> {
    fn new(format: Format, rules: ParseRules) -> Self {
        Self {
            grammar: Grammar { format, names: rules.names },
            rules,
            families: Families::default(),
            samples: Vec::new(),
            canonical: CanonicalText::default(),
            interned: HashMap::new(),
            labels: Vec::new(),
            ended: false,
        }
    }

    /// A last line without a line feed may be the first half of a longer one.
    fn check_last(&self, line: &str, is_last: bool) -> Result<(), LineError> {
        let message = match self.grammar.format {
            _ if !is_last || line.trim_matches([' ', '\t']).is_empty() => return Ok(()),
            Format::OpenMetrics if self.ended || line.starts_with(openmetrics::END) => {
                return Ok(());
            }
            Format::OpenMetrics => "the exposition does not end with `# EOF`: it was cut off",
            Format::Text if self.rules.final_newline == FinalNewline::Optional => return Ok(()),
            Format::Text => "the last line does not end with a line feed: it was cut off",
        };
        Err(LineError::new(line.len(), message).of(codes::TRUNCATED_EXPOSITION))
    }

    fn line(&mut self, line: &'a str) -> Result<(), LineError> {
        if self.ended {
            return Err(LineError::new(0, "unexpected data after `# EOF`"));
        }
        self.labels.clear();
        let statement = statement_of(line, self.grammar, &mut self.labels)?;
        let error_at = |at| move |message: String| LineError::new(at, message);
        match statement {
            Statement::Nothing => Ok(()),
            Statement::Help { at, name, help } => {
                self.families.help(&name, &help).map_err(error_at(at))
            }
            Statement::Type { at, name, kind } => {
                self.families.kind(&name, kind).map_err(error_at(at))
            }
            Statement::Unit { at, name, unit } => {
                self.families.unit(&name, unit).map_err(error_at(at))
            }
            Statement::Sample(sample) => self.sample(&sample),
            Statement::End => {
                self.ended = true;
                Ok(())
            }
        }
    }

    fn sample(&mut self, sample: &RawSample<'a>) -> Result<(), LineError> {
        if self.rules.sample_limit.is_some_and(|limit| self.samples.len() >= limit) {
            let message = format!(
                "more than {} samples, which is the limit; expose fewer series or raise the limit",
                self.samples.len()
            );
            return Err(LineError::new(sample.at, message).of(codes::SAMPLE_LIMIT));
        }
        let kind = self.families.of_sample(&sample.name);
        check_histogram_count(sample, kind)?;
        normalise_bounds(&mut self.labels, kind)?;
        if self.rules.second_opinion == SecondOpinion::Asked {
            self.canonical.push(sample, &self.labels);
        }
        let labels = self.intern_labels(&sample.name);
        self.samples.push(ParsedSample {
            labels,
            value: sample.value,
            timestamp_ms: sample.timestamp_ms,
        });
        Ok(())
    }

    fn intern_labels(&mut self, metric_name: &str) -> Labels {
        let interned = &mut self.interned;
        let name = (intern(interned, METRIC_NAME), intern(interned, metric_name));
        let pairs = self
            .labels
            .iter()
            .map(|pair| (intern(interned, &pair.name), intern(interned, &pair.value)));
        Labels::new(std::iter::once(name).chain(pairs))
    }

    fn finish(self) -> Result<Exposition, LineError> {
        if self.grammar.format == Format::OpenMetrics {
            if !self.ended {
                let message = "the exposition does not end with `# EOF`: it was cut off";
                return Err(LineError::new(0, message).of(codes::TRUNCATED_EXPOSITION));
            }
            if self.families.is_empty() {
                let message = "the exposition holds no metric at all";
                return Err(LineError::new(0, message));
            }
        }
        if self.rules.second_opinion == SecondOpinion::Asked {
            let agreed = self.canonical.agrees_with(&self.samples);
            agreed.map_err(|message| LineError::new(0, message))?;
        }
        Ok(Exposition { families: self.families.into_families(), samples: self.samples })
    }
}

/// What a line says by itself, by the rules of a scrape.
pub(super) fn statement<'a>(
    line: &'a str,
    format: Format,
    labels: &mut Vec<LabelPair<'a>>,
) -> Result<Statement<'a>, LineError> {
    statement_of(line, Grammar { format, names: ParseRules::default().names }, labels)
}

fn statement_of<'a>(
    line: &'a str,
    grammar: Grammar,
    labels: &mut Vec<LabelPair<'a>>,
) -> Result<Statement<'a>, LineError> {
    match grammar.format {
        Format::Text => text::statement(line, grammar, labels),
        Format::OpenMetrics => openmetrics::statement(line, grammar, labels),
    }
}

fn intern(interned: &mut HashMap<String, Arc<str>>, text: &str) -> Arc<str> {
    if let Some(known) = interned.get(text) {
        return Arc::clone(known);
    }
    let shared: Arc<str> = text.into();
    interned.insert(text.to_owned(), Arc::clone(&shared));
    shared
}

/// Buckets and counts count: below 0 they are garbage.
fn check_histogram_count(sample: &RawSample<'_>, kind: FamilyKind) -> Result<(), LineError> {
    let counts = sample.name.ends_with("_count") || sample.name.ends_with("_bucket");
    if kind == FamilyKind::Histogram && counts && sample.value < 0.0 {
        let message = format!("a histogram's `{}` cannot be negative", sample.name);
        return Err(LineError::new(sample.value_at, message));
    }
    Ok(())
}

/// Writes `le` of histograms and `quantile` of summaries as Prometheus 3 does, so
/// that the same bound is the same series whatever library exposed it.
fn normalise_bounds(labels: &mut [LabelPair<'_>], kind: FamilyKind) -> Result<(), LineError> {
    let bound_label = match kind {
        FamilyKind::Histogram => "le",
        FamilyKind::Summary => "quantile",
        _ => return Ok(()),
    };
    let Some(pair) = labels.iter_mut().find(|pair| pair.name == bound_label) else {
        return Ok(());
    };
    let bound = parse_value(&pair.value).map_err(|message| {
        LineError::new(pair.at, format!("the label `{bound_label}`: {message}"))
    })?;
    pair.value = Cow::Owned(format_bound(bound));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Exposition {
        parse(text.as_bytes(), Format::Text).unwrap()
    }

    fn error(text: &str) -> String {
        parse(text.as_bytes(), Format::Text).unwrap_err().to_string()
    }

    #[test]
    fn reads_families_and_samples() {
        let exposition = read(
            "# HELP a_ms how\\nlong\n# TYPE a_ms histogram\na_ms_bucket{le=\"10000\"} 1\na_ms_bucket{le=\"+Inf\"} 2\na_ms_sum 3.5\na_ms_count 2 99\n",
        );
        assert_eq!(exposition.families.len(), 1);
        assert_eq!(exposition.families[0].kind, FamilyKind::Histogram);
        assert_eq!(exposition.families[0].help, "how\nlong");
        let shown: Vec<String> =
            exposition.samples.iter().map(|sample| sample.labels.to_string()).collect();
        assert_eq!(
            shown,
            [r#"a_ms_bucket{le="10000.0"}"#, r#"a_ms_bucket{le="+Inf"}"#, "a_ms_sum", "a_ms_count"]
        );
        assert_eq!(exposition.samples[3].timestamp_ms, Some(99));
    }

    #[test]
    fn a_bound_is_normalised_in_histograms_and_summaries_only() {
        let exposition = read("# TYPE s summary\ns{quantile=\".5\"} 1\nother{le=\"10\"} 1\n");
        assert_eq!(exposition.samples[0].labels.get("quantile"), Some("0.5"));
        assert_eq!(exposition.samples[1].labels.get("le"), Some("10"));
    }

    #[test]
    fn names_line_and_column_and_what_was_found() {
        assert_eq!(
            error("a 1\nb{é=\"1\"} 2\n"),
            "line 2, column 3: expected a label name or `}`, found 'é'"
        );
        assert_eq!(
            error("a{b=\"é\"} x\n"),
            "line 1, column 10: expected a number, NaN, +Inf or -Inf, found `x`"
        );
    }

    #[test]
    fn refuses_an_exposition_that_was_cut_off() {
        assert!(error("a 1\nb 12").contains("line 2, column 5: the last line does not end"));
        let cut = parse(b"a 1\n", Format::OpenMetrics).unwrap_err();
        assert!(cut.message.contains("# EOF"), "{cut}");
        assert_eq!(cut.code, codes::TRUNCATED_EXPOSITION);
    }

    #[test]
    fn refuses_more_samples_than_the_limit_instead_of_cutting() {
        let rules = ParseRules { sample_limit: Some(2), ..ParseRules::default() };
        assert!(parse_with(b"a 1\nb 1\n", Format::Text, rules).is_ok());
        let error = parse_with(b"a 1\nb 1\nc 1\n", Format::Text, rules).unwrap_err();
        assert_eq!((error.line, error.column), (3, 1));
        assert_eq!(error.code, codes::SAMPLE_LIMIT);
    }

    #[test]
    fn refuses_a_type_after_its_samples() {
        assert!(error("h_bucket{le=\"1\"} 1\n# TYPE h histogram\n").contains("after its sample"));
    }

    #[test]
    fn says_where_the_text_is_not_utf_8() {
        let error = parse(b"a 1\nb{c=\"\xff\"} 1\n", Format::Text).unwrap_err();
        assert_eq!((error.line, error.column), (2, 6));
        assert_eq!(error.code, codes::MALFORMED_EXPOSITION);
    }

    #[test]
    fn counter_samples_belong_to_their_openmetrics_family() {
        let exposition =
            parse(b"# TYPE a counter\na_total 1 0.5\n# EOF\n", Format::OpenMetrics).unwrap();
        assert_eq!(exposition.families.len(), 1);
        assert_eq!(exposition.samples[0].timestamp_ms, Some(500));
    }
}
