//! What came back for one request, and whether it is what was expected.
//!
//! Pure: works on values that were read completely. A body is parsed only if
//! something in it is judged or collected.

use http::HeaderMap;
use serde_json::{Number, Value};

use super::capture::capture;
use super::outcome::FailureKind;
use super::plan::PreparedRequest;
use crate::scenario::{Datum, Expect, JsonWanted};

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
pub(super) struct Judgement {
    pub(super) failure: Option<FailureKind>,
    /// Where the file is that the answer points to.
    pub(super) artifact_url: Option<String>,
    /// What the steps after it need of it, in order.
    pub(super) captured: Vec<Datum>,
}

impl Judgement {
    fn failed(kind: FailureKind) -> Self {
        Self { failure: Some(kind), artifact_url: None, captured: Vec::new() }
    }
}

impl AnswerBody {
    /// What is in it, if all of it was kept.
    pub(super) fn whole(&self) -> Option<&[u8]> {
        is_whole(self).then_some(&self.content[..])
    }
}

/// Compares a complete answer with what its request expects.
pub(super) fn judge(request: &PreparedRequest, answer: &Answer) -> Judgement {
    if let Some(kind) = why_not_looked_at(request, answer) {
        return Judgement::failed(kind);
    }
    let document = request.parses_answer().then(|| document(&answer.body)).flatten();
    let as_expected = headers_are_expected(&request.expect, &answer.headers)
        && bytes_are_expected(&request.expect, &answer.body)
        && document_is_expected(&request.expect, document.as_ref());
    let artifact_url = match (&request.artifacts, &document) {
        (Some(artifacts), Some(document)) if as_expected => {
            artifacts.url.find(document).and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    };
    if !as_expected {
        return Judgement::failed(FailureKind::Expectation);
    }
    match capture(&request.captures, answer, document.as_ref()) {
        Some(captured) => Judgement { failure: None, artifact_url, captured },
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

/// A header may stand on several lines; one of them is enough.
fn headers_are_expected(expect: &Expect, headers: &HeaderMap) -> bool {
    expect.headers.iter().all(|(name, wanted)| {
        headers.get_all(name).iter().any(|found| found.as_bytes() == wanted.as_bytes())
    })
}

fn bytes_are_expected(expect: &Expect, body: &AnswerBody) -> bool {
    let length = body.length as f64;
    expect.bytes.as_ref().is_none_or(|wanted| wanted.comparator.holds(length, wanted.bound))
        && expect.sha256.is_none_or(|wanted| body.sha256 == Some(wanted))
        && expect.contains.iter().all(|text| {
            is_whole(body) && memchr::memmem::find(&body.content, text.as_bytes()).is_some()
        })
}

fn document_is_expected(expect: &Expect, document: Option<&Value>) -> bool {
    expect.json.iter().all(|wanted| {
        let found = document.and_then(|document| wanted.path.find(document));
        found.is_some_and(|found| is_wanted(found, &wanted.is))
    })
}

fn is_wanted(found: &Value, wanted: &JsonWanted) -> bool {
    match wanted {
        JsonWanted::Equal(value) => is_same(found, value),
        JsonWanted::Present => true,
        JsonWanted::Number(threshold) => {
            found.as_f64().is_some_and(|number| threshold.comparator.holds(number, threshold.bound))
        }
    }
}

fn document(body: &AnswerBody) -> Option<Value> {
    if is_whole(body) { serde_json::from_slice(&body.content).ok() } else { None }
}

/// Whether all of it was kept.
fn is_whole(body: &AnswerBody) -> bool {
    body.length <= MOST_JUDGED_BYTES
}

/// JSON knows one kind of number: `1`, `1.0` and `1e0` are the same. Two integers are compared
/// digit by digit, also where a float has no room for their digits.
fn is_same(found: &Value, wanted: &Value) -> bool {
    let is_integer = |number: &Number| number.is_i64() || number.is_u64();
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted))
            if is_integer(found) && is_integer(wanted) =>
        {
            found == wanted
        }
        (Value::Number(found), Value::Number(wanted)) => found.as_f64() == wanted.as_f64(),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| is_same(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && found.iter().all(|(key, found)| {
                    wanted.get(key).is_some_and(|wanted| is_same(found, wanted))
                })
        }
        _ => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert!(is_same(&json!(1), &json!(1.0)));
        assert!(is_same(&json!({"a": [1, "x"]}), &json!({"a": [1.0, "x"]})));
        assert!(!is_same(&json!(1), &json!("1")));
        assert!(is_same(&json!(5_i64), &json!(5_u64)));
        assert!(!is_same(&json!(9_007_199_254_740_992_i64), &json!(9_007_199_254_740_993_u64)));
    }

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
