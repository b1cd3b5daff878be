//! What came back for one request, and whether it is what was expected.
//!
//! Pure: works on values that were read completely. A body is parsed only if
//! something in it is judged or collected.

use http::HeaderMap;
use serde_json::Value;

use super::capture::capture;
use super::outcome::FailureKind;
use super::plan::PreparedRequest;
use super::unmet::{Unmet, unmet};
use crate::scenario::{Datum, Expect};

/// Longest body that is kept in order to be judged; a longer one is not what a
/// scenario that looks into it can have expected.
pub(super) const MOST_JUDGED_BYTES: u64 = 16 * 1024 * 1024;

/// A complete response.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: AnswerBody,
    /// Why it is not the answer that was asked for, whatever it says.
    pub(super) astray: Option<Astray>,
}

/// Where redirects ended that did not end at an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Astray {
    /// They lead to another origin.
    Elsewhere,
    /// There are more of them than may be followed.
    TooFar,
}

/// The body of a response.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AnswerBody {
    /// Its length in bytes as it came.
    pub(super) received_bytes: u64,
    /// Its length in bytes as it is judged: decoded, if it was.
    pub(super) length: u64,
    /// What is in it, if the request wants it and it is not too long.
    pub(super) content: Vec<u8>,
    /// Its SHA-256 digest, if the request wants it.
    pub(super) sha256: Option<[u8; 32]>,
    pub(super) coding: Coding,
}

/// Whether a body is what the service meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Coding {
    /// It came plain, or was decoded.
    #[default]
    Plain,
    /// It is in an encoding that the request did not ask for, or that is not known here.
    Unknown,
    /// It is not what it says it is, or too much of it.
    Broken,
}

/// A judged response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judgement<'r> {
    pub(super) failure: Option<FailureKind>,
    /// The first expectation that was not met.
    pub(super) unmet: Option<Unmet<'r>>,
    /// Where the file is that the answer points to.
    pub(super) artifact_url: Option<String>,
    /// What the steps after it need of it, in order.
    pub(super) captured: Vec<Datum>,
}

impl Judgement<'_> {
    fn failed(kind: FailureKind) -> Self {
        Self { failure: Some(kind), unmet: None, artifact_url: None, captured: Vec::new() }
    }
}

impl AnswerBody {
    /// What is in it, if all of it was kept.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        self.is_whole().then_some(&self.content[..])
    }

    /// Whether all of it was kept.
    pub(super) fn is_whole(&self) -> bool {
        self.length <= MOST_JUDGED_BYTES
    }
}

/// Compares a complete answer with what its request expects.
pub(super) fn judge<'r>(request: &'r PreparedRequest, answer: &Answer) -> Judgement<'r> {
    if let Some(kind) = why_not_looked_at(request, answer) {
        return Judgement::failed(kind);
    }
    let document = request.parses_answer().then(|| document(&answer.body)).flatten();
    if let Some(unmet) = unmet(&request.expect, answer, document.as_ref()) {
        let failed = Judgement::failed(FailureKind::Expectation);
        return Judgement { unmet: Some(unmet), ..failed };
    }
    let artifact_url = match (&request.artifacts, &document) {
        (Some(artifacts), Some(document)) => {
            artifacts.url.find(document).and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    match capture(&request.captures, answer, document.as_ref()) {
        Some(captured) => Judgement { failure: None, unmet: None, artifact_url, captured },
        None => Judgement::failed(FailureKind::Capture),
    }
}

fn why_not_looked_at(request: &PreparedRequest, answer: &Answer) -> Option<FailureKind> {
    match answer.astray {
        Some(Astray::Elsewhere) => return Some(FailureKind::Elsewhere),
        Some(Astray::TooFar) => return Some(FailureKind::Redirects),
        None => {}
    }
    if !is_expected_status(&request.expect, answer.status) {
        return Some(FailureKind::Status(answer.status));
    }
    (!is_readable(request, answer.body.coding)).then_some(FailureKind::Encoding)
}

/// Whether what will be looked at is there to be looked at. Length and digest of a body that
/// came encoded as its request asked by a header of its own are those of what came.
fn is_readable(request: &PreparedRequest, coding: Coding) -> bool {
    match coding {
        Coding::Plain => true,
        Coding::Unknown if request.asks_for_encoding() => !request.keeps_answer(),
        Coding::Unknown => !request.looks_into_body(),
        Coding::Broken => false,
    }
}

/// Whether a status is a good one.
pub(super) fn is_expected_status(expect: &Expect, status: u16) -> bool {
    if expect.status.is_empty() {
        (200..300).contains(&status)
    } else {
        expect.status.contains(&status)
    }
}

fn document(body: &AnswerBody) -> Option<Value> {
    serde_json::from_slice(body.whole()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_any_2xx_is_good() {
        let expect = Expect::default();
        assert!(is_expected_status(&expect, 204));
        assert!(!is_expected_status(&expect, 301));
        let listed = Expect { status: vec![301], ..Expect::default() };
        assert!(is_expected_status(&listed, 301));
        assert!(!is_expected_status(&listed, 200));
    }
}
