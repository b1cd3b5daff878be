//! Texts as YAML values that a person would have written: plain where that can be nothing
//! else, in single quotes otherwise.

use serde_json::Value;

/// Words that YAML 1.1 or 1.2 takes for something other than text.
const NO_TEXTS: [&str; 8] = ["true", "false", "null", "yes", "no", "on", "off", "~"];

/// A value behind a key, in block style.
pub(super) fn in_block(text: &str) -> String {
    if is_plain(text, |c| "-_./:?=&%+@,".contains(c)) { text.to_owned() } else { quoted(text) }
}

/// A value between braces or brackets.
pub(super) fn in_flow(text: &str) -> String {
    if is_plain(text, |c| "-_./:".contains(c)) { text.to_owned() } else { quoted(text) }
}

/// A status: a number, or a class such as `2xx`.
pub(super) fn status(text: &str) -> String {
    let is_number = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.to_owned() } else { quoted(text) }
}

/// Whether a text without quotes is that text: no blank, no sign that means something, and
/// neither a number nor a word.
fn is_plain(text: &str, is_sign: impl Fn(char) -> bool) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_');
    let is_word = NO_TEXTS.iter().any(|word| text.eq_ignore_ascii_case(word));
    begins
        && !is_word
        && !text.ends_with(':')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || is_sign(c))
}

fn quoted(text: &str) -> String {
    if text.contains(char::is_control) {
        // JSON's texts are YAML's (https://yaml.org/spec/1.2.2/#12-overview).
        Value::from(text).to_string()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_something_else_is_quoted() {
        for text in ["/a?b=c&d=%20", "http://127.0.0.1:9090", "healthy"] {
            assert_eq!(in_block(text), text);
        }
        for (text, expected) in [
            ("50", "'50'"),
            ("true", "'true'"),
            ("", "''"),
            ("a: b # c", "'a: b # c'"),
            ("it's", "'it''s'"),
            ("*", "'*'"),
            ("Bearer ${TOKEN}", "'Bearer ${TOKEN}'"),
            ("a\nb", "\"a\\nb\""),
        ] {
            assert_eq!(in_block(text), expected);
        }
        assert_eq!(in_flow("a{b=\"c\"}"), "'a{b=\"c\"}'");
        assert_eq!(in_flow("/a,b"), "'/a,b'");
    }
}
