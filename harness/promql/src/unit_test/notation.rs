//! The notation of a series' values: `1 2 3`, `0+10x5`, `1x4`, `_x3`, `stale`.

use thiserror::Error;

use crate::number::parse_number;
use crate::stale_marker;

/// More samples than this in one series are taken for a mistake (two years of
/// one a minute).
const MAX_SAMPLES: usize = 1_100_000;

/// Why a text is not a sequence of values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotationError {
    /// An item that is none of the known forms.
    #[error("`{0}` is not a value; write for example 5, 0+10x5, 1x4, _, _x3 or stale")]
    Item(String),
    /// A native histogram.
    #[error("native histograms (`{{{{…}}}}`) are not supported yet")]
    NativeHistogram,
    /// Far too many samples.
    #[error("`{0}` makes more than {MAX_SAMPLES} samples")]
    TooMany(String),
}

/// Reads a sequence of values; `None` stands for no sample.
pub fn parse_values(text: &str) -> Result<Vec<Option<f64>>, NotationError> {
    if text.contains("{{") {
        return Err(NotationError::NativeHistogram);
    }
    let mut values = Vec::new();
    for item in text.split_whitespace() {
        let sequence = Sequence::read(item).ok_or_else(|| NotationError::Item(item.to_owned()))?;
        if sequence.repeats > MAX_SAMPLES - values.len().min(MAX_SAMPLES) {
            return Err(NotationError::TooMany(item.to_owned()));
        }
        sequence.append_to(&mut values);
    }
    Ok(values)
}

/// One item: a first value, and how many more follow at which distance.
struct Sequence {
    first: Option<f64>,
    step: f64,
    repeats: usize,
}

impl Sequence {
    fn read(item: &str) -> Option<Self> {
        if item == "_" {
            return Some(Self { first: None, step: 0.0, repeats: 0 });
        }
        if let Some(times) = item.strip_prefix("_x") {
            // Unlike a value, nothing is repeated so many times in all.
            let repeats = times.parse::<usize>().ok()?.checked_sub(1)?;
            return Some(Self { first: None, step: 0.0, repeats });
        }
        if item == "stale" {
            return Some(Self { first: Some(stale_marker()), step: 0.0, repeats: 0 });
        }
        let (first, rest) = split_number(item)?;
        if rest.is_empty() {
            return Some(Self { first: Some(first), step: 0.0, repeats: 0 });
        }
        let (step, rest) = match rest.strip_prefix('x') {
            Some(_) => (0.0, rest),
            None if rest.starts_with(['+', '-']) => split_number(rest)?,
            None => return None,
        };
        let repeats = rest.strip_prefix('x')?.parse().ok()?;
        Some(Self { first: Some(first), step, repeats })
    }

    /// Steps are added one by one, as Prometheus does; `first + n * step` would
    /// differ in the last digit.
    fn append_to(&self, values: &mut Vec<Option<f64>>) {
        let mut value = self.first;
        for _ in 0..=self.repeats {
            values.push(value);
            if self.repeats > 0 {
                value = value.map(|number| number + self.step);
            }
        }
    }
}

/// The number at the start of a text, and the rest. There is no hexadecimal
/// here: `0x10` is eleven zeros.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let lower = unsigned.to_ascii_lowercase();
    let length = if lower.starts_with("inf") || lower.starts_with("nan") {
        3
    } else {
        decimal_length(unsigned)
    };
    let (number, rest) = text.split_at_checked(sign + length)?;
    Some((parse_number(number)?, rest))
}

/// The length of digits, a fraction, and an exponent.
fn decimal_length(text: &str) -> usize {
    let mantissa = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let Some(exponent) = text[mantissa..].strip_prefix(['e', 'E']) else {
        return mantissa;
    };
    let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    if digits == 0 { mantissa } else { text.len() - unsigned.len() + digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<f64> {
        parse_values(text).unwrap().into_iter().flatten().collect()
    }

    #[test]
    fn expands_sequences() {
        assert_eq!(plain("-2+4x3"), [-2.0, 2.0, 6.0, 10.0]);
        assert_eq!(plain("1-2x4"), [1.0, -1.0, -3.0, -5.0, -7.0]);
        assert_eq!(plain("1x2 5"), [1.0, 1.0, 1.0, 5.0]);
        assert_eq!(plain("0x10").len(), 11);
        assert_eq!(plain("1e2+1.5x1"), [100.0, 101.5]);
        assert_eq!(plain("1e+2-Infx0 Inf"), [100.0, f64::INFINITY]);
    }

    #[test]
    fn nothing_and_stale_are_not_the_same() {
        let values = parse_values("1 _x3 stale").unwrap();
        assert_eq!(values[..4], [Some(1.0), None, None, None]);
        assert!(values[4].is_some_and(crate::is_stale));
        assert_eq!(values.len(), 5);
    }

    #[test]
    fn refuses_what_it_cannot_read_by_name() {
        for text in ["a", "1x", "1+x3", "1+1", "1x-1", "0x1x", "stalex2", "1++1x2"] {
            assert!(matches!(parse_values(text), Err(NotationError::Item(_))), "{text}");
        }
        assert_eq!(parse_values("{{schema:1}}x2"), Err(NotationError::NativeHistogram));
        assert!(matches!(parse_values("1x99999999"), Err(NotationError::TooMany(_))));
    }
}
