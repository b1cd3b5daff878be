//! `humanizeTimestamp`: seconds since the epoch as Go writes a time in UTC
//! (`template/template.go`).

use super::TemplateError;
use super::time::Time;
use super::verb_number::general;

/// `2009-02-13 23:31:30.5 +0000 UTC`, to the millisecond; what is no number stays one.
pub(super) fn humanize_timestamp(seconds: f64) -> Result<String, TemplateError> {
    if !seconds.is_finite() {
        return Ok(general(seconds, Some(4)));
    }
    Ok(Time::of_seconds(seconds)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_stays_one() {
        assert_eq!(humanize_timestamp(1e9).as_deref(), Ok("2001-09-09 01:46:40 +0000 UTC"));
        assert_eq!(humanize_timestamp(f64::NAN).as_deref(), Ok("NaN"));
        assert!(humanize_timestamp(1e30).is_err());
    }
}
