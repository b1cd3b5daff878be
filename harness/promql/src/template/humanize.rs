//! Numbers for people: `humanize` and its relatives (`template/template.go`).

use super::verb_number::general;

/// `12.35k`, `5m` (thousandths).
pub(super) fn humanize(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return four_digits(value);
    }
    if value.abs() >= 1.0 {
        let prefixes = ["k", "M", "G", "T", "P", "E", "Z", "Y"];
        let (value, prefix) = divided(value, 1000.0, &prefixes);
        format!("{}{prefix}", four_digits(value))
    } else {
        let (value, prefix) = multiplied(value);
        format!("{}{prefix}", four_digits(value))
    }
}

/// `1.5Gi`.
pub(super) fn humanize_1024(value: f64) -> String {
    if value.abs() <= 1.0 || !value.is_finite() {
        return four_digits(value);
    }
    let prefixes = ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
    let (value, prefix) = divided(value, 1024.0, &prefixes);
    format!("{}{prefix}", four_digits(value))
}

/// `95.5%` of a ratio.
pub(super) fn humanize_percentage(ratio: f64) -> String {
    format!("{}%", four_digits(ratio * 100.0))
}

/// `1d 2h 3m 4s` of seconds; `5ms` below one.
pub(super) fn humanize_duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return four_digits(seconds);
    }
    if seconds == 0.0 {
        return format!("{}s", four_digits(seconds));
    }
    if seconds.abs() < 1.0 {
        let (value, prefix) = multiplied(seconds);
        return format!("{}{prefix}s", four_digits(value));
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds are meant")]
    let whole = seconds.abs() as i64;
    let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60);
    let rest = whole % 60;
    if days > 0 {
        format!("{sign}{days}d {hours}h {minutes}m {rest}s")
    } else if hours > 0 {
        format!("{sign}{hours}h {minutes}m {rest}s")
    } else if minutes > 0 {
        format!("{sign}{minutes}m {rest}s")
    } else {
        format!("{sign}{}s", four_digits(seconds.abs()))
    }
}

fn divided<'p>(mut value: f64, base: f64, prefixes: &[&'p str]) -> (f64, &'p str) {
    let mut prefix = "";
    for next in prefixes {
        if value.abs() < base {
            break;
        }
        (value, prefix) = (value / base, next);
    }
    (value, prefix)
}

fn multiplied(mut value: f64) -> (f64, &'static str) {
    let mut prefix = "";
    for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
        if value.abs() >= 1.0 {
            break;
        }
        (value, prefix) = (value * 1000.0, next);
    }
    (value, prefix)
}

/// Go's `%.4g`.
fn four_digits(value: f64) -> String {
    general(value, Some(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_get_a_prefix() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (1_234_567.0, "1.235M"),
            (0.012, "12m"),
            (-15_300.0, "-15.3k"),
            (999.99, "1000"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(humanize(value), text);
        }
        assert_eq!(humanize_1024(1_610_612_736.0), "1.5Gi");
        assert_eq!(humanize_percentage(0.9555), "95.55%");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        for (seconds, text) in [
            (0.0, "0s"),
            (-0.0, "-0s"),
            (0.005, "5ms"),
            (1.234, "1.234s"),
            (60.0, "1m 0s"),
            (3661.0, "1h 1m 1s"),
            (93_784.0, "1d 2h 3m 4s"),
            (-75.0, "-1m 15s"),
        ] {
            assert_eq!(humanize_duration(seconds), text);
        }
    }
}
