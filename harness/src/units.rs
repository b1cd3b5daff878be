//! Quantities as people write and read them: durations, sizes, ratios, rates.
//!
//! A quantity is kept in its base unit (seconds, bytes, a ratio of 0 to 1), so
//! that values of different sources can be compared; the text a user wrote is
//! kept beside it by whoever needs to show it again.

use std::time::Duration;

use thiserror::Error;

/// What a number measures. The base unit of each is in its name's sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number: counts, gauges, anything without a unit.
    Plain,
    /// Time, in seconds.
    Seconds,
    /// Size, in bytes.
    Bytes,
    /// A share from 0 to 1, written as a percentage or as a plain number.
    Ratio,
    /// Events a second.
    PerSecond,
}

/// A number with its unit, in the base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity {
    /// The value in the unit's base.
    pub value: f64,
    /// What it measures.
    pub unit: Unit,
}

/// Why a text is not a quantity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnitError {
    /// No number at the start.
    #[error("`{0}` is not a number with a unit; write for example 250ms, 10s, 100MB, 95% or 5/s")]
    NotANumber(String),
    /// A unit nobody knows.
    #[error(
        "unknown unit `{unit}` in `{text}`; known are ns us ms s m h d, B kB MB GB KiB MiB GiB, % and /s"
    )]
    UnknownUnit {
        /// The whole text.
        text: String,
        /// The part that is not a unit.
        unit: String,
    },
    /// A quantity of another kind where a duration must be.
    #[error("`{0}` is not a duration; write for example 250ms, 10s or 1m30s")]
    NotADuration(String),
    /// A number that is negative, infinite or too large.
    #[error("`{0}` is out of range")]
    OutOfRange(String),
}

/// Each unit as it is written, what it measures, and its size in the base unit.
/// Decimal prefixes are powers of 1000, `Ki`, `Mi`, `Gi` of 1024 (IEC 80000-13).
const UNITS: &[(&str, Unit, f64)] = &[
    ("", Unit::Plain, 1.0),
    ("ns", Unit::Seconds, 1e-9),
    ("us", Unit::Seconds, 1e-6),
    ("µs", Unit::Seconds, 1e-6),
    ("ms", Unit::Seconds, 1e-3),
    ("s", Unit::Seconds, 1.0),
    ("m", Unit::Seconds, 60.0),
    ("h", Unit::Seconds, 3600.0),
    ("d", Unit::Seconds, 86_400.0),
    ("B", Unit::Bytes, 1.0),
    ("kB", Unit::Bytes, 1e3),
    ("KB", Unit::Bytes, 1e3),
    ("MB", Unit::Bytes, 1e6),
    ("GB", Unit::Bytes, 1e9),
    ("KiB", Unit::Bytes, 1024.0),
    ("MiB", Unit::Bytes, 1_048_576.0),
    ("GiB", Unit::Bytes, 1_073_741_824.0),
    ("%", Unit::Ratio, 0.01),
    ("/s", Unit::PerSecond, 1.0),
    ("/m", Unit::PerSecond, 1.0 / 60.0),
];

/// The unit with this name, with its size in the base unit.
pub fn unit_by_name(name: &str) -> Option<(Unit, f64)> {
    let (_, unit, size) = UNITS.iter().find(|(known, ..)| *known == name)?;
    Some((*unit, *size))
}

/// Reads a number with an optional unit: `5`, `250ms`, `100MB`, `95%`, `5/s`.
pub fn parse_quantity(text: &str) -> Result<Quantity, UnitError> {
    let (number, unit_name) = split_number(text.trim())?;
    let (unit, size) = unit_by_name(unit_name).ok_or_else(|| UnitError::UnknownUnit {
        text: text.trim().to_owned(),
        unit: unit_name.to_owned(),
    })?;
    Ok(Quantity { value: to_base(number, size), unit })
}

/// A number of a unit in the base unit, `size` being one of the unit in the base.
/// Fractions divide by their whole inverse, so that 95% is 0.95 and not a double beside it.
pub fn to_base(number: f64, size: f64) -> f64 {
    if size < 1.0 { number / (1.0 / size).round() } else { number * size }
}

/// Reads a duration of one or several parts: `250ms`, `10s`, `1m30s`.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return Err(UnitError::NotADuration(text.to_owned()));
    }
    while !rest.is_empty() {
        let end = end_of_part(rest);
        let part = parse_quantity(&rest[..end])?;
        if part.unit != Unit::Seconds {
            return Err(UnitError::NotADuration(text.to_owned()));
        }
        seconds += part.value;
        rest = &rest[end..];
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| UnitError::OutOfRange(text.to_owned()))
}

/// Where the first number with its unit ends.
fn end_of_part(text: &str) -> usize {
    let number_end = end_of_number(text);
    let unit_len = text[number_end..]
        .find(|c: char| c.is_ascii_digit() || c == '.')
        .unwrap_or(text.len() - number_end);
    number_end + unit_len
}

fn end_of_number(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '_')))
        .unwrap_or(text.len())
}

fn split_number(text: &str) -> Result<(f64, &str), UnitError> {
    if let Ok(number) = text.replace('_', "").parse::<f64>() {
        // Covers `1e6`, which would otherwise look like the unit `e6`.
        return finite(number, text).map(|number| (number, ""));
    }
    let end = end_of_number(text);
    let number = text[..end]
        .replace('_', "")
        .parse::<f64>()
        .map_err(|_| UnitError::NotANumber(text.to_owned()))?;
    Ok((finite(number, text)?, text[end..].trim_start()))
}

fn finite(number: f64, text: &str) -> Result<f64, UnitError> {
    if number.is_finite() { Ok(number) } else { Err(UnitError::OutOfRange(text.to_owned())) }
}

/// Shows a value of a base unit with three significant digits and the prefix
/// that fits: `1.23 s`, `850 µs`, `12.8 MB`, `99.5%`, `5/s`.
pub fn format_quantity(value: f64, unit: Unit) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "NaN".into()
        } else {
            format!("{value:+}").replace("inf", "Inf")
        };
    }
    match unit {
        Unit::Plain => three_digits(value),
        Unit::PerSecond => format!("{}/s", three_digits(value)),
        Unit::Ratio => format!("{}%", percent_digits(value * 100.0)),
        Unit::Seconds => {
            with_prefix(value, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")])
        }
        Unit::Bytes => with_prefix(value, &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")]),
    }
}

fn with_prefix(value: f64, prefixes: &[(f64, &str)]) -> String {
    let fits = prefixes.iter().find(|(size, _)| value.abs() >= *size);
    let (size, name) = match (fits, prefixes) {
        (Some(found), _) => *found,
        (None, [.., last]) if value != 0.0 => *last,
        (None, [first, ..]) if first.1 == "s" => *first,
        (None, [.., last]) => *last,
        (None, []) => (1.0, ""),
    };
    format!("{} {name}", three_digits(value / size))
}

/// A percentage never rounds up to 100 (or away from it): 99.996 stays 99.996.
fn percent_digits(percent: f64) -> String {
    for digits in 1..=6 {
        let text = format!("{percent:.digits$}");
        let rounded_to_whole = text.parse::<f64>().is_ok_and(|shown| shown >= 100.0);
        if percent >= 100.0 || !rounded_to_whole {
            return trim_zeros(&text);
        }
    }
    trim_zeros(&format!("{percent}"))
}

fn three_digits(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if value.abs() >= 1e15 || value.abs() < 1e-6 {
        return format!("{value:.2e}");
    }
    if value.fract() == 0.0 && value.abs() < 1e7 {
        return format!("{value:.0}");
    }
    let magnitude = value.abs().log10().floor();
    let digits = if magnitude >= 2.0 {
        0
    } else if magnitude >= 1.0 {
        1
    } else if magnitude >= 0.0 {
        2
    } else {
        3
    };
    if magnitude < -2.0 {
        return trim_zeros(&format!("{value:.6}"));
    }
    trim_zeros(&format!("{value:.digits$}"))
}

fn trim_zeros(text: &str) -> String {
    if !text.contains('.') {
        return text.to_owned();
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let read = |text| parse_quantity(text).unwrap();
        assert_eq!(read("250ms"), Quantity { value: 0.25, unit: Unit::Seconds });
        assert_eq!(read("95 %"), Quantity { value: 0.95, unit: Unit::Ratio });
        assert_eq!(read("100MB"), Quantity { value: 1e8, unit: Unit::Bytes });
        assert_eq!(read("5/s"), Quantity { value: 5.0, unit: Unit::PerSecond });
        assert_eq!(read("1e6"), Quantity { value: 1e6, unit: Unit::Plain });
        assert_eq!(parse_duration("1m30s").unwrap(), Duration::from_secs(90));
    }

    #[test]
    fn says_what_is_wrong_with_a_quantity() {
        assert!(matches!(parse_quantity("fast"), Err(UnitError::NotANumber(_))));
        assert!(matches!(parse_quantity("5 parsecs"), Err(UnitError::UnknownUnit { .. })));
        assert!(matches!(parse_duration("5"), Err(UnitError::NotADuration(_))));
        assert!(matches!(parse_duration("-5s"), Err(UnitError::OutOfRange(_))));
        assert!(matches!(parse_duration(""), Err(UnitError::NotADuration(_))));
    }

    #[test]
    fn shows_three_digits_and_a_fitting_prefix() {
        assert_eq!(format_quantity(0.000_123_4, Unit::Seconds), "123 µs");
        assert_eq!(format_quantity(1.2345, Unit::Seconds), "1.23 s");
        assert_eq!(format_quantity(0.0, Unit::Seconds), "0 s");
        assert_eq!(format_quantity(12_800_000.0, Unit::Bytes), "12.8 MB");
        assert_eq!(format_quantity(5.0, Unit::Plain), "5");
        assert_eq!(format_quantity(0.05, Unit::Plain), "0.05");
    }

    #[test]
    fn a_percentage_below_a_hundred_never_shows_as_a_hundred() {
        assert_eq!(format_quantity(0.999_96, Unit::Ratio), "99.996%");
        assert_eq!(format_quantity(1.0, Unit::Ratio), "100%");
        assert_eq!(format_quantity(0.95, Unit::Ratio), "95%");
    }
}
