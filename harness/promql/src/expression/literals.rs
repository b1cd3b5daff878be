//! Numbers and durations that Prometheus reads and the parser does not, in a way that it does:
//! `1_000`, `offset 0s`, and `8869990787ms`, of which the parser would take nothing.
//!
//! What is no number or duration of Prometheus either stays as it is, for the parser to refuse.

use std::borrow::Cow;

use super::limit::quoted_length;
use crate::duration::{format_duration_ms, parse_duration_ms};

/// The most of one unit that the parser reads.
const MOST_OF_A_UNIT: u64 = u32::MAX as u64;

/// The text with such numbers and durations rewritten.
pub(super) fn readable(text: &str) -> Cow<'_, str> {
    let mut written = String::new();
    let (mut done, mut at) = (0, 0);
    let mut open_ranges = 0_usize;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = token_length(rest, first);
        match first {
            '[' => open_ranges += 1,
            ']' => open_ranges = open_ranges.saturating_sub(1),
            '0'..='9' | '.' => {
                if let Some(other) = rewritten(&rest[..length], open_ranges > 0) {
                    written.push_str(&text[done..at]);
                    written.push_str(&other);
                    done = at + length;
                }
            }
            _ => {}
        }
        at += length;
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    written.push_str(&text[done..]);
    Cow::Owned(written)
}

/// The length of what begins here: a quoted text, a comment, a name, a number, one character.
fn token_length(rest: &str, first: char) -> usize {
    let until = |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
    match first {
        '"' | '\'' | '`' => quoted_length(rest, first),
        '#' => until(|c| c == '\n'),
        '0'..='9' | '.' => number_length(rest),
        _ if first.is_alphabetic() || first == '_' => {
            until(|c| !(c.is_alphanumeric() || matches!(c, '_' | ':')))
        }
        _ => first.len_utf8(),
    }
}

/// As far as a number or a duration goes, the sign of an exponent included.
fn number_length(rest: &str) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let end = |from: usize| {
        rest[from..].find(|c: char| !is_part(c)).map_or(rest.len(), |length| from + length)
    };
    let length = end(0);
    let is_decimal = !rest.starts_with("0x") && !rest.starts_with("0X");
    let is_exponent = is_decimal && rest[..length].ends_with(['e', 'E']);
    let has_sign = rest[length..].starts_with(['+', '-']);
    if is_exponent && has_sign { end(length + 1) } else { length }
}

fn rewritten(token: &str, is_in_range: bool) -> Option<String> {
    if token.contains('_') {
        return without_underscores(token);
    }
    let milliseconds = token.ends_with(char::is_alphabetic).then(|| parse_duration_ms(token))?;
    match milliseconds.ok()? {
        // A range of nothing is refused, whoever writes it.
        0 if is_in_range => None,
        0 => Some("0".to_owned()),
        milliseconds => {
            let mut counts = token.split(|c: char| !c.is_ascii_digit());
            let is_too_much = |count: &str| count.parse().is_ok_and(|it: u64| it > MOST_OF_A_UNIT);
            counts.any(is_too_much).then(|| format_duration_ms(milliseconds))
        }
    }
}

/// `1_000` as `1000`: an underscore stands between two digits or behind `0x`, as in Go. Durations
/// have none.
fn without_underscores(token: &str) -> Option<String> {
    let lower = token.to_ascii_lowercase();
    let (prefix, digits) = match lower.strip_prefix("0x") {
        Some(digits) => ("0x", digits),
        None => ("", lower.as_str()),
    };
    let is_hexadecimal = !prefix.is_empty();
    let is_digit = |byte: u8| {
        if is_hexadecimal { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() }
    };
    let bytes = digits.as_bytes();
    let stands_well = |at: usize| {
        let before = at.checked_sub(1).map_or(is_hexadecimal, |at| is_digit(bytes[at]));
        before && bytes.get(at + 1).is_some_and(|byte| is_digit(*byte))
    };
    let may_be =
        |byte: u8| is_digit(byte) || !is_hexadecimal && matches!(byte, b'.' | b'e' | b'+' | b'-');
    let are_well = bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'_' => stands_well(at),
        byte => may_be(*byte),
    });
    are_well.then(|| format!("{prefix}{}", digits.replace('_', "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Expression;

    #[test]
    fn numbers_lose_their_underscores() {
        for (text, read) in [
            ("1_000 > b", "1000 > b"),
            ("b > 0x1_0 + 0x_1", "b > 0x10 + 0x1"),
            ("1_0.5_5e1_0", "10.55e10"),
            ("1e+1_0", "1e+10"),
            ("0_17", "017"),
            (".5_0", ".50"),
        ] {
            assert_eq!(readable(text), read, "{text}");
            assert!(Expression::parse(text).is_ok(), "{text}");
        }
        for text in ["1__0", "1_", "1._5", "1_.5", "0x1_", "1_0m", "rate(b[1_0s])", "1_e5"] {
            assert_eq!(readable(text), text);
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_may_be_nothing_where_they_are_no_range() {
        for (text, read) in [
            ("b offset 0s", "b offset 0"),
            ("b offset -0m", "b offset -0"),
            ("b @ 0s", "b @ 0"),
            ("b[5m] offset 0s", "b[5m] offset 0"),
        ] {
            assert_eq!(readable(text), read, "{text}");
            assert!(Expression::parse(text).is_ok(), "{text}");
        }
        for text in ["b[0s]", "b[5m:0s]"] {
            assert!(Expression::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn many_of_one_unit_are_counted() {
        let same = |text: &str, other: &str| {
            assert_eq!(Expression::parse(text).unwrap(), Expression::parse(other).unwrap());
        };
        same("b[8869990787ms]", "b[102d15h53m10s787ms]");
        same("b offset 1h8869990787ms", "b offset 102d16h53m10s787ms");
        same("b > 8869990787ms", "b > 8869990.787");
    }

    #[test]
    fn names_texts_and_comments_are_left_alone() {
        for text in [
            "job:a_1_0:rate5m{le=\"1_0\",x='0s'} # 1_0",
            "{\"1_000\"}",
            "a_0s > 5m and rate(b[5m:1m]) > 0x1F - 1e-3",
        ] {
            assert_eq!(readable(text), text);
        }
    }
}
