//! Go's `printf` for the values a template has.

use std::fmt::Write as _;

use super::TemplateError;
use super::value::Value;
use super::verb::Verb;
use super::verb_number::{float, integer};

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
                Some(argument) => written.push_str(&apply(&verb, argument)?),
                None => {
                    let _ = write!(written, "%!{}(MISSING)", verb.letter);
                }
            }
        }
        rest = after;
    }
    written.push_str(rest);
    let extra: Vec<String> = arguments.map(extra).collect();
    if !extra.is_empty() {
        let _ = write!(written, "%!(EXTRA {})", extra.join(", "));
    }
    Ok(written)
}

/// An argument that no verb takes.
fn extra(value: &Value) -> String {
    match value {
        Value::Nil => "<nil>".to_owned(),
        other => format!("{}={}", go_type(other), other.printed()),
    }
}

fn apply(verb: &Verb, value: &Value) -> Result<String, TemplateError> {
    match (verb.letter, value) {
        ('T', _) => return Ok(verb.padded(&cut(verb, go_type(value)))),
        ('v', Value::Nil) => return Ok(verb.padded("<nil>")),
        (letter, Value::Nil) => return Ok(format!("%!{letter}(<nil>)")),
        _ => {}
    }
    let is_plain = verb.letter == 'v' && verb.has('+');
    let plain = verb.without_plus();
    let written = one(if is_plain { &plain } else { verb }, value)?;
    if let Some(text) = written {
        return Ok(text);
    }
    // What does not fit is written as `%v` does, and there the plus sign stays.
    let shown = one(&verb.with_letter('v'), value)?.unwrap_or_else(|| value.printed());
    Ok(format!("%!{}({}={shown})", verb.letter, go_type(value)))
}

/// The value as the verb writes it, or nothing where it is none for such a value.
fn one(verb: &Verb, value: &Value) -> Result<Option<String>, TemplateError> {
    match value {
        Value::Bool(truth) if matches!(verb.letter, 't' | 'v') => {
            Ok(Some(verb.padded(&truth.to_string())))
        }
        Value::Integer(number) => integer(verb, *number),
        Value::Float(number) => float(verb, *number),
        Value::Text(text) => of_text(verb, text),
        Value::Time(time) if matches!(verb.letter, 's' | 'v') => of_text(verb, &time.to_string()),
        Value::Labels(labels) => {
            let pairs = labels.iter().map(|(name, value)| {
                let of = |text: &str| apply(verb, &Value::Text(text.to_owned()));
                Ok(format!("{}:{}", of(name)?, of(value)?))
            });
            in_map(pairs)
        }
        Value::Map(values) => {
            let pairs = values.iter().map(|(name, value)| {
                let name = apply(verb, &Value::Text(name.clone()))?;
                Ok(format!("{name}:{}", apply(verb, value)?))
            });
            in_map(pairs)
        }
        Value::Sample { .. } | Value::List(_) if matches!(verb.letter, 's' | 'v') => {
            Ok(Some(value.printed()))
        }
        Value::Sample { .. } | Value::List(_) | Value::Time(_) => {
            Err(verb.unsupported(value.kind()))
        }
        Value::Nil | Value::Bool(_) => Ok(None),
    }
}

fn in_map(
    pairs: impl Iterator<Item = Result<String, TemplateError>>,
) -> Result<Option<String>, TemplateError> {
    let pairs = pairs.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(format!("map[{}]", pairs.join(" "))))
}

fn of_text(verb: &Verb, text: &str) -> Result<Option<String>, TemplateError> {
    let shown = match verb.letter {
        's' | 'v' => cut(verb, text),
        'q' if verb.has('+') => return Err(verb.unsupported("the flag `+`")),
        'q' => quoted(&cut(verb, text)),
        'x' | 'X' if verb.has(' ') => return Err(verb.unsupported("the flag ` `")),
        'x' => bytes(verb, text),
        'X' => bytes(verb, text).to_uppercase(),
        _ => return Ok(None),
    };
    Ok(Some(verb.padded(&shown)))
}

/// As many characters as the precision says.
fn cut(verb: &Verb, text: &str) -> String {
    text.chars().take(verb.precision.unwrap_or(usize::MAX)).collect()
}

/// As many bytes as the precision says, in hexadecimal digits.
fn bytes(verb: &Verb, text: &str) -> String {
    let bytes = text.bytes().take(verb.precision.unwrap_or(usize::MAX));
    bytes.fold(String::new(), |mut written, byte| {
        let _ = write!(written, "{byte:02x}");
        written
    })
}

/// Go's `strconv.Quote`.
fn quoted(text: &str) -> String {
    let inside: String = text.chars().map(escaped).collect();
    format!("\"{inside}\"")
}

/// A character as it stands between double quotes of Go.
pub(super) fn escaped(character: char) -> String {
    match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        control if control < ' ' || control == '\x7f' => format!("\\x{:02x}", u32::from(control)),
        other if is_printable(other) => other.to_string(),
        other if u32::from(other) < 0x1_0000 => format!("\\u{:04x}", u32::from(other)),
        other => format!("\\U{:08x}", u32::from(other)),
    }
}

/// Whether Rust shows a character as it is; Go agrees but for white space, of which it takes
/// the plain one alone.
fn is_printable(character: char) -> bool {
    character == ' ' || (!character.is_whitespace() && character.escape_debug().count() == 1)
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
        Value::Time(_) => "*time.Time",
        Value::Map(_) => "map[string]interface {}",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(format: &str, value: f64) -> String {
        printf(format, &[Value::Float(value)]).unwrap()
    }

    fn integer(format: &str, value: i64) -> String {
        printf(format, &[Value::Integer(value)]).unwrap()
    }

    #[test]
    fn floats_are_written_as_go_does() {
        assert_eq!(float("%.2f", 1.005), "1.00");
        assert_eq!(float("%f", 1.5), "1.500000");
        assert_eq!(float("%g", 1e21), "1e+21");
        assert_eq!(float("%v", 2_097_152.0), "2.097152e+06");
        assert_eq!(float("%+v|", 2_097_152.0), "2.097152e+06|");
        assert_eq!(float("%G", 1e-5), "1E-05");
        assert_eq!(float("%.3g", 1234.0), "1.23e+03");
        assert_eq!(float("%.0f%%", 99.6), "100%");
        assert_eq!(float("%6.1f|", 2.25), "   2.2|");
        assert_eq!(float("%06.1f", -2.5), "-002.5");
        assert_eq!(float("%06.1f", f64::INFINITY), "  +Inf");
        assert_eq!(float("% v", f64::INFINITY), " Inf");
        assert_eq!(float("%v", 0.1), "0.1");
    }

    #[test]
    fn integers_have_all_bases_and_characters() {
        assert_eq!(integer("%X", 255), "FF");
        assert_eq!(integer("%06d", -255), "-00255");
        assert_eq!(integer("%06O", 255), "0o000377");
        assert_eq!(integer("%8.3d", -42), "    -042");
        assert_eq!(integer("%06c", 255), "00000ÿ");
        assert_eq!(integer("%U", 233), "U+00E9");
        assert_eq!(integer("%q", 39), "'\\''");
    }

    #[test]
    fn a_verb_that_does_not_fit_says_so() {
        assert_eq!(float("%d", 1.5), "%!d(float64=1.5)");
        assert_eq!(integer("%+t", 255), "%!t(int=+255)");
        assert_eq!(printf("%s", &[]).unwrap(), "%!s(MISSING)");
        let two = [Value::Integer(1), Value::Float(2.5)];
        assert_eq!(printf("a", &two).unwrap(), "a%!(EXTRA int=1, float64=2.5)");
        for format in ["%#x", "%*d", "%[1]d", "%.2x"] {
            let refused = printf(format, &[Value::Float(1.0)]);
            assert!(matches!(refused, Err(TemplateError::Unsupported(_))), "{format}");
        }
    }

    #[test]
    fn texts_can_be_padded_cut_and_quoted() {
        let text = [Value::Text("abc".into())];
        assert_eq!(printf("%5s|", &text).unwrap(), "  abc|");
        assert_eq!(printf("%-5s|", &text).unwrap(), "abc  |");
        assert_eq!(printf("%.2s", &text).unwrap(), "ab");
        assert_eq!(printf("%q", &text).unwrap(), "\"abc\"");
        assert_eq!(printf("%.2x %T", &[text[0].clone(), text[0].clone()]).unwrap(), "6162 string");
        let odd = [Value::Text("a\n\x7f\u{a0}é\"".into())];
        assert_eq!(printf("%q", &odd).unwrap(), "\"a\\n\\x7f\\u00a0é\\\"\"");
    }
}
