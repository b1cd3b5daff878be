//! Texts made safe for HTML, JavaScript and query strings, as Go's `text/template` does
//! (`HTMLEscaper`, `JSEscaper`, `URLQueryEscaper`).

/// Go's `html`.
pub(super) fn html(text: &str) -> String {
    let escaped = |character: char| match character {
        '"' => "&#34;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '\0' => char::REPLACEMENT_CHARACTER.to_string(),
        other => other.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// Go's `js`.
pub(super) fn javascript(text: &str) -> String {
    let escaped = |character: char| match character {
        '\\' => "\\\\".to_owned(),
        '\'' => "\\'".to_owned(),
        '"' => "\\\"".to_owned(),
        '<' | '>' | '&' | '=' => format!("\\u{:04X}", u32::from(character)),
        control if control < ' ' => format!("\\u{:04X}", u32::from(control)),
        other => other.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// As `application/x-www-form-urlencoded`.
pub(super) fn query(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_text_is_escaped() {
        assert_eq!(html("<a'&\">"), "&lt;a&#39;&amp;&#34;&gt;");
        assert_eq!(javascript("'<=\n\"é\\"), "\\'\\u003C\\u003D\\u000A\\\"é\\\\");
        assert_eq!(query("a > 1&é"), "a+%3E+1%26%C3%A9");
    }
}
