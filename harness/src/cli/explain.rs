//! `slogate explain`: what a code means, why it is so and what to do; and the page of all
//! codes.
//!
//! Here the lists of the modules come together. Nothing else needs all codes.

use std::fmt::Write as _;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use super::Failure;
use super::arguments::ExplainArguments;
use super::output::own_text_to_standard_output;
use crate::archive;
use crate::code::{Code, CodeGroup};
use crate::gate::{self, EXIT_CODES, ExitCode};
use crate::scenario::{self, closest};
use crate::{dashboard, exposition, load, query, rules, scrape, session, slo, target};

/// Columns of prose, as manual pages have them.
const COLUMNS: usize = 80;
/// What stands in front of an example on a terminal.
const INDENT: &str = "    ";

/// Every code, in the groups and the order in which they are shown.
pub fn codes() -> Vec<CodeGroup> {
    vec![
        scenario::codes::CODES,
        gate::codes::CODES,
        target::codes::CODES,
        scrape::codes::CODES,
        exposition::codes::CODES,
        session::codes::CODES,
        load::codes::CODES,
        slo::codes::CODES,
        rules::codes::CODES,
        archive::codes::CODES,
        query::codes::CODES,
        dashboard::codes::CODES,
        super::codes::CODES,
        EXIT_CODES,
    ]
}

/// `docs/codes.md`: every code with its explanation.
pub fn codes_page() -> String {
    let mut page = String::from(
        "# Codes\n\n\
         <!-- Generated from the codes of harness/src; `SLOGATE_BLESS=1 cargo test` renews it. -->\n\n\
         Every error, warning, doubt and exit code has a code. Messages show it (`error[unknown-key]`), \
         reports name those that occurred, and `slogate explain CODE` prints what stands here. Codes do \
         not change between versions; new ones may be added.\n",
    );
    for group in codes() {
        let _ = write!(page, "\n## {}\n\n| code | meaning |\n|---|---|\n", group.title);
        for code in group.codes {
            let _ = writeln!(page, "| [`{code}`](#{code}) | {} |", in_a_cell(code.summary()));
        }
        for code in group.codes {
            let _ = write!(page, "\n### {code}\n\n{}.\n\n{}\n", capital(*code), code.explanation());
        }
    }
    page
}

/// Explains each code that is given, or lists all of them.
pub(super) fn explain(arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let text = if arguments.codes.is_empty() {
        list()
    } else {
        let found: Result<Vec<Code>, Failure> =
            arguments.codes.iter().map(|given| find(given)).collect();
        let explained: Vec<String> = found?.into_iter().map(explained).collect();
        explained.join("\n")
    };
    own_text_to_standard_output(&text)?;
    Ok(ExitCode::Pass)
}

/// Takes any text, and tells shells the codes to complete.
#[derive(Clone, Debug)]
pub(super) struct CodeParser;

impl TypedValueParser for CodeParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let every = codes().into_iter().flat_map(|group| group.codes);
        Some(Box::new(every.map(|code| PossibleValue::new(code.name()).help(code.summary()))))
    }
}

/// The code that is meant by what somebody typed or pasted: `unknown-key`,
/// `error[unknown-key]: …`, or the kind of a condition in a JSON report, `not_reachable`.
fn find(given: &str) -> Result<Code, Failure> {
    let inside = given.split_once('[').map_or(given, |(_, rest)| rest);
    let inside = inside.split(']').next().unwrap_or(inside);
    let name = inside.trim().trim_end_matches([':', ',']).to_lowercase().replace('_', "-");
    let every: Vec<Code> = codes().iter().flat_map(|group| group.codes).copied().collect();
    if let Some(found) = every.iter().find(|code| code.name() == name) {
        return Ok(*found);
    }
    let meant = match closest(&name, every.iter().map(Code::name)) {
        Some(meant) => format!("did you mean `{meant}`? "),
        None => String::new(),
    };
    Err(Failure::usage(
        super::codes::USAGE,
        format!("there is no code `{given}`; {meant}`slogate explain` lists all codes"),
    ))
}

fn list() -> String {
    let groups = codes();
    let names = groups.iter().flat_map(|group| group.codes).map(|code| code.name().len());
    let width = names.max().unwrap_or_default();
    let mut text = String::new();
    for group in groups {
        let _ = writeln!(text, "{}:", group.title);
        for code in group.codes {
            let _ = writeln!(text, "  {code:width$}  {}", code.summary());
        }
        text.push('\n');
    }
    text.push_str("slogate explain CODE says what it means, why it is so and what to do\n");
    text
}

/// A code for a terminal: prose is wrapped, examples are indented instead of fenced.
fn explained(code: Code) -> String {
    let mut text = format!("{code}: {}\n\n", code.summary());
    let mut is_example = false;
    for line in code.explanation().lines() {
        if line.starts_with("```") {
            is_example = !is_example;
            continue;
        }
        if is_example {
            let _ = writeln!(text, "{}", format!("{INDENT}{line}").trim_end());
        } else {
            text.push_str(&wrapped(line));
        }
    }
    text
}

/// A paragraph in lines.
fn wrapped(paragraph: &str) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text + "\n"
}

/// The summary as a sentence begins.
fn capital(code: Code) -> String {
    let mut letters = code.summary().chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(given: &str) -> &'static str {
        find(given).map_or("none", |code| code.name())
    }

    #[test]
    fn a_code_is_found_as_it_is_pasted() {
        for given in
            ["unknown-key", "error[unknown-key]:", "[unknown-key]", "warning[unknown-key]: unknown"]
        {
            assert_eq!(found(given), "unknown-key", "{given}");
        }
        assert_eq!(found("unknown_key"), "unknown-key");
        assert_eq!((found("3"), found("143")), ("3", "143"));
    }

    #[test]
    fn a_code_that_is_not_there_is_answered_with_the_nearest() {
        let message = |given| find(given).unwrap_err().message;
        assert!(message("unknwon-key").contains("did you mean `unknown-key`?"));
        assert!(!message("colour").contains("did you mean"));
        for given in ["", "]", "[", "error[", "7"] {
            assert_eq!(found(given), "none", "{given}");
        }
    }

    #[test]
    fn prose_is_wrapped_at_words() {
        let wrapped = wrapped(&"word ".repeat(40));
        let widths: Vec<usize> = wrapped.lines().map(str::len).collect();
        assert_eq!(widths, [79, 79, 39]);
    }

    #[test]
    fn an_example_is_indented_on_a_terminal() {
        let code = Code::new(&["a", "b\n\nText.\n\n```yaml,wrong\nx: 1\n\ny: 2\n```\n"]);
        assert_eq!(explained(code), "a: b\n\nText.\n\n    x: 1\n\n    y: 2\n");
    }
}
