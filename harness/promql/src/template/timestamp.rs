//! `humanizeTimestamp`: seconds since the epoch as Go writes a time in UTC
//! (`template/template.go`).

use super::TemplateError;
use super::value::expansion;
use super::verb_number::general;
use crate::functions::date_of;

/// Nanoseconds that a time of Prometheus is counted from are 64 bits.
const MOST_SECONDS: f64 = i64::MAX as f64 / 1e9;

/// `2009-02-13 23:31:30.5 +0000 UTC`, to the millisecond; what is no number stays one.
pub(super) fn humanize_timestamp(seconds: f64) -> Result<String, TemplateError> {
    if !seconds.is_finite() {
        return Ok(general(seconds, Some(4)));
    }
    if seconds.abs() > MOST_SECONDS {
        return Err(expansion(format!(
            "{} cannot be represented as a nanoseconds timestamp since it overflows int64",
            general(seconds, None)
        )));
    }
    #[expect(clippy::cast_possible_truncation, reason = "as Go does, within 64 bits")]
    let milliseconds = (seconds * 1e9) as i64 / 1_000_000;
    let whole = milliseconds.div_euclid(1000);
    let [year, month, day] = date_of(whole);
    let (hour, minute) = (whole.rem_euclid(86_400) / 3600, whole.rem_euclid(3600) / 60);
    let fraction = format!(".{:03}", milliseconds.rem_euclid(1000));
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    let second = whole.rem_euclid(60);
    Ok(format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction} +0000 UTC"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_does() {
        for (seconds, text) in [
            (1e9, "2001-09-09 01:46:40 +0000 UTC"),
            (1_234_567_890.5, "2009-02-13 23:31:30.5 +0000 UTC"),
            (-0.5, "1969-12-31 23:59:59.5 +0000 UTC"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(humanize_timestamp(seconds).as_deref(), Ok(text));
        }
        assert!(humanize_timestamp(1e30).is_err());
    }
}
