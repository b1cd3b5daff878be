//! The start of a test group: seconds since the epoch, or RFC 3339.

/// Milliseconds since the epoch.
pub(super) fn parse_timestamp_ms(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<i64>() {
        return seconds.checked_mul(1000);
    }
    let (date, clock) = text.split_once(['T', 't'])?;
    let (clock, offset_minutes) = split_offset(clock)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(clock, ':')?;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let millis = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    let days = days_since_epoch(year, month, day);
    let minutes = (days * 24 + hour) * 60 + minute - offset_minutes;
    in_range.then_some((minutes * 60 + second) * 1000 + millis)
}

/// `…Z`, `…+02:00`.
fn split_offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(utc) = clock.strip_suffix(['Z', 'z']) {
        return Some((utc, 0));
    }
    let at = clock.rfind(['+', '-'])?;
    let [hours, minutes] = numbers(&clock[at + 1..], ':')?;
    let sign = if clock[at..].starts_with('-') { -1 } else { 1 };
    Some((&clock[..at], sign * (hours * 60 + minutes)))
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[i64; N]> {
    let parsed = text
        .split(separator)
        .map(|part| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?)
        .collect::<Option<Vec<i64>>>()?;
    parsed.try_into().ok()
}

/// Howard Hinnant's `days_from_civil`.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms() {
        assert_eq!(parse_timestamp_ms("1609459200"), Some(1_609_459_200_000));
        assert_eq!(parse_timestamp_ms("2024-01-01T00:00:00Z"), Some(1_704_067_200_000));
        assert_eq!(parse_timestamp_ms("2024-01-01T02:30:00.5+02:30"), Some(1_704_067_200_500));
        assert_eq!(parse_timestamp_ms("1970-01-01T00:00:00Z"), Some(0));
    }

    #[test]
    fn refuses_anything_else() {
        for text in ["", "yesterday", "2024-01-01", "2024-13-01T00:00:00Z", "2024-01-01T00:00:00"] {
            assert_eq!(parse_timestamp_ms(text), None, "{text}");
        }
    }
}
