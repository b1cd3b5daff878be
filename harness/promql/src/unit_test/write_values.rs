//! Values in the notation of unit tests, as short as it allows: `1+2x3`, `4x2`, `_x5`,
//! `stale`. The reader is `notation.rs`, and gives back the same numbers to the last bit.
//!
//! Numbers only: what a run records holds no native histograms.

use std::fmt::Write as _;

use crate::{format_number, is_stale};

/// A repetition is written where it stands for at least so many values: two by themselves are
/// easier to read.
const LEAST_REPEATED: usize = 3;

/// Writes values, one for each interval; `None` stands for no sample, the stale marker for the
/// end of the series.
pub fn write_values(values: &[Option<f64>]) -> String {
    let mut text = String::new();
    let mut rest = values;
    while let Some(first) = rest.first() {
        if !text.is_empty() {
            text.push(' ');
        }
        let taken = match first {
            None => write_gap(rest, &mut text),
            Some(value) if is_stale(*value) => {
                text.push_str("stale");
                1
            }
            Some(value) => write_numbers(*value, rest, &mut text),
        };
        rest = &rest[taken..];
    }
    text
}

/// How many values are no sample, written as one item.
fn write_gap(values: &[Option<f64>], text: &mut String) -> usize {
    let length = values.iter().take_while(|value| value.is_none()).count();
    text.push('_');
    if length > 1 {
        let _ = write!(text, "x{length}");
    }
    length
}

/// How many numbers one item stands for.
fn write_numbers(first: f64, values: &[Option<f64>], text: &mut String) -> usize {
    let step = step(first, values);
    // What is no finite number cannot be repeated.
    let length = if first.is_finite() { sequence(first, step, values) } else { 1 };
    text.push_str(&number(first));
    if length < LEAST_REPEATED {
        return 1;
    }
    if step != 0.0 {
        let sign = if step < 0.0 { '-' } else { '+' };
        let _ = write!(text, "{sign}{}", number(step.abs()));
    }
    let _ = write!(text, "x{}", length - 1);
    length
}

/// From the first value to the second; nothing where there is none that can be written.
fn step(first: f64, values: &[Option<f64>]) -> f64 {
    match values.get(1) {
        Some(Some(second)) if (second - first).is_finite() => second - first,
        _ => 0.0,
    }
}

/// How many values follow from the first by adding the step again and again, as the reader
/// does.
fn sequence(first: f64, step: f64, values: &[Option<f64>]) -> usize {
    let mut expected = first;
    let follows = |value: &&Option<f64>| {
        let same = value.is_some_and(|value| value.to_bits() == expected.to_bits());
        expected += step;
        same
    };
    values.iter().take_while(follows).count()
}

/// A sign in front of infinity would be read as a step.
fn number(value: f64) -> String {
    let text = format_number(value);
    text.strip_prefix('+').map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stale_marker;
    use crate::unit_test::parse_values;

    fn written(values: &[f64]) -> String {
        let values: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
        write_values(&values)
    }

    #[test]
    fn repetitions_become_one_item() {
        assert_eq!(written(&[1.0, 3.0, 5.0, 7.0, 2.0]), "1+2x3 2");
        assert_eq!(written(&[4.0, 4.0, 4.0]), "4x2");
        assert_eq!(written(&[4.0, 4.0]), "4 4");
        assert_eq!(written(&[5.0, 4.5, 4.0]), "5-0.5x2");
        assert_eq!(written(&[-1.0, -2.0, -3.0]), "-1-1x2");
        assert_eq!(write_values(&[None, None, Some(1.0), None]), "_x2 1 _");
        assert_eq!(write_values(&[Some(1.0), Some(stale_marker()), None]), "1 stale _");
        assert_eq!(write_values(&[]), "");
    }

    #[test]
    fn the_reader_gives_back_every_bit() {
        let tenths: Vec<f64> = (0..20).map(|at| f64::from(at) * 0.1).collect();
        let added = std::iter::successors(Some(0.1), |value| Some(value + 0.1)).take(20).collect();
        let awkward = vec![
            f64::INFINITY,
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            -0.0,
            -0.0,
            0.0,
            1e300,
            -1e300,
            1e-300,
            f64::MAX,
            f64::MIN_POSITIVE,
            1.0 / 3.0,
        ];
        for values in [tenths, added, awkward] {
            let text = written(&values);
            let read: Vec<f64> = parse_values(&text)
                .unwrap()
                .into_iter()
                .map(|datum| datum.unwrap().number().unwrap())
                .collect();
            let bits = |values: &[f64]| values.iter().map(|one| one.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&read), bits(&values), "{text}");
        }
        let nan = parse_values(&written(&[f64::NAN, f64::NAN, f64::NAN])).unwrap();
        assert!(nan.iter().flatten().all(|datum| datum.number().unwrap().is_nan()));
        assert_eq!(nan.len(), 3);
    }
}
