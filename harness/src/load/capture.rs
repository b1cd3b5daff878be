//! Takes values out of an answer for the steps that follow.
//!
//! Pure. A capture that finds nothing, an empty text or JSON's null fails its step: what
//! would be sent next is not what was meant.

use serde_json::Value;

use super::answer::Answer;
use crate::scenario::{Capture, CaptureFrom, Datum, JsonPath};

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
        CaptureFrom::Json(path) => of_json(path, document?, answer)?,
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

/// A number with a point or an exponent, or too many digits for an integer, keeps the digits
/// that it was written with.
fn of_json(path: &JsonPath, document: &Value, answer: &Answer) -> Option<Datum> {
    let value = path.find(document)?;
    if !has_float(value) {
        return Some(Datum::json(value));
    }
    let text = std::str::from_utf8(answer.body.whole()?).ok()?;
    path.find_raw(text).map(|raw| Datum::raw_json(&compact(raw.get())))
}

fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// A JSON text without the white space between its parts.
fn compact(raw: &str) -> String {
    let (mut is_in_text, mut is_escaped) = (false, false);
    let is_kept = |character: &char| {
        let kept = is_in_text || !character.is_ascii_whitespace();
        is_in_text ^= *character == '"' && !is_escaped;
        is_escaped = *character == '\\' && !is_escaped;
        kept
    };
    raw.chars().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::JsonStep;

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
    fn a_number_keeps_its_digits() {
        for (body, expected) in [
            (r#"{"a": 12345678901234567890123}"#, "12345678901234567890123"),
            (r#"{"a": 1e2, "a": 1.10}"#, "1.10"),
            ("{\"a\": [ 1.50,\n {\"b \\\" c\": 2 } ]}", "[1.50,{\"b \\\" c\":2}]"),
        ] {
            let mut answer = Answer::default();
            answer.body.content = body.into();
            answer.body.length = body.len() as u64;
            let path = JsonPath { text: "$.a".into(), steps: vec![JsonStep::Key("a".into())] };
            let document = serde_json::from_str(body).unwrap();
            let found = one(&CaptureFrom::Json(path), &answer, Some(&document)).unwrap();
            assert_eq!(found.as_str(), expected);
        }
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
