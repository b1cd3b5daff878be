//! `$.a.b[0]`: a path into a JSON document.
//!
//! The subset of RFC 9535 that names one value: keys after a dot, keys in quotes
//! in brackets, indices in brackets. No wildcards, slices or filters.

use thiserror::Error;

use super::model::{JsonPath, JsonStep};

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is not a path; write for example $.downloadUrl or $.files[0].name")]
pub(super) struct JsonPathError {
    text: String,
}

/// Reads a path.
pub(super) fn parse(text: &str) -> Result<JsonPath, JsonPathError> {
    let error = || JsonPathError { text: text.to_owned() };
    let mut rest = text.strip_prefix('$').ok_or_else(error)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = step(rest).ok_or_else(error)?;
        steps.push(step);
        rest = after;
    }
    Ok(JsonPath { text: text.to_owned(), steps })
}

fn step(text: &str) -> Option<(JsonStep, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let key = &rest[..end];
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let valid = !key.is_empty() && key.chars().all(plain);
        return valid.then(|| (JsonStep::Key(key.to_owned()), &rest[end..]));
    }
    let rest = text.strip_prefix('[')?;
    if let Some(quote @ ('"' | '\'')) = rest.chars().next() {
        let (key, after) = rest[1..].split_once(quote)?;
        return Some((JsonStep::Key(key.to_owned()), after.strip_prefix(']')?));
    }
    let (index, after) = rest.split_once(']')?;
    let digits = !index.is_empty() && index.bytes().all(|b| b.is_ascii_digit());
    Some((JsonStep::Index(digits.then(|| index.parse().ok())??), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys_and_indices() {
        let document = serde_json::json!({"files": [{"the name": "a"}], "ok": true});
        let find = |text| parse(text).unwrap().find(&document).cloned();
        assert_eq!(find("$.ok"), Some(true.into()));
        assert_eq!(find("$.files[0]['the name']"), Some("a".into()));
        assert_eq!(find("$.files[1]"), None);
        assert_eq!(find("$"), Some(document.clone()));
    }

    #[test]
    fn refuses_what_is_not_a_plain_path() {
        for text in ["", "ok", "$ok", "$.", "$..a", "$.*", "$[", "$[-1]", "$[+1]", "$['a", "$.a b"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
