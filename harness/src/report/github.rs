//! Annotations for GitHub: workflow commands that put each miss and each doubt at the
//! line of its objective. (The summary of the job is the Markdown report.)
//!
//! The commands and their escapes are those of GitHub's documentation, "Workflow
//! commands for GitHub Actions", and of the runner that reads them.

use std::path::{Component, Path, PathBuf};

use super::cells;
use super::words::{self, Reason, one_line, printable};
use crate::archive::{RunRecord, ScenarioRecord};
use crate::gate::RuleResult;
use crate::scenario::COMMAND_LINE;
use crate::slo::Verdict;

/// Annotations of one level that GitHub shows for a step; more are dropped unseen.
const MOST_PER_LEVEL: usize = 10;
/// Characters of one message: enough for every sentence of ours, and far below the
/// 64 KiB that GitHub takes.
const MOST_CHARACTERS: usize = 4_000;

/// Where files are, for paths that GitHub can find again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The checkout.
    pub root: PathBuf,
    /// The folder that relative paths count from.
    pub here: PathBuf,
}

/// One line for each annotation, misses before doubts. Of more than GitHub shows, the
/// last one says how many there are besides.
pub fn annotations(record: &RunRecord, workspace: &Workspace) -> Vec<String> {
    let mut all: Vec<Annotation> = Vec::new();
    for scenario in &record.scenarios {
        let reasons = words::reasons(scenario);
        all.extend(reasons.iter().map(|one| Annotation::of_reason(scenario, one, workspace)));
    }
    let rules = record.rules.as_ref().map_or(&[][..], |rules| &rules.results);
    let untold = rules.iter().filter(|result| result.verdict != Verdict::Pass);
    all.extend(untold.map(|result| Annotation::of_rule(result, workspace)));
    [Verdict::Fail, Verdict::Inconclusive]
        .into_iter()
        .flat_map(|level| {
            let of_level = all.iter().filter(|one| one.verdict == level).collect();
            at_most_shown(of_level, level)
        })
        .collect()
}

fn at_most_shown(annotations: Vec<&Annotation>, level: Verdict) -> Vec<String> {
    if annotations.len() <= MOST_PER_LEVEL {
        return annotations.into_iter().map(Annotation::command).collect();
    }
    let (shown, rest) = annotations.split_at(MOST_PER_LEVEL - 1);
    let more = Annotation {
        verdict: level,
        place: None,
        title: format!("{} more", rest.len()),
        message: format!(
            "{} more like these are not shown here; the job summary and the reports have them",
            rest.len()
        ),
    };
    shown.iter().map(|one| one.command()).chain([more.command()]).collect()
}

struct Annotation {
    verdict: Verdict,
    place: Option<Place>,
    title: String,
    message: String,
}

struct Place {
    file: String,
    /// Line and column, from 1.
    at: Option<(usize, usize)>,
}

impl Annotation {
    fn of_reason(scenario: &ScenarioRecord, reason: &Reason<'_>, workspace: &Workspace) -> Self {
        let name = printable(&scenario.name);
        let title = reason.subject().map_or_else(|| name.clone(), |ids| format!("{name}: {ids}"));
        let (file, at) = match reason.slos.first() {
            Some(slo) => (&slo.file, Some((slo.line, slo.column))),
            None => (&scenario.configuration.path, None),
        };
        let numbers = match reason.slos.as_slice() {
            [only] => format!("\n{}", cells::objective_line(only)),
            _ => String::new(),
        };
        // What a flag wrote has no line that GitHub could show it at.
        let is_file = file != COMMAND_LINE;
        let place = is_file.then(|| Place { file: workspace.relative(file), at });
        let flag = if is_file || at.is_none() { "" } else { "\nset by --slo" };
        let lookup = in_a_line(words::lookup(&reason.codes));
        let message = format!("{}{numbers}{flag}{lookup}", reason.text);
        Self { verdict: reason.verdict, place, title, message }
    }

    fn of_rule(result: &RuleResult, workspace: &Workspace) -> Self {
        Self {
            verdict: result.verdict,
            place: Some(Place { file: workspace.relative(&result.file), at: None }),
            title: printable(&format!("{} ({})", result.name, result.engine)),
            message: printable(&result.detail) + &in_a_line(words::lookup(&result.codes)),
        }
    }

    /// `::error file=…,line=…,col=…,title=…::…`
    fn command(&self) -> String {
        let level = match self.verdict {
            Verdict::Fail => "error",
            Verdict::Inconclusive => "warning",
            Verdict::Pass => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = &self.place {
            properties.push(format!("file={}", property(&place.file)));
            if let Some((line, column)) = place.at {
                properties.push(format!("line={line},col={column}"));
            }
        }
        properties.push(format!("title={}", property(&self.title)));
        let message: String = self.message.chars().take(MOST_CHARACTERS).collect();
        format!("::{level} {}::{}", properties.join(","), data(&message))
    }
}

impl Workspace {
    /// A file as the checkout knows it; one outside of it stays as it is.
    fn relative(&self, file: &str) -> String {
        let whole = normal(&self.here.join(file));
        let inside = whole.strip_prefix(normal(&self.root));
        inside.map_or_else(|_| file.to_owned(), |path| path.display().to_string())
    }
}

fn in_a_line(text: Option<String>) -> String {
    text.map_or_else(String::new, |text| format!("\n{text}"))
}

/// A path without `.` and `..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&one_line(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_one_of_the_checkout() {
        let workspace =
            Workspace { root: "/home/ci/repo".into(), here: "/home/ci/repo/sub".into() };
        assert_eq!(workspace.relative("scenarios/10k.yaml"), "sub/scenarios/10k.yaml");
        assert_eq!(workspace.relative("../rules/./export.yml"), "rules/export.yml");
        assert_eq!(workspace.relative("/home/ci/repo/a.yaml"), "a.yaml");
        assert_eq!(workspace.relative("/elsewhere/a.yaml"), "/elsewhere/a.yaml");
    }

    #[test]
    fn what_ends_a_command_is_escaped() {
        assert_eq!(data("50%\r\n::x"), "50%25%0D%0A::x");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
