//! What an evaluation gives back.

use std::sync::Arc;

use crate::{Histogram, HistogramSample, Labels, Sample};

/// The type of an expression's value, known before evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// One number without labels.
    Scalar,
    /// A text.
    Text,
    /// At most one value for each label set (an instant vector).
    Vector,
    /// Samples over a range for each label set (a range vector).
    Matrix,
}

/// The value of an expression at one instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number without labels.
    Scalar(f64),
    /// A text.
    Text(String),
    /// At most one value for each label set; the order matters for `sort` and `topk`.
    Vector(Vec<Element>),
    /// Samples over a range for each label set.
    Matrix(Vec<Series>),
}

/// One element of an instant vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its labels; the metric name only where the expression keeps it.
    pub labels: Labels,
    /// Its value.
    pub value: Datum,
}

/// What a series has at one time.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// A number; may be NaN or infinite, never the stale marker.
    Number(f64),
    /// A native histogram.
    Histogram(Arc<Histogram>),
}

impl Datum {
    /// The number, if it is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Histogram(_) => None,
        }
    }

    /// The histogram, if it is one.
    pub fn histogram(&self) -> Option<&Histogram> {
        match self {
            Self::Number(_) => None,
            Self::Histogram(histogram) => Some(histogram),
        }
    }
}

impl From<f64> for Datum {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Histogram> for Datum {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(Arc::new(histogram))
    }
}

impl std::fmt::Display for Datum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => f.write_str(&crate::format_number(*number)),
            Self::Histogram(histogram) => histogram.fmt(f),
        }
    }
}

impl Element {
    /// An element that has a number.
    pub fn of_number(labels: Labels, number: f64) -> Self {
        Self { labels, value: Datum::Number(number) }
    }

    /// Its labels and number, if it has one.
    pub(crate) fn into_number(self) -> Option<(Labels, f64)> {
        let number = self.value.number()?;
        Some((self.labels, number))
    }

    /// A copy without the metric name.
    pub(crate) fn without_name(&self) -> Self {
        Self { labels: self.labels.without_name(), value: self.value.clone() }
    }

    pub(crate) fn with_value(self, value: impl Into<Datum>) -> Self {
        Self { value: value.into(), ..self }
    }
}

/// Samples of one label set over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its labels.
    pub labels: Labels,
    /// Its numbers, strictly ascending in time.
    pub samples: Vec<Sample>,
    /// Its histograms, strictly ascending in time.
    pub histograms: Vec<HistogramSample>,
}

impl std::fmt::Display for ValueType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
        })
    }
}
