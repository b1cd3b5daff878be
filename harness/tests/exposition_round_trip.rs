//! Whatever can be exposed is read back as it was; whatever cannot be read is an
//! error, never a panic.

#![expect(clippy::unwrap_used, reason = "a panic in a test is its failure report")]

use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use slogate::exposition::{Format, parse};
use slogate_promql::{Labels, METRIC_NAME};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_sample_comes_back_identical(samples in vec(sample(), 1..8)) {
        let text: String = samples.iter().map(|sample| sample.encode(Format::Text)).collect();
        assert_same(&samples, text.as_bytes(), Format::Text)?;
    }

    #[test]
    fn any_openmetrics_sample_comes_back_identical(samples in vec(sample(), 1..8)) {
        let mut text: String = samples.iter().map(|sample| sample.encode(Format::OpenMetrics)).collect();
        text.push_str("# EOF\n");
        assert_same(&samples, text.as_bytes(), Format::OpenMetrics)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Format::Text);
        let _ = parse(&bytes, Format::OpenMetrics);
    }

    #[test]
    fn almost_right_text_never_panics(text in r#"([a-c#{}",= \\\n0-9TYPEHL.+éx-]|# TYPE |# HELP |a\{b="|"\} 1\n|le=|# \{){0,60}"#) {
        let _ = parse(text.as_bytes(), Format::Text);
        let _ = parse(text.as_bytes(), Format::OpenMetrics);
    }

    #[test]
    fn a_text_exposition_cut_anywhere_but_between_lines_is_an_error(samples in vec(sample(), 1..4), cut in any::<prop::sample::Index>()) {
        let text: String = samples.iter().map(|sample| sample.encode(Format::Text)).collect();
        let end = cut.index(text.len());
        if end > 0 && text.as_bytes()[end - 1] != b'\n' {
            prop_assert!(parse(&text.as_bytes()[..end], Format::Text).is_err());
        }
    }
}

#[derive(Clone, Debug)]
struct Exposed {
    name: String,
    labels: Vec<(String, String)>,
    value: f64,
    timestamp_ms: Option<i64>,
}

impl Exposed {
    fn encode(&self, format: Format) -> String {
        let mut line = format!("{{\"{}\"", escape(&self.name));
        for (name, value) in &self.labels {
            write!(line, ",\"{}\"=\"{}\"", escape(name), escape(value)).unwrap();
        }
        write!(line, "}} {}", go_float(self.value)).unwrap();
        match (self.timestamp_ms, format) {
            (None, _) => {}
            (Some(ms), Format::Text) => write!(line, " {ms}").unwrap(),
            (Some(ms), Format::OpenMetrics) => {
                let sign = if ms < 0 { "-" } else { "" };
                let ms = ms.unsigned_abs();
                write!(line, " {sign}{}.{:03}", ms / 1000, ms % 1000).unwrap();
            }
        }
        line + "\n"
    }

    fn expected_labels(&self) -> Labels {
        let name = (METRIC_NAME.to_owned(), self.name.clone());
        Labels::new(std::iter::once(name).chain(self.labels.iter().cloned()))
    }
}

fn sample() -> impl Strategy<Value = Exposed> {
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]{0,8}|\\PC{1,8}";
    let label_name =
        "[a-zA-Z_][a-zA-Z0-9_]{0,8}|\\PC{1,6}".prop_filter("reserved", |name| name != METRIC_NAME);
    let label_value = "[a-z0-9]{0,6}|\\PC{0,10}|[{}\",=\\\\\n\t#\u{0} ]{0,6}";
    let value = prop_oneof![any::<f64>(), Just(f64::INFINITY), Just(f64::NAN), Just(0.1)];
    let timestamp = proptest::option::of(-1_000_000_000_000_i64..10_000_000_000_000);
    (name, btree_map(label_name, label_value, 0..5), value, timestamp).prop_map(
        |(name, labels, value, timestamp_ms)| Exposed {
            name,
            labels: labels.into_iter().collect(),
            value,
            timestamp_ms,
        },
    )
}

fn assert_same(samples: &[Exposed], bytes: &[u8], format: Format) -> Result<(), TestCaseError> {
    let exposition =
        parse(bytes, format).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(exposition.samples.len(), samples.len());
    for (found, exposed) in exposition.samples.iter().zip(samples) {
        prop_assert_eq!(&found.labels, &exposed.expected_labels());
        let same = found.value.to_bits() == exposed.value.to_bits()
            || (found.value.is_nan() && exposed.value.is_nan());
        prop_assert!(same, "{} became {}", exposed.value, found.value);
        prop_assert_eq!(found.timestamp_ms, exposed.timestamp_ms);
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"")
}

fn go_float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        format!("{value:e}")
    }
}
