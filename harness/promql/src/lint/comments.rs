//! Comments in a rule file that silence findings: `# slogate: ignore ID` above a rule.
//!
//! The parser of YAML drops comments, so they are read from the text: a line that holds nothing
//! else, above the line on which a rule begins, with other comments between them at most.

use crate::Place;

/// How such a comment begins, after its sign.
const MARK: &str = "slogate: ignore";

/// One name in such a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// What is to be ignored, as written.
    pub name: String,
    /// Where the comment stands.
    pub place: Place,
    /// The line that it stands above; `None` at the end of the file.
    pub above: Option<usize>,
}

/// Every name of every such comment. One without a name is an entry with an empty one.
pub fn ignored(text: &str) -> Vec<Ignored> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(names) = names_of(line) else { continue };
        let is_code = |line: &&str| !matches!(line.trim_start().chars().next(), None | Some('#'));
        let next = lines[at..].iter().position(is_code);
        let column = line.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let place = Place { line: at + 1, column };
        let above = next.map(|next| at + next + 1);
        found.extend(names.into_iter().map(|name| Ignored { name, place, above }));
    }
    found
}

fn names_of(line: &str) -> Option<Vec<String>> {
    let names = line.trim_start().strip_prefix('#')?.trim_start().strip_prefix(MARK)?;
    if !names.is_empty() && !names.starts_with([' ', '\t', ':']) {
        return None;
    }
    let names: Vec<String> = names
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    Some(if names.is_empty() { vec![String::new()] } else { names })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_about_the_line_below_it() {
        let text = "groups:\n  # slogate: ignore a, b\n  # because\n\n  - x\n# slogate: ignore\n";
        let found: Vec<(String, usize, Option<usize>)> =
            ignored(text).into_iter().map(|one| (one.name, one.place.line, one.above)).collect();
        assert_eq!(
            found,
            [("a".into(), 2, Some(5)), ("b".into(), 2, Some(5)), (String::new(), 6, None)]
        );
        assert_eq!(ignored(text)[0].place.column, 3);
    }

    #[test]
    fn other_comments_say_nothing() {
        for text in ["# slogate: ignored x", "# ignore x", "a: b # slogate: ignore x", "# x"] {
            assert!(ignored(text).is_empty(), "{text}");
        }
    }
}
