//! Fetches the files that answers pointed to, after the closing scrape, as evidence.
//!
//! A file comes from the target itself or not at all: an answer cannot send this
//! machine, or what it is let in by, to another host. It is asked for by whoever sent the
//! request. A file that cannot be had is a note, not a verdict.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use crate::archive::Artifact;
use crate::load::LoadResult;
use crate::scenario::{Request, Scenario, TlsClient};
use crate::scrape::{self, Asker, ScrapeError};
use crate::target::Resolved;

/// Longest wait for one file.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest file that is kept, bytes: ten times the largest export of the seed scenarios.
const MAX_ARTIFACT_BYTES: usize = 128 * 1024 * 1024;

/// Why a file was not fetched.
#[derive(Debug, Error)]
enum ArtifactError {
    /// It points to another host.
    #[error("{0} is not on the target; only files of the target are fetched")]
    Elsewhere(String),
    /// The target did not give it.
    #[error("{url}: {reason}")]
    NotFetched {
        /// The file's URL.
        url: String,
        /// In words.
        reason: String,
    },
}

/// Fetches what the answers of a scenario pointed to, as many files a request as
/// it says; what could not be had comes back as notes.
pub(super) async fn collect(
    scenario: &Scenario,
    load: &LoadResult,
    (resolved, tls): (&Resolved, Option<TlsClient>),
) -> (Vec<Artifact>, Vec<String>) {
    let pointers = pointers(scenario, load);
    let (mut artifacts, mut notes) = (Vec::new(), Vec::new());
    if pointers.is_empty() {
        return (artifacts, notes);
    }
    let fetcher = match Fetcher::new(&resolved.url, resolved.address, tls) {
        Ok(fetcher) => fetcher,
        Err(error) => return (artifacts, vec![format!("no samples kept: {error}")]),
    };
    for (request, pointer) in pointers {
        match fetcher.fetch(request, pointer).await {
            Ok(artifact) => artifacts.push(artifact),
            Err(error) => notes.push(format!("sample not kept: {error}")),
        }
    }
    (artifacts, notes)
}

/// Files to fetch, of measured phases, each with the request that led to it.
fn pointers<'a>(scenario: &'a Scenario, load: &'a LoadResult) -> Vec<(&'a Request, &'a str)> {
    let mut pointers = Vec::new();
    for request in &scenario.requests {
        let Some(artifacts) = &request.artifacts else { continue };
        let results = load.measured_requests();
        let of_request = results.filter(|result| result.name == request.name);
        let urls = of_request.flat_map(|result| &result.artifact_urls).map(String::as_str);
        pointers.extend(urls.take(artifacts.keep).map(|url| (request, url)));
    }
    pointers
}

/// Fetches files of one target.
#[derive(Debug)]
struct Fetcher {
    asker: Asker,
    base: String,
}

impl Fetcher {
    /// A fetcher for the target at `base` (`http://host:port`), reached at `address`.
    fn new(base: &str, address: SocketAddr, tls: Option<TlsClient>) -> Result<Self, ScrapeError> {
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self { asker: Asker::new(&base, address, tls)?, base })
    }

    /// Fetches one file: a path on the target, or a URL below it.
    async fn fetch(&self, from: &Request, pointer: &str) -> Result<Artifact, ArtifactError> {
        let url = self.url_of(pointer)?;
        let failed = |reason: String| ArtifactError::NotFetched { url: url.clone(), reason };
        let request = self.asker.get(&url).map_err(|error| failed(error.to_string()))?;
        let headers = headers(from).map_err(failed)?;
        let sent = request.headers(headers).timeout(FETCH_TIMEOUT).send().await;
        let answer = sent.map_err(|error| failed(ScrapeError::transport(&error).to_string()))?;
        if !answer.status().is_success() {
            return Err(failed(format!("status {}", answer.status().as_u16())));
        }
        let name = file_name(pointer, content_type(&answer));
        let bytes = scrape::read_body(answer, MAX_ARTIFACT_BYTES).await;
        Ok(Artifact { name, bytes: bytes.map_err(|error| failed(error.to_string()))? })
    }

    fn url_of(&self, pointer: &str) -> Result<String, ArtifactError> {
        if let Some(path) = pointer.strip_prefix(&self.base)
            && path.starts_with('/')
        {
            return Ok(format!("{}{path}", self.base));
        }
        if pointer.starts_with('/') && !pointer.starts_with("//") {
            return Ok(format!("{}{pointer}", self.base));
        }
        Err(ArtifactError::Elsewhere(pointer.to_owned()))
    }
}

/// What shows that whoever sent a request asks again.
fn headers(from: &Request) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in from.headers_for_files().map_err(|problem| problem.to_string())? {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let mut value = HeaderValue::from_str(value.expose()).map_err(|error| error.to_string())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn content_type(answer: &reqwest::Response) -> Option<&str> {
    answer.headers().get(reqwest::header::CONTENT_TYPE)?.to_str().ok()
}

/// A name that is safe in any folder, whatever the target's URL says.
fn file_name(pointer: &str, content_type: Option<&str>) -> String {
    let last = pointer.split(['?', '#']).next().unwrap_or("").rsplit('/').next().unwrap_or("");
    let safe: String = last
        .chars()
        .take(100)
        .map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' })
        .collect();
    let stem = safe.trim_start_matches('.');
    let stem = if stem.is_empty() { "artifact" } else { stem };
    let extension = match content_type.and_then(|kind| kind.split(';').next()).map(str::trim) {
        Some("text/csv") => ".csv",
        Some("application/pdf") => ".pdf",
        Some("application/json") => ".json",
        _ => "",
    };
    if extension.is_empty() || stem.ends_with(extension) {
        stem.to_owned()
    } else {
        format!("{stem}{extension}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_target_is_safe_in_any_folder() {
        assert_eq!(file_name("/export/download/abc", Some("text/csv; charset=utf-8")), "abc.csv");
        assert_eq!(file_name("/a/..", None), "artifact");
        assert_eq!(file_name("/a/b%2f..%2fc?x=/etc/passwd", None), "b_2f.._2fc");
    }

    #[test]
    fn a_file_comes_from_the_target_or_not_at_all() {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let fetcher = Fetcher::new("http://localhost:1", address, None).unwrap();
        assert_eq!(fetcher.url_of("/f/1").unwrap(), "http://localhost:1/f/1");
        assert_eq!(fetcher.url_of("http://localhost:1/f/1").unwrap(), "http://localhost:1/f/1");
        for elsewhere in ["http://other/f", "//other/f", "http://localhost:11/f", "f"] {
            assert!(fetcher.url_of(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
