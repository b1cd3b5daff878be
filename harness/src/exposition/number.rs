//! Numbers as Go reads and writes them, because the formats are defined by what
//! Prometheus, written in Go, accepts.

/// Latest time told in a sample, in milliseconds: the end of the year 9999.
/// Beyond it a time is a mistake of units (nanoseconds, mostly).
const LATEST_MS: i64 = 253_402_300_799_999;

/// Reads a value: a decimal number, `NaN`, `Inf`, `+Inf` or `-Inf` in any case.
/// Go's hexadecimal and underscored forms are refused, as upstream refuses them.
pub(super) fn parse_value(token: &str) -> Result<f64, String> {
    let unsigned = token.trim_start_matches(['+', '-']);
    let is_word = unsigned.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_signed_nan =
        is_word && unsigned.len() < token.len() && !unsigned.starts_with(['i', 'I']);
    let value = match token.parse::<f64>() {
        Ok(value) if !is_signed_nan => value,
        _ => return Err(not_a_number(token)),
    };
    if value.is_infinite() && !is_word {
        return Err(format!("`{token}` is too large for a 64-bit float"));
    }
    Ok(value)
}

/// Reads a time of the text format: whole milliseconds.
pub(super) fn parse_milliseconds(token: &str) -> Result<i64, String> {
    let digits = token.strip_prefix('-').unwrap_or(token);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!(
            "expected a timestamp in whole milliseconds or the end of the line, found `{token}`"
        ));
    }
    token.parse().ok().filter(|ms: &i64| ms.abs() <= LATEST_MS).ok_or_else(|| out_of_range(token))
}

/// Reads a time of OpenMetrics, seconds, as milliseconds.
pub(super) fn parse_seconds(token: &str) -> Result<i64, String> {
    let seconds = parse_value(token)?;
    let milliseconds = (seconds * 1000.0).round();
    if !milliseconds.is_finite() || milliseconds.abs() > LATEST_MS as f64 {
        return Err(out_of_range(token));
    }
    #[expect(clippy::cast_possible_truncation, reason = "within ±LATEST_MS, checked above")]
    Ok(milliseconds as i64)
}

/// A bucket bound or quantile as Prometheus 3 writes it in `le` and `quantile`:
/// `0.1`, `10000.0`, `1e+06`, `+Inf` (`model/textparse/openmetricsparse.go`,
/// `formatOpenMetricsFloat`).
pub fn format_bound(bound: f64) -> String {
    if bound.is_nan() {
        return "NaN".to_owned();
    }
    if bound.is_infinite() {
        return if bound > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if bound == 0.0 {
        return "0.0".to_owned();
    }
    let scientific = format!("{bound:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // Go's shortest `%g` changes to the exponent form below 1e-4 and from 1e6 on.
    if (-4..6).contains(&exponent) {
        let plain = format!("{bound}");
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn not_a_number(token: &str) -> String {
    if token.is_empty() {
        return "expected a value, found nothing".to_owned();
    }
    format!("expected a number, NaN, +Inf or -Inf, found `{}`", token.escape_debug())
}

fn out_of_range(token: &str) -> String {
    format!("the timestamp `{token}` is not a time before the year 10000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_bounds_as_prometheus_3_does() {
        let written: Vec<String> =
            [10_000.0, 0.5, 1.0, 0.0, -1.0, 999_999.0, 1e6, 1.5e7, 0.0001, 0.000_01, 123_456_789.0]
                .map(format_bound)
                .into();
        assert_eq!(
            written,
            [
                "10000.0",
                "0.5",
                "1.0",
                "0.0",
                "-1.0",
                "999999.0",
                "1e+06",
                "1.5e+07",
                "0.0001",
                "1e-05",
                "1.23456789e+08"
            ]
        );
        assert_eq!(format_bound(f64::INFINITY), "+Inf");
    }

    #[test]
    fn refuses_what_go_would_refuse() {
        for token in ["", "1_2", "0x1p-3", "0b1", "true", "-NaN", "1e400", "1\u{0}", "1\r"] {
            assert!(parse_value(token).is_err(), "{token:?}");
        }
        for token in ["08", "+Inf", "-inf", "nan", "1.", ".5", "-3e3", "1e-400"] {
            assert!(parse_value(token).is_ok(), "{token:?}");
        }
    }

    #[test]
    fn keeps_the_milliseconds_of_openmetrics_seconds() {
        assert_eq!(parse_seconds("1520879607.789"), Ok(1_520_879_607_789));
        assert!(parse_seconds("NaN").is_err());
        assert!(parse_milliseconds("2.72").is_err());
        assert!(parse_milliseconds("1700000000000000000").is_err(), "nanoseconds");
    }
}
