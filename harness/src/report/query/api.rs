//! The answer in the shape of Prometheus' HTTP API, for programs that read that.
//!
//! Facts: `web/api/v1/api.go`, `web/api/v1/json_codec.go` and `util/jsonutil/marshal.go` of
//! Prometheus 3. `warnings` are also what the expression asked for that was not there; `infos`
//! and the other warnings are those of its engine, without the place in the expression.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value as Json, json};
use slogate_promql::{
    AnnotationLevel, BoundedBucket, Datum, Element, Histogram, Labels, Sample, Series, Value,
    format_api_number,
};

use crate::query::{Answer, ErrorKind, Instants};

/// A whole answer.
#[derive(Serialize)]
struct Response {
    status: &'static str,
    data: Data,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    infos: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: &'static str,
    result: Json,
}

/// The answer as `/api/v1/query` and `/api/v1/query_range` give it, in one line.
pub fn query_json(answer: &Answer) -> serde_json::Result<String> {
    let of_level = |level: AnnotationLevel| {
        answer.annotations.iter().filter(move |one| one.level == level).map(ToString::to_string)
    };
    let doubts = answer.doubts.iter().map(|doubt| doubt.reason.clone());
    let warnings = doubts.chain(of_level(AnnotationLevel::Warning)).collect();
    let infos = of_level(AnnotationLevel::Info).collect();
    let data = data(&answer.value, answer.instants);
    line(&Response { status: "success", data, warnings, infos })
}

/// An error as that API gives it, in one line.
pub fn query_error(kind: ErrorKind, message: &str) -> serde_json::Result<String> {
    line(&json!({ "status": "error", "errorType": kind.name(), "error": message }))
}

fn line(response: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(response)? + "\n")
}

fn data(value: &Value, instants: Instants) -> Data {
    let at_ms = match instants {
        Instants::One(at_ms) => at_ms,
        Instants::Range { end_ms, .. } => end_ms,
    };
    let (result_type, result) = match value {
        Value::Scalar(number) => ("scalar", json!([seconds(at_ms), format_api_number(*number)])),
        Value::Text(text) => ("string", json!([seconds(at_ms), text])),
        Value::Vector(elements) => {
            let elements = elements.iter().map(|one| element(one, at_ms));
            ("vector", elements.collect())
        }
        Value::Matrix(series) => ("matrix", series.iter().map(of_series).collect()),
    };
    Data { result_type, result }
}

fn element(element: &Element, at_ms: i64) -> Json {
    let metric = metric(&element.labels);
    match &element.value {
        Datum::Number(number) => {
            json!({ "metric": metric, "value": [seconds(at_ms), format_api_number(*number)] })
        }
        Datum::Histogram(histogram) => {
            json!({ "metric": metric, "histogram": [seconds(at_ms), of_histogram(histogram)] })
        }
    }
}

/// Numbers and histograms of a series stand apart; what it has none of is left out.
fn of_series(series: &Series) -> Json {
    let mut fields = serde_json::Map::new();
    fields.insert("metric".to_owned(), json!(metric(&series.labels)));
    if !series.samples.is_empty() {
        let number = |one: &Sample| json!([seconds(one.t_ms), format_api_number(one.value)]);
        fields.insert("values".to_owned(), series.samples.iter().map(number).collect());
    }
    if !series.histograms.is_empty() {
        let histograms = series.histograms.iter();
        let histograms =
            histograms.map(|one| json!([seconds(one.t_ms), of_histogram(&one.histogram)]));
        fields.insert("histograms".to_owned(), histograms.collect());
    }
    Json::Object(fields)
}

fn metric(labels: &Labels) -> BTreeMap<&str, &str> {
    labels.iter().collect()
}

/// Seconds since the epoch; whole ones without a fraction.
fn seconds(at_ms: i64) -> Json {
    if at_ms % 1000 == 0 { json!(at_ms / 1000) } else { json!(at_ms as f64 / 1000.0) }
}

fn of_histogram(histogram: &Histogram) -> Json {
    let mut fields = serde_json::Map::new();
    fields.insert("count".to_owned(), json!(format_api_number(histogram.count)));
    fields.insert("sum".to_owned(), json!(format_api_number(histogram.sum)));
    let buckets: Vec<Json> = histogram.bounded_buckets().iter().map(bucket).collect();
    if !buckets.is_empty() {
        fields.insert("buckets".to_owned(), Json::Array(buckets));
    }
    Json::Object(fields)
}

/// Which bounds belong to it as a number: 0 the upper one, 1 the lower one, 2 none, 3 both.
fn bucket(bucket: &BoundedBucket) -> Json {
    let boundaries = match (bucket.lower_inclusive, bucket.upper_inclusive) {
        (false, true) => 0,
        (true, false) => 1,
        (false, false) => 2,
        (true, true) => 3,
    };
    let [lower, upper, count] = [bucket.lower, bucket.upper, bucket.count].map(format_api_number);
    json!([boundaries, lower, upper, count])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(value: Value) -> String {
        let instants = Instants::One(1_435_781_451_781);
        let (doubts, annotations) = (Vec::new(), Vec::new());
        query_json(&Answer { instants, window: None, value, doubts, annotations }).unwrap()
    }

    #[test]
    fn numbers_are_texts_and_times_are_numbers() {
        assert_eq!(
            drawn(Value::Scalar(0.5)),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\
             \"result\":[1435781451.781,\"0.5\"]}}\n"
        );
        let labels = Labels::new([("__name__", "up"), ("job", "a")]);
        let vector = Value::Vector(vec![Element::of_number(labels, f64::INFINITY)]);
        assert!(drawn(vector).contains(
            "\"result\":[{\"metric\":{\"__name__\":\"up\",\"job\":\"a\"},\
             \"value\":[1435781451.781,\"+Inf\"]}]"
        ));
        assert_eq!(seconds(2_000).to_string(), "2");
    }

    #[test]
    fn a_histogram_has_its_buckets_with_their_bounds() {
        let histogram = slogate_promql::unit_test::parse_histogram(
            "{{schema:0 sum:-1 count:6 z_bucket:1 z_bucket_w:0.5 buckets:[2] n_buckets:[3]}}",
        );
        assert_eq!(
            of_histogram(&histogram.unwrap()).to_string(),
            "{\"count\":\"6\",\"sum\":\"-1\",\"buckets\":[[1,\"-1\",\"-0.5\",\"3\"],\
             [3,\"-0.5\",\"0.5\",\"1\"],[0,\"0.5\",\"1\",\"2\"]]}"
        );
    }

    #[test]
    fn an_error_has_its_kind() {
        assert_eq!(
            query_error(ErrorKind::BadData, "a \"b\"").unwrap(),
            "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"a \\\"b\\\"\"}\n"
        );
    }
}
