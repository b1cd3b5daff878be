//! A second opinion: every sample goes through `prometheus-parse` as well, and a
//! difference is an error.
//!
//! `prometheus-parse` alone loses data in silence (names with `:`, values with
//! `}`, `,` or `=`, escapes, merged histograms), so it never sees the exposition
//! itself. It sees one canonical line per sample, in which names and label values
//! consist of letters, digits and `_` alone ([`push_encoded`]): nothing in such a
//! line can be misunderstood by it. No types are passed on, so nothing is merged.

use std::fmt::Write as _;

use prometheus_parse::{Sample, Scrape, Value};
use slogate_promql::METRIC_NAME;

use super::ParsedSample;
use super::braces::LabelPair;
use super::statement::RawSample;

/// One canonical line per sample.
///
/// A series that was looked at before, and read from the same text, is not looked at
/// again: its samples stand under one short name.
#[derive(Debug, Default)]
pub(super) struct CanonicalText {
    text: String,
    /// For each line, whether its series was looked at before.
    is_known: Vec<bool>,
}

/// The name under which the samples of known series stand.
const KNOWN: &str = "known";

impl CanonicalText {
    /// Appends a sample as the strict lexer read it; the value as it was written.
    pub(super) fn push(&mut self, sample: &RawSample<'_>, labels: &[LabelPair<'_>]) {
        self.is_known.push(false);
        push_encoded(&mut self.text, sample.series.name());
        let mut separator = '{';
        for pair in labels.iter().filter(|pair| !pair.value.is_empty()) {
            self.text.push(separator);
            push_encoded(&mut self.text, &pair.name);
            self.text.push_str("=\"");
            push_encoded(&mut self.text, &pair.value);
            self.text.push('"');
            separator = ',';
        }
        if separator == ',' {
            self.text.push('}');
        }
        self.push_value(sample);
    }

    /// Appends a sample whose series was looked at before.
    pub(super) fn push_known(&mut self, sample: &RawSample<'_>) {
        self.is_known.push(true);
        self.text.push_str(KNOWN);
        self.push_value(sample);
    }

    fn push_value(&mut self, sample: &RawSample<'_>) {
        self.text.push(' ');
        self.text.push_str(sample.value_text);
        if let Some(timestamp_ms) = sample.timestamp_ms {
            // Writing to a string cannot fail.
            let _ = write!(self.text, " {timestamp_ms}");
        }
        self.text.push('\n');
    }

    /// Whether `prometheus-parse` reads the very same samples out of these lines;
    /// if not, the first difference.
    #[expect(
        clippy::default_trait_access,
        reason = "chrono, whose type it is, is no dependency of ours"
    )]
    pub(super) fn agrees_with(&self, samples: &[ParsedSample]) -> Result<(), String> {
        let lines = self.text.lines().map(|line| Ok(line.to_owned()));
        // Samples without a time of their own get the epoch.
        let second = Scrape::parse_at(lines, Default::default())
            .map_err(|error| format!("the second parser failed: {error}"))?;
        if second.samples.len() != samples.len() {
            return Err(format!(
                "two parsers disagree: one read {} samples, the other {}",
                samples.len(),
                second.samples.len()
            ));
        }
        let mut buffer = String::new();
        for ((ours, theirs), is_known) in samples.iter().zip(&second.samples).zip(&self.is_known) {
            let same_series = if *is_known {
                theirs.metric == KNOWN && theirs.labels.is_empty()
            } else {
                same_labels(ours, theirs, &mut buffer)
            };
            if !same_series || !same_value(ours, theirs) {
                return Err(format!(
                    "two parsers disagree about `{}`: one read {}, the other {:?}",
                    ours.labels, ours.value, theirs.value
                ));
            }
        }
        Ok(())
    }
}

fn same_value(ours: &ParsedSample, theirs: &Sample) -> bool {
    let Value::Untyped(value) = theirs.value else {
        return false;
    };
    let same_value =
        value.to_bits() == ours.value.to_bits() || (value.is_nan() && ours.value.is_nan());
    let same_time = theirs.timestamp.timestamp_millis() == ours.timestamp_ms.unwrap_or_default();
    same_value && same_time
}

fn same_labels(ours: &ParsedSample, theirs: &Sample, buffer: &mut String) -> bool {
    // The metric's name is a label on our side.
    ours.labels.len() == theirs.labels.len() + 1
        && ours.labels.iter().all(|(name, value)| {
            let found = match name {
                METRIC_NAME => Some(theirs.metric.as_str()),
                _ => theirs.labels.get(encode(buffer, name)),
            };
            found.is_some_and(|found| found == encode(buffer, value))
        })
}

/// Encodes into a buffer, so that comparing takes no memory for each label.
fn encode<'a>(buffer: &'a mut String, text: &str) -> &'a str {
    buffer.clear();
    push_encoded(buffer, text);
    buffer
}

/// ASCII letters, digits and `_` stand for themselves, any other byte is `Z` and two
/// hexadecimal digits, and so is `Z`. No two texts have the same encoding.
fn push_encoded(into: &mut String, text: &str) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    for byte in text.bytes() {
        if byte != b'Z' && (byte == b'_' || byte.is_ascii_alphanumeric()) {
            into.push(char::from(byte));
        } else {
            into.push('Z');
            into.push(DIGITS[usize::from(byte >> 4)]);
            into.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::Labels;

    use super::super::series::SeriesReading;
    use super::*;

    fn canonical(name: &str, value_text: &str, value: f64) -> CanonicalText {
        let mut text = CanonicalText::default();
        let series = SeriesReading::named(name);
        let sample = RawSample { series, value_at: 0, value_text, value, timestamp_ms: None };
        let awkward = LabelPair { at: 0, name: "l.1".into(), value: "},=\"\\\n éZ5a".into() };
        text.push(&sample, &[awkward]);
        text
    }

    fn parsed(name: &str, value: f64) -> [ParsedSample; 1] {
        let labels = Labels::new([(METRIC_NAME, name), ("l.1", "},=\"\\\n éZ5a")]);
        [ParsedSample { labels, value, timestamp_ms: None }]
    }

    #[test]
    fn awkward_names_and_values_come_through_the_second_parser() {
        assert_eq!(canonical("a:b", "1e3", 1e3).agrees_with(&parsed("a:b", 1e3)), Ok(()));
    }

    #[test]
    fn of_a_known_series_only_the_value_and_the_time_are_compared() {
        let mut text = CanonicalText::default();
        let series = SeriesReading::named("a");
        let sample =
            RawSample { series, value_at: 0, value_text: "1", value: 1.0, timestamp_ms: Some(5) };
        text.push_known(&sample);
        let [parsed] = parsed("a:b", 1.0);
        let at = |timestamp_ms| [ParsedSample { timestamp_ms, ..parsed.clone() }];
        assert_eq!(text.agrees_with(&at(Some(5))), Ok(()));
        assert!(text.agrees_with(&at(None)).unwrap_err().contains("disagree"));
    }

    #[test]
    fn a_difference_between_the_parsers_is_an_error() {
        let text = canonical("a", "1", 1.0);
        assert!(text.agrees_with(&parsed("a", 2.0)).unwrap_err().contains("disagree"));
        assert!(text.agrees_with(&parsed("b", 1.0)).unwrap_err().contains("disagree"));
        assert!(text.agrees_with(&[]).unwrap_err().contains("disagree"));
    }
}
