//! The reference service as a process of its own, so that its load on the machine
//! is its own and a crash of it is only its own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

use super::error::TargetError;
use super::process::TargetProcess;
use crate::scenario::Hidden;

/// How long the service may take to say where it listens.
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How the line begins that says where it listens.
const READY_LINE: &str = "listening on ";
/// How messages name it.
const NAME: &str = "the reference service";

/// Starts a program as the reference service, with `--fault` rules, on a free port,
/// and waits until it listens; gives the process and its URL `http://127.0.0.1:PORT`.
///
/// It is called with the arguments `exporter --port 0 --exit-on-stdin-eof --fault RULE…`,
/// and its files are made below `TMPDIR`. It ends when its standard input is closed,
/// and so also when this process is killed.
pub async fn start_reference(
    program: &Path,
    faults: &[String],
    hidden: Hidden,
) -> Result<(TargetProcess, String), TargetError> {
    let name = format!("{NAME} `{}`", program.display());
    let failed = |source| TargetError::Start { name: name.clone(), source };
    let folder = tempfile::Builder::new().prefix("slogate-reference-").tempdir().map_err(failed)?;
    let started = TargetProcess::spawn(command(program, folder.path(), faults), NAME, hidden);
    let mut process = started.map_err(|error| error.named(&name))?;
    process.own_folder(folder);
    let mut lines = BufReader::new(process.take_stdout()?).lines();
    match ready_url(&mut lines).await {
        Ok(url) => {
            process.keep_log(lines.into_inner());
            Ok((process, url))
        }
        Err(unready) => {
            let (status, log) = process.last_words().await;
            let exit = status.map_or_else(String::new, |status| format!(" ({status})"));
            Err(match unready {
                Unready::Ended => TargetError::Ended {
                    what: format!("{NAME} ended before it listened{exit}"),
                    log,
                },
                Unready::Because(what) => {
                    TargetError::NotReady { what: format!("{NAME} {what}{exit}"), log }
                }
            })
        }
    }
}

fn command(program: &Path, folder: &Path, faults: &[String]) -> Command {
    let mut command = Command::new(program);
    // The service makes a folder of its own below this one and removes it at its end,
    // so that nothing is left even where this process is killed.
    command.args(["exporter", "--port", "0", "--exit-on-stdin-eof"]).env("TMPDIR", folder);
    for fault in faults {
        command.args(["--fault", fault]);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Why the service does not listen.
enum Unready {
    Ended,
    Because(String),
}

/// The URL from the line that says where the service listens, or what came instead.
async fn ready_url(lines: &mut Lines<BufReader<ChildStdout>>) -> Result<String, Unready> {
    let line = match tokio::time::timeout(READY_WITHIN, lines.next_line()).await {
        Ok(Ok(Some(line))) => line,
        Ok(Ok(None)) => return Err(Unready::Ended),
        Ok(Err(error)) => {
            return Err(Unready::Because(format!("cannot be read from: {error}")));
        }
        Err(_) => {
            let what = format!("did not say where it listens within {READY_WITHIN:?}");
            return Err(Unready::Because(what));
        }
    };
    match line.strip_prefix(READY_LINE) {
        Some(url) if url.starts_with("http://") => Ok(url.trim().to_owned()),
        _ => {
            let what = format!("said `{line}` where `{READY_LINE}http://…` was expected");
            Err(Unready::Because(what))
        }
    }
}
