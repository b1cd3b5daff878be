//! What a run showed, as one row of docs/false-green.md, and the page itself.
//!
//! Ports, folders and times differ from run to run and are replaced by words; what is
//! left of a message must be what the page says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::rows::{ROWS, Row};
use crate::support::page::{between_marks, is_blessing, with_between_marks};
use crate::support::{Ended, Workspace};

/// Lines between which the rows stand.
const BEGIN: &str = "<!-- rows: made by harness/tests/false_green; SLOGATE_BLESS=1 renews them -->";
const END: &str = "<!-- end of rows -->";

/// Tests of one process write the page in turn.
static PAGE: Mutex<()> = Mutex::new(());

/// How a run ended, as its user saw it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) code: i32,
    /// The JSON report, if there was one.
    pub(crate) report: Option<Value>,
    message: String,
    /// Everything that was printed, for the report of a failed test.
    printed: String,
}

impl Seen {
    pub(crate) fn of(workspace: &Workspace, ended: &Ended) -> Self {
        let report: Option<Value> = serde_json::from_str(&ended.stdout).ok();
        let told = || ended.stdout.lines().filter(|line| !line.starts_with("explain: "));
        let last_line = || told().next_back().unwrap_or_default().trim().to_owned();
        let said = match (report.as_ref().and_then(reason), complaint(&ended.stderr)) {
            (Some(reason), _) => reason,
            (None, complaint) if complaint.is_empty() => last_line(),
            (None, complaint) => complaint,
        };
        let folder = workspace.path().display().to_string();
        let first = said.lines().next().unwrap_or_default();
        let message = first.replace(&format!("{folder}/"), "").replace(&folder, "FOLDER");
        let code = ended.code.unwrap_or(-1);
        Self { code, report, message, printed: format!("{}{}", ended.stdout, ended.stderr) }
    }

    /// A control: without the trap the same run passes.
    #[track_caller]
    pub(crate) fn passes(&self) {
        assert_eq!(self.code, 0, "the control must pass\n{}", self.printed);
    }

    /// The row is as the page has it, and it is not green.
    #[track_caller]
    pub(crate) fn is_row(&self, name: &str) {
        self.compare(name, &self.message);
    }

    /// The same for a message whose counts differ from run to run.
    #[track_caller]
    pub(crate) fn is_row_of_any_count(&self, name: &str) {
        self.compare(name, &without_counts(&self.message));
    }

    #[track_caller]
    fn compare(&self, name: &str, message: &str) {
        assert_ne!(self.code, 0, "`{name}` is a false green\n{}", self.printed);
        let row = ROWS.iter().find(|row| row.name == name);
        let row = row.unwrap_or_else(|| panic!("rows.rs has no row `{name}`"));
        let verdict = self.report.as_ref().and_then(|report| report["verdict"].as_str());
        let line = line_of(row, (self.code, verdict.unwrap_or("not run")), &steady(message));
        let _turn = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = lines().into_iter().find(|line| line.starts_with(&start_of(row)));
        if shown.as_ref() == Some(&line) {
            return;
        }
        assert!(
            is_blessing(),
            "docs/false-green.md\nhas  {shown:?}\nseen {line:?}\n{}",
            self.printed
        );
        bless(row, line);
    }
}

/// What decided: the first objective that did not pass, or what else did.
fn reason(report: &Value) -> Option<String> {
    let scenario = report["scenarios"].get(0)?;
    let slos = scenario["slos"].as_array()?;
    let reasons = scenario["reasons"].as_array()?;
    let rank = |verdict: &Value| match verdict.as_str() {
        Some("fail") => 2,
        Some("inconclusive") => 1,
        _ => 0,
    };
    let worst = slos.iter().map(|slo| rank(&slo["verdict"])).max().unwrap_or(0);
    let slo = slos.iter().find(|slo| worst > 0 && rank(&slo["verdict"]) == worst);
    let of_slo = slo.and_then(|slo| Some(slo["reason"].as_str()?.to_owned()));
    reasons.first().and_then(|one| Some(one.as_str()?.to_owned())).or(of_slo)
}

/// What standard error says first that is wrong, in one line.
fn complaint(stderr: &str) -> String {
    let said = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("slogate: ") || line.starts_with("error")
    };
    let line = stderr.lines().find(said).or_else(|| stderr.lines().next()).unwrap_or("");
    let line = line.trim_start().trim_start_matches("slogate: ");
    let coded = line.strip_prefix("error[").and_then(|rest| rest.split_once("]: "));
    let message = coded.map_or(line, |(_, message)| message);
    let behind = stderr.split_once(message).map_or("", |(_, behind)| behind);
    let continued = behind.lines().skip(1).map_while(|line| line.trim_start().strip_prefix("│ "));
    std::iter::once(message).chain(continued).collect::<Vec<_>>().join(" ")
}

fn start_of(row: &Row) -> String {
    format!("| {} |", row.wrong)
}

fn line_of(row: &Row, (code, verdict): (i32, &str), message: &str) -> String {
    format!(
        "{} {} | {code} | {verdict} | {} |",
        start_of(row),
        row.peers,
        message.replace('|', "\\|")
    )
}

/// Replaces what the machine gives and the reader need not know.
fn steady(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = ["127.0.0.1:", "127.0.0.2:", "[::1]:", "both.test:"]
        .iter()
        .filter_map(|host| Some((rest.find(host)? + host.len(), *host)))
        .min()
        .map(|(at, _)| rest.split_at(at))
    {
        let port = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        text.push_str(before);
        text.push_str(if port > 0 { "PORT" } else { "" });
        rest = &after[port..];
    }
    without_temporary_names(&(text + rest))
}

/// `.tmpFzta4h` becomes `.tmp…`.
fn without_temporary_names(text: &str) -> String {
    let mut parts = text.split(".tmp");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + ".tmp…" + part.trim_start_matches(char::is_alphanumeric))
}

/// Replaces measured numbers, with their units, by `N`; targets and quantiles stay.
pub(crate) fn without_counts(message: &str) -> String {
    let mut words = Vec::new();
    let mut after_comparison = false;
    for word in message.split(' ') {
        let is_unit = matches!(word.trim_end_matches([',', ';', ')']), "ms" | "s" | "µs" | "ns");
        if is_unit && words.last().is_some_and(|last: &String| last.ends_with('N')) {
            let end = word.trim_start_matches(|c: char| c.is_alphabetic());
            words.last_mut().unwrap().push_str(end);
            continue;
        }
        words.push(if after_comparison { word.to_owned() } else { counted(word) });
        after_comparison = ["<", "<=", ">", ">=", "=="].contains(&word);
    }
    words.join(" ")
}

fn counted(word: &str) -> String {
    let number = word.trim_start_matches('(').trim_end_matches([',', ';', ':', ')', '%']);
    let number = number.trim_end_matches("/s");
    let is_number = !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit() || ".,-".contains(c))
        && number.chars().any(|c| c.is_ascii_digit());
    if is_number { word.replacen(number, "N", 1) } else { word.to_owned() }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/false-green.md")
}

/// The rows of the page.
fn lines() -> Vec<String> {
    let page = fs::read_to_string(path()).unwrap();
    let [_, table, _] = between_marks(&page, BEGIN, END);
    table.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect()
}

/// Writes one row, in the order of [`ROWS`]; rows that no test knows are left out.
fn bless(row: &Row, line: String) {
    let mut known = lines();
    known.retain(|line| !line.starts_with(&start_of(row)));
    known.push(line);
    let place = |line: &String| ROWS.iter().position(|row| line.starts_with(&start_of(row)));
    known.retain(|line| place(line).is_some());
    known.sort_by_key(place);
    let page = fs::read_to_string(path()).unwrap();
    let head =
        "| what is wrong | elsewhere | exit | verdict | what slogate says |\n|---|---|---|---|---|";
    let table = format!("\n{head}\n{}\n", known.join("\n"));
    fs::write(path(), with_between_marks(&page, BEGIN, END, &table)).unwrap();
}

#[test]
fn every_row_has_a_test_and_stands_on_the_page() {
    let tests = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/false_green"));
    let sources: String =
        tests.unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let _turn = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = lines();
    for row in ROWS {
        let calls =
            ["is_row", "is_row_of_any_count"].map(|call| format!("{call}(\"{}\")", row.name));
        assert!(calls.iter().any(|call| sources.contains(call)), "no test shows `{}`", row.name);
        let stands = lines.iter().filter(|line| line.starts_with(&start_of(row))).count();
        assert!(stands == 1 || is_blessing(), "`{}` stands {stands} times on the page", row.wrong);
    }
    assert!(lines.len() == ROWS.len() || is_blessing(), "the page has rows without a test");
}

#[test]
fn what_differs_from_run_to_run_becomes_words() {
    assert_eq!(
        steady("no answer at 127.0.0.1:4001: refused"),
        "no answer at 127.0.0.1:PORT: refused"
    );
    assert_eq!(
        without_counts("7 of 43 scrapes failed (measured: 3 meets <= 5, p95 lag 1.2 ms, 12.5%)"),
        "N of N scrapes failed (measured: N meets <= 5, p95 lag N, N%)"
    );
}
