//! Text that GitHub's runner would take for a command of its own, made harmless.
//!
//! The runner reads each line of both streams: `::name …::` at its start, behind white
//! space, and the older `##[name …]` anywhere in it (actions/runner, `ActionCommand.cs`).
//! Names of metrics, lines of a log and errors are a target's to choose, so that a target
//! could set variables and outputs of the job. Whoever reads a report still reads the same:
//! the signs are written in another way that the format has for them.

use std::env;
use std::io::{self, Write};

/// How a format can write a sign in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    /// A backslash before it: for people, and in Markdown.
    Text,
    /// A character reference.
    Xml,
    /// An escape; no line of JSON or quoted YAML begins with a colon.
    Json,
}

/// Whether GitHub's runner reads what this process writes.
pub(super) fn are_read() -> bool {
    env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

impl Notation {
    /// The text without commands. Colours are gone as well: what is between the signs of
    /// a command and taken out later would make it one.
    pub(super) fn harmless(self, text: &str) -> String {
        let plain = anstream::adapter::strip_str(text).to_string();
        let lines = plain.split_inclusive(['\n', '\r']);
        lines.map(|line| self.harmless_line(line)).collect()
    }

    fn harmless_line(self, line: &str) -> String {
        let (colon, sign) = match self {
            Self::Text => ("\\:", "#\\#["),
            Self::Xml => ("&#58;", "&#35;#["),
            Self::Json => (":", "\\u0023#["),
        };
        let line = line.replace("##[", sign);
        let at = line.len() - line.trim_start().len();
        match line[at..].strip_prefix("::") {
            Some(rest) => format!("{}{colon}:{rest}", &line[..at]),
            None => line,
        }
    }
}

/// A stream whose lines are made harmless; each write is whole lines.
pub(super) struct Harmless<W>(pub(super) W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = Notation::Text.harmless(&String::from_utf8_lossy(bytes));
        self.0.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the runner takes a line for a command, by its own rule.
    fn is_command(line: &str) -> bool {
        line.trim_start().starts_with("::") || line.contains("##[")
    }

    const HOSTILE: &str = "a\n::error::x\n  \t::set-output name=a::b\r::debug::c\n\
                           say ##[add-path]/tmp\n\u{1b}[31m::error::y\n:\u{1b}[0m:warning::z\n\
                           ##\u{1b}[1m[error]w\n";

    #[test]
    fn no_line_is_a_command_any_more() {
        for notation in [Notation::Text, Notation::Xml] {
            let text = notation.harmless(HOSTILE);
            let commands = text.split(['\n', '\r']).filter(|line| is_command(line));
            assert_eq!(commands.count(), 0, "{text}");
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "std::io is fine :: here\n  # a [comment]\n\nlast";
        assert_eq!(Notation::Text.harmless(text), text);
    }

    #[test]
    fn what_json_says_stays_the_same() {
        let json = serde_json::to_string_pretty(&["::error::x", "##[error]y"]).unwrap();
        let harmless = Notation::Json.harmless(&json);
        assert!(!harmless.contains("##["), "{harmless}");
        let read: Vec<String> = serde_json::from_str(&harmless).unwrap();
        assert_eq!(read, ["::error::x", "##[error]y"]);
    }
}
