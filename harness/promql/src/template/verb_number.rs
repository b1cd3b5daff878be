//! Numbers as the verbs of Go's `printf` write them.

use super::TemplateError;
use super::verb::Verb;
use crate::number::{format_general, format_number, go_exponent};

/// An integer; nothing where the verb is none for integers.
pub(super) fn integer(verb: &Verb, number: i64) -> Result<Option<String>, TemplateError> {
    let magnitude = number.unsigned_abs();
    let (prefix, digits) = match verb.letter {
        'v' | 'd' => ("", magnitude.to_string()),
        'b' => ("", format!("{magnitude:b}")),
        'o' => ("", format!("{magnitude:o}")),
        'O' => ("0o", format!("{magnitude:o}")),
        'x' => ("", format!("{magnitude:x}")),
        'X' => ("", format!("{magnitude:X}")),
        'c' => return Ok(Some(verb.padded(&character(number).to_string()))),
        'q' if verb.has('+') => return Err(verb.unsupported("the flag `+`")),
        'q' => return Ok(Some(verb.padded(&quoted_character(character(number))))),
        'U' => return Ok(Some(verb.padded_with_spaces(&format!("U+{magnitude:04X}")))),
        _ => return Ok(None),
    };
    let sign = if number < 0 { "-".to_owned() } else { verb.signed(String::new()) };
    let fewest = match verb.precision {
        Some(precision) => precision,
        None if verb.has('0') && !verb.has('-') => verb.width().saturating_sub(sign.len()),
        None => 0,
    };
    let zeros = "0".repeat(fewest.saturating_sub(digits.len()));
    Ok(Some(verb.padded_with_spaces(&format!("{sign}{prefix}{zeros}{digits}"))))
}

/// A float; nothing where the verb is none for floats.
pub(super) fn float(verb: &Verb, number: f64) -> Result<Option<String>, TemplateError> {
    let text = match verb.letter {
        'v' | 'g' => general(number, verb.precision),
        'G' => general(number, verb.precision).to_uppercase(),
        'f' | 'F' => fixed(number, verb.precision.unwrap_or(6)),
        'e' => scientific(number, verb.precision.unwrap_or(6)),
        'E' => scientific(number, verb.precision.unwrap_or(6)).to_uppercase(),
        'x' | 'X' | 'b' if verb.precision.is_some() => {
            return Err(verb.unsupported("a precision"));
        }
        'x' => hexadecimal(number),
        'X' => hexadecimal(number).to_uppercase(),
        'b' => power_of_two(number),
        _ => return Ok(None),
    };
    if !number.is_finite() {
        let mut text = verb.signed(format_number(number));
        if verb.has(' ') && !verb.has('+') {
            // Infinity always has a sign, and a space takes the place of its plus.
            text = text.replace('+', " ");
        }
        return Ok(Some(verb.padded_with_spaces(&text)));
    }
    Ok(Some(verb.padded_number(&verb.signed(text))))
}

fn character(number: i64) -> char {
    u32::try_from(number).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn quoted_character(character: char) -> String {
    match character {
        '\'' => "'\\''".to_owned(),
        '"' => "'\"'".to_owned(),
        other => format!("'{}'", super::printf::escaped(other)),
    }
}

fn fixed(value: f64, digits: usize) -> String {
    format!("{value:.digits$}")
}

fn scientific(value: f64, digits: usize) -> String {
    go_exponent(&format!("{value:.digits$e}"))
}

/// Go's `%g`: significant digits without trailing zeros, or the shortest form
/// without a precision.
pub(super) fn general(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision.map(|digits| digits.max(1)) else {
        return format_general(value);
    };
    if value == 0.0 || !value.is_finite() {
        return format_general(value);
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let limit = i32::try_from(precision).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= limit {
        return go_exponent(&format!("{}e{exponent}", without_zeros(mantissa)));
    }
    let decimals = usize::try_from(limit - 1 - exponent).unwrap_or(0);
    without_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Bits of a double's fraction (IEEE 754).
const FRACTION_BITS: u32 = 52;
/// What its exponent is counted from.
const EXPONENT_BIAS: i32 = 1023;

/// Sign, integral mantissa and the power of two that it is multiplied with.
fn parts(value: f64) -> (&'static str, u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << FRACTION_BITS) - 1);
    let exponent = i32::try_from((bits >> FRACTION_BITS) & 0x7ff).unwrap_or(0);
    let (mantissa, exponent) =
        if exponent == 0 { (fraction, 1) } else { (fraction | 1 << FRACTION_BITS, exponent) };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    (sign, mantissa, exponent - EXPONENT_BIAS - 52)
}

/// Go's `%b`: `4503599627370496p-52`.
fn power_of_two(value: f64) -> String {
    let (sign, mantissa, exponent) = parts(value);
    format!("{sign}{mantissa}p{exponent:+}")
}

/// Go's `%x`: `0x1.8p+01`.
fn hexadecimal(value: f64) -> String {
    let (sign, mantissa, exponent) = parts(value);
    if mantissa == 0 {
        return format!("{sign}0x0p+00");
    }
    // The highest bit becomes the digit before the point.
    let shift = mantissa.leading_zeros() - (u64::BITS - 1 - FRACTION_BITS);
    let fraction = (mantissa << shift) & ((1 << FRACTION_BITS) - 1);
    let power = exponent + 52 - i32::try_from(shift).unwrap_or(0);
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let direction = if power < 0 { '-' } else { '+' };
    format!("{sign}0x1{point}{digits}p{direction}{:02}", power.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_a_binary_and_a_hexadecimal_form() {
        for (value, hex, binary) in [
            (2_097_152.0, "0x1p+21", "4503599627370496p-31"),
            (1e20, "0x1.5af1d78b58c4p+66", "6103515625000000p+14"),
            (-3.0, "-0x1.8p+01", "-6755399441055744p-51"),
            (0.0, "0x0p+00", "0p-1074"),
            (f64::from_bits(1), "0x1p-1074", "1p-1074"),
        ] {
            assert_eq!((hexadecimal(value), power_of_two(value)), (hex.into(), binary.into()));
        }
    }
}
