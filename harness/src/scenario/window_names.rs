//! Where an expression names a window: `$run` and `$phase`, outside of quotes.
//!
//! What stands in quotes is text: a label value may well be `$run`, and an anchor
//! of a regular expression is a `$`. What a name means is for others to say.

/// A `$` name outside of quotes: where it begins, in bytes, and the name with its `$`.
pub(crate) fn dollar_names(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            // Raw texts in backticks have no escapes.
            (Some('"' | '\''), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '$') => found.push((at, name_at(text, at))),
            _ => {}
        }
    }
    found
}

/// Whether an expression names this window.
pub(crate) fn names_window(text: &str, window: &str) -> bool {
    dollar_names(text).iter().any(|(_, name)| *name == window)
}

/// The text with each name replaced by what `replacement` says, or left as it is.
pub(crate) fn replace_names(
    text: &str,
    mut replacement: impl FnMut(usize, &str) -> Option<String>,
) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, name) in dollar_names(text) {
        replaced.push_str(&text[copied..at]);
        copied = at + name.len();
        replaced.push_str(replacement(at, name).as_deref().unwrap_or(name));
    }
    replaced.push_str(&text[copied..]);
    replaced
}

fn name_at(text: &str, at: usize) -> &str {
    let rest = &text[at + 1..];
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[at..length.map_or(text.len(), |length| at + 1 + length)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_names_outside_of_quotes_alone() {
        let text = r#"a{p="$run\"$run", q='$phase', r=`\`}[$run] + b[$phase:1s]"#;
        let names: Vec<&str> = dollar_names(text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["$run", "$phase"]);
        assert!(!names_window(r#"a{p="$run"}"#, "$run"));
    }

    #[test]
    fn replaces_names_and_nothing_else() {
        let shout = |_, name: &str| (name == "$run").then(|| "1s".to_owned());
        assert_eq!(
            replace_names(r#"é{p="$run"}[$run] + $runs"#, shout),
            r#"é{p="$run"}[1s] + $runs"#
        );
    }
}
