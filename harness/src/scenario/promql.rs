//! What can be wrong with a PromQL expression before anything is measured.

use super::finding::Finding;

/// The windows that an expression can name, and the literal of equal length that
/// stands for each while it is checked, so that no position moves.
const WINDOWS: &[(&str, &str)] = &[("$run", "100s"), ("$phase", "10000s")];

/// A checked expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// Whether `$phase` is in it.
    pub(super) uses_phase: bool,
}

/// Checks an expression; every problem that can be told is told.
pub(super) fn check(expression: &str) -> Result<Checked, Vec<Finding>> {
    let (_literal, findings) = with_literal_windows(expression);
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(Checked { uses_phase: expression.contains("$phase") })
}

/// Replaces `$run` and `$phase`, outside of quotes, by durations of equal length.
fn with_literal_windows(expression: &str) -> (String, Vec<Finding>) {
    let mut literal = String::with_capacity(expression.len());
    let mut findings = Vec::new();
    let mut quote = None;
    let mut rest = expression;
    while let Some(character) = rest.chars().next() {
        let mut taken = character.len_utf8();
        match (quote, character) {
            (Some('"' | '\''), '\\') => taken += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '$') => {
                let name = variable_name(rest);
                if let Some((_, duration)) = WINDOWS.iter().find(|(window, _)| *window == name) {
                    literal.push_str(duration);
                    rest = &rest[name.len()..];
                    continue;
                }
                findings.push(unknown_window(literal.len(), name));
            }
            _ => {}
        }
        literal.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    (literal, findings)
}

fn variable_name(text: &str) -> &str {
    let end = text[1..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .map_or(text.len(), |end| end + 1);
    &text[..end]
}

fn unknown_window(at: usize, name: &str) -> Finding {
    Finding::new(at, name.len(), format!("unknown window `{name}`")).help(
        "`$run` is the measured run and `$phase` the phase of `during`; `${NAME}` is a variable",
    )
}

/// Checks the selector of a counter: a metric's name, with matchers or without.
pub(super) fn check_selector(selector: &str) -> Result<(), Vec<Finding>> {
    check(selector).map(|_| ())
}
