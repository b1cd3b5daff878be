//! Which expectation an answer does not meet, for people.
//!
//! Pure. It names the expectation and never a value of the answer, which may be somebody's
//! secret. The status is judged before, and its own kind of failure.

use std::cmp::Ordering;
use std::fmt;

use http::HeaderMap;
use serde_json::{Number, Value};

use super::answer::{Answer, AnswerBody, MOST_JUDGED_BYTES};
use crate::scenario::{Expect, ExpectJson, JsonWanted, Threshold};

/// An expectation that an answer does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmet<'e> {
    /// The header of this name, which is there with another value, or not at all.
    Header { name: &'e str, is_there: bool },
    /// The length of the body.
    Bytes,
    /// The digest of the body.
    Sha256,
    /// The body is too long to be looked into.
    TooLong,
    /// The text at this place of the list, from 1.
    Contains(usize),
    /// The body is no JSON at all.
    NotJson,
    /// The value at this path, which is another one, or not there.
    Json { path: &'e str, is_there: bool },
}

/// The first expectation that an answer with a good status does not meet. `document` is its
/// body, where that is read as JSON and is some.
pub(super) fn unmet<'e>(
    expect: &'e Expect,
    answer: &Answer,
    document: Option<&Value>,
) -> Option<Unmet<'e>> {
    header(expect, &answer.headers)
        .or_else(|| body(expect, &answer.body))
        .or_else(|| json(expect, document))
}

/// A header may stand on several lines; one of them is enough.
fn header<'e>(expect: &'e Expect, headers: &HeaderMap) -> Option<Unmet<'e>> {
    let is_met = |name: &str, wanted: &str| {
        headers.get_all(name).iter().any(|found| found.as_bytes() == wanted.as_bytes())
    };
    let (name, _) = expect.headers.iter().find(|(name, wanted)| !is_met(name, wanted))?;
    Some(Unmet::Header { name, is_there: headers.contains_key(name) })
}

fn body(expect: &Expect, body: &AnswerBody) -> Option<Unmet<'static>> {
    let length = body.length as f64;
    if expect.bytes.as_ref().is_some_and(|wanted| !wanted.comparator.holds(length, wanted.bound)) {
        return Some(Unmet::Bytes);
    }
    if expect.sha256.is_some_and(|wanted| body.sha256 != Some(wanted)) {
        return Some(Unmet::Sha256);
    }
    let is_looked_into = !expect.contains.is_empty() || !expect.json.is_empty();
    if is_looked_into && !body.is_whole() {
        return Some(Unmet::TooLong);
    }
    let has = |text: &String| memchr::memmem::find(&body.content, text.as_bytes()).is_some();
    let missing = expect.contains.iter().position(|text| !has(text))?;
    Some(Unmet::Contains(missing + 1))
}

fn json<'e>(expect: &'e Expect, document: Option<&Value>) -> Option<Unmet<'e>> {
    if expect.json.is_empty() {
        return None;
    }
    let Some(document) = document else { return Some(Unmet::NotJson) };
    let found = |wanted: &ExpectJson| wanted.path.find(document);
    let is_met =
        |wanted: &ExpectJson| found(wanted).is_some_and(|found| is_wanted(found, &wanted.is));
    let unmet = expect.json.iter().find(|wanted| !is_met(wanted))?;
    Some(Unmet::Json { path: &unmet.path.text, is_there: found(unmet).is_some() })
}

fn is_wanted(found: &Value, wanted: &JsonWanted) -> bool {
    match wanted {
        JsonWanted::Equal(value) => is_same(found, value),
        JsonWanted::Present => true,
        JsonWanted::Number(threshold) => match found {
            Value::Number(found) => holds(found, threshold),
            _ => false,
        },
    }
}

/// Whether a comparison holds, digit by digit where the number is an integer.
fn holds(found: &Number, threshold: &Threshold) -> bool {
    let bound = Number::from_f64(threshold.bound);
    let order = bound.and_then(|bound| compared(found, &bound));
    // A comparison with 0 that comes out as that of the two.
    order.is_some_and(|order| threshold.comparator.holds(f64::from(order as i8), 0.0))
}

/// JSON knows one kind of number: `1`, `1.0` and `1e0` are the same. Integers are compared
/// digit by digit, also where a float has no room for their digits.
fn compared(found: &Number, wanted: &Number) -> Option<Ordering> {
    match (exactly(found), exactly(wanted)) {
        (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
        _ => found.as_f64()?.partial_cmp(&wanted.as_f64()?),
    }
}

/// A number without a fraction that an integer has room for.
fn exactly(number: &Number) -> Option<i128> {
    /// Far below what an `i128` holds, far above integers of JSON.
    const MOST: f64 = 1e30;
    let whole = |float: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "without a fraction, and in bounds")]
        (float.fract() == 0.0 && float.abs() < MOST).then_some(float as i128)
    };
    number.as_i128().or_else(|| number.as_f64().and_then(whole))
}

fn is_same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Number(found), Value::Number(wanted)) => {
            compared(found, wanted).is_some_and(Ordering::is_eq)
        }
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

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { name, is_there: true } => write!(f, "header `{name}` has another value"),
            Self::Header { name, is_there: false } => write!(f, "there is no header `{name}`"),
            Self::Bytes => f.write_str("the body has another length (`bytes`)"),
            Self::Sha256 => f.write_str("the body has another digest (`sha256`)"),
            Self::TooLong => {
                write!(
                    f,
                    "the body is longer than the {MOST_JUDGED_BYTES} bytes that are looked into"
                )
            }
            Self::Contains(at) => write!(f, "text {at} of `contains` is not in the body"),
            Self::NotJson => f.write_str("the body is no JSON"),
            Self::Json { path, is_there: true } => write!(f, "`{path}` is another value"),
            Self::Json { path, is_there: false } => write!(f, "there is no `{path}`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::{Comparator, JsonPath, JsonStep};

    fn told(expect: &Expect, body: &str) -> Option<String> {
        let mut answer = Answer::default();
        answer.headers.insert("x-a", "1".parse().unwrap());
        answer.body.content = body.into();
        answer.body.length = body.len() as u64;
        let document = serde_json::from_str(body).ok();
        unmet(expect, &answer, document.as_ref()).map(|unmet| unmet.to_string())
    }

    fn a_is(value: Value) -> Expect {
        let path = JsonPath { text: "$.a".into(), steps: vec![JsonStep::Key("a".into())] };
        let json = vec![ExpectJson { path, is: JsonWanted::Equal(value) }];
        Expect { json, ..Expect::default() }
    }

    #[test]
    fn what_is_not_met_is_named_without_a_value() {
        let header =
            |name: &str| Expect { headers: vec![(name.into(), "2".into())], ..Expect::default() };
        let bytes = Threshold { comparator: Comparator::Equal, bound: 3.0, text: "== 3".into() };
        let bytes = Expect { bytes: Some(bytes), ..Expect::default() };
        let contains = vec!["se".into(), "open".into()];
        let contains = Expect { contains, ..Expect::default() };
        for (expect, body, expected) in [
            (header("x-a"), "", "header `x-a` has another value"),
            (header("x-b"), "", "there is no header `x-b`"),
            (bytes, "1234", "the body has another length (`bytes`)"),
            (contains, "secret", "text 2 of `contains` is not in the body"),
            (a_is(json!(1)), "secret", "the body is no JSON"),
            (a_is(json!(1)), r#"{"b": "secret"}"#, "there is no `$.a`"),
            (a_is(json!(1)), r#"{"a": "secret"}"#, "`$.a` is another value"),
        ] {
            assert_eq!(told(&expect, body).as_deref(), Some(expected));
        }
        assert_eq!(told(&a_is(json!(1)), r#"{"a": 1.0}"#), None);
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        assert!(is_same(&json!(1), &json!(1.0)));
        assert!(is_same(&json!({"a": [1, "x"]}), &json!({"a": [1.0, "x"]})));
        assert!(!is_same(&json!(1), &json!("1")));
        assert!(is_same(&json!(5_i64), &json!(5_u64)));
        assert!(!is_same(&json!(9_007_199_254_740_992_i64), &json!(9_007_199_254_740_993_u64)));
        assert!(!is_same(&json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992.0)));
        assert!(!is_same(&json!(1.844_674_407_370_955_2e19), &json!(u64::MAX)));
        assert!(is_same(&json!(1e300), &json!(1e300)));
    }

    #[test]
    fn whole_numbers_are_compared_digit_by_digit() {
        let is = |found: Value, comparator, bound| {
            let threshold = Threshold { comparator, bound, text: String::new() };
            is_wanted(&found, &JsonWanted::Number(threshold))
        };
        let next = json!(9_007_199_254_740_993_i64);
        assert!(!is(next.clone(), Comparator::LessOrEqual, 9_007_199_254_740_992.0));
        assert!(!is(next.clone(), Comparator::Equal, 9_007_199_254_740_992.0));
        assert!(is(next, Comparator::Greater, 9_007_199_254_740_992.0));
        assert!(is(json!(2), Comparator::Greater, 1.5));
        assert!(is(json!(2), Comparator::NotEqual, 1.5));
        assert!(!is(json!("2"), Comparator::Greater, 1.5));
    }
}
