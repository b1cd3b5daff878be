//! Float instant cases of Prometheus' own test scripts, as promtool 3 answers them.
//!
//! Cases known not to pass are listed in `conformance/float_instant.known`, each
//! with its reason. The list can only shrink: a listed case that passes fails
//! this test just as an unlisted one that does not.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of a test: a panic there is the failure report"
)]

#[path = "support/known.rs"]
mod known;
#[path = "../../tests/support/page.rs"]
mod page;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use slogate_promql::{
    Element, Expression, Labels, METRIC_NAME, MemorySeries, Options, Sample, Value, instant,
};

/// Relative difference up to which promqltest takes two values for equal.
const TOLERANCE: f64 = 1e-6;

/// Where docs/promql.md says how many pass.
const BEGIN: &str =
    "<!-- cases: made by harness/promql/tests/conformance.rs; SLOGATE_BLESS=1 renews it -->\n";
const END: &str = "<!-- end of cases -->\n";

#[derive(Deserialize)]
struct Case {
    file: String,
    line: u32,
    expr: String,
    at: i64,
    fail: bool,
    series: Vec<CaseSeries>,
    #[serde(default)]
    exp: Expected,
}

#[derive(Deserialize)]
struct CaseSeries {
    name: Option<String>,
    labels: BTreeMap<String, String>,
    points: Vec<(i64, Number)>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(f64),
    Spelled(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Vector(Vec<(BTreeMap<String, String>, Number)>),
    Scalar(Number),
}

impl Default for Expected {
    fn default() -> Self {
        Self::Vector(Vec::new())
    }
}

impl Number {
    fn value(&self) -> f64 {
        match self {
            Self::Plain(value) => *value,
            Self::Spelled(text) if text == "stale" => slogate_promql::stale_marker(),
            Self::Spelled(text) => text.parse().expect("a number"),
        }
    }
}

#[test]
fn float_instant_cases_agree_with_prometheus() {
    let Some(data) = support::conformance_data() else { return };
    let path = data.join("prometheus/promql_float_instant_cases.jsonl");
    let text = std::fs::read_to_string(path).expect("the cases are readable");
    let known = known::known_failures(include_str!("conformance/float_instant.known"));
    let mut surprises = Vec::new();
    let (mut passed, mut all) = (0, 0);
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).expect("a case");
        let id = format!("{}:{}", case.file, case.line);
        all += 1;
        match (check(&case), known.contains_key(&id)) {
            (Ok(()), false) => passed += 1,
            (Err(_), true) => {}
            (Ok(()), true) => surprises.push(format!("{id} passes: take it off the list")),
            (Err(why), false) => surprises.push(format!("{id} {}\n    {why}", case.expr)),
        }
    }
    let said = format!("{passed} of {all} float instant cases pass.\n");
    eprint!("{said}");
    assert!(surprises.is_empty(), "{} surprises\n{}", surprises.len(), surprises.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/promql.md");
    let committed = std::fs::read_to_string(&path).expect("the page is there");
    page::assert_fresh(&path, &page::with_between_marks(&committed, BEGIN, END, &said));
}

fn check(case: &Case) -> Result<(), String> {
    let outcome =
        Expression::parse(&case.expr).map_err(|error| error.to_string()).and_then(|expression| {
            instant(&expression, &store(case), case.at, &Options::default())
                .map_err(|error| error.to_string())
        });
    match outcome {
        Err(error) if case.fail => {
            if error.contains("not supported") {
                Err(error)
            } else {
                Ok(())
            }
        }
        Err(error) => Err(error),
        Ok(value) if case.fail => Err(format!("expected an error, got {value:?}")),
        Ok(value) => compare(&value, &case.exp),
    }
}

fn store(case: &Case) -> MemorySeries {
    let mut samples: BTreeMap<(Labels, i64), f64> = BTreeMap::new();
    for series in &case.series {
        let name = series.name.as_deref().map(|name| (METRIC_NAME, name));
        let labels = series.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = Labels::new(name.into_iter().chain(labels));
        for (t_ms, number) in &series.points {
            samples.insert((labels.clone(), *t_ms), number.value());
        }
    }
    let mut store = MemorySeries::default();
    for ((labels, t_ms), value) in samples {
        store.append(&labels, Sample { t_ms, value });
    }
    store
}

fn compare(value: &Value, expected: &Expected) -> Result<(), String> {
    let wrong = |wanted: String| Err(format!("expected {wanted}, got {value:?}"));
    match (value, expected) {
        (Value::Scalar(got), Expected::Scalar(wanted)) => {
            if close(*got, wanted.value()) {
                Ok(())
            } else {
                wrong(wanted.value().to_string())
            }
        }
        (Value::Vector(got), Expected::Vector(wanted)) => {
            let wanted = wanted.iter().map(element).collect::<Vec<_>>();
            let found = |one: &Element| {
                got.iter().any(|other| other.labels == one.labels && same(other, one))
            };
            if got.len() == wanted.len() && wanted.iter().all(found) {
                Ok(())
            } else {
                wrong(format!("{wanted:?}"))
            }
        }
        (Value::Scalar(got), Expected::Vector(wanted)) => match wanted.as_slice() {
            [(labels, number)] if labels.is_empty() && close(*got, number.value()) => Ok(()),
            _ => wrong("a vector".to_owned()),
        },
        _ => wrong("another type".to_owned()),
    }
}

fn element((labels, number): &(BTreeMap<String, String>, Number)) -> Element {
    Element::of_number(Labels::new(labels.clone()), number.value())
}

/// The cases know numbers only.
fn same(a: &Element, b: &Element) -> bool {
    a.value.number().zip(b.value.number()).is_some_and(|(a, b)| close(a, b))
}

#[expect(clippy::float_cmp, reason = "infinities are equal to themselves")]
fn close(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}
