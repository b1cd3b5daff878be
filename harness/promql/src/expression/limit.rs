//! A bound on how deep an expression may be.
//!
//! Parsing and evaluation descend one call for each level of the tree; without
//! a bound, a hostile or generated expression would overflow the stack, which
//! ends the process. The bound is taken on the text, before it is parsed: a
//! bracket adds a level, and so does each operator beside another.

/// Far more than rules that people write have (about 20), and well below what
/// overflows a thread's stack of 2 MiB in an unoptimized build (over 200).
const MOST_LEVELS: usize = 150;

/// What is wrong with the depth of an expression, if anything is.
pub(super) fn refusal(text: &str) -> Option<String> {
    let levels = deepest(text);
    (levels > MOST_LEVELS).then(|| {
        format!("nesting of {levels} levels is more than the {MOST_LEVELS} that are allowed")
    })
}

/// What is open at one place of the text.
#[derive(Clone, Copy, Default)]
struct Level {
    operators: usize,
    deepest_inside: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.operators + self.deepest_inside
    }
}

/// At least as many levels as the tree of this text can have.
fn deepest(text: &str) -> usize {
    let mut open = vec![Level::default()];
    let mut in_matchers = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        match first {
            '"' | '\'' | '`' => length = quoted_length(rest, first),
            '#' => length = rest.find('\n').unwrap_or(rest.len()),
            '{' | '}' => in_matchers = first == '{',
            '(' | '[' => open.push(Level::default()),
            ')' | ']' => close(&mut open),
            '+' | '-' | '*' | '/' | '%' | '^' | '<' | '>' | '=' | '!' if !in_matchers => {
                count_operator(&mut open);
            }
            _ if is_part_of_word(first) => {
                length = rest.find(|c: char| !is_part_of_word(c)).unwrap_or(rest.len());
                let word = rest[..length].to_ascii_lowercase();
                if matches!(word.as_str(), "and" | "or" | "unless" | "atan2") {
                    count_operator(&mut open);
                }
            }
            _ => {}
        }
        rest = &rest[length..];
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.last().map_or(0, |level| level.depth())
}

fn count_operator(open: &mut [Level]) {
    if let Some(level) = open.last_mut() {
        level.operators += 1;
    }
}

fn close(open: &mut Vec<Level>) {
    if open.len() > 1
        && let Some(closed) = open.pop()
        && let Some(outer) = open.last_mut()
    {
        outer.deepest_inside = outer.deepest_inside.max(closed.depth() + 1);
    }
}

fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The length of a quoted text, quotes included; to the end if it does not end.
pub(super) fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, character)| {
        let ends = !escaped && *character == quote;
        escaped = !escaped && *character == '\\' && quote != '`';
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_only_what_makes_the_tree_deeper() {
        for (text, levels) in [
            ("sum(x{a!=\"1\",b=~\"(a|b)+\"}) / 2 # (((\n", 2),
            ("a or b and \"or\"", 2),
            ("(a) + (b)", 2),
            ("((a))", 2),
            ("(a + b) and (c + (d))", 4),
            ("x)))(", 1),
        ] {
            assert_eq!(deepest(text), levels, "{text}");
        }
    }

    #[test]
    fn refuses_what_would_be_too_deep() {
        assert!(refusal(&"(".repeat(MOST_LEVELS + 1)).is_some());
        assert!(refusal(&format!("{}1", "1 + ".repeat(MOST_LEVELS))).is_none());
        assert!(refusal(&"(a) + ".repeat(MOST_LEVELS)).is_some());
    }
}
