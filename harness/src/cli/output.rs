//! Where reports go: kinds, files and standard output.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

use super::codes;
use super::workflow_commands::{Notation, are_read};
use crate::code::Code;
use crate::report::TableOptions;

/// One report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) kind: Kind,
    /// A file, or standard output.
    pub(super) file: Option<PathBuf>,
}

/// What a report looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// For people: tables.
    Table,
    /// For programs: docs/schema/report.json.
    Json,
    /// For pipelines that show test results.
    Junit,
    /// For a ticket or a comment.
    Markdown,
    /// For a release record.
    Pdf,
    /// For spreadsheets and scripts.
    Csv,
    /// For a Prometheus.
    OpenMetrics,
}

impl Output {
    /// Whether it goes where others read along as it is written.
    fn is_stream(&self) -> bool {
        self.file.as_deref().is_none_or(is_special)
    }
}

impl Kind {
    /// As it is written on the command line.
    fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// How what GitHub would take for a command can be written, if the format has a way.
    fn notation(self) -> Option<Notation> {
        match self {
            Self::Table | Self::Markdown => Some(Notation::Text),
            Self::Junit => Some(Notation::Xml),
            Self::Json => Some(Notation::Json),
            // A row of CSV begins with a scenario's name; a metric may be called anything.
            Self::Pdf | Self::Csv | Self::OpenMetrics => None,
        }
    }
}

/// Every kind by its name on the command line.
const KINDS: &[(&str, Kind)] = &[
    ("table", Kind::Table),
    ("json", Kind::Json),
    ("junit", Kind::Junit),
    ("markdown", Kind::Markdown),
    ("pdf", Kind::Pdf),
    ("csv", Kind::Csv),
    ("openmetrics", Kind::OpenMetrics),
];

/// Kinds that later versions write; asking for one is an error, never ignored.
const PLANNED: &[&str] = &["html"];

/// Width of a table where standard output is not a terminal.
const PIPED_WIDTH: usize = 80;

/// What `--help` says of `--out`.
pub(super) const HELP: &str = "A report: KIND or KIND=FILE, repeatable; kinds are table, json, \
    junit, markdown, pdf, csv and openmetrics (docs/reports.md)";

/// Why a report cannot be written.
#[derive(Debug, Error)]
pub(super) enum OutputError {
    #[error("--out {0}: not supported yet; kinds are {kinds}", kinds = kinds())]
    Planned(String),
    #[error("--out {0}: no such kind; kinds are {kinds}", kinds = kinds())]
    Unknown(String),
    #[error("--out {0}: not for this verb; kinds are {known}", known = .1.join(", "))]
    NotHere(&'static str, Vec<&'static str>),
    #[error("--out {0}: the file name is missing; write {0}FILE")]
    NoFileName(String),
    #[error("--out {0}: not for a terminal; give it a file: {0}=FILE")]
    NotForTerminal(String),
    #[error(
        "--out {0}: not for the log of a job on GitHub, where names of metrics could be commands; \
         give it a file: {0}=FILE"
    )]
    NotForGitHub(&'static str),
    #[error("--out: two reports to standard output; give one of them a file: {0}=FILE")]
    TwoToStandardOutput(String),
    #[error("--out: two reports to {}; the second would replace the first, so give each a file of its own", .0.display())]
    TwoToOneFile(PathBuf),
    #[error("--out: cannot write {}: {source}; choose a folder that exists and may be written", file.display())]
    NotWritable { file: PathBuf, source: io::Error },
    #[error("cannot write to standard output: {0}")]
    StandardOutput(io::Error),
}

impl OutputError {
    /// What it is called, for `slogate explain`.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Planned(_) | Self::Unknown(_) | Self::NotHere(..) | Self::NoFileName(_) => {
                codes::REPORT_KIND
            }
            Self::NotForTerminal(_) | Self::NotForGitHub(_) => codes::UNSAFE_OUTPUT,
            Self::TwoToStandardOutput(_) | Self::TwoToOneFile(_) => codes::SAME_OUTPUT,
            Self::NotWritable { .. } | Self::StandardOutput(_) => codes::UNWRITABLE_OUTPUT,
        }
    }
}

/// Reads the `--out` values; without any, a table goes to standard output.
pub(super) fn parse(values: &[String]) -> Result<Vec<Output>, OutputError> {
    let outputs: Vec<Output> =
        values.iter().map(|value| parse_one(value)).collect::<Result<_, _>>()?;
    let mut to_standard_output =
        values.iter().zip(&outputs).filter(|(_, output)| output.file.is_none());
    if let (Some(_), Some((second, _))) = (to_standard_output.next(), to_standard_output.next()) {
        return Err(OutputError::TwoToStandardOutput(second.clone()));
    }
    each_its_own_file(&outputs)?;
    if outputs.is_empty() {
        return Ok(vec![Output { kind: Kind::Table, file: None }]);
    }
    Ok(outputs)
}

/// Refuses a kind that a verb does not write.
pub(super) fn only(outputs: &[Output], kinds: &[Kind]) -> Result<(), OutputError> {
    match outputs.iter().find(|output| !kinds.contains(&output.kind)) {
        Some(other) => {
            let known = kinds.iter().map(|kind| kind.name()).collect();
            Err(OutputError::NotHere(other.kind.name(), known))
        }
        None => Ok(()),
    }
}

/// Two names of one file are one file.
fn each_its_own_file(outputs: &[Output]) -> Result<(), OutputError> {
    let mut places = BTreeSet::new();
    let mut files = outputs.iter().filter_map(|output| output.file.as_ref());
    match files.find(|file| !places.insert(place_of(file))) {
        Some(twice) => Err(OutputError::TwoToOneFile(twice.clone())),
        None => Ok(()),
    }
}

/// Where a file is or will be, however it is written: links and `..` are followed.
fn place_of(file: &Path) -> PathBuf {
    let in_folder = || Some(folder_of(file).canonicalize().ok()?.join(file.file_name()?));
    file.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| file.to_owned())
}

fn parse_one(value: &str) -> Result<Output, OutputError> {
    let (kind, file) = match value.split_once('=') {
        Some((kind, file)) => (kind, Some(PathBuf::from(file))),
        None => (value, None),
    };
    if file.as_ref().is_some_and(|file| file.as_os_str().is_empty()) {
        return Err(OutputError::NoFileName(value.to_owned()));
    }
    match KINDS.iter().find(|(name, _)| *name == kind) {
        Some((_, kind)) => Ok(Output { kind: *kind, file }),
        None if PLANNED.contains(&kind) => Err(OutputError::Planned(kind.to_owned())),
        None => Err(OutputError::Unknown(kind.to_owned())),
    }
}

fn kinds() -> String {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Finds out before any load whether every report can be written.
pub(super) fn probe(outputs: &[Output]) -> Result<(), OutputError> {
    let to_standard_output = outputs.iter().find(|output| output.file.is_none());
    if to_standard_output.is_some_and(|output| output.kind == Kind::Pdf) && is_terminal() {
        return Err(OutputError::NotForTerminal("pdf".to_owned()));
    }
    no_data_to_github(outputs, Kind::OpenMetrics)?;
    for file in outputs.iter().filter_map(|output| output.file.as_deref()) {
        probe_file(file).map_err(|source| not_writable(file, source))?;
    }
    Ok(())
}

/// Refuses data of a target's in the log of a job, where its names could be commands and the
/// format has no other way to write them.
pub(super) fn no_data_to_github(outputs: &[Output], kind: Kind) -> Result<(), OutputError> {
    let is_hostile = |output: &Output| output.kind == kind && output.is_stream();
    if are_read() && outputs.iter().any(is_hostile) {
        return Err(OutputError::NotForGitHub(kind.name()));
    }
    Ok(())
}

/// An existing file must open for writing; for a new one, its folder must take a file.
pub(super) fn probe_file(file: &Path) -> io::Result<()> {
    if file.exists() {
        OpenOptions::new().append(true).open(file).map(drop)
    } else {
        temporary_beside(file).map(drop)
    }
}

/// Writes one report: to standard output, or to a file that appears whole.
pub(super) fn write(output: &Output, report: &[u8]) -> Result<(), OutputError> {
    let harmless = output.kind.notation().filter(|_| are_read() && output.is_stream());
    let harmless = harmless.map(|one| one.harmless(&String::from_utf8_lossy(report)));
    let report = harmless.as_deref().map_or(report, str::as_bytes);
    match &output.file {
        None if output.kind == Kind::Table => written(anstream::stdout().lock(), report),
        None => written(io::stdout().lock(), report),
        Some(file) => to_file(file, report).map_err(|source| not_writable(file, source)),
    }
}

/// Writes to standard output. A reader that went away is not an error.
pub(super) fn to_standard_output(text: &str, notation: Notation) -> Result<(), OutputError> {
    let harmless = are_read().then(|| notation.harmless(text));
    written(anstream::stdout().lock(), harmless.as_deref().unwrap_or(text).as_bytes())
}

/// Writes what this program alone made, a script or a manual page, as it is.
pub(super) fn own_text_to_standard_output(text: &str) -> Result<(), OutputError> {
    written(anstream::stdout().lock(), text.as_bytes())
}

fn written(mut stdout: impl Write, bytes: &[u8]) -> Result<(), OutputError> {
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(OutputError::StandardOutput(error))
        }
        _ => Ok(()),
    }
}

/// Says something to the person at the terminal. If even that fails, nobody listens.
pub(super) fn say(text: &str) {
    if are_read() {
        say_to_github(&Notation::Text.harmless(text));
    } else {
        say_to_github(text);
    }
}

/// An error with its code, as it is shown.
pub(super) fn error(code: Code, text: impl Display) -> String {
    format!("error[{code}]: {text}")
}

/// A warning with its code, as it is shown.
pub(super) fn warning(code: Code, text: impl Display) -> String {
    format!("warning[{code}]: {text}")
}

/// The same as `say`, with commands in it that GitHub is meant to read.
pub(super) fn say_to_github(text: &str) {
    let mut stderr = anstream::stderr().lock();
    drop(writeln!(stderr, "{}", text.trim_end()));
}

/// Whether somebody sees standard output as it is written.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Columns of the terminal, if standard output is one.
pub(super) fn terminal_width() -> Option<usize> {
    columns_of(io::stdout())
}

/// Colours are taken out again by the stream where nobody sees them; a file gets none.
pub(super) fn table_options(output: &Output) -> TableOptions {
    let to_terminal = output.file.is_none() && is_terminal();
    TableOptions { width: terminal_width().unwrap_or(PIPED_WIDTH), colour: to_terminal }
}

/// Columns of the terminal, if standard error is one.
pub(super) fn error_columns() -> Option<usize> {
    columns_of(io::stderr())
}

fn columns_of(stream: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(stream).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Whether something is there that is no file: a pipe, a device.
fn is_special(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|found| !found.is_file())
}

/// Writes a file that appears whole, in place of one that is there.
pub(super) fn to_file(file: &Path, report: &[u8]) -> io::Result<()> {
    if is_special(file) {
        // A pipe or a device (`--out json=/dev/stderr`) is written to, not replaced.
        return OpenOptions::new().write(true).open(file)?.write_all(report);
    }
    whole_beside(file, report)?.persist(file).map_err(|failed| failed.error)?;
    Ok(())
}

/// Writes a file that appears whole; one that is there, even since a moment ago, is an error.
pub(super) fn to_new_file(file: &Path, text: &[u8]) -> io::Result<()> {
    whole_beside(file, text)?.persist_noclobber(file).map_err(|failed| failed.error)?;
    Ok(())
}

fn whole_beside(file: &Path, text: &[u8]) -> io::Result<NamedTempFile> {
    let mut whole = temporary_beside(file)?;
    whole.write_all(text)?;
    whole.as_file().sync_all()?;
    Ok(whole)
}

/// A temporary file that others may read as far as the umask lets them, as for any new file.
fn temporary_beside(file: &Path) -> io::Result<NamedTempFile> {
    let folder = folder_of(file);
    let made = Builder::new().permissions(Permissions::from_mode(0o666)).tempfile_in(folder);
    // The error would name the temporary file, which nobody asked for; one about the folder
    // says it in the system's words.
    made.map_err(|error| fs::metadata(folder).err().unwrap_or_else(|| error.kind().into()))
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn not_writable(file: &Path, source: io::Error) -> OutputError {
    OutputError::NotWritable { file: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&str]) -> Result<Vec<Output>, String> {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        parse(&values).map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_goes_to_standard_output_unless_something_is_asked_for() {
        assert_eq!(parsed(&[]).unwrap(), [Output { kind: Kind::Table, file: None }]);
        assert_eq!(parsed(&["json=a.json"]).unwrap().len(), 1);
    }

    #[test]
    fn a_kind_that_is_not_built_yet_is_an_error() {
        assert!(parsed(&["html=x.html"]).unwrap_err().contains("not supported yet"));
        assert!(parsed(&["json="]).unwrap_err().contains("file name is missing"));
        assert!(parsed(&["jsn"]).unwrap_err().contains("no such kind"));
    }

    #[test]
    fn the_help_names_every_kind() {
        assert!(KINDS.iter().all(|(name, _)| HELP.contains(name)), "{HELP}");
    }

    #[test]
    fn two_reports_cannot_share_standard_output() {
        assert!(parsed(&["json", "table"]).unwrap_err().contains("table=FILE"));
    }

    #[test]
    fn two_reports_cannot_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let named = |name: &str| folder.path().join(name).display().to_string();
        fs::create_dir(named("sub")).unwrap();
        fs::write(named("there"), "").unwrap();
        std::os::unix::fs::symlink(named("there"), named("link")).unwrap();
        for (one, other) in [("a", "a"), ("a", "sub/../a"), ("there", "link"), ("no/a", "no/a")] {
            let [one, other] = [format!("csv={}", named(one)), format!("json={}", named(other))];
            let said = parsed(&[&one, &other]).unwrap_err();
            assert!(said.contains("two reports to"), "{said}");
        }
        let [one, other] = [format!("csv={}", named("a")), format!("json={}", named("b"))];
        assert_eq!(parsed(&[&one, &other]).unwrap().len(), 2);
    }

    #[test]
    fn a_file_that_cannot_be_written_is_found_before_the_load() {
        let outputs = parse(&["json=/no/such/folder/report.json".to_owned()]).unwrap();
        let error = probe(&outputs).unwrap_err();
        assert!(matches!(error, OutputError::NotWritable { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("/no/such/folder/report.json: ") && !said.contains(".tmp"), "{said}");
    }

    #[test]
    fn a_report_file_appears_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        write(&Output { kind: Kind::Json, file: Some(file.clone()) }, b"{}\n").unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "{}\n");
    }
}
