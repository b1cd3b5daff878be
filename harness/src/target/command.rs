//! `--start COMMAND --wait-for URL`: a service of somebody else's, started for a run.
//!
//! The command is a shell's, because people write variables and quotes in it. Nothing
//! may answer beforehand: what answers then is not what the command starts, and its
//! numbers would be somebody else's.

use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::join_all;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::process::Command;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

use super::error::TargetError;
use super::process::TargetProcess;
use crate::scenario::{Hidden, Origin, Scheme, TlsClient, tls_failure};

/// Time between two questions whether it answers: quick services are ready in tens of
/// milliseconds, and each question costs a connection.
const ASK_EVERY: Duration = Duration::from_millis(50);
/// Longest wait for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Longest wait for a connection where nobody should answer: a port that nobody
/// listens on is refused at once on this machine, and swallowed at others.
const SILENT_WITHIN: Duration = Duration::from_secs(1);

/// What to start before a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartCommand {
    /// As a shell takes it.
    command: String,
    /// Answers 2xx once the service is ready.
    wait_for: WaitFor,
    /// How long that may take.
    within: Duration,
}

/// A URL that tells whether a service is ready.
#[derive(Clone, Debug, PartialEq, Eq)]
struct WaitFor {
    origin: Origin,
    path: String,
}

impl StartCommand {
    /// Checks a command and the URL that it will answer.
    pub fn new(command: &str, wait_for: &str, within: Duration) -> Result<Self, TargetError> {
        if command.trim().is_empty() {
            return Err(TargetError::NoCommand);
        }
        let (origin, rest) = Origin::parse_with_rest(wait_for)?;
        let path = if rest.is_empty() { "/".to_owned() } else { rest };
        Ok(Self { command: command.to_owned(), wait_for: WaitFor { origin, path }, within })
    }

    /// The program alone: arguments and variables may be secrets, and this stands in
    /// every report. The first word that sets no variable; `sh` behind a variable whose
    /// value is quoted or computed, because where such a value ends is the shell's to say.
    pub fn program(&self) -> &str {
        for word in self.command.split_whitespace() {
            match word.split_once('=') {
                None => return word.trim_matches(['"', '\'']),
                Some((_, value)) if value.contains(['"', '\'', '\\', '`', '(']) => break,
                Some(_) => {}
            }
        }
        "sh"
    }

    /// Starts it and waits until it answers. `target` is what will be loaded: nobody
    /// may answer there beforehand either. What is `hidden` is not shown of its log. TLS
    /// is spoken as with the target, if that is asked over https.
    pub async fn start(
        &self,
        (target, tls): (&Origin, Option<&TlsClient>),
        hidden: Hidden,
        cancel: &CancellationToken,
    ) -> Result<TargetProcess, TargetError> {
        for origin in [&self.wait_for.origin, target] {
            nobody_answers(origin).await?;
        }
        let mut command = Command::new("sh");
        command
            .args(["-c", &self.command])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = TargetProcess::spawn(command, &format!("`{}`", self.program()), hidden)?;
        process.guarded();
        let stdout = process.take_stdout()?;
        process.keep_log(stdout);
        match self.until_ready(&mut process, tls, cancel).await {
            Ok(()) => Ok(process),
            Err(NotReady::Cancelled) => {
                let _ = process.stop().await;
                Err(TargetError::Cancelled)
            }
            Err(NotReady::Ended) => {
                let name = process.name().to_owned();
                let (status, log) = process.last_words().await;
                let exit = status.map_or_else(String::new, |status| format!(" ({status})"));
                let what = format!("{name} ended before {} answered{exit}", self.url());
                Err(TargetError::Ended { what, log })
            }
            Err(NotReady::Silent(last)) => {
                let what = format!(
                    "{} did not make {} answer 2xx within {:?} ({last})",
                    process.name(),
                    self.url(),
                    self.within
                );
                let log = process.log_tail();
                let _ = process.stop().await;
                Err(TargetError::NotReady { what, log })
            }
        }
    }

    fn url(&self) -> String {
        format!("{}{}", self.wait_for.origin.url(), self.wait_for.path)
    }

    async fn until_ready(
        &self,
        process: &mut TargetProcess,
        tls: Option<&TlsClient>,
        cancel: &CancellationToken,
    ) -> Result<(), NotReady> {
        let until = Instant::now() + self.within;
        loop {
            if process.has_exited().is_some() {
                return Err(NotReady::Ended);
            }
            let left = until.saturating_duration_since(Instant::now());
            let asked = tokio::time::timeout(ANSWER_WITHIN.min(left), self.wait_for.status(tls));
            let answer = cancel.run_until_cancelled(asked).await.ok_or(NotReady::Cancelled)?;
            let last = match answer {
                Ok(Ok(status)) if status.is_success() => return Ok(()),
                Ok(Ok(status)) => format!("the last answer was {}", status.as_u16()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it accepts connections and does not answer".to_owned(),
            };
            if Instant::now() >= until {
                return Err(NotReady::Silent(last));
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

/// Why a service is not ready.
enum NotReady {
    Ended,
    Cancelled,
    /// With what came of the last question.
    Silent(String),
}

impl WaitFor {
    /// The status of one answer.
    async fn status(&self, tls: Option<&TlsClient>) -> io::Result<http::StatusCode> {
        let stream = TcpStream::connect((self.origin.host.as_str(), self.origin.port)).await?;
        match (self.origin.scheme, tls) {
            (Scheme::Http, _) => self.status_over(stream).await,
            (Scheme::Https, Some(tls)) => {
                let name = tls.name_for(&self.origin.host).map_err(io::Error::other)?;
                let connector = TlsConnector::from(Arc::clone(&tls.config));
                let connected = connector.connect(name, stream).await;
                self.status_over(connected.map_err(|error| no_tls(&error))?).await
            }
            (Scheme::Https, None) => Err(io::Error::other(
                "it is https and the target is not, so that nobody says whom to trust",
            )),
        }
    }

    async fn status_over(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
    ) -> io::Result<http::StatusCode> {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        let request = http::Request::get(&self.path)
            .header(http::header::HOST, self.origin.host_header())
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        tokio::select! {
            response = sender.send_request(request) => {
                response.map(|answer| answer.status()).map_err(|error| broken(&error))
            }
            ended = connection => match ended {
                Err(error) => Err(broken(&error)),
                Ok(()) => Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
    }
}

fn no_tls(error: &io::Error) -> io::Error {
    let reason = tls_failure(error).unwrap_or_else(|| error.to_string());
    io::Error::other(format!("no agreement on TLS: {reason}"))
}

fn broken(error: &hyper::Error) -> io::Error {
    io::Error::other(format!("no answer in HTTP: {error}"))
}

/// Sees that no address of a host takes a connection.
async fn nobody_answers(origin: &Origin) -> Result<(), TargetError> {
    // A name that is not known yet has nobody behind it.
    let Ok(addresses) = lookup_host((origin.host.as_str(), origin.port)).await else {
        return Ok(());
    };
    let somebody = join_all(addresses.map(accepts)).await.into_iter().flatten().next();
    somebody.map_or(Ok(()), |address| Err(TargetError::Taken { address }))
}

async fn accepts(address: SocketAddr) -> Option<SocketAddr> {
    let connected = tokio::time::timeout(SILENT_WITHIN, TcpStream::connect(address)).await;
    matches!(connected, Ok(Ok(_))).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::codes;

    fn program(command: &str) -> String {
        let within = Duration::from_secs(1);
        StartCommand::new(command, "http://a", within).unwrap().program().to_owned()
    }

    #[test]
    fn a_report_names_the_program_and_nothing_that_may_be_a_secret() {
        assert_eq!(program("TOKEN=hunter2 ./server --key hunter2"), "./server");
        assert_eq!(program("'my-server' x"), "my-server");
        assert_eq!(program("A=1"), "sh");
        assert_eq!(program("TOKEN=\"hunter2 correct\" ./server"), "sh");
        assert_eq!(program("A=1 TOKEN='hunter2 correct' ./server"), "sh");
        assert_eq!(program("TOKEN=hunter2\\ correct ./server"), "sh");
        assert_eq!(program("TOKEN=$(cat token) ./server"), "sh");
    }

    #[test]
    fn a_command_and_a_url_are_needed() {
        let within = Duration::from_secs(1);
        let code = |command, url| StartCommand::new(command, url, within).unwrap_err().code();
        assert_eq!(code(" ", "http://a"), Some(codes::EMPTY_COMMAND));
        assert_eq!(code("x", "localhost:1"), Some(crate::scenario::codes::INVALID_URL));
    }
}
