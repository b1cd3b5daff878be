//! The notation of a series' values: `1 2 3`, `0+10x5`, `1x4`, `_x3`, `stale`,
//! and native histograms: `{{count:1 buckets:[1]}}+{{count:1 buckets:[1]}}x5`.

use std::sync::Arc;

use thiserror::Error;

use super::histogram_notation;
use crate::number::parse_number;
use crate::{Datum, Histogram, stale_marker};

/// More samples than this in one series are taken for a mistake (two years of
/// one a minute).
const MAX_SAMPLES: usize = 1_100_000;

/// More buckets than this in the histograms of one item are taken for a mistake:
/// a line of text must not fill the memory.
const MAX_BUCKETS: usize = 1_000_000;

/// As many buckets as a histogram is large beside them.
const BUCKETS_OF_NOTHING: usize = 8;

/// Why a text is not a sequence of values.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotationError {
    /// An item that is none of the known forms.
    #[error("`{0}` is not a value; write for example 5, 0+10x5, 1x4, _, _x3 or stale")]
    Item(String),
    /// A text that begins like a native histogram.
    #[error("`{item}` is not a native histogram: {problem}")]
    Histogram {
        /// What is written.
        item: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Far too many samples.
    #[error("`{0}` makes more than {MAX_SAMPLES} samples, or {MAX_BUCKETS} buckets")]
    TooMany(String),
}

/// Reads a sequence of values; `None` stands for no sample.
pub fn parse_values(text: &str) -> Result<Vec<Option<Datum>>, NotationError> {
    let mut values = Vec::new();
    // No gap at all is allowed, and stands for nothing.
    for item in items(text).filter(|item| *item != "_x0") {
        let sequence = Sequence::read(item)?;
        let room = MAX_SAMPLES - values.len().min(MAX_SAMPLES);
        if sequence.repeats > room || sequence.buckets() > MAX_BUCKETS {
            return Err(NotationError::TooMany(item.to_owned()));
        }
        sequence.append_to(&mut values)?;
    }
    Ok(values)
}

/// Reads one native histogram.
pub fn parse_histogram(text: &str) -> Result<Histogram, NotationError> {
    let invalid = |problem: String| NotationError::Histogram { item: text.to_owned(), problem };
    match histogram_notation::read(text.trim()).map_err(invalid)? {
        (histogram, "") => Ok(histogram),
        (_, rest) => Err(invalid(format!("`{rest}` follows it"))),
    }
}

/// What white space separates; within `{{…}}` it does not.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        let mut end = 0;
        loop {
            let left = &rest[end..];
            let word = left.find(char::is_whitespace).unwrap_or(left.len());
            match left.find("{{").filter(|open| *open < word) {
                None => break end += word,
                Some(open) => {
                    let close = left[open..].find("}}").map(|close| open + close + 2);
                    end += close.unwrap_or(left.len());
                }
            }
        }
        let (item, after) = rest.split_at(end);
        rest = after.trim_start();
        (!item.is_empty()).then_some(item)
    })
}

/// One item: a first value, and how many more follow at which distance.
struct Sequence<'t> {
    item: &'t str,
    first: Option<Datum>,
    step: Step,
    repeats: usize,
}

/// What a value gains from one sample to the next.
enum Step {
    Nothing,
    Number(f64),
    Plus(Histogram),
    Minus(Histogram),
}

impl<'t> Sequence<'t> {
    fn read(item: &'t str) -> Result<Self, NotationError> {
        if item.starts_with("{{") {
            return Self::of_histograms(item)
                .map_err(|problem| NotationError::Histogram { item: item.to_owned(), problem });
        }
        Self::of_numbers(item).ok_or_else(|| NotationError::Item(item.to_owned()))
    }

    fn of_histograms(item: &'t str) -> Result<Self, String> {
        let (first, rest) = histogram_notation::read(item)?;
        let first = Some(Datum::from(first));
        if rest.is_empty() {
            return Ok(Self { item, first, step: Step::Nothing, repeats: 0 });
        }
        let (step, rest) = if let Some(rest) = rest.strip_prefix('+') {
            let (step, rest) = histogram_notation::read(rest)?;
            (Step::Plus(step), rest)
        } else if let Some(rest) = rest.strip_prefix('-') {
            let (step, rest) = histogram_notation::read(rest)?;
            (Step::Minus(step), rest)
        } else {
            (Step::Nothing, rest)
        };
        let repeats = rest.strip_prefix('x').and_then(|times| times.parse().ok());
        let repeats = repeats.ok_or_else(|| format!("`{rest}` is no `x` with a number"))?;
        Ok(Self { item, first, step, repeats })
    }

    fn of_numbers(item: &'t str) -> Option<Self> {
        let plain = |first: Option<f64>, step: Step, repeats: usize| {
            Some(Self { item, first: first.map(Datum::Number), step, repeats })
        };
        if item == "_" {
            return plain(None, Step::Nothing, 0);
        }
        if let Some(times) = item.strip_prefix("_x") {
            // Unlike a value, nothing is repeated so many times in all.
            let repeats = times.parse::<usize>().ok()?.checked_sub(1)?;
            return plain(None, Step::Nothing, repeats);
        }
        if item == "stale" {
            return plain(Some(stale_marker()), Step::Nothing, 0);
        }
        let (first, rest) = split_number(item)?;
        if rest.is_empty() {
            return plain(Some(first), Step::Nothing, 0);
        }
        let (step, rest) = match rest.strip_prefix('x') {
            Some(_) => (0.0, rest),
            None if rest.starts_with(['+', '-']) => split_number(rest)?,
            None => return None,
        };
        let repeats = rest.strip_prefix('x')?.parse().ok()?;
        // In front of an `x`, promtool reads these as names.
        let repeated = if step == 0.0 { first } else { step };
        if !repeated.is_finite() {
            return None;
        }
        plain(Some(first), Step::Number(step), repeats)
    }

    /// An upper bound of all buckets in memory; histograms that stay are shared.
    fn buckets(&self) -> usize {
        let of = |histogram: &Histogram| {
            histogram.positive.len() + histogram.negative.len() + BUCKETS_OF_NOTHING
        };
        match (&self.first, &self.step) {
            (Some(Datum::Histogram(first)), Step::Plus(step) | Step::Minus(step)) => {
                (of(first) + of(step)).saturating_mul(self.repeats)
            }
            _ => 0,
        }
    }

    /// Steps are added one by one, as Prometheus does; `first + n * step` would
    /// differ in the last digit.
    fn append_to(&self, values: &mut Vec<Option<Datum>>) -> Result<(), NotationError> {
        let mut value = self.first.clone();
        for at in 0..=self.repeats {
            values.push(value.clone());
            if at < self.repeats {
                value =
                    value.map(|datum| self.step.after(datum)).transpose().map_err(|problem| {
                        NotationError::Histogram { item: self.item.to_owned(), problem }
                    })?;
            }
        }
        Ok(())
    }
}

impl Step {
    fn after(&self, datum: Datum) -> Result<Datum, String> {
        let next = match (datum, self) {
            (Datum::Number(number), Self::Number(step)) => return Ok((number + step).into()),
            (Datum::Histogram(histogram), Self::Plus(step)) => histogram.plus(step),
            (Datum::Histogram(histogram), Self::Minus(step)) => histogram.minus(step),
            (datum, _) => return Ok(datum),
        };
        let next = next.ok_or("exponential and custom buckets do not add up")?;
        Ok(Datum::Histogram(Arc::new(next)))
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
    Some((parse_number(&without_groups(number)?)?, rest))
}

/// A number without the `_` between its digits; elsewhere there is none.
fn without_groups(number: &str) -> Option<String> {
    let is_digit = |at: Option<usize>| {
        let byte = at.and_then(|at| number.as_bytes().get(at));
        byte.is_some_and(u8::is_ascii_digit)
    };
    let mut groups = number.match_indices('_');
    let are_digits = groups.all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)));
    are_digits.then(|| number.replace('_', ""))
}

/// The length of digits, a fraction, and an exponent.
fn decimal_length(text: &str) -> usize {
    let is_mantissa = |c: char| c.is_ascii_digit() || matches!(c, '.' | '_');
    let mantissa = text.find(|c: char| !is_mantissa(c)).unwrap_or(text.len());
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
        let values = parse_values(text).unwrap().into_iter().flatten();
        values.map(|datum| datum.number().unwrap()).collect()
    }

    #[test]
    fn expands_sequences() {
        assert_eq!(plain("-2+4x3"), [-2.0, 2.0, 6.0, 10.0]);
        assert_eq!(plain("1-2x4"), [1.0, -1.0, -3.0, -5.0, -7.0]);
        assert_eq!(plain("1x2 5"), [1.0, 1.0, 1.0, 5.0]);
        assert_eq!(plain("0x10").len(), 11);
        assert_eq!(plain("1e2+1.5x1"), [100.0, 101.5]);
        assert_eq!(plain("Inf-1x1 Inf"), [f64::INFINITY; 3]);
        assert_eq!(plain("1_000+1_0x1 _x0 5"), [1000.0, 1010.0, 5.0]);
    }

    #[test]
    fn histograms_repeat_and_grow() {
        let values = parse_values("{{count:1 buckets:[1]}}+{{count:2 buckets:[2 0 1]}}x2 3 {{}}x1");
        let values = values.unwrap().into_iter().flatten().collect::<Vec<_>>();
        let count = |at: usize| values[at].histogram().map(|histogram| histogram.count);
        assert_eq!([count(0), count(1), count(2)], [Some(1.0), Some(3.0), Some(5.0)]);
        assert_eq!(values[2].histogram().unwrap().positive, [(0, 5.0), (2, 2.0)]);
        assert_eq!((values[3].number(), values.len()), (Some(3.0), 6));
    }

    #[test]
    fn a_short_text_does_not_fill_the_memory() {
        for text in ["{{}}x99999999", "{{buckets:[1 1 1 1 1]}}+{{buckets:[1]}}x1000000"] {
            assert!(matches!(parse_values(text), Err(NotationError::TooMany(_))), "{text}");
        }
    }

    #[test]
    fn nothing_and_stale_are_not_the_same() {
        let values = parse_values("1 _x3 stale").unwrap();
        assert_eq!(values[..4], [Some(Datum::Number(1.0)), None, None, None]);
        assert!(values[4].as_ref().and_then(Datum::number).is_some_and(crate::is_stale));
        assert_eq!(values.len(), 5);
    }

    #[test]
    fn refuses_what_it_cannot_read_by_name() {
        for text in [
            "a", "1x", "1+x3", "1+1", "1x-1", "0x1x", "stalex2", "1++1x2", "NaNx2", "infx2",
            "-Infx1", "1+Infx2", "1-NaNx0", "1_", "1__0", "1_.5", "1x1_0",
        ] {
            assert!(matches!(parse_values(text), Err(NotationError::Item(_))), "{text}");
        }
        for text in ["{{schema:1", "{{schema:1}}y2", "{{}}+{{}}", "{{}}+1x2", "{{x:1}}"] {
            assert!(matches!(parse_values(text), Err(NotationError::Histogram { .. })), "{text}");
        }
        assert!(matches!(parse_values("1x99999999"), Err(NotationError::TooMany(_))));
    }
}
