//! Times of templates, `toTime`: Go's `time.Time` in UTC, to the millisecond, with the methods
//! that say something of one time.

use std::fmt;

use super::TemplateError;
use super::layout;
use super::value::{Value, expansion};
use super::verb_number::general;
use crate::functions::date_of;

/// Nanoseconds that a time of Prometheus is counted from are 64 bits.
const MOST_SECONDS: f64 = i64::MAX as f64 / 1e9;
const SECONDS_OF_A_DAY: i64 = 86_400;
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    /// Since the epoch.
    milliseconds: i64,
}

impl Time {
    /// Of seconds since the epoch.
    pub(super) fn of_seconds(seconds: f64) -> Result<Self, TemplateError> {
        if !seconds.is_finite() {
            return Err(expansion("value is NaN or Inf"));
        }
        if seconds.abs() > MOST_SECONDS {
            return Err(expansion(format!(
                "{} cannot be represented as a nanoseconds timestamp since it overflows int64",
                general(seconds, None)
            )));
        }
        #[expect(clippy::cast_possible_truncation, reason = "as Go does, within 64 bits")]
        let milliseconds = (seconds * 1e9) as i64 / 1_000_000;
        Ok(Self { milliseconds })
    }

    /// What a method without arguments says; `None` where there is none of that name.
    pub(super) fn said_by(self, method: &str) -> Option<Value> {
        let [year, _, day] = self.date();
        let [hour, minute, second] = self.clock();
        Some(match method {
            "Year" => Value::Integer(year),
            "Month" => Value::Text(self.month_name().to_owned()),
            "Day" => Value::Integer(day),
            "Hour" => Value::Integer(hour),
            "Minute" => Value::Integer(minute),
            "Second" => Value::Integer(second),
            "Weekday" => Value::Text(self.weekday_name().to_owned()),
            "YearDay" => Value::Integer(self.day_of_year()),
            "Unix" => Value::Integer(self.whole_seconds()),
            "UnixMilli" => Value::Integer(self.milliseconds),
            "UTC" => Value::Time(self),
            "String" => Value::Text(self.to_string()),
            _ => return None,
        })
    }

    /// As a layout shows it: `2006-01-02 15:04:05`.
    pub(super) fn formatted(self, layout: &str) -> String {
        layout::formatted(self, layout)
    }

    /// Year, month and day.
    pub(super) fn date(self) -> [i64; 3] {
        date_of(self.whole_seconds())
    }

    /// Hour, minute and second.
    pub(super) fn clock(self) -> [i64; 3] {
        let second = self.whole_seconds().rem_euclid(SECONDS_OF_A_DAY);
        [second / 3600, second % 3600 / 60, second % 60]
    }

    /// Milliseconds of the second.
    pub(super) fn fraction(self) -> i64 {
        self.milliseconds.rem_euclid(1000)
    }

    /// From 1.
    pub(super) fn day_of_year(self) -> i64 {
        let [year, month, day] = self.date();
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, if is_leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30];
        let before = usize::try_from(month - 1).unwrap_or(0);
        lengths.iter().take(before).sum::<i64>() + day
    }

    pub(super) fn month_name(self) -> &'static str {
        let [_, month, _] = self.date();
        named(&MONTHS, month - 1)
    }

    pub(super) fn weekday_name(self) -> &'static str {
        // The epoch was a Thursday.
        let days = self.whole_seconds().div_euclid(SECONDS_OF_A_DAY) + 4;
        named(&WEEKDAYS, days.rem_euclid(7))
    }

    fn whole_seconds(self) -> i64 {
        self.milliseconds.div_euclid(1000)
    }
}

fn named(names: &[&'static str], at: i64) -> &'static str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
}

/// As Go writes it: `2009-02-13 23:31:30.5 +0000 UTC`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.formatted("2006-01-02 15:04:05.999 -0700 MST"))
    }
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
        ] {
            assert_eq!(Time::of_seconds(seconds).unwrap().to_string(), text);
        }
        for seconds in [1e30, f64::NAN, f64::INFINITY] {
            assert!(Time::of_seconds(seconds).is_err(), "{seconds}");
        }
    }

    #[test]
    fn methods_say_what_time_it_is() {
        let time = Time::of_seconds(1_709_251_199.5).unwrap();
        let said = |method: &str| time.said_by(method).map(|value| value.printed());
        for (method, text) in [
            ("Year", "2024"),
            ("Month", "February"),
            ("Day", "29"),
            ("Weekday", "Thursday"),
            ("YearDay", "60"),
            ("Hour", "23"),
            ("Minute", "59"),
            ("Second", "59"),
            ("Unix", "1709251199"),
            ("UnixMilli", "1709251199500"),
            ("UTC", "2024-02-29 23:59:59.5 +0000 UTC"),
        ] {
            assert_eq!(said(method).as_deref(), Some(text), "{method}");
        }
        assert_eq!(said("Zone"), None);
    }
}
