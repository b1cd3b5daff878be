//! Requests as they come in pieces: what is wrong has the same place and reason
//! however they are cut, and beyond the first buffer too.

use proptest::{collection::vec, prelude::*};

use super::*;

/// Requests that are refused, `¤` before the byte that is named. `ROWS` stands
/// for so many good rows that the rest lies beyond several pieces.
const WRONG: &[&str] = &[
    "¤hello",
    "¤[]",
    "{¤,}",
    "{}¤",
    r#"{"format":"csv"}¤"#,
    r#"{"format": ¤"xls","data":[]}"#,
    r#"{"format":¤7,"data":[]}"#,
    r#"{"format":"csv",¤"format":"csv"}"#,
    r#"{"format":"csv","data":¤{}}"#,
    r#"{"format":"csv","data":[ ¤]}"#,
    r#"{"format":"csv","columns": ¤[],"data":[]}"#,
    r#"{"format":"csv","columns": ¤["a","a"],"data":[]}"#,
    r#"{"format":"csv","formulas": ¤"x"}"#,
    r#"{"format":"csv","delimiter": ¤"x"}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS¤"x"]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS¤x]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS¤]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS¤[1]]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":1,¤"a":2}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":0¤1}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":"\¤x"}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":"ü¤\ud800"}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":[1,{"b":tru¤}]}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":1} ¤{"a":1}]}"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":1}]¤"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":1}]}  ¤x"#,
    r#"{"format":"csv","columns":["a"],"data":[ROWS{"a":1}],¤"title":"x"}"#,
    r#"{"data":[ROWS{"a":0¤1}],"columns":["a"],"format":"csv"}"#,
    r#"{"data":[ROWS{"a":1}],"columns": ¤["a","a"],"format":"csv"}"#,
    r#"{"data":[ROWS{"a":1}],"format":¤cvs}"#,
    r#"{"data":[ROWS{"a":1}¤"#,
];

/// What is wrong with a request that comes in pieces of so many bytes.
fn refusal(body: &[u8], piece_bytes: usize) -> (&'static str, Option<u64>, String) {
    let directory = tempfile::tempdir().unwrap();
    let exporter = Exporter::new(directory.path()).unwrap();
    let body = Bytes::copy_from_slice(body);
    match exporter.run(body, piece_bytes) {
        Ok(_) => ("none", None, String::new()),
        Err(problem) => (problem.reason.label(), problem.offset, problem.message),
    }
}

fn many_rows() -> String {
    (0..8_000).fold(String::new(), |rows, n| rows + &format!("{{\"a\":\"row {n} çok güzel\"}},\n"))
}

/// The request, and the byte that is marked.
fn unmark(text: &str) -> (String, u64) {
    let (before, after) = text.split_once('¤').unwrap();
    (format!("{before}{after}"), before.len() as u64)
}

#[test]
fn each_wrong_request_names_its_reason_and_its_byte() {
    let rows = many_rows();
    for text in WRONG {
        assert_refused_at_its_mark(&text.replace("ROWS", &rows), text);
        // Some are wrong only after other rows.
        if !text.contains("ROWS¤") {
            assert_refused_at_its_mark(&text.replace("ROWS", ""), text);
        }
    }
}

fn assert_refused_at_its_mark(text: &str, shown: &str) {
    let (request, place) = unmark(text);
    let (reason, offset, message) = refusal(request.as_bytes(), PIECE_BYTES);
    assert_ne!(reason, "none", "{shown}");
    assert_eq!(offset, Some(place), "{shown}: {message}");
    assert!(!message.is_empty(), "{shown}");
}

#[test]
fn bytes_that_are_not_utf8_are_named_beyond_the_first_piece() {
    let before = format!(r#"{{"format":"csv","columns":["a"],"data":[{}{{"a":""#, many_rows());
    for wrong in [&b"\xff"[..], b"\xc3(", b"\xed\xa0\x80", b"\xf0\x9f\x98\"", b"\xc3"] {
        let request = [before.as_bytes(), wrong].concat();
        let (reason, offset, _) = refusal(&request, PIECE_BYTES);
        assert_eq!((reason, offset), ("bad_json", Some(before.len() as u64)), "{wrong:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_length_mean_the_same(
        texts in vec("[a-cüğ漢😀\"\\\\]{0,6}", 0..6),
        piece_bytes in 1_usize..9,
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let data = serde_json::to_string(&texts.iter().map(|t| vec![t]).collect::<Vec<_>>()).unwrap();
        let mut body = format!(r#"{{"format":"csv","columns":["a"],"data":{data}}}"#).into_bytes();
        prop_assert_eq!(refusal(&body, piece_bytes).0, "none");
        let place = place.index(body.len());
        body[place] = byte;
        prop_assert_eq!(refusal(&body, piece_bytes), refusal(&body, PIECE_BYTES));
    }
}
