//! What holds for any input, not only for the examples.

use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use serde_json::{Map, Value};

use crate::{outside, service::Service};

const COLUMNS: [&str; 3] = ["a", "b\"x", "ç"];

/// Runs a property against one service, with fixed seeds.
fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    property: impl Fn(&tokio::runtime::Runtime, &Service, S::Value),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let random = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, random)
        .run(strategy, |value| {
            property(&runtime, &service, value);
            Ok(())
        })
        .unwrap();
}

/// A JSON value, and the text its cell must have.
fn cell() -> impl Strategy<Value = (Value, String)> {
    prop_oneof![
        Just((Value::Null, String::new())),
        any::<bool>().prop_map(|value| (Value::from(value), value.to_string())),
        any::<i64>().prop_map(|value| (Value::from(value), value.to_string())),
        any::<String>().prop_map(|text| (Value::from(text.as_str()), text)),
        "[,;\"'\r\n\\\\ ]{0,6}".prop_map(|text| (Value::from(text.as_str()), text)),
        vec(any::<String>(), 0..3).prop_map(|texts| {
            let value = Value::from(texts);
            let text = value.to_string();
            (value, text)
        }),
    ]
}

fn object(cells: &[(Value, String)]) -> Value {
    let pairs =
        COLUMNS.iter().zip(cells).map(|(key, (value, _))| ((*key).to_owned(), value.clone()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn array(cells: &[(Value, String)]) -> Value {
    cells.iter().map(|(value, _)| value.clone()).collect()
}

#[test]
fn any_rows_come_back_from_the_csv_file_as_they_were() {
    let rows = (vec(vec(cell(), 3), 0..20), any::<bool>(), any::<bool>());
    check(200, &rows, |runtime, service, (rows, as_objects, columns_first)| {
        let shape = if as_objects { object } else { array };
        let data: Value = rows.iter().map(|row| shape(row)).collect();
        let columns = Value::from(COLUMNS.to_vec());
        let request = if columns_first {
            format!(r#"{{"format":"csv","columns":{columns},"data":{data}}}"#)
        } else {
            format!("{{\"data\":{data:#},\n\"columns\":{columns},\"format\":\"csv\"}}")
        };
        let (_, file) = runtime.block_on(service.export_file(request));
        let mut reader = csv::Reader::from_reader(file.as_slice());
        assert_eq!(reader.headers().unwrap(), &COLUMNS[..]);
        let found: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        let expected: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(|(_, text)| text.clone()).collect()).collect();
        assert_eq!(found, expected);
    });
}

#[test]
fn what_is_accepted_is_json_and_what_is_not_names_its_byte() {
    let valid = r#"{"format":"csv","columns":["a","b"],"data":[{"a":1.5e3,"b":"x\u0131\\"},{"b":[null,{}]}]}"#;
    let change =
        (0..valid.len(), prop_oneof![Just(None), any::<u8>().prop_map(Some)], any::<bool>());
    check(1_500, &change, |runtime, service, (position, byte, is_insertion)| {
        let mut request = valid.as_bytes().to_vec();
        match byte {
            None => request.truncate(position),
            Some(byte) if is_insertion => request.insert(position, byte),
            Some(byte) => request[position] = byte,
        }
        let is_json = serde_json::from_slice::<Value>(&request).is_ok();
        let answer = runtime.block_on(service.export(request.clone()));
        let shown = String::from_utf8_lossy(&request).into_owned();
        if answer.status == 200 {
            assert!(is_json, "accepted what is not JSON: {shown}");
        } else {
            assert_eq!(answer.status, 400, "{shown} -> {}", answer.json);
            let is_called_json = answer.json["reason"] != "bad_json";
            assert!(
                !is_json || is_called_json,
                "called valid JSON bad: {shown} -> {}",
                answer.json
            );
            let offset = answer.json["offset"].as_u64();
            assert!(is_called_json || offset.is_some_and(|byte| byte <= request.len() as u64));
        }
    });
}

#[test]
fn any_text_is_in_the_pdf_or_the_answer_says_that_it_is_not() {
    if !outside::has("pdftotext") {
        return;
    }
    let text = prop_oneof![
        "[a-zA-Z0-9çğıöşüÇĞİÖŞÜα-ωΑ-Ωа-яА-Я€.,:()\\\\-]{1,30}",
        "\\PC{1,20}",
        any::<String>(),
    ];
    check(60, &text, |runtime, service, text| {
        let request = format!(
            r#"{{"format":"pdf","columns":["x"],"data":[[{}]]}}"#,
            Value::from(text.as_str())
        );
        let (receipt, file) = runtime.block_on(service.export_file(request));
        let is_lossless = ["unmappedCharacters", "unshapedCharacters", "cutCells"]
            .iter()
            .all(|count| receipt[count] == 0);
        if is_lossless {
            let found = outside::run("pdftotext", &["-", "-"], &file).stdout;
            let found = squeeze(&String::from_utf8(found).unwrap());
            assert!(found.contains(&squeeze(&text)), "{text:?} is not in {found:?}");
        }
    });
}

/// Without white space, which a reader of a page cannot know.
fn squeeze(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfc().filter(|character| !character.is_whitespace()).collect()
}
