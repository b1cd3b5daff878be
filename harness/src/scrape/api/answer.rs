//! The API's answers, as values: <https://prometheus.io/docs/prometheus/latest/querying/api/>.
//!
//! What is not understood is an error and never an empty answer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use slogate_promql::{Labels, Sample};

use super::error::ApiError;

/// What an answer's text is shortened to in an error, characters.
const SHOWN_CHARACTERS: usize = 120;

/// What is around every answer.
#[derive(Debug, Deserialize)]
struct Envelope<D> {
    status: String,
    data: Option<D>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

/// The data of a query's answer.
#[derive(Debug, Deserialize)]
pub(super) struct QueryData<R> {
    #[serde(rename = "resultType")]
    _kind: String,
    pub(super) result: R,
}

/// What an expression has at an instant: elements, or one number.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum InstantResult {
    /// An instant vector.
    Vector(Vec<VectorRow>),
    /// A scalar.
    Scalar(Point),
}

/// A value with its time: seconds since the epoch, and a number as text.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Point(f64, String);

/// One element of an instant vector.
#[derive(Debug, Deserialize)]
pub(super) struct VectorRow {
    pub(super) metric: BTreeMap<String, String>,
    value: Option<Point>,
}

/// One series of a range.
#[derive(Debug, Deserialize)]
pub(super) struct MatrixRow {
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Point>,
    /// Native histograms.
    histograms: Option<IgnoredAny>,
}

/// What the API knows about a metric, from each target that has it.
#[derive(Debug, Deserialize)]
pub(super) struct MetadataRow {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) help: String,
    #[serde(default)]
    pub(super) unit: String,
}

/// A series with its samples, times as the API has them.
#[derive(Clone, Debug)]
pub(super) struct RawSeries {
    pub(super) labels: Labels,
    pub(super) samples: Vec<Sample>,
    /// Whether it holds native histograms, which cannot be judged.
    pub(super) has_histograms: bool,
}

/// Reads the body of an answer with this status.
pub(super) fn read<D: DeserializeOwned>(status: u16, body: &[u8]) -> Result<D, ApiError> {
    let envelope: Envelope<D> = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(_) if status != 200 => return Err(unreadable(status, body, None)),
        Err(error) => return Err(unreadable(status, body, Some(&error))),
    };
    if envelope.status != "success" || status != 200 {
        let kind = envelope.error_type.unwrap_or_else(|| format!("status {status}"));
        let message = envelope.error.unwrap_or_default();
        return Err(ApiError::Refused { kind, message });
    }
    if !envelope.warnings.is_empty() {
        return Err(ApiError::Warned(envelope.warnings.join("; ")));
    }
    envelope.data.ok_or_else(|| ApiError::NotTheApi("the answer has no data".to_owned()))
}

fn unreadable(status: u16, body: &[u8], error: Option<&serde_json::Error>) -> ApiError {
    let text = String::from_utf8_lossy(body);
    let shown: String = text.trim().chars().take(SHOWN_CHARACTERS).collect();
    let why = error.map(|error| format!(" ({error})")).unwrap_or_default();
    ApiError::NotTheApi(format!(
        "the answer has status {status} and is not JSON of the API{why}: `{shown}`"
    ))
}

impl Point {
    fn sample(&self) -> Result<Sample, ApiError> {
        let value = self.value()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since the epoch fit, and floats saturate"
        )]
        let t_ms = (self.0 * 1000.0).round() as i64;
        Ok(Sample { t_ms, value })
    }

    /// The value: decimal, `NaN`, `+Inf` or `-Inf`.
    pub(super) fn value(&self) -> Result<f64, ApiError> {
        let Self(_, text) = self;
        text.parse().map_err(|_| ApiError::NotTheApi(format!("`{text}` is not a sample's value")))
    }
}

impl VectorRow {
    pub(super) fn labels(&self) -> Labels {
        labels(&self.metric)
    }

    /// The value; an element that is a native histogram has none.
    pub(super) fn value(&self) -> Result<Option<f64>, ApiError> {
        self.value.as_ref().map(Point::value).transpose()
    }
}

impl MatrixRow {
    pub(super) fn series(&self) -> Result<RawSeries, ApiError> {
        let samples: Result<Vec<Sample>, ApiError> =
            self.values.iter().map(Point::sample).collect();
        Ok(RawSeries {
            labels: labels(&self.metric),
            samples: samples?,
            has_histograms: self.histograms.is_some(),
        })
    }
}

fn labels(pairs: &BTreeMap<String, String>) -> Labels {
    Labels::new(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Matrix = QueryData<Vec<MatrixRow>>;

    fn matrix(body: &str) -> Result<Matrix, ApiError> {
        read(200, body.as_bytes())
    }

    #[test]
    fn samples_keep_their_milliseconds_and_odd_values() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"a","x":"é\""},"values":[[1435781430.781,"NaN"],[1435781431,"+Inf"],[1435781431.25,"1e3"]]}]},
            "infos":["not an error"]}"#;
        let series = matrix(body).unwrap().result[0].series().unwrap();
        let times: Vec<i64> = series.samples.iter().map(|sample| sample.t_ms).collect();
        assert_eq!(times, [1_435_781_430_781, 1_435_781_431_000, 1_435_781_431_250]);
        assert!(series.samples[0].value.is_nan());
        assert!(series.samples[1].value.is_infinite());
        assert!(!series.has_histograms);
        assert_eq!(series.labels.to_string(), "a{x=\"é\\\"\"}");
    }

    #[test]
    fn a_warning_is_never_taken_for_the_whole_truth() {
        let body = r#"{"status":"success","warnings":["store gateway: timeout"],"data":{"resultType":"matrix","result":[]}}"#;
        let error = matrix(body).unwrap_err();
        assert!(error.to_string().contains("store gateway: timeout"), "{error}");
    }

    #[test]
    fn an_error_of_the_api_is_told_in_its_own_words() {
        let body = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
        let error = read::<Matrix>(400, body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "the API answered bad_data: parse error");
    }

    #[test]
    fn what_is_not_the_api_is_no_empty_answer() {
        for (status, body) in [(200, "<html>"), (404, "404 page not found"), (200, "{}")] {
            let error = read::<Matrix>(status, body.as_bytes()).unwrap_err();
            assert!(matches!(error, ApiError::NotTheApi(_)), "{error}");
        }
        let no_data = read::<Matrix>(200, br#"{"status":"success"}"#).unwrap_err();
        assert!(no_data.to_string().contains("no data"), "{no_data}");
    }

    #[test]
    fn a_value_that_is_no_number_is_an_error() {
        let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}"#;
        assert!(matrix(body).unwrap().result[0].series().is_err());
    }
}
