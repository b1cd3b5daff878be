//! A second opinion: every sample goes through `prometheus-parse` as well, and a
//! difference is an error.
//!
//! `prometheus-parse` alone loses data in silence (names with `:`, values with
//! `}`, `,` or `=`, escapes, merged histograms), so it never sees the exposition
//! itself. It sees one canonical line per sample, in which names and label values
//! are written as hexadecimal digits of their UTF-8 bytes: nothing in such a line
//! can be misunderstood by it. No types are passed on, so nothing is merged.

use std::fmt::Write as _;

use prometheus_parse::{Sample, Scrape, Value};
use slogate_promql::METRIC_NAME;

use super::ParsedSample;
use super::braces::LabelPair;
use super::parse::RawSample;

/// One canonical line per sample.
#[derive(Debug, Default)]
pub(super) struct CanonicalText {
    text: String,
}

impl CanonicalText {
    /// Appends a sample as the strict lexer read it; the value as it was written.
    pub(super) fn push(&mut self, sample: &RawSample<'_>, labels: &[LabelPair<'_>]) {
        push_encoded(&mut self.text, &sample.name);
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
        match samples.iter().zip(&second.samples).find(|(ours, theirs)| !same(ours, theirs)) {
            None => Ok(()),
            Some((ours, theirs)) => Err(format!(
                "two parsers disagree about `{}`: one read {}, the other {:?}",
                ours.labels, ours.value, theirs.value
            )),
        }
    }
}

fn same(ours: &ParsedSample, theirs: &Sample) -> bool {
    let Value::Untyped(value) = theirs.value else {
        return false;
    };
    let same_value =
        value.to_bits() == ours.value.to_bits() || (value.is_nan() && ours.value.is_nan());
    let same_time = theirs.timestamp.timestamp_millis() == ours.timestamp_ms.unwrap_or_default();
    same_value && same_time && same_labels(ours, theirs)
}

fn same_labels(ours: &ParsedSample, theirs: &Sample) -> bool {
    // The metric's name is a label on our side.
    ours.labels.len() == theirs.labels.len() + 1
        && ours.labels.metric_name().is_some_and(|name| encoded(name) == theirs.metric)
        && ours.labels.iter().filter(|(name, _)| *name != METRIC_NAME).all(|(name, value)| {
            theirs.labels.get(&encoded(name)).is_some_and(|found| found == encoded(value))
        })
}

fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(2 * text.len() + 1);
    push_encoded(&mut encoded, text);
    encoded
}

/// `x` and two hexadecimal digits a byte: a word for `prometheus-parse`, wherever
/// it stands.
fn push_encoded(into: &mut String, text: &str) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    into.push('x');
    for byte in text.bytes() {
        into.push(DIGITS[usize::from(byte >> 4)]);
        into.push(DIGITS[usize::from(byte & 15)]);
    }
}

#[cfg(test)]
mod tests {
    use slogate_promql::Labels;

    use super::*;

    fn canonical(name: &str, value_text: &str, value: f64) -> CanonicalText {
        let mut text = CanonicalText::default();
        let sample = RawSample {
            at: 0,
            name: name.into(),
            value_at: 0,
            value_text,
            value,
            timestamp_ms: None,
        };
        let awkward = LabelPair { at: 0, name: "l.1".into(), value: "},=\"\\\n é".into() };
        text.push(&sample, &[awkward]);
        text
    }

    fn parsed(name: &str, value: f64) -> [ParsedSample; 1] {
        let labels = Labels::new([(METRIC_NAME, name), ("l.1", "},=\"\\\n é")]);
        [ParsedSample { labels, value, timestamp_ms: None }]
    }

    #[test]
    fn awkward_names_and_values_come_through_the_second_parser() {
        assert_eq!(canonical("a:b", "1e3", 1e3).agrees_with(&parsed("a:b", 1e3)), Ok(()));
    }

    #[test]
    fn a_difference_between_the_parsers_is_an_error() {
        let text = canonical("a", "1", 1.0);
        assert!(text.agrees_with(&parsed("a", 2.0)).unwrap_err().contains("disagree"));
        assert!(text.agrees_with(&parsed("b", 1.0)).unwrap_err().contains("disagree"));
        assert!(text.agrees_with(&[]).unwrap_err().contains("disagree"));
    }
}
