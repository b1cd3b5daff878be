//! Dashboards among the files of `slogate check`: found, checked, told.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::IgnoredAny;
use slogate_promql::lint::Severity;

use super::Failure;
use super::arguments::{CheckArguments, CheckOutput};
use super::files::{FilesError, Shown};
use super::findings::shown;
use super::output::{error, say, to_standard_output};
use super::workflow_commands::Notation;
use crate::dashboard::codes::INVALID_EXCLUSIONS;
use crate::dashboard::{
    DashboardFinding, DashboardReport, Exclusions, Outcome, PanelResult, check_dashboard,
    is_dashboard,
};
use crate::gate::ExitCode;
use crate::query::RecordedScenario;
use crate::report::one_line;
use crate::scenario::codes::{TOO_LARGE, UNREADABLE_FILE};
use crate::scenario::read_at_most;

/// The largest file that is read: those of Grafana's own mixins have less than a tenth of it.
const LARGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Where exclusions stand, in the folder of a dashboard.
const EXCLUSIONS: &str = ".lint";

/// Dashboards that were checked so far, and what they are checked with.
pub(super) struct Dashboards {
    run: Option<RecordedScenario>,
    fail_on: Severity,
    out: CheckOutput,
    checked: Vec<(String, DashboardReport)>,
}

impl Dashboards {
    /// Opens the run that they are to be evaluated on.
    pub(super) fn new(arguments: &CheckArguments) -> Result<Self, Failure> {
        let scenario = arguments.scenario.as_deref();
        let open = |run: &PathBuf| RecordedScenario::open(run, scenario);
        let run = arguments.run.as_ref().map(open).transpose().map_err(|found| Failure {
            exit_code: found.exit_code(),
            message: error(found.code(), &found),
        })?;
        Ok(Self {
            run,
            fail_on: arguments.fail_on.map_or(Severity::Error, Severity::from),
            out: arguments.out.unwrap_or(CheckOutput::Text),
            checked: Vec::new(),
        })
    }

    /// Checks one; `None` comes back where the file cannot be checked, which is told.
    pub(super) fn check(&mut self, path: &Path, problems: &mut Shown) -> Option<String> {
        let checked = text_of(path).and_then(|text| self.report(path, &text));
        match checked {
            Ok(report) => {
                for finding in &report.findings {
                    if self.out == CheckOutput::Text {
                        say(&shown(finding));
                    }
                }
                let text = summary(&report);
                self.checked.push((path.display().to_string(), report));
                Some(text)
            }
            Err(errors) => {
                for one in &errors {
                    say(one);
                }
                problems.errors += errors.len();
                None
            }
        }
    }

    fn report(&self, path: &Path, text: &str) -> Result<DashboardReport, Vec<String>> {
        let exclusions = exclusions(path).map_err(|one| vec![one])?;
        let name = path.display().to_string();
        let checked = check_dashboard(&name, text, &exclusions, self.run.as_ref());
        checked.map_err(|found| {
            found.coded().into_iter().map(|(code, text)| error(code, text)).collect()
        })
    }

    /// Whether standard output is theirs.
    pub(super) fn is_json(&self) -> bool {
        self.out == CheckOutput::Json
    }

    /// Writes the document, if one is asked for, and gives the exit code over all of them.
    pub(super) fn conclude(&self) -> Result<ExitCode, Failure> {
        let exit_code = self.exit_code();
        if self.is_json() {
            let dashboards = self.checked.iter().map(|(file, report)| DashboardDocument {
                file,
                title: &report.title,
                panels: report.panels,
                queries: report.queries,
                results: &report.results,
            });
            let document = CheckDocument {
                dashboards: dashboards.collect(),
                findings: self.findings().collect(),
                exit_code: exit_code.number(),
            };
            let text = serde_json::to_string_pretty(&document).map_err(Failure::internal)?;
            to_standard_output(&(text + "\n"), Notation::Json)?;
        } else if exit_code != ExitCode::Pass {
            to_standard_output(&self.explanation(), Notation::Text)?;
        }
        Ok(exit_code)
    }

    /// Where what made it fail is explained.
    fn explanation(&self) -> String {
        let fatal = self.findings().filter(|one| one.level() >= self.fail_on);
        let names: BTreeSet<&str> = fatal.map(|one| one.id).collect();
        let names: Vec<&str> = names.into_iter().collect();
        format!("explain: slogate explain {}\n", names.join(" "))
    }

    fn findings(&self) -> impl Iterator<Item = &DashboardFinding> {
        self.checked.iter().flat_map(|(_, report)| &report.findings)
    }

    fn exit_code(&self) -> ExitCode {
        let is_nothing = self.checked.iter().any(|(_, report)| report.is_about_nothing);
        let is_empty =
            |one: &&DashboardFinding| one.code() == crate::dashboard::codes::EMPTY_DASHBOARD;
        let mut judged = self.findings().filter(|one| !is_empty(one));
        if judged.any(|one| one.level() >= self.fail_on) {
            ExitCode::Failed
        } else if is_nothing {
            ExitCode::Inconclusive
        } else {
            ExitCode::Pass
        }
    }
}

/// Whether a file is one for this module: a dashboard by its contents, or JSON that is none of
/// the files that are read elsewhere.
pub(super) fn is_for_dashboards(path: &Path) -> bool {
    let is_json = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"));
    match text_of(path) {
        Ok(text) => is_dashboard(&text) || is_json && !is_of_others(&text),
        Err(_) => is_json && path.is_file(),
    }
}

/// Scenarios and rules may be written in JSON, which is YAML.
fn is_of_others(text: &str) -> bool {
    const THEIRS: [&str; 6] = ["load", "slo", "requests", "groups", "tests", "rule_files"];
    let parsed: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(text);
    parsed.is_ok_and(|fields| THEIRS.iter().any(|key| fields.contains_key(*key)))
}

/// The dashboards of a folder, by name. Its other JSON files are somebody else's; one that is no
/// JSON is told where there are dashboards beside it, because it may be one that is broken.
pub(super) fn dashboards_in(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let failed = |source| FilesError::Folder { path: folder.to_owned(), source };
    let (mut files, mut broken) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        match text_of(&path) {
            Ok(text) if is_dashboard(&text) => files.push(path),
            Ok(text) if serde_json::from_str::<IgnoredAny>(&text).is_ok() => {}
            _ => broken.push(path),
        }
    }
    if !files.is_empty() {
        files.append(&mut broken);
    }
    files.sort();
    Ok(files)
}

fn text_of(path: &Path) -> Result<String, Vec<String>> {
    let name = path.display();
    let unreadable =
        |reason: String| vec![error(UNREADABLE_FILE, format!("cannot read {name}: {reason}"))];
    let bytes = read_at_most(path, LARGEST_FILE_BYTES).map_err(|it| unreadable(it.to_string()))?;
    let bytes = bytes.ok_or_else(|| {
        vec![error(TOO_LARGE, format!("{name} is larger than 16 MiB; split the dashboard"))]
    })?;
    match encoding_mark(&bytes) {
        Some(reason) => Err(unreadable(reason.to_owned())),
        None => String::from_utf8(bytes).map_err(|it| unreadable(it.to_string())),
    }
}

/// What is wrong with the first bytes: JSON is UTF-8 without a byte order mark (RFC 8259, 8.1).
fn encoding_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => {
            Some("it begins with a byte order mark, which JSON does not have; save it without one")
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            Some("it is UTF-16 or UTF-32, and JSON is UTF-8; save it as UTF-8")
        }
        _ => None,
    }
}

fn exclusions(dashboard: &Path) -> Result<Exclusions, String> {
    let path = dashboard.with_file_name(EXCLUSIONS);
    if !path.is_file() {
        return Ok(Exclusions::default());
    }
    let text = text_of(&path).map_err(|errors| errors.concat())?;
    Exclusions::parse(&text).map_err(|reason| {
        let name = path.display();
        error(INVALID_EXCLUSIONS, format!("{name}: {reason}; write `exclusions: {{ RULE: }}`"))
    })
}

/// `dashboard `Shop`, 12 panels, 20 queries`, and on a run a line for each panel.
fn summary(report: &DashboardReport) -> String {
    let DashboardReport { title, panels, queries, results, .. } = report;
    let (panels, queries) =
        (count(*panels, "panel", "panels"), count(*queries, "query", "queries"));
    let mut text = format!("dashboard `{}`, {panels}, {queries}", one_line(title));
    for result in results {
        let (word, line) = (word(result.outcome), one_line(&line(result)));
        let _ = write!(text, "\n  {word:13}  {line}");
    }
    text
}

fn line(result: &PanelResult) -> String {
    let evaluated = result.queries.iter().filter(|one| one.outcome != Outcome::NotEvaluated);
    let series: Vec<String> =
        evaluated.map(|one| format!("{} {} series", one.query, one.series)).collect();
    let of_row = result.row.as_ref().map_or(String::new(), |row| format!("{row} / "));
    match series.as_slice() {
        [] => format!("{of_row}{}", result.panel),
        several => format!("{of_row}{}: {}", result.panel, several.join(", ")),
    }
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Data => "data",
        Outcome::NoData => "no data",
        Outcome::NotEvaluated => "not evaluated",
    }
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The shape of `--out json`, which docs/dashboard.md describes.
#[derive(Serialize)]
struct CheckDocument<'r> {
    dashboards: Vec<DashboardDocument<'r>>,
    findings: Vec<&'r DashboardFinding>,
    exit_code: u8,
}

#[derive(Serialize)]
struct DashboardDocument<'r> {
    file: &'r str,
    title: &'r str,
    panels: usize,
    queries: usize,
    results: &'r [PanelResult],
}
