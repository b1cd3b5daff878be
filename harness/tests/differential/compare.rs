//! Two answers to one query: ours as a value, theirs as the HTTP API writes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use slogate_promql::{Datum, Histogram, Labels, METRIC_NAME, Series, Value};

/// Relative difference up to which two numbers are the same: sums of another order differ
/// in their last digits.
const TOLERANCE: f64 = 1e-9;

/// An answer, whoever gave it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Refused(String),
    Scalar(f64),
    /// Samples by series, in the order in which they came, each with its time.
    Series(Vec<(Labels, Vec<(i64, Point)>)>),
}

/// One sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Point {
    Number(f64),
    Histogram { count: f64, sum: f64, buckets: Vec<[f64; 4]> },
}

impl Answer {
    /// Ours at an instant.
    pub(crate) fn of_value(value: Value, at_ms: i64) -> Self {
        match value {
            Value::Scalar(number) => Self::Scalar(number),
            Value::Text(text) => panic!("no query is a text: {text}"),
            Value::Vector(elements) => {
                let one = |element: slogate_promql::Element| {
                    (element.labels, vec![(at_ms, Point::from(&element.value))])
                };
                Self::Series(elements.into_iter().map(one).collect())
            }
            Value::Matrix(series) => Self::of_series(&series),
        }
    }

    /// Ours over a range.
    pub(crate) fn of_series(series: &[Series]) -> Self {
        let one = |series: &Series| {
            let numbers = series.samples.iter().map(|one| (one.t_ms, Point::Number(one.value)));
            let histograms = series.histograms.iter();
            let histograms = histograms.map(|one| (one.t_ms, Point::from(&*one.histogram)));
            let mut points = numbers.chain(histograms).collect::<Vec<_>>();
            points.sort_by_key(|(t_ms, _)| *t_ms);
            (series.labels.clone(), points)
        };
        Self::Series(series.iter().map(one).collect())
    }

    /// What Prometheus' HTTP API says.
    pub(crate) fn of_api(answer: &Json) -> Self {
        if answer["status"] == "error" {
            return Self::Refused(answer["error"].as_str().unwrap_or_default().to_owned());
        }
        assert_eq!(answer["status"], "success", "no answer of the API: {answer}");
        let result = &answer["data"]["result"];
        if answer["data"]["resultType"] == "scalar" {
            return Self::Scalar(number(&result[1]));
        }
        let one = |element: &Json| {
            let labels = element["metric"].as_object().unwrap().iter();
            let labels = labels.map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
            let all = |key: &str| element[key].as_array().cloned().unwrap_or_default();
            let values = all("values").into_iter().chain(element.get("value").cloned());
            let numbers = values.map(|one| (time(&one[0]), Point::Number(number(&one[1]))));
            let histograms = all("histograms").into_iter().chain(element.get("histogram").cloned());
            let histograms = histograms.map(|one| (time(&one[0]), api_histogram(&one[1])));
            let mut points = numbers.chain(histograms).collect::<Vec<_>>();
            points.sort_by_key(|(t_ms, _)| *t_ms);
            (Labels::new(labels), points)
        };
        Self::Series(result.as_array().unwrap().iter().map(one).collect())
    }

    /// How many samples are in it.
    pub(crate) fn samples(&self) -> usize {
        match self {
            Self::Refused(_) => 0,
            Self::Scalar(_) => 1,
            Self::Series(series) => series.iter().map(|(_, points)| points.len()).sum(),
        }
    }

    /// Whether both are the same answer; `is_ordered` where the order of elements is part of it.
    pub(crate) fn is_same(&self, other: &Self, is_ordered: bool) -> bool {
        match (self, other) {
            (Self::Refused(_), Self::Refused(_)) => true,
            (Self::Scalar(a), Self::Scalar(b)) => is_near(*a, *b),
            (Self::Series(a), Self::Series(b)) => {
                a.len() == b.len()
                    && by_labels(a).iter().zip(by_labels(b)).all(|((labels, points), other)| {
                        *labels == other.0 && are_near(points, other.1)
                    })
                    && (!is_ordered || a.iter().zip(b).all(|(a, b)| are_near(&a.1, &b.1)))
            }
            _ => false,
        }
    }
}

type Points = [(i64, Point)];

fn by_labels(series: &[(Labels, Vec<(i64, Point)>)]) -> BTreeMap<&Labels, &Points> {
    series.iter().map(|(labels, points)| (labels, points.as_slice())).collect()
}

fn are_near(a: &Points, b: &Points) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.is_near(&b.1))
}

impl Point {
    fn is_near(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => is_near(*a, *b),
            (
                Self::Histogram { count, sum, buckets },
                Self::Histogram { count: other_count, sum: other_sum, buckets: other_buckets },
            ) => {
                let all =
                    |(a, b): (&[f64; 4], &[f64; 4])| a.iter().zip(b).all(|(a, b)| is_near(*a, *b));
                is_near(*count, *other_count)
                    && is_near(*sum, *other_sum)
                    && buckets.len() == other_buckets.len()
                    && buckets.iter().zip(other_buckets).all(all)
            }
            _ => false,
        }
    }
}

impl From<&Datum> for Point {
    fn from(datum: &Datum) -> Self {
        match datum {
            Datum::Number(number) => Self::Number(*number),
            Datum::Histogram(histogram) => Self::from(&**histogram),
        }
    }
}

impl From<&Histogram> for Point {
    fn from(histogram: &Histogram) -> Self {
        let bucket = |bucket: &slogate_promql::BoundedBucket| {
            // As the API says which of its bounds belong to a bucket.
            let rule = match (bucket.lower_inclusive, bucket.upper_inclusive) {
                (false, true) => 0.0,
                (true, false) => 1.0,
                (false, false) => 2.0,
                (true, true) => 3.0,
            };
            [rule, bucket.lower, bucket.upper, bucket.count]
        };
        let buckets = histogram.bounded_buckets().iter().map(bucket).collect();
        Self::Histogram { count: histogram.count, sum: histogram.sum, buckets }
    }
}

fn api_histogram(json: &Json) -> Point {
    let buckets = json["buckets"].as_array().cloned().unwrap_or_default();
    let bucket =
        |one: &Json| [one[0].as_f64().unwrap(), number(&one[1]), number(&one[2]), number(&one[3])];
    Point::Histogram {
        count: number(&json["count"]),
        sum: number(&json["sum"]),
        buckets: buckets.iter().map(bucket).collect(),
    }
}

fn number(json: &Json) -> f64 {
    json.as_str().unwrap_or_else(|| panic!("{json} is no number of the API")).parse().unwrap()
}

/// Milliseconds of a time in seconds.
fn time(json: &Json) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a time within the data")]
    let ms = (json.as_f64().unwrap() * 1000.0).round() as i64;
    ms
}

#[expect(clippy::float_cmp, reason = "infinities are equal to themselves")]
fn is_near(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

/// Series and samples of them that a report of a difference shows: enough to see what kind of
/// difference it is.
const SHOWN: usize = 4;

/// Where two answers differ, ours first.
pub(crate) fn difference(ours: &Answer, theirs: &Answer) -> String {
    let (Answer::Series(our_series), Answer::Series(their_series)) = (ours, theirs) else {
        return format!("  ours:   {ours}\n  theirs: {theirs}\n");
    };
    let (our_series, their_series) = (by_labels(our_series), by_labels(their_series));
    let all = our_series.keys().chain(their_series.keys()).collect::<BTreeSet<_>>();
    let lines = all.into_iter().filter_map(|labels| {
        let of = |series: &BTreeMap<&Labels, &Points>| series.get(*labels).map(|one| one.to_vec());
        let (ours, theirs) = (of(&our_series), of(&their_series));
        let (ours, theirs) = (ours.unwrap_or_default(), theirs.unwrap_or_default());
        (!are_near(&ours, &theirs)).then(|| {
            let [ours, theirs] = [without(&ours, &theirs), without(&theirs, &ours)];
            format!("  {labels}\n    ours:   {ours}\n    theirs: {theirs}\n")
        })
    });
    let lines = lines.take(SHOWN).collect::<String>();
    if lines.is_empty() { "  in another order\n".to_owned() } else { lines }
}

/// Samples that the other does not have, the first of them.
fn without(points: &Points, other: &Points) -> String {
    let is_there = |point: &(i64, Point)| {
        other.iter().any(|other| other.0 == point.0 && other.1.is_near(&point.1))
    };
    let missing = points.iter().filter(|point| !is_there(point));
    let shown = missing.take(SHOWN).map(|(at_ms, point)| format!("{at_ms}: {point}"));
    shown.collect::<Vec<_>>().join(", ")
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Scalar(number) => write!(f, "the scalar {number}"),
            Self::Series(series) => write!(f, "{} series", series.len()),
        }
    }
}

impl std::fmt::Display for Point {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Histogram { count, sum, buckets } => {
                write!(f, "{{count {count}, sum {sum}, {buckets:?}}}")
            }
        }
    }
}

#[test]
fn answers_that_differ_are_told_apart() {
    let up = |value: f64| {
        let labels = Labels::new([(METRIC_NAME, "up")]);
        Answer::Series(vec![(labels, vec![(0, Point::Number(value))])])
    };
    assert!(up(1.0).is_same(&up(1.0 + 1e-12), false) && up(f64::NAN).is_same(&up(f64::NAN), true));
    assert!(!up(1.0).is_same(&up(1.0 + 1e-6), false) && !up(1.0).is_same(&up(f64::NAN), false));
    assert!(!up(1.0).is_same(&Answer::Series(Vec::new()), false));
    assert!(!up(1.0).is_same(&Answer::Refused("why".to_owned()), false));
    assert!(!Answer::Scalar(1.0).is_same(&up(1.0), false));
}
