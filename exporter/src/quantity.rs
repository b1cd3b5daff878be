//! Durations and sizes as they are written on the command line: `250ms`, `10s`,
//! `5m`, `256MiB`, `64kB`. A plain number of bytes is accepted, a duration
//! without a unit is not, because nobody agrees on which unit it would be.

use std::time::Duration;

use thiserror::Error;

/// Why a text is not a duration or a size.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum QuantityError {
    /// Not a number of a known time unit.
    #[error("`{0}` is not a duration of at most 1000 days; write for example 250ms, 10s or 5m")]
    NotADuration(String),
    /// Not a number of a known size unit.
    #[error("`{0}` is not a size; write for example 4096, 64kB or 256MiB")]
    NotASize(String),
}

/// Longest duration, in seconds: so far from the end of clocks that times can be
/// added without a look.
const MAX_SECONDS: f64 = 86_400.0 * 1_000.0;

/// Time units and their length in seconds.
const TIME_UNITS: &[(&str, f64)] =
    &[("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

/// Size units and their length in bytes; decimal and binary (IEC 80000-13).
const SIZE_UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// Reads a duration such as `250ms` or `10s`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let error = || QuantityError::NotADuration(text.to_owned());
    let (number, unit) = split(text);
    let (_, seconds) = TIME_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
    let number: f64 = number.parse().map_err(|_| error())?;
    let seconds = number * seconds;
    if seconds > MAX_SECONDS {
        return Err(error());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| error())
}

/// Reads a size in bytes such as `4096` or `256MiB`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, QuantityError> {
    let error = || QuantityError::NotASize(text.to_owned());
    let (number, unit) = split(text);
    let (_, bytes) = SIZE_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(error)?;
    let number: u64 = number.parse().map_err(|_| error())?;
    number.checked_mul(*bytes).ok_or_else(error)
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_with_a_unit_only() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("1.5m"), Ok(Duration::from_secs(90)));
        for wrong in ["10", "s", "", "ten s", "-1s", "1001d", "5 parsecs"] {
            assert_eq!(parse_duration(wrong), Err(QuantityError::NotADuration(wrong.into())));
        }
    }

    #[test]
    fn reads_sizes_in_decimal_and_binary_units() {
        assert_eq!(parse_bytes("4096"), Ok(4096));
        assert_eq!(parse_bytes("64kB"), Ok(64_000));
        assert_eq!(parse_bytes("256MiB"), Ok(256 << 20));
        for wrong in ["", "1.5MB", "5 apples", "99999999999GiB"] {
            assert_eq!(parse_bytes(wrong), Err(QuantityError::NotASize(wrong.into())));
        }
    }
}
