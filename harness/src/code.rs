//! Codes: the stable names of everything that slogate complains about, doubts or ends with.
//!
//! A code is public interface: whoever reads `error[unknown-key]` looks it up with
//! `slogate explain unknown-key`. Each is a constant of the module that owns the error or
//! the rule, with its text in a file beside it; each layer lists its own, and `cli`
//! gathers the lists. What a code does not have is a severity: the same fact may be an
//! error in one place and a warning in another.

use std::fmt;

/// The name of one thing that can be wrong, in doubt or missed, and its explanation. It is
/// as large as a pointer, so that errors can carry it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static [&'static str; 2]);

/// The codes of one part of slogate.
#[derive(Clone, Copy, Debug)]
pub struct CodeGroup {
    /// What they are about, as a heading.
    pub title: &'static str,
    /// Each once, in the order in which they are listed.
    pub codes: &'static [Code],
}

impl Code {
    /// A code: its name in kebab case, and a text whose first line is the summary, a
    /// lowercase fragment; after an empty line the explanation follows, in Markdown.
    pub const fn new(name_and_text: &'static [&'static str; 2]) -> Self {
        Self(name_and_text)
    }

    /// The name, such as `unknown-key`; it never changes.
    pub const fn name(&self) -> &'static str {
        self.0[0]
    }

    /// What it means in a line, a lowercase fragment.
    pub fn summary(&self) -> &'static str {
        self.0[1].lines().next().unwrap_or_default()
    }

    /// What it means, why it is so and what to do, in Markdown.
    pub fn explanation(&self) -> &'static str {
        self.0[1].split_once('\n').map_or("", |(_, rest)| rest.trim_matches('\n'))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The name alone: the explanation would bury what a failed assertion is about.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_summary_and_the_rest_explains() {
        let code = Code::new(&["no-tea", "there is no tea\n\nThe pot is empty.\n\nFill it.\n"]);
        assert_eq!(code.to_string(), "no-tea");
        assert_eq!(code.summary(), "there is no tea");
        assert_eq!(code.explanation(), "The pot is empty.\n\nFill it.");
    }
}
