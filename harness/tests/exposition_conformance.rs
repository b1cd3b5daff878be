//! The verdicts of the upstream parsers' own table tests, case by case.
//!
//! The cases come from two parsers that contradict each other in two points, so
//! each is read by the rules of its origin: the Prometheus server takes a last
//! line without a line feed where `prometheus/common` (and a scrape of ours)
//! refuses it, and two cases of `prometheus/common` are about legacy names.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic in a test is its failure report")]

mod support;

use serde_json::Value;
use slogate::exposition::{FinalNewline, Format, NameRules, ParseRules, parse_with};
use support::outside;

/// The cases of `text_parse_test.go` that run with `model.LegacyValidation`, by
/// their lines: the table states the scheme, the extract does not.
const LEGACY_NAME_CASES: [u64; 2] = [1263, 1270];

#[test]
fn agrees_with_every_upstream_verdict() {
    let Some(cases) = cases() else { return };
    let disagreements: Vec<String> = cases.iter().filter_map(disagreement).collect();
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert_eq!(cases.len(), 207);
}

#[test]
fn every_upstream_error_has_a_place_and_says_what_is_wrong() {
    let Some(cases) = cases() else { return };
    for case in cases.iter().filter(|case| case["expect"] == "error") {
        let input = input(case);
        let error = parse_with(&input, format(case), rules(case)).unwrap_err();
        let lines = input.split(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(&error.line) && error.column >= 1, "{error}");
        assert!(error.message.len() > 10, "{error}");
    }
}

#[test]
fn reads_the_example_of_prometheus_common() {
    let Some(folder) = outside::conformance_data() else { return };
    let bytes = std::fs::read(folder.join("exposition/expfmt/text")).unwrap();
    let exposition = parse_with(&bytes, Format::Text, ParseRules::default()).unwrap();
    let lines = bytes.split(|byte| *byte == b'\n');
    let samples = lines.filter(|line| !line.is_empty() && line[0] != b'#').count();
    assert_eq!(exposition.samples.len(), samples);
}

fn disagreement(case: &Value) -> Option<String> {
    let result = parse_with(&input(case), format(case), rules(case));
    let verdict = if result.is_ok() { "ok" } else { "error" };
    (case["expect"] != verdict).then(|| {
        format!(
            "{} line {}: expected {} ({}), got {:?} for {:?}",
            case["origin"],
            case["line"],
            case["expect"],
            case["err"],
            result.map(|exposition| exposition.samples.len()),
            String::from_utf8_lossy(&input(case)),
        )
    })
}

fn format(case: &Value) -> Format {
    match case["format"].as_str() {
        Some("openmetrics") => Format::OpenMetrics,
        _ => Format::Text,
    }
}

fn rules(case: &Value) -> ParseRules {
    let origin = case["origin"].as_str().unwrap_or_default();
    let legacy = origin.ends_with("expfmt/text_parse_test.go")
        && case["line"].as_u64().is_some_and(|line| LEGACY_NAME_CASES.contains(&line));
    let server = origin.starts_with("prometheus/prometheus:");
    ParseRules {
        names: if legacy { NameRules::Legacy } else { NameRules::Utf8 },
        final_newline: if server { FinalNewline::Optional } else { FinalNewline::Required },
        ..ParseRules::default()
    }
}

fn input(case: &Value) -> Vec<u8> {
    match (case["input"].as_str(), case["input_b64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(encoded)) => decode_base64(encoded),
        (None, None) => panic!("a case without input: {case}"),
    }
}

fn decode_base64(encoded: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut decoded = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in encoded.bytes().filter(|byte| *byte != b'=') {
        let digit = ALPHABET.iter().position(|known| *known == byte).unwrap();
        bits = (bits << 6) | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    decoded
}

fn cases() -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(outside::conformance_data()?.join("exposition/cases.json"))
        .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    Some(document["cases"].as_array().unwrap().clone())
}
