//! An instant as people name one on the command line.

use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::units::parse_duration;

/// An instant that somebody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Milliseconds since the epoch.
    At(i64),
    /// So long after the opening scrape of the run.
    AfterOpening(Duration),
}

/// A text that is none of the forms.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no time; write RFC 3339 (2026-01-02T03:04:05Z), Unix seconds (1767323045.5), or \
     +12s from the run's start"
)]
pub struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let text = text.trim();
        let found = match text.strip_prefix('+') {
            Some(duration) => parse_duration(duration).ok().map(Self::AfterOpening),
            None => unix_ms(text).or_else(|| rfc3339_ms(text)).map(Self::At),
        };
        found.ok_or_else(|| NotAMoment(text.to_owned()))
    }
}

/// Seconds to the millisecond, as Prometheus' API reads them.
fn unix_ms(text: &str) -> Option<i64> {
    /// The year 10000: no run is as late, and a sum of two such times is no overflow.
    const LATEST_SECONDS: f64 = 253_402_300_800.0;
    let seconds: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "the number is small enough")]
    (0.0..LATEST_SECONDS).contains(&seconds).then(|| (seconds * 1000.0).round() as i64)
}

fn rfc3339_ms(text: &str) -> Option<i64> {
    Some(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_three_forms() {
        let read = |text: &str| text.parse::<Moment>().unwrap();
        assert_eq!(read("2026-01-02T03:04:05.25Z"), Moment::At(1_767_323_045_250));
        assert_eq!(read("2026-01-02T04:04:05+01:00"), Moment::At(1_767_323_045_000));
        assert_eq!(read("1767323045.123"), Moment::At(1_767_323_045_123));
        assert_eq!(read("+1m2.5s"), Moment::AfterOpening(Duration::from_millis(62_500)));
        assert_eq!(read("0"), Moment::At(0));
    }

    #[test]
    fn refuses_everything_else_with_the_forms() {
        for text in ["", "+", "+5", "yesterday", "-5", "1e300", "NaN", "inf", "2026-01-02"] {
            let said = text.parse::<Moment>().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{text}` is no time; write RFC 3339")), "{said}");
        }
    }
}
