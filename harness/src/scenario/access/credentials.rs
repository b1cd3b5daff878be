//! What a file says about access, with every secret and certificate read.
//!
//! Files are read once, when a run begins and before anything is sent; each one that
//! cannot be used is a problem with its place in the scenario.

use std::fs;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use super::{Access, Authorization, NamedFile, SecretSource, Tls, TlsClient, Written};
use crate::scenario::bounded::read_at_most;
use crate::scenario::codes;
use crate::scenario::problem::{Problem, Problems};
use crate::scenario::secret::Secret;

/// The largest file of a secret or certificates: bundles of all public authorities have
/// a quarter of it.
const LARGEST_FILE_BYTES: u64 = 1024 * 1024;

/// What a request to a server with metrics carries. Shows no secret.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// Header names and values, `authorization` among them; the values are valid.
    pub headers: Vec<(String, Secret)>,
    /// How TLS is spoken; `None` where nothing is asked over https.
    pub tls: Option<TlsClient>,
}

impl Access {
    /// Reads every file, and reports every one that cannot be used.
    pub fn read(&self) -> Result<Credentials, Problems> {
        let mut problems = Vec::new();
        let mut note = |problem| problems.push(problem);
        let authorization = self.authorization.as_ref();
        let authorization = authorization.and_then(|one| one.header().map_err(&mut note).ok());
        let tls = self.tls.as_ref();
        let tls = tls.and_then(|tls| TlsClient::read(tls).map_err(&mut note).ok());
        if !problems.is_empty() {
            return Err(Problems { problems, warnings: Vec::new() });
        }
        let authorization = authorization.map(|value| ("authorization".to_owned(), value));
        Ok(Credentials {
            headers: self.headers.iter().cloned().chain(authorization).collect(),
            tls,
        })
    }
}

impl Tls {
    /// Reads every file; the first that cannot be used is the problem.
    pub fn read(&self) -> Result<TlsClient, Problems> {
        TlsClient::read(self)
            .map_err(|problem| Problems { problems: vec![problem], warnings: Vec::new() })
    }
}

impl Authorization {
    /// The value of the header `Authorization`; a file is read as it is now.
    pub(in crate::scenario) fn header(&self) -> Result<Secret, Problem> {
        match self {
            Self::Bearer(token) => Ok(Secret::new(format!("Bearer {}", secret(token)?.expose()))),
            Self::Basic { username, password } => {
                let pair = format!("{username}:{}", secret(password)?.expose());
                Ok(Secret::new(format!("Basic {}", STANDARD.encode(pair))))
            }
        }
    }
}

fn secret(source: &SecretSource) -> Result<Secret, Problem> {
    match source {
        SecretSource::Variable(secret) => Ok(secret.clone()),
        SecretSource::File(file) => secret_of_file(file),
    }
}

/// The one line of a file, without white space at its end.
pub(in crate::scenario) fn secret_of_file(file: &NamedFile) -> Result<Secret, Problem> {
    let bytes = file.read()?;
    let text = std::str::from_utf8(&bytes).map_err(|_| file.problem("is not UTF-8"))?;
    let text = text.trim_end();
    if text.is_empty() {
        return Err(file.problem("is empty, where a secret was expected"));
    }
    if HeaderValue::from_str(text).is_err() {
        return Err(file.problem("has more than one line, or a control character in it"));
    }
    Ok(Secret::new(text))
}

impl NamedFile {
    /// The file's contents.
    pub(super) fn read(&self) -> Result<Vec<u8>, Problem> {
        let metadata = fs::metadata(&self.path).map_err(|error| self.unreadable(&error))?;
        if metadata.is_dir() {
            return Err(self.problem("is a folder; name a file in it"));
        }
        read_at_most(&self.path, LARGEST_FILE_BYTES)
            .map_err(|error| self.unreadable(&error))?
            .ok_or_else(|| self.problem("is larger than 1 MiB"))
    }

    fn unreadable(&self, error: &io::Error) -> Problem {
        match error.kind() {
            io::ErrorKind::NotFound => self.problem("is not there"),
            _ => self.problem(&format!("cannot be read: {error}")),
        }
    }

    /// What is wrong with the file, at the place where it is named.
    pub(super) fn problem(&self, what: &str) -> Problem {
        let mut problem = self.at.problem(format!("{} {what}", self.path.display()));
        problem.help("paths are relative to the scenario file; the file is read when a run begins");
        problem
    }
}

impl Written {
    pub(super) fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::at(codes::UNUSABLE_CREDENTIAL, &self.source, self.span, message)
    }
}
