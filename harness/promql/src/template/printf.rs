//! Go's `printf` for the values a template has.

use std::fmt::Write as _;

use super::TemplateError;
use super::value::{Value, expansion};
use crate::number::{format_number, go_exponent};

/// Formats values as Go's `fmt.Sprintf` does. A verb that does not fit its value
/// is written the way Go writes it, `%!d(float64=1.5)`.
pub(super) fn printf(format: &str, arguments: &[Value]) -> Result<String, TemplateError> {
    let mut written = String::new();
    let mut rest = format;
    let mut arguments = arguments.iter();
    while let Some(percent) = rest.find('%') {
        written.push_str(&rest[..percent]);
        let (verb, after) = Verb::read(&rest[percent + 1..])?;
        if verb.letter == '%' {
            written.push('%');
        } else {
            match arguments.next() {
                Some(argument) => written.push_str(&verb.apply(argument)),
                None => {
                    let _ = write!(written, "%!{}(MISSING)", verb.letter);
                }
            }
        }
        rest = after;
    }
    written.push_str(rest);
    if let Some(extra) = arguments.next() {
        let _ = write!(written, "%!(EXTRA {}={})", go_type(extra), extra.printed());
    }
    Ok(written)
}

/// A verb with what stands in front of it.
#[derive(Default)]
struct Verb {
    /// Any of `-`, `+`, `0` and space.
    flags: String,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

impl Verb {
    /// Reads what follows a percent sign.
    fn read(text: &str) -> Result<(Self, &str), TemplateError> {
        let mut verb = Self::default();
        let mut rest = text;
        loop {
            match rest.chars().next() {
                Some(flag @ ('-' | '+' | '0' | ' ')) => verb.flags.push(flag),
                Some('#' | '*' | '[') => {
                    return Err(TemplateError::Unsupported(format!(
                        "the format flag in `%{text}`"
                    )));
                }
                _ => break,
            }
            rest = &rest[1..];
        }
        (verb.width, rest) = digits(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let precision;
            (precision, rest) = digits(after);
            verb.precision = Some(precision);
        }
        let letter = rest.chars().next().ok_or_else(|| expansion("%!(NOVERB)"))?;
        verb.letter = letter;
        Ok((verb, &rest[letter.len_utf8()..]))
    }

    fn apply(&self, value: &Value) -> String {
        let text = match (self.letter, value) {
            ('v' | 'g', Value::Float(number)) => {
                self.signed(*number, general(*number, self.precision))
            }
            ('v', other) => other.printed(),
            ('s', Value::Text(text)) => self.cut(text),
            ('s', Value::Labels(_) | Value::List(_) | Value::Map(_)) => value.printed(),
            ('q', Value::Text(text)) => format!("{text:?}"),
            ('t', Value::Bool(truth)) => truth.to_string(),
            ('d', Value::Integer(number)) => self.signed(*number as f64, number.to_string()),
            ('x', Value::Integer(number)) => format!("{number:x}"),
            ('f' | 'F', Value::Float(number)) => {
                self.signed(*number, fixed(*number, self.precision.unwrap_or(6)))
            }
            ('e', Value::Float(number)) => {
                let digits = self.precision.unwrap_or(6);
                self.signed(*number, go_exponent(&format!("{number:.digits$e}")))
            }
            (letter, other) => {
                return format!("%!{letter}({}={})", go_type(other), other.printed());
            }
        };
        self.padded(&text)
    }

    fn signed(&self, number: f64, text: String) -> String {
        if number < 0.0 || number.is_nan() || text.starts_with('+') {
            text
        } else if self.flags.contains('+') {
            format!("+{text}")
        } else if self.flags.contains(' ') {
            format!(" {text}")
        } else {
            text
        }
    }

    fn cut(&self, text: &str) -> String {
        text.chars().take(self.precision.unwrap_or(usize::MAX)).collect()
    }

    fn padded(&self, text: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text.to_owned();
        }
        if self.flags.contains('-') {
            return format!("{text}{}", " ".repeat(missing));
        }
        let number = text.trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit());
        if self.flags.contains('0') && number {
            let sign = text.len() - text.trim_start_matches(['+', '-']).len();
            return format!("{}{}{}", &text[..sign], "0".repeat(missing), &text[sign..]);
        }
        format!("{}{text}", " ".repeat(missing))
    }
}

fn digits(text: &str) -> (usize, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    // Wider than this is a mistake, not a layout.
    (text[..end].parse().unwrap_or(0).min(1000), &text[end..])
}

fn fixed(value: f64, digits: usize) -> String {
    if value.is_finite() { format!("{value:.digits$}") } else { format_number(value) }
}

/// Go's `%g`: significant digits without trailing zeros, or the shortest form
/// without a precision.
pub(super) fn general(value: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision.map(|digits| digits.max(1)) else {
        return format_number(value);
    };
    if value == 0.0 || !value.is_finite() {
        return format_number(value);
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

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Nil => "<nil>",
        Value::Bool(_) => "bool",
        Value::Integer(_) => "int",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::Labels(_) => "map[string]string",
        Value::Sample { .. } => "*template.sample",
        Value::List(_) => "template.queryResult",
        Value::Map(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(format: &str, value: f64) -> String {
        printf(format, &[Value::Float(value)]).unwrap()
    }

    #[test]
    fn floats_are_written_as_go_does() {
        assert_eq!(float("%.2f", 1.005), "1.00");
        assert_eq!(float("%f", 1.5), "1.500000");
        assert_eq!(float("%g", 1e21), "1e+21");
        assert_eq!(float("%.3g", 1234.0), "1.23e+03");
        assert_eq!(float("%.0f%%", 99.6), "100%");
        assert_eq!(float("%6.1f|", 2.25), "   2.2|");
        assert_eq!(float("%06.1f", -2.5), "-002.5");
        assert_eq!(float("%v", 0.1), "0.1");
    }

    #[test]
    fn a_verb_that_does_not_fit_says_so() {
        assert_eq!(float("%d", 1.5), "%!d(float64=1.5)");
        assert_eq!(printf("%s", &[]).unwrap(), "%!s(MISSING)");
        assert_eq!(printf("a", &[Value::Integer(1)]).unwrap(), "a%!(EXTRA int=1)");
    }

    #[test]
    fn texts_can_be_padded_cut_and_quoted() {
        let text = [Value::Text("abc".into())];
        assert_eq!(printf("%5s|", &text).unwrap(), "  abc|");
        assert_eq!(printf("%-5s|", &text).unwrap(), "abc  |");
        assert_eq!(printf("%.2s", &text).unwrap(), "ab");
        assert_eq!(printf("%q", &text).unwrap(), "\"abc\"");
    }
}
