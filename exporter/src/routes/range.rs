//! Which part of a file a request may have, by RFC 9110 §13.1.5 and §14.2.
//!
//! `tower-http` cuts files, but answers 416 to every range that it does not
//! like, and knows no `If-Range`. So ranges are settled here first: what must be
//! ignored is ignored, and what is left is spelled the one way it understands.
//! Several ranges at once are ignored too, as every server may.

use axum::http::{HeaderMap, HeaderValue, Method, header};

/// A range that begins after every file.
const UNSATISFIABLE: HeaderValue = HeaderValue::from_static("bytes=18446744073709551615-");

/// The one range of bytes that a request asks for, as far as a file of `size`
/// bytes has it; `None` if there is nothing to heed, and the file is sent whole.
pub(super) fn wanted(method: &Method, headers: &HeaderMap, size: u64) -> Option<HeaderValue> {
    if method != Method::GET {
        return None;
    }
    let (unit, range) = only(headers, &header::RANGE)?.to_str().ok()?.split_once('=')?;
    let range = unit.eq_ignore_ascii_case("bytes").then(|| parse(range))??;
    let range = match range {
        Range::Suffix(length) if length.min(size) > 0 => format!("bytes=-{}", length.min(size)),
        Range::From(first) if first < size => format!("bytes={first}-"),
        Range::Between(first, last) if first < size => format!("bytes={first}-{last}"),
        _ => return Some(UNSATISFIABLE),
    };
    HeaderValue::from_str(&range).ok()
}

/// Whether a request wants the range only of a certain state of the file.
pub(super) fn is_conditional(headers: &HeaderMap) -> bool {
    headers.contains_key(header::IF_RANGE)
}

/// Whether the file is in the state that `If-Range` names: its entity tag, which
/// must not be weak, or its exact date.
pub(super) fn condition_holds(headers: &HeaderMap, current: &HeaderMap) -> bool {
    let Some(named) = only(headers, &header::IF_RANGE) else { return false };
    let is_strong = !named.as_bytes().starts_with(b"W/");
    is_strong
        && [header::ETAG, header::LAST_MODIFIED].iter().any(|name| current.get(name) == Some(named))
}

/// A well-formed range.
enum Range {
    /// These bytes, the last one included.
    Between(u64, u64),
    /// All bytes from this one.
    From(u64),
    /// So many bytes at the end.
    Suffix(u64),
}

fn parse(range: &str) -> Option<Range> {
    match range.split_once('-')? {
        ("", length) => Some(Range::Suffix(position(length)?)),
        (first, "") => Some(Range::From(position(first)?)),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last).then_some(Range::Between(first, last))
        }
    }
}

/// Digits only; a number beyond all files is still a number.
fn position(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 10;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn range(value: &str) -> Option<HeaderValue> {
        wanted(&Method::GET, &headers(header::RANGE, value), SIZE)
    }

    #[test]
    fn one_range_of_bytes_is_heeded_however_it_is_spelled() {
        for (given, heeded) in [
            ("bytes=3-6", "bytes=3-6"),
            ("Bytes=03-006", "bytes=3-6"),
            ("bytes=3-99999999999999999999999", "bytes=3-18446744073709551615"),
            ("bytes=9-", "bytes=9-"),
            ("bytes=-4", "bytes=-4"),
            ("bytes=-4000", "bytes=-10"),
        ] {
            assert_eq!(range(given).unwrap(), heeded, "{given}");
        }
    }

    #[test]
    fn what_is_not_one_range_of_bytes_is_ignored() {
        for given in [
            "items=0-1",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=-",
            "bytes=",
            "bytes",
            "bytes=0-1,3-4",
            "bytes=0-0, -1",
            "bytes 0-1",
            "bytes=1--2",
        ] {
            assert_eq!(range(given), None, "{given}");
        }
        let mut twice = headers(header::RANGE, "bytes=0-1");
        twice.append(header::RANGE, HeaderValue::from_static("bytes=3-4"));
        assert_eq!(wanted(&Method::GET, &twice, SIZE), None);
        assert_eq!(wanted(&Method::HEAD, &headers(header::RANGE, "bytes=0-1"), SIZE), None);
    }

    #[test]
    fn a_range_beyond_the_file_cannot_be_satisfied() {
        for given in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(range(given).unwrap(), UNSATISFIABLE, "{given}");
        }
        let empty = wanted(&Method::GET, &headers(header::RANGE, "bytes=0-"), 0);
        assert_eq!(empty.unwrap(), UNSATISFIABLE);
    }

    #[test]
    fn if_range_holds_for_the_same_strong_tag_or_the_same_date_only() {
        let date = "Sat, 29 Oct 1994 19:43:31 GMT";
        let mut current = headers(header::ETAG, "\"a\"");
        current.extend(headers(header::LAST_MODIFIED, date));
        let holds = |value| condition_holds(&headers(header::IF_RANGE, value), &current);
        assert!(holds("\"a\"") && holds(date));
        for other in ["\"b\"", "W/\"a\"", "a", "*", "Sat, 29 Oct 1994 19:43:32 GMT"] {
            assert!(!holds(other), "{other}");
        }
        let weak = headers(header::ETAG, "W/\"a\"");
        assert!(!condition_holds(&headers(header::IF_RANGE, "W/\"a\""), &weak));
    }
}
