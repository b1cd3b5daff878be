//! Bytes that a text states by number: `"\xc5"`, `"\305"`.
//!
//! In PromQL they are bytes, and a label name made of them must be UTF-8. The
//! parser behind this tree takes each for a character, which would be another
//! text in silence; so those that are no ASCII are refused.

use super::limit::quoted_length;

/// What is wrong with the bytes of an expression's texts, if anything is.
pub(super) fn refusal(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' | '\'' => {
                let length = quoted_length(rest, first);
                if let Some(byte) = numbered_byte(&rest[..length]) {
                    return Some(format!(
                        "a text states the byte `{byte}`; write the character itself"
                    ));
                }
                length
            }
            '`' => quoted_length(rest, first),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            other => other.len_utf8(),
        };
        rest = &rest[length..];
    }
    None
}

/// The first escape for a byte above 127 in a quoted text.
fn numbered_byte(quoted: &str) -> Option<&str> {
    let mut rest = quoted;
    while let Some(at) = rest.find('\\') {
        let escape = &rest[at..];
        let digits = |radix: u32| {
            let from = if radix == 16 { 2 } else { 1 };
            let number = u32::from_str_radix(escape.get(from..4)?, radix).ok()?;
            (number > 127).then_some(&escape[..4])
        };
        let byte = if escape[1..].starts_with('x') { digits(16) } else { digits(8) };
        if byte.is_some() {
            return byte;
        }
        let skipped = escape.chars().take(2).map(char::len_utf8).sum::<usize>();
        rest = &escape[skipped..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_beyond_ascii_are_refused() {
        for text in [r#"x{a="\xc5"}"#, r"x{a='a\377'}", r#"f("\\\xFF")"#] {
            assert!(refusal(text).is_some(), "{text}");
        }
    }

    #[test]
    fn characters_and_other_escapes_are_not() {
        for text in
            [r#"x{a="\x41\n\u00e9é\\xc5"}"#, r"x{a=`\xc5`}", r#"x # "\xc5""#, r#""\"#, r#""\é""#]
        {
            assert_eq!(refusal(text), None, "{text}");
        }
    }
}
