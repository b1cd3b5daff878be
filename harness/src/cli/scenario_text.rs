//! A scenario written by flags instead of by hand: its text, and which flag wrote each line.
//!
//! The text is read by the ordinary reader, so that flags and files follow one set of
//! rules; what is wrong is told about the flag, because nobody sees the text.

use std::io;
use std::path::Path;

use serde_json::Value;

use super::output::error_columns;
use crate::scenario::{COMMAND_LINE, Problem, Problems};

/// How the line of an included file begins.
const INCLUDE: &str = "  - include: ";

/// A text, line by line.
#[derive(Debug, Default)]
pub(super) struct ScenarioText {
    text: String,
    origins: Vec<Origin>,
}

/// What wrote a line.
#[derive(Clone, Debug)]
struct Origin {
    /// `--rate`, or `URL`.
    flag: &'static str,
    /// What was given, unless it may be a secret.
    value: Option<String>,
    /// Whether that is the name of a file.
    is_file: bool,
}

impl ScenarioText {
    /// Adds a line that a flag wrote; of several lines all are its.
    pub(super) fn line(&mut self, flag: &'static str, line: &str) {
        self.push(&Origin { flag, value: None, is_file: false }, line);
    }

    /// Adds `KEY: VALUE`; the value is shown where something is wrong with it.
    pub(super) fn value(&mut self, flag: &'static str, key: &str, value: &str) {
        let origin = Origin { flag, value: Some(value.to_owned()), is_file: false };
        self.push(&origin, &format!("{key}{}", scalar(value)));
    }

    /// The same where the value is the name of a file.
    pub(super) fn file(&mut self, flag: &'static str, key: &str, value: &str) {
        let origin = Origin { flag, value: Some(value.to_owned()), is_file: true };
        self.push(&origin, &format!("{key}{}", scalar(value)));
    }

    fn push(&mut self, origin: &Origin, line: &str) {
        self.origins.extend(line.lines().map(|_| origin.clone()));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Adds an objective: a short form, a map in braces, or a file of objectives.
    pub(super) fn objective(&mut self, flag: &'static str, given: &str) {
        let is_map = given.trim_start().starts_with('{') && !given.contains('\n');
        let extension = Path::new(given).extension().and_then(|end| end.to_str());
        if is_map {
            let origin = Origin { flag, value: Some(given.to_owned()), is_file: false };
            self.push(&origin, &format!("  - {given}"));
        } else if matches!(extension, Some("yaml" | "yml")) {
            self.file(flag, INCLUDE, given);
        } else {
            self.value(flag, "  - ", given);
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The whole text with names of files that are right wherever it is written to.
    pub(super) fn with_absolute_files(&self) -> io::Result<String> {
        let mut text = String::with_capacity(self.text.len());
        for (line, origin) in self.text.lines().zip(&self.origins) {
            match (&origin.value, line.split_once(": ")) {
                (Some(file), Some((key, _))) if origin.is_file => {
                    let whole = std::path::absolute(file)?;
                    text.push_str(key);
                    text.push_str(": ");
                    text.push_str(&quoted(&whole.display().to_string()));
                }
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        Ok(text)
    }

    /// Everything that is wrong, each about the flag it comes from. A problem of a file
    /// that a flag named is shown with its place in that file.
    pub(super) fn render(&self, problems: &Problems) -> Vec<String> {
        let marked = |mark: &'static str| move |problem| self.render_one(mark, problem);
        let errors = problems.problems.iter().map(marked("error"));
        errors.chain(problems.warnings.iter().map(marked("warning"))).collect()
    }

    fn render_one(&self, mark: &str, problem: &Problem) -> String {
        let place = problem.place();
        let origin = self.origins.get(place.line.saturating_sub(1));
        let Some(origin) = origin.filter(|_| &*place.file == COMMAND_LINE) else {
            return problem.render_in_colour(error_columns());
        };
        let value =
            origin.value.as_ref().map_or_else(String::new, |value| format!(" {}", scalar(value)));
        let label = problem.label_text().map_or_else(String::new, |text| format!("; {text}"));
        let help = problem.help_text().map_or_else(String::new, |text| format!("\n  help: {text}"));
        format!("{mark}[{}]: {}{value}: {problem}{label}{help}", problem.code(), origin.flag)
    }
}

/// A value as YAML: a number as it is, anything else as a text that can be nothing else
/// (JSON's texts are YAML's, <https://yaml.org/spec/1.2.2/#12-overview>).
pub(super) fn scalar(value: &str) -> String {
    let is_number = value.len() <= 18 && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !value.is_empty() { value.to_owned() } else { quoted(value) }
}

/// A value as a YAML text, also where it looks like a number.
pub(super) fn quoted(value: &str) -> String {
    Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{ReadOptions, Variables, read_text};

    #[test]
    fn a_value_cannot_become_structure() {
        assert_eq!(scalar("50"), "50");
        assert_eq!(scalar("50/s"), "\"50/s\"");
        assert_eq!(scalar("a: b\n- c"), "\"a: b\\n- c\"");
    }

    #[test]
    fn an_included_file_is_named_so_that_it_is_found_from_everywhere() {
        let mut text = ScenarioText::default();
        text.objective("--slo", "p95(latency) < 1s");
        text.objective("--slo", "lists/good.yaml");
        let here = std::env::current_dir().unwrap();
        let expected = format!(
            "  - \"p95(latency) < 1s\"\n  - include: \"{}/lists/good.yaml\"\n",
            here.display()
        );
        assert_eq!(text.with_absolute_files().unwrap(), expected);
        assert!(text.text().contains("include: \"lists/good.yaml\""));
    }

    #[test]
    fn a_problem_is_told_about_its_flag() {
        let mut text = ScenarioText::default();
        text.line("run", "version: 1\nname: x\ntarget: http://a\nload:");
        text.line("--rate", "  - name: load");
        text.value("--rate", "    rate: ", "fast");
        text.value("--for", "    for: ", "30s");
        text.line("run", "requests:\n  - name: get\n    get: /\nslo:");
        text.objective("--slo", "p95(latncy) < 1s");
        let read = read_text(
            Path::new(COMMAND_LINE),
            text.text(),
            &Variables::new(),
            &ReadOptions::default(),
        );
        let shown = text.render(&read.unwrap_err());
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].starts_with("error[invalid-quantity]: --rate \"fast\": "), "{shown:?}");
        assert!(
            shown[1].starts_with("error[client-expression]: --slo \"p95(latncy) < 1s\": "),
            "{shown:?}"
        );
    }
}
