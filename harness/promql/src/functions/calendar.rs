//! Parts of a date, in UTC, of seconds since the epoch.
//!
//! Civil dates from days are computed as in Howard Hinnant's
//! "chrono-Compatible Low-Level Date Algorithms".

const SECONDS_PER_DAY: i64 = 86_400;

pub(super) fn minute(seconds: f64) -> f64 {
    part(seconds, |whole| whole.rem_euclid(3600) / 60)
}

pub(super) fn hour(seconds: f64) -> f64 {
    part(seconds, |whole| whole.rem_euclid(SECONDS_PER_DAY) / 3600)
}

/// 0 is Sunday.
pub(super) fn day_of_week(seconds: f64) -> f64 {
    // 1970-01-01 was a Thursday.
    part(seconds, |whole| (whole.div_euclid(SECONDS_PER_DAY) + 4).rem_euclid(7))
}

pub(super) fn day_of_month(seconds: f64) -> f64 {
    part(seconds, |whole| date(whole).day)
}

/// 1 is January the first.
pub(super) fn day_of_year(seconds: f64) -> f64 {
    part(seconds, |whole| {
        let date = date(whole);
        (1..date.month).map(|month| days_of(date.year, month)).sum::<i64>() + date.day
    })
}

pub(super) fn days_in_month(seconds: f64) -> f64 {
    part(seconds, |whole| {
        let date = date(whole);
        days_of(date.year, date.month)
    })
}

pub(super) fn month(seconds: f64) -> f64 {
    part(seconds, |whole| date(whole).month)
}

pub(super) fn year(seconds: f64) -> f64 {
    part(seconds, |whole| date(whole).year)
}

/// Year, month and day of whole seconds since the epoch.
pub(crate) fn date_of(seconds: i64) -> [i64; 3] {
    let Date { year, month, day } = date(seconds);
    [year, month, day]
}

fn part(seconds: f64, compute: impl Fn(i64) -> i64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "as Go's int64(), for times that are dates"
    )]
    let whole = seconds as i64;
    // Beyond a million years there is no date to speak of.
    if seconds.is_nan() || whole.unsigned_abs() > 31_557_600_000_000 {
        return f64::NAN;
    }
    compute(whole) as f64
}

struct Date {
    year: i64,
    month: i64,
    day: i64,
}

fn date(seconds: i64) -> Date {
    // Days since 0000-03-01, so that the leap day is the last of its year.
    let days = seconds.div_euclid(SECONDS_PER_DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    Date { year: year_of_era + era * 400 + i64::from(month <= 2), month, day }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_leap_day_apart() {
        // 2024-02-29T23:58:01Z, a Thursday.
        let at = 1_709_251_081.0;
        assert_eq!((year(at), month(at), day_of_month(at)), (2024.0, 2.0, 29.0));
        assert_eq!((hour(at), minute(at)), (23.0, 58.0));
        assert_eq!((day_of_week(at), day_of_year(at), days_in_month(at)), (4.0, 60.0, 29.0));
    }

    #[test]
    fn what_is_no_time_has_no_date() {
        assert!(year(f64::NAN).is_nan());
        assert!(year(f64::INFINITY).is_nan() && year(f64::NEG_INFINITY).is_nan());
    }
}
