//! Durations as Prometheus writes them: `1h30m`, `500ms`, `1w`.
//!
//! Rule files, unit tests and expressions share this notation. It has no
//! fractions and its units go from large to small; the harness's own, freer
//! notation is another one and lives in the harness.

use std::fmt::Write as _;

use thiserror::Error;

/// Each unit with its length in milliseconds, largest first
/// (`model/time.go` of prometheus/common; a year has 365 days).
const UNITS: &[(&str, i64)] = &[
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Why a text is not a Prometheus duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not a duration; write for example 30s, 5m or 1h30m")]
pub struct DurationError {
    /// The text as given.
    pub text: String,
}

/// Reads a duration, in milliseconds. `0` is zero without a unit; a sign is not
/// part of a duration.
pub fn parse_duration_ms(text: &str) -> Result<i64, DurationError> {
    let error = || DurationError { text: text.to_owned() };
    if text == "0" {
        return Ok(0);
    }
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut total: i64 = 0;
    if rest.is_empty() {
        return Err(error());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let count: i64 = rest[..digits].parse().map_err(|_| error())?;
        let after = &rest[digits..];
        let unit_len = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit = &after[..unit_len];
        // Units must come in descending order, each at most once.
        let (_, length) = units.find(|(name, _)| *name == unit).ok_or_else(error)?;
        total = count
            .checked_mul(*length)
            .and_then(|part| total.checked_add(part))
            .ok_or_else(error)?;
        rest = &after[unit_len..];
    }
    Ok(total)
}

/// Writes a duration as Prometheus does; `0s` for zero, a leading `-` if negative.
pub fn format_duration_ms(duration_ms: i64) -> String {
    if duration_ms == 0 {
        return "0s".to_owned();
    }
    let mut text = if duration_ms < 0 { "-".to_owned() } else { String::new() };
    let mut rest = duration_ms.unsigned_abs();
    for (name, length) in UNITS {
        let length = length.unsigned_abs();
        // Years and weeks only where nothing remains: 90d reads better than 12w6d.
        if matches!(*name, "y" | "w") && !rest.is_multiple_of(length) {
            continue;
        }
        if rest >= length {
            let _ = write!(text, "{}{name}", rest / length);
            rest %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_from_large_to_small() {
        assert_eq!(parse_duration_ms("1h30m"), Ok(5_400_000));
        assert_eq!(parse_duration_ms("500ms"), Ok(500));
        assert_eq!(parse_duration_ms("1w"), Ok(604_800_000));
        assert_eq!(parse_duration_ms("0"), Ok(0));
    }

    #[test]
    fn refuses_what_prometheus_refuses() {
        for text in ["", "5", "1.5h", "5m1h", "1m1m", "-5m", "m", "99999999999y"] {
            assert!(parse_duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["1h30m", "500ms", "1w", "90d", "1d", "0s", "1m30s"] {
            assert_eq!(format_duration_ms(parse_duration_ms(text).unwrap()), text);
        }
    }
}
