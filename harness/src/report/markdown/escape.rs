//! Text that comes out of a Markdown renderer as it went in.

use crate::report::words::one_line;

/// Text in one line, with everything escaped that GitHub's Markdown or HTML would take
/// for its own, anywhere but at the start of a line.
pub(super) fn escaped(text: &str) -> String {
    let text = one_line(text);
    let characters: Vec<char> = text.chars().collect();
    let mut escaped = String::with_capacity(text.len());
    for (at, character) in characters.iter().enumerate() {
        let is_word = |at: Option<usize>| {
            at.and_then(|at| characters.get(at)).is_some_and(|c| c.is_alphanumeric())
        };
        match character {
            // Entities, because GitHub reads formulas between dollars before escapes.
            '$' => escaped.push_str("&#36;"),
            '&' => escaped.push_str("&amp;"),
            // Within a word it is only a character, and metric names stay readable.
            '_' if is_word(at.checked_sub(1)) && is_word(at.checked_add(1)) => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(*character);
            }
            other => escaped.push(*other),
        }
    }
    escaped
}

/// The same for a line of its own: what begins a heading, a quote or a list is escaped too.
pub(super) fn line(text: &str) -> String {
    let text = escaped(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let at = match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => digits,
        Some(b'#' | b'>' | b'+' | b'-' | b'=') if digits == 0 => 0,
        _ => return text,
    };
    let (before, after) = text.split_at(at);
    format!("{before}\\{after}")
}

/// Text as code: between more backticks than it has in a row.
pub(super) fn code(text: &str) -> String {
    let text = one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text_and_metric_names_stay_readable() {
        assert_eq!(escaped("export_fail_total _x_"), r"export_fail_total \_x\_");
        assert_eq!(escaped("a|b <b>*`c`*\n~d~"), r"a\|b \<b>\*\`c\`\* \~d\~");
        assert_eq!(escaped("x[$run] & y"), r"x\[&#36;run\] &amp; y");
        assert_eq!(line("# no heading"), r"\# no heading");
        assert_eq!(line("1. no list, 2."), r"1\. no list, 2.");
        assert_eq!(line("10,000 rows"), "10,000 rows");
    }

    #[test]
    fn code_has_a_longer_fence_than_what_is_in_it() {
        assert_eq!(code("a.yaml:20"), "`a.yaml:20`");
        assert_eq!(code("`a``b"), "``` `a``b ```");
    }
}
