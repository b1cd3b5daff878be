//! Numbers as Prometheus reads and writes them.

/// Writes a number in the shortest form that reads back the same: plain digits
/// where the exponent is between -4 and 20, else `1e+21` (Go's
/// `strconv.FormatFloat(v, 'f'/'g', -1, 64)` as Prometheus uses it).
pub fn format_number(value: f64) -> String {
    with_exponent_below(1e-4, value)
}

/// Writes a number as Prometheus' HTTP API does, in the shortest form that reads back the
/// same: with an exponent below 1e-6 and from 1e21 on (`util/jsonutil/marshal.go`).
pub fn format_api_number(value: f64) -> String {
    with_exponent_below(1e-6, value)
}

fn with_exponent_below(least: f64, value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (least..1e21).contains(&magnitude) {
        return format!("{value}");
    }
    go_exponent(&format!("{value:e}"))
}

/// Writes a number with an exponent where that is below -4 or above 5 (Go's `%g`).
pub(crate) fn format_general(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() || magnitude == 0.0 || (1e-4..1e6).contains(&magnitude) {
        return format_number(value);
    }
    go_exponent(&format!("{value:e}"))
}

/// Writes a number without an exponent, however long it gets (Go's
/// `strconv.FormatFloat(v, 'f', -1, 64)`).
pub(crate) fn format_plain(value: f64) -> String {
    if value.is_finite() { format!("{value}") } else { format_number(value) }
}

/// `1.5e-7` to `1.5e-07`: Go writes the sign and at least two digits.
pub(crate) fn go_exponent(scientific: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific.to_owned();
    };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent.trim_start_matches('+')),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Reads a number as an exposition or a series notation writes it: decimal,
/// scientific, hexadecimal, `Inf`, `NaN`, digits grouped by `_`.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match digits.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        hexadecimal if hexadecimal.starts_with("0x") => {
            u64::from_str_radix(&hexadecimal[2..], 16).ok()? as f64
        }
        decimal if decimal.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            decimal.parse().ok()?
        }
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_as_go_does() {
        let cases =
            [(1.0, "1"), (0.5, "0.5"), (1e6, "1000000"), (1e-7, "1e-07"), (1.5e21, "1.5e+21")];
        for (value, text) in cases {
            assert_eq!(format_number(value), text);
        }
        assert_eq!(format_number(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn the_api_writes_exponents_later() {
        let cases = [(1e-6, "0.000001"), (9.9e-7, "9.9e-07"), (1e21, "1e+21"), (-0.0, "-0")];
        for (value, text) in cases {
            assert_eq!(format_api_number(value), text);
        }
    }

    #[test]
    fn reads_numbers_as_prometheus_does() {
        assert_eq!(parse_number("-1.5e3"), Some(-1500.0));
        assert_eq!(parse_number("0x1F"), Some(31.0));
        assert_eq!(parse_number("+Inf"), Some(f64::INFINITY));
        assert!(parse_number("NaN").is_some_and(f64::is_nan));
        for text in ["", "-", "1x", "stale", "_"] {
            assert_eq!(parse_number(text), None, "{text}");
        }
    }
}
