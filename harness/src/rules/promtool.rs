//! promtool as a process: its version, `check rules` and `test rules`, each with a limit on
//! its time and on what it may say.
//!
//! An exit code alone is no answer: promtool 2.46 ends with 0 on a rule file that it could not
//! read (<https://github.com/prometheus/prometheus/issues/12663>), and so does every program
//! that ignores its arguments. So a pass is an exit code of 0 *and* a line that says SUCCESS, a
//! failure is one of 1 and a line that says FAILED, and everything else is a promtool that did
//! not do its work. It is asked file by file, so that each answer is about one file.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use slogate_promql::rules::UnknownFields;

use super::{PromtoolResult, RulesError, TestOptions};

/// promtool needs well under a second for a file of a hundred tests; one that
/// takes longer than this hangs.
pub const PROMTOOL_TIME_LIMIT: Duration = Duration::from_secs(60);
/// Each of its streams is read so far: hundreds of times what a file full of failing tests
/// makes it say.
const MOST_OUTPUT_BYTES: u64 = 16 * 1024 * 1024;
/// Characters of an answer that is none in an error.
const SHOWN_CHARACTERS: usize = 400;

/// A promtool that has told its version.
#[derive(Clone, Debug)]
pub struct Promtool {
    program: PathBuf,
    version: String,
    time_limit: Duration,
}

/// What promtool says of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// It holds so many rules.
    InOrder { rules: usize },
    /// It can be loaded, and there is something to improve in it.
    Findings(String),
    /// It cannot be loaded.
    Refused(String),
}

/// How a process ended, and all that it said.
struct Said {
    status: ExitStatus,
    text: String,
}

impl Promtool {
    /// The promtool of this name or path, whose every answer may take so long; `None` if there
    /// is none. One that is there and does not work is an error.
    pub fn find(program: &Path, time_limit: Duration) -> Result<Option<Self>, RulesError> {
        let broken = |reason: String| RulesError::PromtoolBroken { reason };
        let said = match said_by(program, &["--version".as_ref()], time_limit) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            said => said.map_err(|error| broken(error.to_string()))?,
        };
        // 2.x says it on stderr of some builds, 3.x on stdout.
        let version = parse_version(&said.text).filter(|_| said.status.success());
        let Some(version) = version else {
            return Err(broken(format!("it does not tell its version: {}", said.shown())));
        };
        Ok(Some(Self { program: program.to_owned(), version, time_limit }))
    }

    /// Its version: `2.42.0`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Runs the unit tests of a file.
    pub(super) fn test(
        &self,
        file: &Path,
        options: &TestOptions,
    ) -> Result<PromtoolResult, RulesError> {
        let mut flags = flags_of(options.unknown_fields);
        if let Some(run) = &options.run {
            flags.push(format!("--run={}", run.as_str()));
        }
        let said = self.ask("test", &flags, file)?;
        let passed = match said.status.code() {
            Some(0) if said.has_line("SUCCESS").is_some() => true,
            Some(1) if said.has_line("FAILED").is_some() => false,
            _ => return Err(no_answer(file, &said)),
        };
        let output = said.text.trim_end().to_owned();
        Ok(PromtoolResult { version: self.version.clone(), passed, output })
    }

    /// Checks a rule file, with promtool's own choice of lint checks.
    pub(super) fn check(&self, file: &Path, unknown: UnknownFields) -> Result<Checked, RulesError> {
        let said = self.ask("check", &flags_of(unknown), file)?;
        let output = || said.text.trim_end().to_owned();
        match (said.status.code(), said.has_line("FAILED")) {
            (Some(0), None) => match said.has_line("SUCCESS").and_then(parse_count) {
                Some(rules) => Ok(Checked::InOrder { rules }),
                None => Err(no_answer(file, &said)),
            },
            (Some(0), Some(_)) if said.text.contains("lint error") => {
                Ok(Checked::Findings(output()))
            }
            (Some(1), Some(_)) => Ok(Checked::Refused(output())),
            _ => Err(no_answer(file, &said)),
        }
    }

    fn ask(&self, verb: &str, flags: &[String], file: &Path) -> Result<Said, RulesError> {
        let mut arguments: Vec<&Path> = vec![verb.as_ref(), "rules".as_ref()];
        arguments.extend(flags.iter().map(Path::new));
        arguments.push(file);
        said_by(&self.program, &arguments, self.time_limit).map_err(|error| RulesError::Promtool {
            path: file.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl Said {
    /// What follows a word that begins a line.
    fn has_line(&self, word: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.trim_start().strip_prefix(word))
    }

    /// For an error: how it ended and what it said, cut.
    fn shown(&self) -> String {
        let text: String = self.text.trim().chars().take(SHOWN_CHARACTERS).collect();
        let said = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
        format!("it said {said} and ended with {}", self.status)
    }
}

/// Older ones than what a flag is about say that they do not know it, which is no answer.
fn flags_of(unknown: UnknownFields) -> Vec<String> {
    match unknown {
        UnknownFields::Refused => Vec::new(),
        UnknownFields::Ignored => vec!["--ignore-unknown-fields".to_owned()],
    }
}

fn no_answer(file: &Path, said: &Said) -> RulesError {
    let reason = format!("neither a success nor a failure: {}", said.shown());
    RulesError::Promtool { path: file.to_owned(), reason }
}

/// Starts a program, waits until it ends, and gives what it said on both streams.
fn said_by(program: &Path, arguments: &[&Path], time_limit: Duration) -> io::Result<Said> {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    wait(child, time_limit)
}

/// Waits for a child and all that it writes; ends it when the limit is over.
fn wait(mut child: Child, limit: Duration) -> io::Result<Said> {
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read_to_end(&mut child)));
    match receiver.recv_timeout(limit) {
        Ok(said) => said,
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("its output was lost")),
        Err(RecvTimeoutError::Timeout) => {
            // Until the thread has waited for it, the pid is that of this child.
            kill_process(pid, Signal::KILL)?;
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no end after {limit:?}")))
        }
    }
}

/// Both streams, then how it ended. A program that says too much finds its stream closed.
fn read_to_end(child: &mut Child) -> io::Result<Said> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let errors = thread::spawn(move || limited(stderr));
    let mut bytes = limited(stdout)?;
    bytes.extend(errors.join().map_err(|_| io::Error::other("its output was lost"))??);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(Said { status: child.wait()?, text })
}

fn limited(stream: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(MOST_OUTPUT_BYTES).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The version in `promtool, version 2.42.0+ds (branch: …`.
fn parse_version(text: &str) -> Option<String> {
    let after = text.split("version ").nth(1)?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(after.len());
    (end > 0).then(|| after[..end].to_owned())
}

/// The number in `: 7 rules found`.
fn parse_count(text: &str) -> Option<usize> {
    text.strip_prefix(':')?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version() {
        let text = "promtool, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0)";
        assert_eq!(parse_version(text).as_deref(), Some("2.42.0"));
        assert_eq!(parse_version("nothing"), None);
    }

    #[test]
    fn reads_how_many_rules_there_are() {
        assert_eq!(parse_count(": 7 rules found"), Some(7));
        assert_eq!(parse_count(""), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_none() {
        let found = Promtool::find(Path::new("/nowhere/promtool"), PROMTOOL_TIME_LIMIT);
        assert!(found.unwrap().is_none());
    }

    #[test]
    fn a_process_that_hangs_is_ended() {
        let error =
            said_by(Path::new("sleep"), &["60".as_ref()], Duration::from_millis(20)).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_process_that_never_stops_talking_is_cut_short() {
        let said = said_by(Path::new("yes"), &[], PROMTOOL_TIME_LIMIT).unwrap();
        assert_eq!(said.text.len() as u64, MOST_OUTPUT_BYTES);
        assert!(!said.status.success());
    }
}
