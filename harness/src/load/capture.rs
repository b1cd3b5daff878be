//! Takes values out of an answer for the steps that follow.
//!
//! Pure. A capture that finds nothing, an empty text or JSON's null fails its step: what
//! would be sent next is not what was meant.

use serde_json::Value;

use super::answer::Answer;
use crate::scenario::{Capture, CaptureFrom, Datum};

/// Longest value that is captured, bytes: each slot keeps those of its flow.
const MOST_CAPTURED_BYTES: usize = 1024 * 1024;

/// The values of all captures, in order; `None` if one of them finds nothing.
pub(super) fn capture(
    captures: &[Capture],
    answer: &Answer,
    document: Option<&Value>,
) -> Option<Vec<Datum>> {
    captures.iter().map(|capture| one(&capture.from, answer, document)).collect()
}

fn one(from: &CaptureFrom, answer: &Answer, document: Option<&Value>) -> Option<Datum> {
    let datum = match from {
        CaptureFrom::Json(path) => Datum::json(path.find(document?)?),
        CaptureFrom::Header(name) => Datum::text(answer.headers.get(name)?.to_str().ok()?),
        CaptureFrom::Regex(regex) => {
            let found = regex.captures(answer.body.whole()?)?;
            // A group that took no part found nothing, whatever is around it.
            let group = found.get(usize::from(found.len() > 1))?;
            Datum::text(std::str::from_utf8(group.as_bytes()).ok()?)
        }
    };
    let is_something = !datum.is_null() && !datum.as_str().is_empty();
    (is_something && datum.as_str().len() <= MOST_CAPTURED_BYTES).then_some(datum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::{JsonPath, JsonStep};

    fn from_json(document: &Value) -> Option<Datum> {
        let path = JsonPath { text: "$.a".into(), steps: vec![JsonStep::Key("a".into())] };
        one(&CaptureFrom::Json(path), &Answer::default(), Some(document))
    }

    fn from_body(regex: &str, body: &str) -> Option<Datum> {
        let mut answer = Answer::default();
        answer.body.content = body.into();
        answer.body.length = body.len() as u64;
        let regex = regex::bytes::Regex::new(regex).unwrap();
        one(&CaptureFrom::Regex(regex), &answer, None)
    }

    #[test]
    fn a_group_that_took_no_part_found_nothing() {
        assert_eq!(from_body("(zzz)?tok", "tok"), None);
        assert_eq!(from_body("(zzz)?tok", "zzztok"), Some(Datum::text("zzz")));
        assert_eq!(from_body("t.k", "tok"), Some(Datum::text("tok")));
    }

    #[test]
    fn a_value_of_json_keeps_its_type() {
        assert_eq!(from_json(&json!({"a": "x"})), Some(Datum::text("x")));
        assert_eq!(from_json(&json!({"a": 7})), Some(Datum::json(&json!(7))));
        assert_eq!(from_json(&json!({"a": [1]})), Some(Datum::json(&json!([1]))));
    }

    #[test]
    fn nothing_is_never_captured() {
        for nothing in [json!({}), json!({"a": null}), json!({"a": ""})] {
            assert_eq!(from_json(&nothing), None, "{nothing}");
        }
        assert_eq!(from_body("x(y*)", "x"), None);
        assert_eq!(from_body("z", "xy"), None);
    }

    #[test]
    fn an_expression_gives_its_first_group_or_all_of_it() {
        assert_eq!(from_body("id=([0-9]+)", "a id=12;"), Some(Datum::text("12")));
        assert_eq!(from_body("id=[0-9]+", "a id=12;"), Some(Datum::text("id=12")));
    }
}
